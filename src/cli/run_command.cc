// theater run: runs actors until a signal, their end or a failure.
#include <fmt/format.h>

#include <memory>
#include <thread>

#include "cli/command.h"
#include "cli/variables.h"
#include "host/spdlog_sink.h"
#include "io/network.h"
#include "node/metrics_server.h"
#include "node/node.h"
#include "node/process.h"

namespace theater::cli {
namespace {

constexpr std::size_t kShardsMax = 64;
constexpr const char* kOwnProgram = "/proc/self/exe";  // the very one, whatever its path holds now
const std::vector<std::string> kLogFormats = {"text", "json"};

struct RunArguments {
  std::vector<std::string> manifests;
  std::string data = "theater-data";
  std::vector<std::string> variables;
  std::string metrics;
  std::string log_format = "text";
  std::size_t shards = 0;  // 0: one a core
  bool has_watchdog = false;
};

/// Tells people, or programs, what the node does: on standard output, or, if the log is structured,
/// as lines of the log too, so that it holds everything that was said.
class Announcer final : public node::NodeListener {
 public:
  /// `log` outlives it; nullptr: the log is text.
  Announcer(Shell& shell, const std::string& data, host::LogSink* log)
      : output_(shell.output), log_(log), program_(shell.program), data_(data) {}

  void on_ready(const std::vector<node::StartedActor>& actors) override {
    for (const node::StartedActor& actor : actors) announce(actor);
    if (log_ != nullptr) {
      const std::string text = "ready; every event is in " + data_;
      log_->write({.level = host::LogLevel::kInfo, .text = text});
    }
    if (output_.is_json()) {
      output_.json({{"event", "ready"}, {"data", data_}});
    } else if (log_ == nullptr) {
      output_.line(
          fmt::format("\nready. Every event is in {1}; look at it from another terminal:\n"
                      "  {0} actors {1}\n  {0} chain {1} --follow\n"
                      "  {0} verify {1}\nCtrl-C stops.",
                      program_, data_));
    }
    output_.flush();
  }

  void on_notice(host::LogLevel level, const std::string& text) override {
    if (log_ != nullptr) log_->write({.level = level, .text = text});
    if (!output_.is_json()) {
      if (log_ == nullptr) output_.note(text);
      return;
    }
    output_.json({{"event", "notice"}, {"text", text}});
    output_.flush();
  }

  void on_metrics(const std::string& address) override {
    if (log_ != nullptr) {
      const std::string text = "metrics on http://" + address + "/metrics";
      log_->write({.level = host::LogLevel::kInfo, .text = text});
    }
    if (output_.is_json()) return output_.json({{"event", "metrics"}, {"address", address}});
    if (log_ == nullptr) output_.line("metrics    http://" + address + "/metrics");
  }

  /// The failure that ends the command.
  Exit fail(Shell& shell, const Error& error, Exit exit) {
    if (log_ == nullptr) return report(shell, error, exit);
    log_->write({.level = host::LogLevel::kError, .text = error.message});
    return output_.is_json() ? report(shell, error, exit) : exit;
  }

 private:
  void announce(const node::StartedActor& actor) {
    const std::string past =
        actor.is_new ? "new" : fmt::format("goes on at seq {}", actor.next_seq.value);
    if (log_ != nullptr) {
      std::string text = past;
      for (const host::Place& place : actor.places) text += "; " + place.url;
      log_->write({.level = host::LogLevel::kInfo, .actor = actor.name, .text = text});
    }
    if (output_.is_json()) {
      output_.json({{"event", "actor"},
                    {"name", actor.name},
                    {"id", actor.id.hex()},
                    {"new", actor.is_new},
                    {"seq", actor.next_seq.value},
                    {"places", as_json(actor.places)}});
      return;
    }
    if (log_ != nullptr) return;
    output_.line(fmt::format("{}  {}  {}", output_.paint(Colour::kBold, actor.name),
                             actor.id.hex().substr(0, 8), past));
    for (const host::Place& place : actor.places) {
      output_.line(fmt::format("  {:<9}  {}", place.what, output_.paint(Colour::kCyan, place.url)));
    }
  }

  static Json as_json(const std::vector<host::Place>& places) {
    Json list = Json::array();
    for (const host::Place& place : places) {
      list.push_back({{"what", place.what}, {"url", place.url}});
    }
    return list;
  }

  Output& output_;
  host::LogSink* const log_;
  std::string program_;
  std::string data_;
};

Status check_metrics(const std::string& text) {
  if (text.empty()) return {};
  const Status usable = io::check_address(node::metrics_address(text));
  if (!usable) return fail_in(usable.error(), "--metrics");
  return {};
}

/// A conflict here is one over the data directory: its lock is held.
Error with_remedy(Error error) {
  if (error.code == Code::kConflict) error.message += "; stop that, or name another with --data";
  return error;
}

Exit run(Shell& shell, const RunArguments& arguments) {
  const bool is_structured = arguments.log_format == kLogFormats[1];
  host::SpdlogSink log(is_structured ? host::LogFormat::kJson : host::LogFormat::kText);
  Announcer announcer(shell, arguments.data, is_structured ? &log : nullptr);
  if (const Status usable = check_metrics(arguments.metrics); !usable) {
    return announcer.fail(shell, usable.error(), Exit::kUnusable);
  }
  const auto variables = read_variables(arguments.variables);
  if (!variables) return announcer.fail(shell, variables.error(), Exit::kUnusable);
  auto manifests = node::load_manifests(shell.files, arguments.manifests, *variables);
  if (!manifests) return announcer.fail(shell, manifests.error(), Exit::kUnusable);
  if (const Status used = check_variables(arguments.variables, *manifests); !used) {
    return announcer.fail(shell, used.error(), Exit::kUnusable);
  }
  node::NodeOptions options{.data_directory = arguments.data,
                            .shards = arguments.shards,
                            .fuel = node::fuel_mode(*manifests),
                            .metrics = arguments.metrics,
                            .terminal_keeper = kOwnProgram,
                            .has_watchdog = arguments.has_watchdog};
  if (options.shards == 0) options.shards = std::max(1u, std::thread::hardware_concurrency());
  node::prepare_process();
  auto node =
      node::Node::open(shell.files, options, {announcer, log, [&log] { return log.queue(); }});
  if (!node) return announcer.fail(shell, with_remedy(node.error()), Exit::kBad);
  if (auto loaded = (*node)->load(*std::move(manifests)); !loaded) {
    return announcer.fail(shell, loaded.error(), Exit::kUnusable);
  }
  if (auto ended = (*node)->run(); !ended) {
    return announcer.fail(shell, ended.error(), Exit::kBad);
  }
  return Exit::kOk;
}

}  // namespace

void add_run(CLI::App& app, Shell& shell) {
  auto arguments = std::make_shared<RunArguments>();  // shared with the parser's callback
  CLI::App& command = add_command(
      app, shell,
      {"run",
       "Run actors until Ctrl-C, SIGTERM, or SIGUSR2, which tells clients of a restart. Exit "
       "status: 0 stopped, 1 failed, 2 bad usage or manifest, 130 after a third signal.",
       "  theater run actors/chat/chat.toml --data theater-data --var listen=127.0.0.1:8080"});
  command.add_option("MANIFEST", arguments->manifests, "manifests, one an actor")->required();
  command.add_option("--data", arguments->data, "the data directory")->capture_default_str();
  command.add_option("--var", arguments->variables, "NAME=VALUE for ${NAME} in manifests")
      ->allow_extra_args(false);
  command.add_option("--shards", arguments->shards, "threads that run actors (default: the cores)")
      ->check(CLI::Range(std::size_t{1}, kShardsMax));
  command.add_option("--metrics", arguments->metrics,
                     "ADDRESS:PORT, or PORT of loopback, where GET /metrics is served");
  command
      .add_option("--log-format", arguments->log_format,
                  "how the log on standard error is written; json: all that is said, one object a "
                  "line")
      ->capture_default_str()
      ->check(CLI::IsMember(kLogFormats));
  command.add_flag("--watchdog", arguments->has_watchdog,
                   "log each host function or callback that holds its shard for more than 5 ms");
  command.callback([&shell, arguments] { shell.exit = run(shell, *arguments); });
}

}  // namespace theater::cli
