// Child: readiness in, events out.
#include "hosts/process/child.h"

#include <signal.h>

#include <array>
#include <cerrno>
#include <memory>
#include <utility>

#include "base/check.h"
#include "host/guest_error.h"
#include "io/spawn.h"

namespace theater::hosts::process {

Child::Child(OperationId id, const host::Services& services, ChildUser& user)
    : id_(id), services_(services), user_(user) {
  outputs_[1].name = Output::Name::kStderr;
}

Child::~Child() { CHECK(!handle_.is_open(), "END-1"); }

void Child::start(Program program) {
  spawned_ = std::make_shared<std::optional<Result<Spawned>>>();
  services_.workers.run(
      [program = std::move(program), out = spawned_] { out->emplace(spawn(program)); },
      services_.executor, lifeline_.guard([this] {
        Result<Spawned> spawned = std::move(**std::exchange(spawned_, nullptr));
        if (!spawned) {
          exit_ = std::unexpected(host::guest_error(spawned.error()));
          return apply(ChildInput::kSpawnFailed);
        }
        process_ = std::exchange(spawned->id, 0);
        handle_ = std::move(spawned->handle);
        input_pipe_ = std::move(spawned->input);
        outputs_[0].pipe = std::move(spawned->output);
        outputs_[1].pipe = std::move(spawned->error);
        apply(ChildInput::kSpawned);
      }));
}

void Child::apply(ChildInput input) {
  for (const ChildAction action : machine_.step(input).actions) act(action);
}

void Child::act(ChildAction action) {
  switch (action) {
    case ChildAction::kWatch:
      watch();
      break;
    case ChildAction::kEndGroup:
      end_group(process_);
      break;
    case ChildAction::kReap:
      take_exit();
      break;
    case ChildAction::kClose:
      close();
      break;
    case ChildAction::kTellEnd:
      user_.tell_end(id_, *exit_);
      break;
  }
}

void Child::watch() {
  const Status watched = services_.descriptors.watch(handle_.get(), io::Readiness::kRead, *this);
  if (!watched) return fail(watched.error());
  for (Output& output : outputs_) watch_output(output);
  write_input();
}

void Child::on_ready(int descriptor, io::Readiness) {
  if (descriptor == handle_.get()) {
    apply(ChildInput::kExit);
    return check_drained();
  }
  if (descriptor == input_pipe_.get()) return write_input();
  for (Output& output : outputs_) {
    if (descriptor == output.pipe.get()) return read(output);
  }
}

// Output.

void Child::watch_output(Output& output) {
  const bool is_wanted = output.pipe.is_open() && output.held.empty();
  if (is_wanted == output.is_watched) return;
  output.is_watched = is_wanted;
  if (!is_wanted) return services_.descriptors.unwatch(output.pipe.get());
  const Status watched =
      services_.descriptors.watch(output.pipe.get(), io::Readiness::kRead, *this);
  if (!watched) fail(watched.error());
}

void Child::read(Output& output) {
  std::array<std::uint8_t, kChunkBytes> chunk;
  const ssize_t got = ::read(output.pipe.get(), chunk.data(), chunk.size());
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    unwatch(output.pipe.get());
    output.is_watched = false;
    output.pipe.reset();
    return check_drained();
  }
  output.held.assign(chunk.begin(), chunk.begin() + got);
  tell(output);
  watch_output(output);
}

bool Child::tell(Output& output) {
  if (output.held.empty()) return true;
  const std::size_t bytes = output.held.size();
  const Bytes event = output.name == Output::Name::kStdout
                          ? event_bytes<Payload::kStdout>(id_, output.held)
                          : event_bytes<Payload::kStderr>(id_, output.held);
  if (!user_.tell_output(id_, event, bytes)) return false;
  output.held.clear();
  return true;
}

void Child::resume() {
  for (Output& output : outputs_) {
    if (!tell(output)) return;
    watch_output(output);
  }
  check_drained();
}

void Child::check_drained() {
  if (machine_.state() != ChildState::kExited) return;
  for (const Output& output : outputs_) {
    if (output.pipe.is_open() || !output.held.empty()) return;
  }
  apply(ChildInput::kDrained);
}

// Input.

void Child::write(ByteSpan bytes) {
  append(input_, bytes);
  write_input();
}

void Child::close_input() {
  is_input_ended_ = true;
  write_input();
}

void Child::write_input() {
  if (!input_pipe_.is_open()) {
    // Nobody reads any more: what waits is gone, as it would be in a pipe.
    const bool is_over = machine_.state() != ChildState::kStarting;
    if (is_over && !input_.empty()) {
      user_.on_input_written(id_, std::exchange(input_, {}).size());
    }
    return;
  }
  while (!input_.empty()) {
    const ssize_t wrote = ::write(input_pipe_.get(), input_.data(), input_.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0 && errno == EAGAIN) {
      const Status watched =
          services_.descriptors.watch(input_pipe_.get(), io::Readiness::kWrite, *this);
      return watched ? void() : fail(watched.error());
    }
    const std::size_t done = wrote < 0 ? input_.size() : static_cast<std::size_t>(wrote);
    is_input_ended_ |= wrote < 0;
    input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(done));
    user_.on_input_written(id_, done);
  }
  unwatch(input_pipe_.get());
  if (is_input_ended_) input_pipe_.reset();
}

// The end.

void Child::signal(int number) {
  if (machine_.state() == ChildState::kRunning) ::kill(-process_, number);
}

void Child::abort() { apply(ChildInput::kAbort); }

/// Nothing would be heard of it any more: it is ended, and its end told.
void Child::fail(const Error& why) {
  if (machine_.state() == ChildState::kEnded) return;
  abort();
  exit_ = std::unexpected(host::guest_error(why));
  user_.tell_end(id_, *exit_);
}

/// Of a program that has exited at once; one that was just killed may take its time, and one with
/// the rights of another user is not killed at all.
void Child::take_exit() {
  unwatch(handle_.get());
  if (machine_.state() == ChildState::kExited) {
    exit_ = io::wait_for_exit(process_);
  } else {
    auto handle = std::make_shared<io::OwnedDescriptor>(std::move(handle_));  // the worker's
    services_.workers.for_long().run(
        [handle, id = process_] { io::reap_within(handle->get(), id, kReapTime); },
        services_.executor, [] {});
  }
  handle_.reset();
}

void Child::unwatch(int descriptor) {
  if (descriptor >= 0) services_.descriptors.unwatch(descriptor);
}

void Child::close() {
  unwatch(input_pipe_.get());
  input_pipe_.reset();
  for (Output& output : outputs_) {
    unwatch(output.pipe.get());
    output.is_watched = false;
    output.pipe.reset();
    output.held.clear();
  }
}

void Child::count(actor::Census& census) const {
  census.descriptors += handle_.is_open() ? 1 : 0;
  census.descriptors += input_pipe_.is_open() ? 1 : 0;
  for (const Output& output : outputs_) census.descriptors += output.pipe.is_open() ? 1 : 0;
  if (spawned_) ++census.operations;
}

}  // namespace theater::hosts::process
