// LiveJournal: the journal of a running actor, which appends to its chain.
#pragma once

#include <array>
#include <cstddef>

#include "actor/journal.h"
#include "actor/limits.h"
#include "chain/log_writer.h"
#include "io/clock.h"

namespace theater::actor {

/// Random salts, drawn many at a time.
class SaltSource {
 public:
  explicit SaltSource(io::Random& random) : random_(random) {}
  Salt next() {
    if (used_ == pool_.size()) {
      random_.fill(pool_);
      used_ = 0;
    }
    const Salt salt = Salt::from(ByteSpan(pool_).subspan(used_, Salt::size()));
    used_ += Salt::size();
    return salt;
  }

 private:
  io::Random& random_;
  std::array<std::uint8_t, 4096> pool_{};  // a fill costs as much as 40 salts, however small
  std::size_t used_ = pool_.size();
};

/// Owned by its actor, on the actor's shard. Salts and builder are the shard's.
class LiveJournal final : public Journal {
 public:
  LiveJournal(chain::ActorChain chain, SaltSource& salts, RecordBuilder& builder,
              const chain::LogWriter& log)
      : chain_(std::move(chain)), salts_(salts), builder_(builder), log_(log) {}

  Result<chain::Appended> append(const EventDraft& draft) override;
  /// Looks at the log once for every kRestLookBytes that a call has recorded: what ends sooner may
  /// end.
  bool must_rest() override;
  Salt state_salt() override { return salts_.next(); }

  /// Genesis and upgrade carry their manifest in the body instead of payloads.
  struct Origin {
    chain::Kind kind = chain::Kind::kGenesis;
    chain::GenesisBody body;
    Salt manifest_salt;
    ByteSpan manifest;
  };
  Result<chain::Appended> append_origin(const Origin& origin);

  /// A call rests while more bytes than this wait for the disk.
  void bound_undurable(std::uint64_t bytes) { undurable_bytes_max_ = bytes; }
  /// Calls are refused (kQuota) once the chain takes so many bytes in the log.
  void bound_calls(std::uint64_t log_bytes) { call_log_bytes_max_ = log_bytes; }

  const chain::ActorChain& chain() const { return chain_; }
  SaltSource& salts() { return salts_; }
  /// Of the last event appended by this process.
  Lsn last() const { return last_; }

 private:
  chain::ActorChain chain_;
  SaltSource& salts_;
  RecordBuilder& builder_;
  const chain::LogWriter& log_;
  Lsn last_;
  std::uint64_t undurable_bytes_max_ = kUndurableBytesMax;
  std::uint64_t call_log_bytes_max_ = UINT64_MAX;
  std::uint64_t unlooked_bytes_ = 0;  // recorded since the call began or the log was looked at
};

}  // namespace theater::actor
