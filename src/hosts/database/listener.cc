// Listener: one session, as long as somebody listens.
#include "hosts/database/listener.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "hosts/database/limits.h"

namespace theater::hosts::database {

void Listener::subscribe(JobId job, std::string_view channel) {
  jobs_[job] = {std::string(channel)};
  if (machine_.state() == SessionState::kListening) return listen();
  if (machine_.state() == SessionState::kClosed && !timer_) open();
}

void Listener::unsubscribe(JobId job) {
  if (jobs_.erase(job) == 0) return;
  if (jobs_.empty()) return stop();
  if (machine_.state() == SessionState::kListening) listen();
}

void Listener::stop() {
  jobs_.clear();
  if (timer_) executor_.cancel(*timer_);
  timer_.reset();
  step(SessionInput::kClose);
}

void Listener::open() {
  id_ = id_.next();
  step(SessionInput::kOpen);
}

void Listener::step(SessionInput input) {
  const auto step = machine_.step(input);
  for (const SessionAction action : step.actions) {
    switch (action) {
      case SessionAction::kStart:
        session_ = maker_.make(id_, Role::kAny, *this);
        session_->open();
        break;
      case SessionAction::kServe:
        this->step(SessionInput::kListen);
        listen();
        break;
      case SessionAction::kRelease:
        session_.reset();
        break;
      case SessionAction::kLose:
        for (auto& [job, subscription] : jobs_) subscription.is_told = false;
        break;
    }
  }
}

void Listener::listen() {
  std::vector<std::string> channels;
  for (const auto& [job, subscription] : jobs_) channels.push_back(subscription.channel);
  session_->listen(channels);
}

void Listener::on_resolved(SessionId session) {
  if (session == id_) step(SessionInput::kResolved);
}

void Listener::on_opened(SessionId session) {
  if (session == id_) step(SessionInput::kConnected);
}

void Listener::on_failed(SessionId session, const host::GuestError&) {
  if (session != id_) return;
  step(SessionInput::kFail);
  if (jobs_.empty()) return;
  pause_ = std::clamp(2 * pause_, kListenPause, kListenPauseMax);
  timer_ = executor_.after(pause_, [this] {
    timer_.reset();
    open();
  });
}

void Listener::on_listening(SessionId session) {
  if (session != id_) return;
  pause_ = {};
  std::vector<JobId> fresh;
  for (auto& [job, subscription] : jobs_) {
    if (!std::exchange(subscription.is_told, true)) fresh.push_back(job);
  }
  for (const JobId job : fresh) user_.on_listening(job);
}

void Listener::on_notified(SessionId session, std::string_view channel, std::string_view what) {
  if (session != id_) return;
  std::vector<JobId> jobs;
  for (const auto& [job, subscription] : jobs_) {
    if (subscription.channel == channel) jobs.push_back(job);
  }
  for (const JobId job : jobs) user_.on_notified(job, what);
}

}  // namespace theater::hosts::database
