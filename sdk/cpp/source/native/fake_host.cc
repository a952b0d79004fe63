// FakeHost: the host functions answered in memory; see fake_host.h.
#include "theater/fake_host.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "fake_support.h"

namespace theater {

void wit::missing_import(std::string_view function) {
  std::fprintf(stderr, "the actor called %.*s, for which there is no fake\n",
               static_cast<int>(function.size()), function.data());
  std::abort();
}

namespace testing {
FakeHost::FakeHost() {
  answer_runtime();
  answer_timer();
  answer_websocket_server();
  answer_random();
  answer_environment();
  answer_file_watch();
  answer_filesystem();
  answer_process();
  answer_terminal();
  answer_http_server();
  answer_http_client();
  answer_websocket_client();
  answer_tcp();
  answer_redis();
  answer_database();
  answer_operation();
}

FakeHost::~FakeHost() {
  actor::runtime::hooks() = {};
  actor::timer::hooks() = {};
  actor::websocket_server::hooks() = {};
  actor::random::hooks() = {};
  actor::environment::hooks() = {};
  actor::file_watch::hooks() = {};
  actor::filesystem::hooks() = {};
  actor::process::hooks() = {};
  actor::terminal::hooks() = {};
  actor::http_server::hooks() = {};
  actor::http_client::hooks() = {};
  actor::websocket_client::hooks() = {};
  actor::tcp::hooks() = {};
  actor::redis::hooks() = {};
  actor::database::hooks() = {};
  actor::operation::hooks() = {};
}

void FakeHost::commit() {
  for (const auto& effect : effects_) effect();
  effects_.clear();
  pending.insert(pending.end(), begun_.begin(), begun_.end());
  begun_.clear();
}

void FakeHost::roll_back() {
  effects_.clear();
  begun_.clear();
}

std::uint64_t FakeHost::begin_operation() { return begun_.emplace_back(next_id++); }

void FakeHost::end_operation(std::uint64_t id) {
  std::erase(pending, id);
  credits.erase(id);
  cancelled.erase(id);
}

std::string_view FakeHost::keep(std::string_view text) { return kept_texts_.emplace_back(text); }

Peer* FakeHost::find(std::uint64_t id) {
  for (Peer& peer : peers) {
    if (peer.id == id) return &peer;
  }
  return nullptr;
}

void FakeHost::answer_runtime() {
  auto& hooks = actor::runtime::hooks();
  hooks.log = [this](actor::runtime_types::Level level, std::string_view message) {
    log.push_back({level, std::string(message)});
  };
  hooks.self = [] { return actor::runtime_types::Identity{"00", "test", {}, "00"}; };
  hooks.now = [this] { return static_cast<std::uint64_t>(now.count()); };
  hooks.stop = [this](BytesView output) {
    effects_.push_back([this, bytes = Bytes(output.begin(), output.end())] { stopped = bytes; });
  };
}

void FakeHost::answer_timer() {
  auto& hooks = actor::timer::hooks();
  const auto arm = [this](std::string_view name, std::chrono::nanoseconds due,
                          std::chrono::nanoseconds period) -> Outcome {
    effects_.push_back(
        [this, name = std::string(name), due, period] { timers[name] = {due, period}; });
    return {};
  };
  hooks.after = [this, arm](std::string_view name, std::uint64_t delay_ms) {
    return arm(name, now + std::chrono::milliseconds(delay_ms), {});
  };
  hooks.every = [this, arm](std::string_view name, std::uint64_t period_ms) -> Outcome {
    const std::chrono::milliseconds period(period_ms);
    if (period_ms < 10) return failed(Code::kInvalid, "period_ms is below 10");
    return arm(name, now + period, period);
  };
  hooks.at = [arm](std::string_view name, std::uint64_t unix_ns) {
    return arm(name, std::chrono::nanoseconds(unix_ns), {});
  };
  hooks.cancel = [this](std::string_view name) {
    effects_.push_back([this, name = std::string(name)] { timers.erase(name); });
    return timers.contains(name);
  };
}

Outcome FakeHost::with_open_peer(std::uint64_t id, std::function<void(Peer&)> effect) {
  Peer* peer = find(id);
  if (peer == nullptr) return failed(Code::kNotFound, "no such connection");
  if (!peer->open) return failed(Code::kClosed, "the connection is closed");
  effects_.push_back([peer, effect = std::move(effect)] {
    if (peer->open) effect(*peer);
  });
  return {};
}

void FakeHost::answer_websocket_server() {
  auto& hooks = actor::websocket_server::hooks();
  using actor::websocket_types::Message;
  hooks.accept = [this](std::uint64_t id, const wit::Option<wit::String>&) {
    return with_open_peer(id, [](Peer&) {});
  };
  hooks.send = [this](std::uint64_t id, const Message& message) {
    return with_open_peer(
        id, [data = data_of(message), tag = message.tag](Peer& peer) { receive(peer, data, tag); });
  };
  hooks.close = [this](std::uint64_t id, std::uint16_t code, std::string_view reason) {
    return with_open_peer(id, [code, reason = std::string(reason)](Peer& peer) {
      peer.open = false;
      peer.close_code = code;
      peer.close_reason = reason;
    });
  };
  hooks.subscribe = [this](std::uint64_t id, std::string_view topic) {
    return with_open_peer(id,
                          [topic = std::string(topic)](Peer& peer) { peer.topics.insert(topic); });
  };
  hooks.unsubscribe = [this](std::uint64_t id, std::string_view topic) {
    return with_open_peer(id,
                          [topic = std::string(topic)](Peer& peer) { peer.topics.erase(topic); });
  };
  hooks.publish = [this](std::string_view topic, const Message& message) -> Outcome {
    effects_.push_back(
        [this, topic = std::string(topic), data = data_of(message), tag = message.tag] {
          for (Peer& peer : peers) {
            if (peer.open && (topic == "*" || peer.topics.contains(topic)))
              receive(peer, data, tag);
          }
        });
    return {};
  };
  hooks.set_attachment = [this](std::uint64_t id, BytesView value) {
    return with_open_peer(
        id, [bytes = Bytes(value.begin(), value.end())](Peer& peer) { peer.attachment = bytes; });
  };
  hooks.attachment = [this](std::uint64_t id) -> actor::types::Data {
    const Peer* peer = find(id);
    if (peer == nullptr) return failed(Code::kNotFound, "no such connection");
    return BytesView(peer->attachment);
  };
}

/// SplitMix64.
void FakeHost::answer_random() {
  actor::random::hooks().get_bytes = [this](std::uint32_t count) -> actor::types::Data {
    if (count > 64 * 1024) return failed(Code::kTooLarge, "bytes_max is 65536");
    Bytes& bytes = drawn_.emplace_back(count);
    for (std::uint8_t& byte : bytes) {
      std::uint64_t mixed = random_seed += 0x9e3779b97f4a7c15;
      mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
      mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
      byte = static_cast<std::uint8_t>(mixed ^ mixed >> 31);
    }
    return BytesView(bytes);
  };
}

void FakeHost::answer_environment() {
  actor::environment::hooks().get = [this](std::string_view name) -> wit::Option<wit::String> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return wit::String(found->second);
  };
}

void FakeHost::answer_file_watch() {
  actor::file_watch::hooks().watch = [this](std::string_view path,
                                            bool recursive) -> actor::types::Started {
    const std::uint64_t id = begin_operation();
    effects_.push_back([this, id, path = std::string(path), recursive] {
      watches.push_back({id, path, recursive});
    });
    return id;
  };
}

/// Files without directories: enough for what actors decide. Ends of changes are played by the
/// test.
void FakeHost::answer_filesystem() {
  auto& hooks = actor::filesystem::hooks();
  hooks.read_wait = [this](std::string_view path, std::uint64_t offset,
                           std::uint32_t most) -> actor::types::Data {
    const auto file = files.find(path);
    if (file == files.end()) return failed(Code::kNotFound, "no such file");
    const BytesView content(file->second);
    const std::size_t begin = std::min<std::uint64_t>(offset, content.size());
    return content.subspan(begin, std::min<std::size_t>(most, content.size() - begin));
  };
  hooks.list_wait =
      [this](std::string_view path, std::string_view after,
             std::uint32_t most) -> decltype(actor::filesystem::list_wait(path, after, most)) {
    listed_.clear();
    for (const auto& [name, content] : files) {
      if (!name.starts_with(path) || name.size() <= path.size() + 1) continue;
      const std::string_view below = std::string_view(name).substr(path.size() + 1);
      if (below > after && listed_.size() < most) listed_.push_back({below, content.size(), false});
    }
    return wit::List<wit::Tuple<wit::String, std::uint64_t, bool>>(listed_);
  };
  hooks.change = [this](std::string_view path,
                        const actor::filesystem_types::Action& action) -> actor::types::Started {
    const std::string name(path);
    if (action.is_write()) {
      effects_.push_back([this, name, bytes = Bytes(action.write.begin(), action.write.end())] {
        files[name] = bytes;
      });
    } else if (action.is_append()) {
      effects_.push_back([this, name, more = Bytes(action.append.begin(), action.append.end())] {
        files[name].insert(files[name].end(), more.begin(), more.end());
      });
    } else if (action.is_rename()) {
      effects_.push_back([this, name, to = std::string(action.rename)] {
        files[to] = files[name];
        files.erase(name);
      });
    } else if (action.is_remove()) {
      effects_.push_back([this, name] { files.erase(name); });
    }
    return begin_operation();
  };
}

Outcome FakeHost::with_program(std::uint64_t id, std::function<void(RunningProgram&)> effect) {
  if (id >= next_id) return failed(Code::kNotFound, "no such program");
  effects_.push_back([this, id, effect = std::move(effect)] {
    for (RunningProgram& program : programs) {
      if (program.id == id) effect(program);
    }
  });
  return {};
}

void FakeHost::answer_process() {
  auto& hooks = actor::process::hooks();
  hooks.spawn = [this](std::string_view name, wit::List<wit::String> arguments,
                       std::string_view) -> actor::types::Started {
    RunningProgram program{begin_operation(), std::string(name), {}, {}, false, {}};
    for (const wit::String& argument : arguments) program.arguments.emplace_back(argument);
    effects_.push_back([this, program] { programs.push_back(program); });
    return program.id;
  };
  hooks.write_stdin = [this](std::uint64_t id, const wit::Option<wit::Bytes>& data) -> Outcome {
    if (!data) return with_program(id, [](RunningProgram& program) { program.input_ended = true; });
    return with_program(id, [text = std::string(data->begin(), data->end())](
                                RunningProgram& program) { program.input += text; });
  };
  hooks.signal = [this](std::uint64_t id, std::uint8_t number) -> Outcome {
    return with_program(id,
                        [number](RunningProgram& program) { program.signals.push_back(number); });
  };
}

void FakeHost::answer_terminal() {
  auto& hooks = actor::terminal::hooks();
  hooks.write = [this](BytesView data) -> Outcome {
    effects_.push_back([this, text = std::string(data.begin(), data.end())] { screen += text; });
    return {};
  };
  hooks.set_raw = [this](bool raw) -> Outcome {
    effects_.push_back([this, raw] { screen_is_raw = raw; });
    return {};
  };
  hooks.size = [this] {
    return wit::Tuple<std::uint16_t, std::uint16_t>{screen_columns, screen_rows};
  };
}

}  // namespace testing
}  // namespace theater
