// process::Instance: from operations to programs and back.
#include "hosts/process/instance.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "host/granted_folders.h"

namespace theater::hosts::process {

namespace {

host::BookOptions options_of(const Limits& limits) {
  return {{"process events", host::QueuePolicy::kPause, {kEventsMax, kEventBytesMax, 0}},
          {limits.processes_max, limits.waiting_max}};
}

std::string life_of(const std::string& mark, io::Random& random) {
  std::array<std::uint8_t, 8> nonce{};
  random.fill(nonce);
  return mark + to_hex(nonce);
}

}  // namespace

Instance::Instance(const host::Binding<Instance>& binding, const Grant& grant,
                   const host::Context& context)
    : OperatingInstance(binding, context, options_of(grant.limits)),
      services_(context.services),
      grant_(grant),
      mark_(context.actor.identity().id.hex() + "."),
      life_(life_of(mark_, context.services.random)) {}

// Starting.

host::Planned Instance::check_spawn(std::string_view program, const Arguments& arguments,
                                    std::string_view directory) {
  if (!grant_.programs.contains(program)) {
    ++counters_.denied;
    return host::refuse(host::GuestCode::kDenied, "no program {} is granted", program);
  }
  std::size_t bytes = 0;
  for (const std::string& argument : arguments) {
    bytes += argument.size() + 1;
    if (argument.find('\0') != std::string::npos) {
      return host::refuse(host::GuestCode::kInvalid, "an argument has no zero bytes");
    }
  }
  if (bytes > grant_.limits.arguments_max || arguments.size() > kArgumentsMax) {
    return host::refuse(host::GuestCode::kTooLarge, "arguments_max is {} bytes, {} arguments",
                        grant_.limits.arguments_max, kArgumentsMax);
  }
  if (!directory.empty()) {
    const auto parsed = host::parse_folder_path(directory);
    if (!parsed) return std::unexpected(parsed.error());
    if (!grant_.directories.contains(parsed->folder)) {
      ++counters_.denied;
      return host::refuse(host::GuestCode::kDenied, "no directory {} is granted", parsed->folder);
    }
  }
  return host::Plan{.delivery = host::Delivery::kParts,
                    .time_max = grant_.limits.runtime,
                    .crash = host::CrashRule::kInterrupt};
}

void Instance::begin(host::Work& work, std::string_view name, const Arguments& arguments,
                     std::string_view directory) {
  Program program{.path = grant_.programs.find(name)->second,
                  .arguments = arguments,
                  .environment = grant_.environment,
                  .mark = life_};
  if (!directory.empty()) {
    const auto parsed = host::parse_folder_path(directory);
    CHECK(parsed, "a start was checked");
    program.directory = grant_.directories.find(parsed->folder)->second;
    program.below = parsed->rest;
  }
  if (is_swept_) return start(work.id, std::move(program));
  held_.push_back({work.id, std::move(program)});
}

void Instance::start(OperationId id, Program program) {
  ++counters_.started;
  auto made = std::make_unique<Child>(id, services_, static_cast<ChildUser&>(*this));
  Child& child = *made;
  children_.insert_or_assign(id, std::move(made));
  child.start(std::move(program));
  if (const auto early = early_.find(id); early != early_.end()) {
    child.write(early->second.bytes);
    if (early->second.is_ended) child.close_input();
    early_.erase(early);
  }
}

// Input and signals.

bool Instance::is_live(OperationId id) {
  const auto status = book().status(id);
  return status && status->phase <= actor::OperationPhase::kRunning;
}

host::Outcome Instance::check_write(std::uint64_t op, const Input& data) {
  const OperationId id{op};
  if (!is_live(id)) return host::refuse(host::GuestCode::kNotFound, "no program {} runs", op);
  const std::size_t bytes = data ? data->size() : 0;
  const auto waiting = waiting_.find(id);
  if ((waiting == waiting_.end() ? 0 : waiting->second) + bytes > grant_.limits.stdin_max) {
    return host::refuse(host::GuestCode::kFull, "stdin_max is {} bytes", grant_.limits.stdin_max);
  }
  waiting_[id] += bytes;
  unsettled_.emplace_back(id, bytes);
  return {};
}

void Instance::write(std::uint64_t op, const Input& data) {
  const OperationId id{op};
  if (const auto child = children_.find(id); child != children_.end()) {
    if (data) return child->second->write(*data);
    return child->second->close_input();
  }
  if (!is_live(id)) return;  // it has ended meanwhile
  Early& early = early_[id];
  if (data) append(early.bytes, *data);
  if (!data) early.is_ended = true;
}

host::Outcome Instance::check_signal(std::uint64_t op, std::uint8_t number) {
  if (!is_live({op})) return host::refuse(host::GuestCode::kNotFound, "no program {} runs", op);
  if (number >= 1 && number <= kSignalMax) return {};
  return host::refuse(host::GuestCode::kInvalid, "signals are 1 to {}", kSignalMax);
}

void Instance::signal(std::uint64_t op, std::uint8_t number) {
  const auto child = children_.find(OperationId{op});
  if (child != children_.end()) child->second->signal(number);
}

void Instance::forget_input(OperationId id, std::size_t bytes) {
  const auto waiting = waiting_.find(id);
  if (waiting != waiting_.end()) waiting->second -= std::min(waiting->second, bytes);
}

void Instance::on_input_written(OperationId id, std::size_t bytes) { forget_input(id, bytes); }

void Instance::settle(actor::Settlement settlement) {
  if (settlement == actor::Settlement::kDiscarded) {
    for (const auto& [id, bytes] : unsettled_) forget_input(id, bytes);
  }
  unsettled_.clear();
  OperatingInstance::settle(settlement);
}

// Output and ends.

bool Instance::tell_output(OperationId id, ByteSpan event, std::size_t bytes) {
  if (!part(id, event, bytes)) return false;
  counters_.output += bytes;
  return true;
}

void Instance::on_credit(OperationId id) {
  const auto child = children_.find(id);
  if (child != children_.end()) child->second->resume();
}

void Instance::tell_end(OperationId id, const Exit& exit) {
  retire(children_.find(id));
  finish(id, exit ? host::OperationEnd::kDone : host::OperationEnd::kFailed,
         event_bytes<Payload::kEnded>(id, exit));
}

void Instance::abort(OperationId id) {
  std::erase_if(held_, [id](const Held& held) { return held.id == id; });
  const auto child = children_.find(id);
  if (child == children_.end()) return;
  child->second->abort();
  retire(child);
}

Bytes Instance::write_end(OperationId id, const host::GuestError& why) {
  waiting_.erase(id);
  early_.erase(id);
  return event_bytes<Payload::kEnded>(id, Exit(std::unexpected(why)));
}

/// The child may be in the middle of telling: it goes in a task of its own.
void Instance::retire(Children::iterator child) {
  waiting_.erase(child->first);
  retired_.push_back(std::move(child->second));
  children_.erase(child);
  if (retired_.size() > 1) return;
  services_.executor.post(lifeline_.guard([this] { retired_.clear(); }));
}

// Lives.

Status Instance::load(ByteSpan saved) {
  has_past_ = true;
  return OperatingInstance::load(saved);
}

Status Instance::fold_event(ByteSpan event) {
  has_past_ = true;
  return OperatingInstance::fold_event(event);
}

Status Instance::recover() {
  TRY_OK(OperatingInstance::recover());
  std::vector<OperationId> ids;
  book().pending(ids);
  if (!has_past_ && ids.empty()) {
    is_swept_ = true;
    return {};
  }
  const auto ended = std::make_shared<std::size_t>(0);  // from the worker to the shard
  services_.workers.run([what = Sweep{mark_, life_}, ended] { *ended = sweep(what); },
                        services_.executor, lifeline_.guard([this, ended] { swept(*ended); }));
  return {};
}

void Instance::swept(std::size_t ended) {
  counters_.swept = ended;
  is_swept_ = true;
  for (Held& held : std::exchange(held_, {})) start(held.id, std::move(held.program));
}

void Instance::stop(actor::StopMode mode) {
  while (!children_.empty()) abort(children_.begin()->first);
  held_.clear();
  early_.clear();
  waiting_.clear();
  // Whoever left its group while this life lasted.
  services_.workers.run([what = Sweep{life_, ""}] { sweep(what); }, services_.executor, [] {});
  OperatingInstance::stop(mode);
}

actor::Census Instance::census() const {
  actor::Census census = OperatingInstance::census();
  for (const auto& [id, child] : children_) child->count(census);
  return census;
}

void Instance::measure(actor::Figures& figures) const {
  OperatingInstance::measure(figures);
  figures.gauge({"process_running", "Programs now running or being started."},
                static_cast<double>(children_.size()));
  figures.counter({"process_started_total", "Programs started."}, counters_.started);
  figures.counter({"process_output_bytes_total", "Bytes of output told."}, counters_.output);
  figures.counter({"process_swept_total", "Programs of an earlier life that were ended."},
                  counters_.swept);
  figures.counter({"process_denied_total", "Programs and directories that are not granted."},
                  counters_.denied);
}

}  // namespace theater::hosts::process
