// The shape every command shares.
#include "cli/command.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <new>

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

Error no_kit(const Shell& shell) {
  return {Code::kNotFound,
          fmt::format("the guest kit (sdk/ and tools/) is in no folder above {}; run the program "
                      "where it was built",
                      shell.program)};
}

int run_guarded(Output& output, const std::function<int()>& work) {
  int status = static_cast<int>(Exit::kUnusable);
  try {
    status = work();
  } catch (const std::bad_alloc&) {
    fmt::print(output.error_file(), "theater: there is not enough memory for this\n");
  } catch (const std::exception& error) {
    fmt::print(output.error_file(), "theater: unexpected: {}\n", error.what());
  }
  const Status finished = output.finish();
  if (finished) return status;
  fmt::print(output.error_file(), "theater: {}\n", finished.error().message);
  return std::max(status, static_cast<int>(Exit::kBad));
}

}  // namespace theater::cli
