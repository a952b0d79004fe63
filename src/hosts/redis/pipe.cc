// Pipe: answers go to whoever is first in the row.
#include "hosts/redis/pipe.h"

#include <algorithm>
#include <utility>

namespace theater::hosts::redis {

using host::GuestCode;
using host::GuestError;

void Pipe::send(OperationId operation, const Commands& commands) {
  if (idle_) setup_.services.executor.cancel(*idle_);
  idle_.reset();
  if (!link_) {
    LinkUser& user = *this;
    link_ = std::make_unique<Link>(
        LinkSetup{setup_.server, setup_.limits, setup_.tls, setup_.services, user});
    link_->start();
  }
  Bytes request;
  for (const Command& words : commands) append_command(request, words);
  link_->send(request);
  jobs_.push_back({operation, commands.size(), setup_.services.clock.now(), {}});
}

/// Its commands may have been sent: their answers come, and are dropped. A server that has said
/// nothing for all the time of an operation is not waited for any longer.
void Pipe::abandon(OperationId operation) {
  const auto job = std::ranges::find(jobs_, operation, &Job::operation);
  if (job == jobs_.end() || job->is_orphan) return;
  job->is_orphan = true;
  job->values.clear();
  ++orphans_;
  const MonotonicTime now = setup_.services.clock.now();
  const bool is_silent = link_->heard() <= job->sent && now - job->sent >= setup_.limits.time;
  if (!is_silent && orphans_ <= kOrphansMax) return;
  link_->give_up({GuestCode::kClosed, "", "the server does not answer", {}});
}

void Pipe::on_reply(Reply reply) {
  if (jobs_.empty()) {
    return link_->give_up({GuestCode::kProtocol, "", "an answer to nothing", {}});
  }
  Job& job = jobs_.front();
  job.bytes += reply.bytes;
  job.is_too_large = job.is_too_large || reply.is_too_large || job.bytes > setup_.limits.reply_max;
  if (job.is_too_large || job.is_orphan) {
    job.values = {};
  } else {
    std::ranges::move(reply.values, std::back_inserter(job.values));
  }
  if (--job.replies_left == 0) finish_front();
}

void Pipe::finish_front() {
  Job job = std::move(jobs_.front());
  jobs_.pop_front();
  if (jobs_.empty() && !idle_) {
    idle_ = setup_.services.executor.after(setup_.limits.idle, [this] { rest(); });
  }
  if (job.is_orphan) {
    --orphans_;
  } else if (job.is_too_large) {
    setup_.user.on_failed(job.operation, {GuestCode::kTooLarge,
                                          "",
                                          fmt::format("the replies are over reply_max, {} bytes",
                                                      setup_.limits.reply_max),
                                          {}});
  } else {
    setup_.user.on_answered(job.operation, std::move(job.values));
  }
}

void Pipe::on_lost(const GuestError& why) {
  const std::deque<Job> jobs = std::exchange(jobs_, {});
  const GuestError copy = why;  // the link goes
  stop();
  for (const Job& job : jobs) {
    if (!job.is_orphan) setup_.user.on_failed(job.operation, copy);
  }
}

void Pipe::rest() {
  idle_.reset();
  link_.reset();
}

void Pipe::stop() {
  if (idle_) setup_.services.executor.cancel(*idle_);
  idle_.reset();
  link_.reset();
  jobs_.clear();
  orphans_ = 0;
}

std::size_t Pipe::held_bytes() const {
  std::size_t bytes = link_ ? link_->held_bytes() : 0;
  for (const Job& job : jobs_) bytes += job.bytes;
  return bytes;
}

}  // namespace theater::hosts::redis
