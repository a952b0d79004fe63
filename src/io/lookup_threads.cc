// LookupThreads: getaddrinfo, one name at a time on each thread.
#include "io/lookup_threads.h"

#include <netdb.h>
#include <resolv.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "base/check.h"

namespace theater::io {

namespace {

constexpr int kTrySeconds = 2;  // for one question to one server
constexpr int kTries = 2;

Result<Resolver::Addresses> look_up_now(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (code == EAI_NONAME || code == EAI_NODATA) {
    return fail(Code::kNotFound, "no address for \"{}\"", host);
  }
  if (code != 0) return fail(Code::kIo, "look up \"{}\": {}", host, ::gai_strerror(code));
  Resolver::Addresses addresses;
  for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
    const auto address = IpAddress::from(*each->ai_addr);
    if (address && std::ranges::find(addresses, *address) == addresses.end()) {
      addresses.push_back(*address);
    }
  }
  ::freeaddrinfo(list);
  if (addresses.empty()) return fail(Code::kNotFound, "no address for \"{}\"", host);
  return addresses;
}

}  // namespace

LookupThreads::LookupThreads(const Clock& clock) : meter_(clock) {
  for (std::size_t i = 0; i < kLookupThreads; ++i) {
    threads_.push_back(std::make_unique<Thread>(fmt::format("lookup {}", i), [this] { run(); }));
  }
}

LookupThreads::~LookupThreads() { CHECK(threads_.empty(), "END-1"); }

bool LookupThreads::look_up(std::string host, std::shared_ptr<const std::atomic<bool>> is_wanted,
                            Found found) {
  {
    const std::scoped_lock lock(mutex_);
    if (is_stopping_ || wishes_.size() >= kLookupQueueMax) {
      meter_.refused();
      return false;
    }
    meter_.came();
    wishes_.push_back({std::move(host), std::move(is_wanted), std::move(found)});
  }
  changed_.notify_one();
  return true;
}

void LookupThreads::stop() {
  {
    const std::scoped_lock lock(mutex_);
    is_stopping_ = true;
    wishes_.clear();
  }
  changed_.notify_all();
  for (auto& thread : threads_) thread->join();
  threads_.clear();
}

void LookupThreads::run() {
  ::res_init();  // this thread's
  _res.retrans = kTrySeconds;
  _res.retry = kTries;
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return is_stopping_ || !wishes_.empty(); });
    if (is_stopping_) return;
    Wish wish = std::move(wishes_.front());
    wishes_.pop_front();
    meter_.left();
    lock.unlock();
    if (*wish.is_wanted) wish.found(look_up_now(wish.host));
    wish = {};
    lock.lock();
  }
}

ThreadResolver::ThreadResolver(LookupThreads& threads, Executor& executor)
    : threads_(threads), executor_(executor), self_(std::make_shared<ThreadResolver*>(this)) {}

ThreadResolver::~ThreadResolver() {
  *self_ = nullptr;
  for (auto& [id, lookup] : lookups_) {
    *lookup.is_wanted = false;
    executor_.cancel(lookup.deadline);
  }
}

LookupId ThreadResolver::resolve(const std::string& host, Nanoseconds patience, Answer answer) {
  const LookupId id{++last_id_};
  const bool has_room = lookups_.size() < kLookupsMax;
  auto wanted = std::make_shared<std::atomic<bool>>(true);
  const TimerId deadline = executor_.after(patience, [this, id, host] {
    finish(id, fail(Code::kDeadline, "looking \"{}\" up took too long", host));
  });
  lookups_.emplace(id, Lookup{std::move(answer), deadline, wanted});
  if (const auto address = IpAddress::parse(host)) {
    answer_soon(id, Addresses{*address});
    return id;
  }
  const bool is_queued =
      has_room &&
      threads_.look_up(host, wanted, [id, self = self_, &executor = executor_](auto found) {
        executor.post([id, self, found = std::move(found)]() mutable {
          if (*self) (*self)->finish(id, std::move(found));
        });
      });
  if (!is_queued) answer_soon(id, fail(Code::kFull, "too many names are being looked up"));
  return id;
}

void ThreadResolver::cancel(LookupId lookup) {
  const auto found = lookups_.find(lookup);
  if (found == lookups_.end()) return;
  *found->second.is_wanted = false;
  executor_.cancel(found->second.deadline);
  lookups_.erase(found);
}

void ThreadResolver::answer_soon(LookupId lookup, Result<Addresses> result) {
  executor_.post([lookup, self = self_, result = std::move(result)]() mutable {
    if (*self) (*self)->finish(lookup, std::move(result));
  });
}

void ThreadResolver::finish(LookupId lookup, Result<Addresses> result) {
  const auto found = lookups_.find(lookup);
  if (found == lookups_.end()) return;  // cancelled, or too late
  Answer answer = std::move(found->second.answer);
  cancel(lookup);
  answer(std::move(result));
}

}  // namespace theater::io
