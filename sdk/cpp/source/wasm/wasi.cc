// Answers the few WASI functions that the C library mentions, so that a component imports nothing
// but its host families. An actor has no files, clock, environment or process of its own.
#include <cstddef>
#include <cstdint>

namespace {
constexpr int kBadDescriptor = 8;
constexpr int kNotSupported = 58;
}  // namespace

extern "C" {

int __imported_wasi_snapshot_preview1_fd_write(int, int, int, int) { return kBadDescriptor; }
int __imported_wasi_snapshot_preview1_fd_read(int, int, int, int) { return kBadDescriptor; }
int __imported_wasi_snapshot_preview1_fd_close(int) { return kBadDescriptor; }
int __imported_wasi_snapshot_preview1_fd_seek(int, std::int64_t, int, int) {
  return kBadDescriptor;
}
int __imported_wasi_snapshot_preview1_fd_fdstat_get(int, int) { return kBadDescriptor; }
int __imported_wasi_snapshot_preview1_fd_fdstat_set_flags(int, int) { return kBadDescriptor; }
int __imported_wasi_snapshot_preview1_fd_prestat_get(int, int) { return kBadDescriptor; }
int __imported_wasi_snapshot_preview1_fd_prestat_dir_name(int, int, int) { return kBadDescriptor; }
int __imported_wasi_snapshot_preview1_environ_get(int, int) { return 0; }
int __imported_wasi_snapshot_preview1_environ_sizes_get(std::size_t* count, std::size_t* bytes) {
  *count = 0;
  *bytes = 0;
  return 0;
}
int __imported_wasi_snapshot_preview1_clock_time_get(int, std::int64_t, int) {
  return kNotSupported;
}
int __imported_wasi_snapshot_preview1_random_get(int, int) { return kNotSupported; }
int __imported_wasi_snapshot_preview1_sched_yield() { return 0; }
[[noreturn]] void __imported_wasi_snapshot_preview1_proc_exit(int) { __builtin_trap(); }

}  // extern "C"
