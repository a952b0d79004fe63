// theater new: a project from a kit's template, ready for `theater build` and `theater run`.
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "cli/command.h"

namespace theater::cli {
namespace {

constexpr std::string_view kPlaceholder = "actor-name";  // in a template's file names and text
constexpr std::size_t kNameBytesMax = 64;
constexpr std::uint64_t kFileBytesMax = 1 << 20;
constexpr int kDepthMax = 8;

struct NewArguments {
  std::string name;
  std::string language = "cpp";
};

bool is_good_name(std::string_view name) {
  const auto is_small = [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9');
  };
  return !name.empty() && name.size() <= kNameBytesMax && is_small(name.front()) &&
         std::ranges::all_of(name, [&](char letter) { return is_small(letter) || letter == '-'; });
}

std::string with_name(std::string text, const std::string& name) {
  for (std::size_t at = text.find(kPlaceholder); at != std::string::npos;
       at = text.find(kPlaceholder, at + name.size())) {
    text.replace(at, kPlaceholder.size(), name);
  }
  return text;
}

/// Copies a template's folder, its files with the project's name for the placeholder.
Status copy_folder(Shell& shell, const std::string& from, const std::string& to,
                   const std::string& name, int depth) {
  if (depth > kDepthMax) return fail(Code::kTooLarge, "{} is nested too deeply", from);
  TRY(auto entries, shell.files.list(from));
  TRY_OK(shell.files.make_directories(to));
  for (const std::string& entry : entries) {
    const std::string source = from + "/" + entry;
    const std::string target = to + "/" + with_name(entry, name);
    if (shell.files.list(source)) {
      TRY_OK(copy_folder(shell, source, target, name, depth + 1));
      continue;
    }
    TRY(auto bytes, io::read_file(shell.files, source, kFileBytesMax));
    const std::string text = with_name(std::string(as_text(bytes)), name);
    TRY_OK(io::write_file_atomically(shell.files, target, as_bytes(text)));
  }
  return {};
}

std::string template_of(const Shell& shell, const std::string& language) {
  return shell.kit_directory + "/sdk/" + language + "/template";
}

/// The folders of sdk/ that have a template.
std::string languages(const Shell& shell) {
  std::string names;
  const auto entries = shell.files.list(shell.kit_directory + "/sdk");
  if (!entries) return "none";
  for (const std::string& entry : *entries) {
    if (!shell.files.exists(template_of(shell, entry))) continue;
    names += (names.empty() ? "" : ", ") + entry;
  }
  return names.empty() ? "none" : names;
}

Exit make_project(Shell& shell, const NewArguments& arguments) {
  const std::string& name = arguments.name;
  if (!is_good_name(name)) {
    return report(shell,
                  {Code::kInvalid, fmt::format("{}: a name has small letters, digits and -, "
                                               "begins with a letter or digit, and has at "
                                               "most {} characters",
                                               name, kNameBytesMax)},
                  Exit::kUnusable);
  }
  if (shell.kit_directory.empty()) return report(shell, no_kit(shell), Exit::kUnusable);
  const std::string kit = template_of(shell, arguments.language);
  if (!shell.files.exists(kit)) {
    return report(shell,
                  {Code::kNotFound, fmt::format("there is no template for the language {}; there "
                                                "are: {}",
                                                arguments.language, languages(shell))},
                  Exit::kUnusable);
  }
  if (shell.files.exists(name)) {
    return report(shell,
                  {Code::kConflict, fmt::format("{} is there already; choose another name", name)},
                  Exit::kBad);
  }
  if (auto copied = copy_folder(shell, kit, name, name, 0); !copied) {
    return report(shell, copied.error(), Exit::kBad);
  }
  if (shell.output.is_json()) {
    shell.output.json({{"project", name},
                       {"language", arguments.language},
                       {"manifest", name + "/" + name + ".toml"}});
  } else {
    shell.output.line(fmt::format("{0} is ready. Next:\n  {1} build {0}\n  {1} run {0}/{0}.toml",
                                  name, shell.program));
  }
  return Exit::kOk;
}

}  // namespace

void add_new(CLI::App& app, Shell& shell) {
  auto arguments = std::make_shared<NewArguments>();  // shared with the parser's callback
  CLI::App& command = add_command(
      app, shell,
      {"new",
       "Make a project from a template. Exit status: 0 made, 1 failed, 2 bad name or language.",
       "  theater new greeter --lang cpp"});
  command.add_option("NAME", arguments->name, "the folder to make, and the actor's name")
      ->required();
  command.add_option("--lang", arguments->language, "the language of the kit")
      ->capture_default_str();
  command.callback([&shell, arguments] { shell.exit = make_project(shell, *arguments); });
}

}  // namespace theater::cli
