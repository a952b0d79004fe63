// Command: what the files of this room share. One file a command; each has one add_NAME function,
// and main.cc is the list of them.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "cli/output.h"
#include "io/file.h"

namespace theater::cli {

/// How a command ended: the exit status of the process. What 1 and 2 mean stands in each help.
enum class Exit : int { kOk = 0, kBad = 1, kUnusable = 2 };

/// What main lends every command, for the life of the process.
struct Shell {
  Output& output;
  io::FileSystem& files;
  std::string program;        // how it was called: "build/bin/theater"
  std::string kit_directory;  // holds sdk/; "" if none was found beside the program
  Exit exit = Exit::kOk;      // set by the command that ran
};

struct CommandText {
  const char* name;
  const char* purpose;
  const char* example;  // lines of the help's last part
};

/// Adds a subcommand with --json and a help that ends in an example.
CLI::App& add_command(CLI::App& app, Shell& shell, const CommandText& text);

/// Prints the failure and returns `exit`.
Exit report(Shell& shell, const Error& error, Exit exit);

/// What to tell a command that needs the guest kit where there is none.
Error no_kit(const Shell& shell);

/// The exit status of the process: that of `work`; kUnusable, with a line on standard error, if an
/// exception ends it; and kBad at least if not all of its output arrived.
int run_guarded(Output& output, const std::function<int()>& work);

void add_run(CLI::App& app, Shell& shell);
void add_check(CLI::App& app, Shell& shell);
void add_actors(CLI::App& app, Shell& shell);
void add_chain(CLI::App& app, Shell& shell);
void add_state(CLI::App& app, Shell& shell);
void add_verify(CLI::App& app, Shell& shell);
void add_ops(CLI::App& app, Shell& shell);
void add_replay(CLI::App& app, Shell& shell);
void add_new(CLI::App& app, Shell& shell);
void add_build(CLI::App& app, Shell& shell);
void add_version(CLI::App& app, Shell& shell);

}  // namespace theater::cli
