// Snapshot manifests and files: what is accepted is encoded to the same bytes.
#include <cstdlib>

#include "io/memory/memory_disk.h"
#include "store/snapshot_file.h"

namespace {

using namespace theater;
using namespace theater::store;

void require(bool condition) {
  if (!condition) std::abort();
}

/// The bytes as the file of the actor and event that they name.
void check_file(ByteSpan bytes) {
  constexpr std::size_t kActorAt = 24;
  if (bytes.size() < kActorAt + 24) return;
  const ActorId actor = ActorId::from(bytes.subspan(kActorAt, 16));
  const Seq seq{load_le<std::uint64_t>(bytes.data() + kActorAt + 16)};
  io::MemoryDisk disk;
  disk.set_content(snapshot_path("/snap", actor, seq), to_bytes(bytes));
  const auto file = read_snapshot_file(disk, "/snap", actor, seq);
  if (!file) return;
  if (const auto state = assemble_state(disk, "/snap", *file)) {
    require(equal(encode_file(file->manifest, *state), bytes));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan bytes(data, size);
  if (const auto manifest = decode_manifest(bytes)) require(equal(encode(*manifest), bytes));
  check_file(bytes);
  return 0;
}
