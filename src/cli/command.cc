// The shape every command shares.
#include "cli/command.h"

#include <fmt/format.h>

namespace theater::cli {

CLI::App& add_command(CLI::App& app, Shell& shell, const CommandText& text) {
  CLI::App& command = *app.add_subcommand(text.name, text.purpose);
  command.footer(fmt::format("\nExample:\n{}", text.example));
  command.add_flag_callback(
      "--json", [&shell] { shell.output.format = Format::kJson; }, "print JSON, one value a line");
  return command;
}

Exit report(Shell& shell, const Error& error, Exit exit) {
  shell.output.error(error);
  return exit;
}

}  // namespace theater::cli
