// terminal::Instance: keys in, bytes out, the size, the end.
#include "hosts/terminal/instance.h"

#include <utility>

#include "base/check.h"

namespace theater::hosts::terminal {

Instance::Instance(InstanceSetup setup, const host::Context& context)
    : BoundInstance(setup.binding),
      setup_(std::move(setup)),
      services_(context.services),
      actor_(context.actor),
      queue_({"terminal events",
              host::QueuePolicy::kPause,
              {setup_.grant.limits.queue_items, setup_.grant.limits.queue_bytes, kPromises}},
             *this, context.actor, context.services.clock) {}

Instance::~Instance() { CHECK(!device_ && !timer_, "END-1"); }

// Host functions.

host::Outcome Instance::write(ByteSpan data) {
  if (machine_.state() == State::kClosed) {
    return host::refuse(host::GuestCode::kClosed, "the terminal is gone");
  }
  const std::size_t waiting = out_.size() + committed_ + unsettled_;
  if (waiting + data.size() > setup_.grant.limits.out_max) {
    ++refused_;
    return host::refuse(host::GuestCode::kFull, "{} bytes wait to be shown, out_max is {}", waiting,
                        setup_.grant.limits.out_max);
  }
  unsettled_ += data.size();
  return {};
}

void Instance::perform_write(ByteSpan data) {
  committed_ -= data.size();
  if (!device_) return;
  append(out_, data);
  show();
}

host::Outcome Instance::set_raw(bool) {
  if (machine_.state() != State::kClosed) return {};
  return host::refuse(host::GuestCode::kClosed, "the terminal is gone");
}

void Instance::perform_set_raw(bool raw) {
  apply(raw ? Input::kSetRaw : Input::kSetLines);
  if (device_) show();
}

Size Instance::size() { return device_ ? device_->size() : size_; }

void Instance::settle(actor::Settlement settlement) {
  if (settlement == actor::Settlement::kCommitted) committed_ += unsettled_;
  unsettled_ = 0;
}

// The terminal.

void Instance::apply(Input input) {
  for (const Action action : machine_.step(input).actions) {
    switch (action) {
      case Action::kEnterRaw:
        device_->enter_raw();
        break;
      case Action::kLeaveRaw:
        device_->leave_raw();
        break;
      case Action::kTellClosed:
        tell(Payload::kClosed, event_bytes<Payload::kClosed>());
        break;
      case Action::kGiveBack:
        give_back();
        break;
    }
  }
  drained_if_closed();
}

void Instance::on_ready(int, io::Readiness ready) {
  if (has(ready, io::Readiness::kRead)) read_keys();
  if (device_ && has(ready, io::Readiness::kWrite)) show();
}

/// One chunk at a time: the shard has others.
void Instance::read_keys() {
  if (!queue_.accepts(kChunkBytes + 16)) return watch();
  std::array<std::uint8_t, kChunkBytes> keys;
  const auto got = device_->read(keys);
  if (!got) return apply(Input::kHangUp);
  if (!*got) return;
  typed_ += **got;
  const auto put = queue_.put(Payload::kInput,
                              event_bytes<Payload::kInput>(to_bytes(ByteSpan(keys).first(**got))));
  CHECK(put == host::Put::kQueued, "BOUND-1");
  if (queue_.is_paused()) watch();
}

void Instance::show() {
  if (!device_->is_settled()) return;
  if (!out_.empty()) {
    const auto taken = device_->write(out_);
    if (!taken) return apply(Input::kHangUp);
    shown_ += *taken;
    out_.erase(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(*taken));
  }
  if (out_.empty() && machine_.state() == State::kLeaving) return apply(Input::kWritten);
  watch();
}

/// What is wanted of it now. It is read while the actor keeps up.
void Instance::watch() {
  if (!device_) return;
  const bool reads = machine_.state() != State::kLeaving && !queue_.is_paused() &&
                     queue_.accepts(kChunkBytes + 16);
  const bool writes = !out_.empty() && device_->is_settled();
  const auto wanted = (reads ? io::Readiness::kRead : io::Readiness::kNone) |
                      (writes ? io::Readiness::kWrite : io::Readiness::kNone);
  if (wanted == io::Readiness::kNone) {
    services_.descriptors.unwatch(device_->descriptor());
  } else if (!services_.descriptors.watch(device_->descriptor(), wanted, *this)) {
    apply(Input::kHangUp);
  }
}

/// One of each kind waits at most; its room is promised.
void Instance::tell(About about, const Bytes& event) {
  if (std::exchange(is_queued_[about], true)) return;
  queue_.put_reserved(about, event);
}

void Instance::on_taken(std::uint64_t source, std::size_t) {
  if (source == Payload::kInput) return;
  is_queued_[source] = false;
  const bool is_promised = queue_.reserve(1);
  CHECK(is_promised, "BOUND-1");
}

void Instance::look_at_size() {
  timer_ = services_.executor.after(kSizePeriod, [this] { look_at_size(); });
  if (is_queued_[Payload::kResized]) return;  // told with the next look, if it is another one
  const Size now = device_->size();
  if (now == size_) return;
  size_ = now;
  tell(Payload::kResized, event_bytes<Payload::kResized>(now));
}

// Restart.

Status Instance::load(ByteSpan) {
  has_past_ = true;
  return {};
}

Status Instance::fold_event(ByteSpan) {
  has_past_ = true;
  return {};
}

Status Instance::recover() {
  auto device = Device::open(setup_.grant.device);
  if (!device) return fail_in(device.error(), "grants.terminal");
  if (!setup_.owners.take((*device)->number())) {
    return fail(Code::kConflict, "grants.terminal: {} has another actor", setup_.grant.device);
  }
  device_ = *std::move(device);
  CHECK(queue_.reserve(kPromises), "BOUND-1");
  if (has_past_) tell(Payload::kInterrupted, event_bytes<Payload::kInterrupted>());
  size_ = device_->size();
  tell(Payload::kResized, event_bytes<Payload::kResized>(size_));
  timer_ = services_.executor.after(kSizePeriod, [this] { look_at_size(); });
  start_keeper();
  watch();
  return {};
}

/// By a worker: the shard does not wait until its program is loaded.
void Instance::start_keeper() {
  const auto order =
      std::make_shared<KeeperOrder>(device_->order_keeper(setup_.keeper));  // of both tasks
  services_.workers.run([order] { order->carry_out(); }, services_.executor,
                        lifeline_.guard([this, order] { on_keeper(order->take_keeper()); }));
}

/// Without one the terminal would not be put back after a crash: it is as good as gone.
void Instance::on_keeper(Result<std::unique_ptr<Keeper>> keeper) {
  if (!device_) return;
  if (!keeper) {
    services_.log.write({.level = host::LogLevel::kWarn,
                         .actor = actor_.identity().name,
                         .text = keeper.error().message,
                         .note = "the terminal is given back",
                         .family = "terminal"});
    return apply(Input::kHangUp);
  }
  device_->adopt(*std::move(keeper));
  show();
}

// The end.

void Instance::give_back() {
  if (timer_) services_.executor.cancel(*timer_);
  timer_.reset();
  if (!device_) return;
  services_.descriptors.unwatch(device_->descriptor());
  setup_.owners.give_back(device_->number());
  device_.reset();
  out_.clear();
}

/// What was written is still shown, if the terminal takes it.
void Instance::stop(actor::StopMode mode) {
  queue_.clear();
  if (mode == actor::StopMode::kKill) return apply(Input::kKill);
  is_draining_ = true;
  if (machine_.state() != State::kClosed && timer_) {
    services_.executor.cancel(*timer_);
    timer_ = services_.executor.after(kPartingTime, [this] {
      timer_.reset();
      apply(Input::kWritten);
    });
  }
  if (!device_) apply(Input::kKill);  // it was never opened
  apply(Input::kStop);
  if (device_ && machine_.state() == State::kLeaving) show();
}

void Instance::drained_if_closed() {
  if (!is_draining_ || machine_.state() != State::kClosed) return;
  is_draining_ = false;
  actor_.drained();
}

actor::Census Instance::census() const {
  actor::Census census;
  census.descriptors = device_ ? 2 : 0;  // the keeper's pipe
  census.timers = timer_ ? 1 : 0;
  census.bytes = queue_.bytes() + out_.size();
  return census;
}

void Instance::measure(actor::Figures& figures) const {
  queue_.measure(figures);
  figures.counter({"terminal_typed_bytes_total", "Bytes that were typed."}, typed_);
  figures.counter({"terminal_shown_bytes_total", "Bytes that the terminal took."}, shown_);
  figures.counter({"terminal_refused_total", "Writes refused because too much waits."}, refused_);
}

}  // namespace theater::hosts::terminal
