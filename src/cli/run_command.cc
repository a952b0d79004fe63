// theater run: runs actors until a signal, their end or a failure.
#include <fmt/format.h>

#include <memory>
#include <thread>

#include "cli/command.h"
#include "cli/variables.h"
#include "node/node.h"
#include "node/process.h"

namespace theater::cli {
namespace {

constexpr std::size_t kShardsMax = 64;

struct RunArguments {
  std::vector<std::string> manifests;
  std::string data = "theater-data";
  std::vector<std::string> variables;
  std::string metrics;
  std::size_t shards = 0;  // 0: one a core
};

/// Tells people, or programs, what the node does.
class Announcer final : public node::NodeListener {
 public:
  Announcer(Shell& shell, const std::string& data)
      : output_(shell.output), program_(shell.program), data_(data) {}

  void on_ready(const std::vector<node::StartedActor>& actors) override {
    for (const node::StartedActor& actor : actors) announce(actor);
    if (output_.is_json()) {
      output_.json({{"event", "ready"}, {"data", data_}});
    } else {
      output_.line(
          fmt::format("\nready. Every event is in {1}; look at it from another terminal:\n"
                      "  {0} actors {1}\n  {0} chain {1} --follow\n"
                      "  {0} verify {1}\nCtrl-C stops.",
                      program_, data_));
    }
    output_.flush();
  }

  void on_notice(const std::string& text) override {
    if (!output_.is_json()) return output_.note(text);
    output_.json({{"event", "notice"}, {"text", text}});
    output_.flush();
  }

  void on_metrics(const std::string& address) override {
    if (output_.is_json()) return output_.json({{"event", "metrics"}, {"address", address}});
    output_.line("metrics    http://" + address + "/metrics");
  }

 private:
  void announce(const node::StartedActor& actor) {
    if (output_.is_json()) {
      output_.json({{"event", "actor"},
                    {"name", actor.name},
                    {"id", actor.id.hex()},
                    {"new", actor.is_new},
                    {"seq", actor.next_seq.value},
                    {"listen", actor.listen},
                    {"path", actor.path}});
      return;
    }
    const std::string past =
        actor.is_new ? "new" : fmt::format("goes on at seq {}", actor.next_seq.value);
    output_.line(fmt::format("{}  {}  {}", output_.paint(Colour::kBold, actor.name),
                             actor.id.hex().substr(0, 8), past));
    if (actor.has_pages) {
      output_.line(fmt::format("  page       {}",
                               output_.paint(Colour::kCyan, "http://" + actor.listen + "/")));
    }
    if (!actor.listen.empty()) {
      output_.line(fmt::format("  WebSocket  ws://{}{}", actor.listen, actor.path));
    }
  }

  Output& output_;
  std::string program_;
  std::string data_;
};

Exit run(Shell& shell, const RunArguments& arguments) {
  const auto variables = read_variables(arguments.variables);
  if (!variables) return report(shell, variables.error(), Exit::kUnusable);
  auto manifests = node::load_manifests(shell.files, arguments.manifests, *variables);
  if (!manifests) return report(shell, manifests.error(), Exit::kUnusable);
  node::NodeOptions options{.data_directory = arguments.data,
                            .shards = arguments.shards,
                            .fuel = node::fuel_mode(*manifests),
                            .metrics = arguments.metrics};
  if (options.shards == 0) options.shards = std::max(1u, std::thread::hardware_concurrency());
  Announcer announcer(shell, arguments.data);
  node::prepare_process();
  auto node = node::Node::open(shell.files, options, announcer);
  if (!node) return report(shell, node.error(), Exit::kBad);
  if (auto loaded = (*node)->load(*std::move(manifests)); !loaded) {
    return report(shell, loaded.error(), Exit::kUnusable);
  }
  if (auto ended = (*node)->run(); !ended) return report(shell, ended.error(), Exit::kBad);
  return Exit::kOk;
}

}  // namespace

void add_run(CLI::App& app, Shell& shell) {
  auto arguments = std::make_shared<RunArguments>();  // shared with the parser's callback
  CLI::App& command = add_command(
      app, shell,
      {"run",
       "Run actors until Ctrl-C, SIGTERM, or SIGUSR2, which tells clients of a restart. Exit status: "
       "0 stopped, 1 failed, 2 bad usage or manifest.",
       "  theater run actors/chat/chat.toml --data theater-data --var listen=127.0.0.1:8080"});
  command.add_option("MANIFEST", arguments->manifests, "manifests, one an actor")->required();
  command.add_option("--data", arguments->data, "the data directory")->capture_default_str();
  command.add_option("--var", arguments->variables, "NAME=VALUE for ${NAME} in manifests")
      ->allow_extra_args(false);
  command.add_option("--shards", arguments->shards, "threads that run actors (default: the cores)")
      ->check(CLI::Range(std::size_t{1}, kShardsMax));
  command.add_option("--metrics", arguments->metrics,
                     "ADDRESS:PORT, or PORT of loopback, where GET /metrics is served");
  command.callback([&shell, arguments] { shell.exit = run(shell, *arguments); });
}

}  // namespace theater::cli
