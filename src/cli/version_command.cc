// theater version: what this program is made of.
#include <fmt/format.h>

#include "cli/command.h"
#include "node/versions.h"

namespace theater::cli {
namespace {

Exit show_versions(Shell& shell) {
  const node::Versions versions = node::versions();
  if (shell.output.is_json()) {
    shell.output.json({{"theater", versions.theater},
                       {"engine", versions.engine},
                       {"contract", versions.contract},
                       {"chain_format", versions.chain_format}});
    return Exit::kOk;
  }
  shell.output.line(fmt::format("theater {}", versions.theater));
  shell.output.line(fmt::format("engine {}", versions.engine));
  shell.output.line(fmt::format("contract {}", versions.contract));
  shell.output.line(fmt::format("chain format {}", versions.chain_format));
  return Exit::kOk;
}

}  // namespace

void add_version(CLI::App& app, Shell& shell) {
  add_command(app, shell,
              {"version", "Print the versions of Theater, its engine and its formats.",
               "  theater version --json"})
      .callback([&shell] { shell.exit = show_versions(shell); });
}

}  // namespace theater::cli
