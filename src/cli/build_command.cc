// theater build: a component from a project, by the kit's build script.
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <vector>

#include "cli/command.h"

extern char** environ;

namespace theater::cli {
namespace {

struct BuildArguments {
  std::string folder = ".";
  std::string output;
  bool test = false;
};

/// Where a program's standard output goes. kToErrors: standard output is for JSON alone.
enum class ItsOutput : std::uint8_t { kToOutput, kToErrors };

/// Runs a program to its end; returns its exit status.
Result<int> run_program(const std::vector<std::string>& words, ItsOutput output) {
  std::vector<char*> raw;
  for (const std::string& word : words) raw.push_back(const_cast<char*>(word.c_str()));
  raw.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  int error = ::posix_spawn_file_actions_init(&actions);
  if (error != 0) return std::unexpected(errno_error(words[0], error));
  if (output == ItsOutput::kToErrors) {
    error = ::posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  }
  pid_t child = 0;
  if (error == 0) error = ::posix_spawnp(&child, raw[0], &actions, nullptr, raw.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return std::unexpected(errno_error(words[0], error));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return std::unexpected(errno_error(words[0], errno));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Exit build(Shell& shell, const BuildArguments& arguments) {
  const std::string script = shell.kit_directory + "/tools/build_component.py";
  if (shell.kit_directory.empty()) return report(shell, no_kit(shell), Exit::kUnusable);
  if (!shell.files.list(arguments.folder)) {
    return report(shell, {Code::kNotFound, fmt::format("{} is not a folder", arguments.folder)},
                  Exit::kUnusable);
  }
  shell.output.flush();
  std::vector<std::string> words{"python3", script, arguments.folder};
  if (!arguments.output.empty()) words.insert(words.end(), {"--output", arguments.output});
  if (arguments.test) words.push_back("--test");
  const auto status =
      run_program(words, shell.output.is_json() ? ItsOutput::kToErrors : ItsOutput::kToOutput);
  if (!status) return report(shell, status.error(), Exit::kUnusable);
  if (shell.output.is_json()) {
    shell.output.json({{"built", *status == 0}, {"folder", arguments.folder}});
  }
  return *status == 0 ? Exit::kOk : Exit::kBad;
}

}  // namespace

void add_build(CLI::App& app, Shell& shell) {
  auto arguments = std::make_shared<BuildArguments>();  // shared with the parser's callback
  CLI::App& command = add_command(
      app, shell,
      {"build",
       "Build a project's component; needs only what tools/setup installed. Exit status: 0 built, "
       "1 failed, 2 no project.",
       "  theater build greeter"});
  command.add_option("DIR", arguments->folder, "the project's folder")->capture_default_str();
  command.add_option("--output", arguments->output, "where the component goes");
  command.add_flag("--test", arguments->test, "run the project's *_test.cc natively instead");
  command.callback([&shell, arguments] { shell.exit = build(shell, *arguments); });
}

}  // namespace theater::cli
