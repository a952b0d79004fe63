// theater: the command line. Reads the arguments, runs one command, returns its exit status.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/command.h"
#include "hosts/terminal/keeper.h"
#include "io/posix_file.h"

namespace {

using theater::cli::Exit;

/// The nearest directory above the program that holds the guest kits: the source tree of a build,
/// or share/theater of an installation. "" if there is none.
std::string find_kit_directory() {
  std::error_code ignored;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", ignored);
  for (auto folder = program.parent_path(); !folder.empty(); folder = folder.parent_path()) {
    for (const auto& candidate : {folder, folder / "share" / "theater"}) {
      if (std::filesystem::exists(candidate / "tools" / "build_component.py", ignored)) {
        return candidate.string();
      }
    }
    if (folder == folder.root_path()) break;
  }
  return "";
}

void add_commands(CLI::App& app, theater::cli::Shell& shell) {
  add_run(app, shell);
  add_check(app, shell);
  add_actors(app, shell);
  add_chain(app, shell);
  add_state(app, shell);
  add_ops(app, shell);
  add_verify(app, shell);
  add_replay(app, shell);
  add_new(app, shell);
  add_build(app, shell);
  add_version(app, shell);
}

/// What was not understood comes first: after a slip of the pen something else seems to be missing.
void explain(const CLI::App& app, const CLI::ParseError& mistake) {
  const std::vector<std::string> unknown = app.remaining(true);
  const auto missing = static_cast<int>(CLI::ExitCodes::RequiredError);
  if (unknown.empty() || mistake.get_exit_code() != missing) {
    app.exit(mistake);
    return;
  }
  const bool is_command = app.get_subcommands().empty() && !unknown.front().starts_with('-');
  const std::string text =
      is_command ? fmt::format("There is no command {}", unknown.front())
                 : fmt::format("The following argument was not expected: {}", unknown.front());
  fmt::print(stderr, "{}\nRun with --help for more information.\n", text);
}

int run_command(int argc, char** argv, theater::cli::Output& output) {
  const auto files = theater::io::make_posix_file_system();
  theater::cli::Shell shell{output, *files, argc > 0 ? argv[0] : "theater", find_kit_directory()};

  CLI::App app{"Runs WebAssembly components as actors, each with a durable, verifiable chain."};
  app.name("theater");
  app.require_subcommand(1);
  app.footer(
      "\nExample:\n  theater run actors/chat/chat.toml\n\n'theater COMMAND --help' tells more.");
  add_commands(app, shell);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& mistake) {
    explain(app, mistake);
    return static_cast<int>(Exit::kUnusable);
  }
  return static_cast<int>(shell.exit);
}

}  // namespace

int main(int argc, char** argv) {
  if (const auto kept = theater::hosts::terminal::keep_if_asked(argc, argv)) return *kept;
  theater::cli::Output output(stdout, stderr);
  return theater::cli::run_guarded(output, [&] { return run_command(argc, argv, output); });
}
