// Manifest: what an actor is made of, what it may do and how much of it: one TOML file, read
// strictly.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actor/event_batch.h"
#include "actor/settings_parser.h"
#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/time.h"
#include "chain/event.h"
#include "io/file.h"
#include "wasm/instance.h"

namespace theater::actor {

/// kResident: guest memory outside the state lives from one `activate` to the next; kFresh: each
/// invocation gets a new instance.
using chain::InstanceMode;

/// How manifests write them, in the order of their values.
inline constexpr std::string_view kInstanceWords[] = {"resident", "fresh"};

/// What happens to an actor when an event fails alone (err or trap).
enum class OnError : std::uint8_t { kKeep, kRestart, kStop };
inline constexpr std::string_view kOnErrorWords[] = {"keep", "restart", "stop"};

/// No quota of the log.
inline constexpr std::uint64_t kNoLogMax = UINT64_MAX;

struct Limits {
  wasm::InstanceLimits instance;                // memory, table, fuel, deadline
  std::uint64_t state_max = 16u << 20;          // bytes of state a guest may return
  std::uint64_t log_max = kNoLogMax;            // bytes in the log; then it takes nothing new
  Nanoseconds idle = std::chrono::seconds(60);  // then the instance is evicted
};

/// Restarts: at most `intensity` within `window`, each after a pause that doubles from
/// `backoff_min` to `backoff_max`; one more and the actor stops.
struct Supervision {
  std::uint32_t intensity = 5;
  Nanoseconds window = std::chrono::seconds(60);
  Nanoseconds backoff_min = Milliseconds(100);
  Nanoseconds backoff_max = std::chrono::seconds(30);
};

/// A value type. Sizes are bytes.
struct Manifest {
  std::string name;                        // [a-z0-9][a-z0-9-]*, at most 64
  std::string component_path;              // resolved against the manifest's folder
  std::optional<Digest> component_digest;  // `sha256`: refused at load if it differs
  Bytes params;                            // the argument of init
  InstanceMode instance = InstanceMode::kResident;
  OnError on_error = OnError::kKeep;
  Limits limits;
  BatchLimits batch;  // of the events that one call is given
  Supervision supervision;
  std::vector<Setting> grants;  // tables, sorted by key: the family's name
  std::string file;             // for messages
  std::string folder;           // where relative paths in grants start
  VariableNames variables;      // that its text uses; none if it is recorded

  const Setting* find_grant(std::string_view family) const;
  /// The text recorded beside genesis and upgrade: TOML in a fixed order, without `component`, the
  /// keys of the manifest with every default, the grants as they were written, variables as their
  /// values. parse_recorded_manifest reads it back.
  std::string recorded_text() const;
};

/// Parses manifest text. Paths in `component` are taken relative to `folder`.
Result<Manifest> parse_manifest(std::string_view toml, std::string_view file,
                                std::string_view folder, const Variables& variables);
Result<Manifest> parse_recorded_manifest(std::string_view text);

/// Reads and parses a manifest file of at most 1 MiB.
Result<Manifest> load_manifest(io::FileSystem& files, const std::string& path,
                               const Variables& variables);
/// Reads the component that a manifest names and checks its pin.
Result<Bytes> load_component_bytes(io::FileSystem& files, const Manifest& manifest);

}  // namespace theater::actor
