// Pool: jobs wait in order of arrival, reads and writes apart; sessions are made when they are
// needed.
#include "hosts/database/pool.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace theater::hosts::database {

namespace {

bool is_opening(SessionState state) {
  return state == SessionState::kResolving || state == SessionState::kConnecting;
}

}  // namespace

bool Pool::submit(JobId job, Access access) {
  if (waiting() >= options_.waiting_max) return false;
  (access == Access::kRead ? reads_ : writes_).push_back({job, ++arrivals_});
  serve();
  return true;
}

void Pool::remove(JobId job) {
  const auto is_it = [&](const Waiting& waiting) { return waiting.job == job; };
  if (std::erase_if(reads_, is_it) + std::erase_if(writes_, is_it) > 0) return;
  for (auto& [id, session] : sessions_) {
    if (std::erase(session.jobs, job) == 0) continue;
    if (session.jobs.empty()) step(id, SessionInput::kAbort);
    user_.abort(id, job);
    return;
  }
}

void Pool::resolved(SessionId session) { step(session, SessionInput::kResolved); }
void Pool::opened(SessionId session) { step(session, SessionInput::kConnected); }

void Pool::freed(SessionId session) {
  const auto place = sessions_.find(session);
  if (place == sessions_.end()) return;
  place->second.jobs.clear();
  step(session, SessionInput::kFreed);
}

void Pool::failed(SessionId session, const host::GuestError& why) {
  if (sessions_.contains(session)) end_session(session, why);
}

/// A session is gone, and with it what it was doing; with the last one that could do them, also the
/// jobs that waited for it to be made.
void Pool::end_session(SessionId id, const host::GuestError& why) {
  const auto place = sessions_.find(id);
  const bool was_opening = is_opening(place->second.machine.state());
  std::vector<JobId> lost = std::move(place->second.jobs);
  step(id, SessionInput::kFail);
  const auto lose_waiting = [&](Queue& queue, Access access) {
    if (!was_opening || serves(access)) return;
    for (const Waiting& waiting : std::exchange(queue, {})) lost.push_back(waiting.job);
  };
  lose_waiting(reads_, Access::kRead);
  lose_waiting(writes_, Access::kWrite);
  for (const JobId job : lost) user_.lost(job, why);
  // One that could not be made is not tried again at once: others are there, or nothing waits.
  if (!was_opening) serve();
}

void Pool::step(SessionId id, SessionInput input) {
  const auto place = sessions_.find(id);
  if (place == sessions_.end()) return;
  const auto step = place->second.machine.step(input);
  for (const SessionAction action : step.actions) {
    switch (action) {
      case SessionAction::kStart:
        user_.open(id, place->second.role);
        break;
      case SessionAction::kServe:
        serve();
        break;
      case SessionAction::kLose:  // end_session tells the jobs
        break;
      case SessionAction::kRelease:
        sessions_.erase(id);
        user_.close(id);
        break;
    }
  }
}

/// Gives what waits to idle sessions, then makes sessions for the rest.
void Pool::serve() {
  for (auto& [id, session] : sessions_) {
    if (waiting() == 0) return;
    if (session.machine.state() == SessionState::kIdle) give(id, session);
  }
  open_more();
}

void Pool::give(SessionId id, Session& session) {
  std::vector<JobId> jobs = take_for(session.role);
  if (jobs.empty()) return;
  session.jobs = jobs;
  step(id, SessionInput::kRun);
  user_.run(id, jobs);
}

std::vector<JobId> Pool::take_for(Role role) {
  if (role == Role::kReader) return take(reads_, 1);
  if (role == Role::kWriter) return take(writes_, options_.group_max);
  const bool reads_first =
      writes_.empty() || (!reads_.empty() && reads_.front().number < writes_.front().number);
  return reads_first ? take(reads_, 1) : take(writes_, options_.group_max);
}

std::vector<JobId> Pool::take(Queue& queue, std::size_t most) {
  std::vector<JobId> jobs;
  while (!queue.empty() && jobs.size() < most) {
    jobs.push_back(queue.front().job);
    queue.pop_front();
  }
  return jobs;
}

void Pool::open_more() {
  if (options_.writers == Writers::kAny || options_.sessions_max == 1) {
    while (waiting() > opening(Role::kAny) && sessions_.size() < options_.sessions_max) {
      open(Role::kAny);
    }
    return;
  }
  if (!writes_.empty() && count(Role::kWriter) == 0) open(Role::kWriter);
  while (reads_.size() > opening(Role::kReader) &&
         count(Role::kReader) + 1 < options_.sessions_max) {
    open(Role::kReader);
  }
}

void Pool::open(Role role) {
  const SessionId id{++last_session_};
  sessions_[id].role = role;
  step(id, SessionInput::kOpen);
}

std::size_t Pool::count(Role role) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      sessions_, [&](const auto& entry) { return entry.second.role == role; }));
}

std::size_t Pool::opening(Role role) const {
  return static_cast<std::size_t>(std::ranges::count_if(sessions_, [&](const auto& entry) {
    return entry.second.role == role && is_opening(entry.second.machine.state());
  }));
}

bool Pool::serves(Access access) const {
  if (count(Role::kAny) > 0) return true;
  return count(access == Access::kRead ? Role::kReader : Role::kWriter) > 0;
}

std::size_t Pool::busy() const {
  return static_cast<std::size_t>(std::ranges::count_if(sessions_, [](const auto& entry) {
    const SessionState state = entry.second.machine.state();
    return state == SessionState::kBusy || state == SessionState::kDraining;
  }));
}

std::optional<SessionState> Pool::state(SessionId session) const {
  const auto place = sessions_.find(session);
  if (place == sessions_.end()) return std::nullopt;
  return place->second.machine.state();
}

void Pool::clear() {
  reads_.clear();
  writes_.clear();
  while (!sessions_.empty()) {
    const SessionId id = sessions_.begin()->first;
    step(id, SessionInput::kClose);
    CHECK(!sessions_.contains(id), "END-1");
  }
}

}  // namespace theater::hosts::database
