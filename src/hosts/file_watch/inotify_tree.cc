// InotifyTree: system calls.
#include "hosts/file_watch/inotify_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "hosts/file_watch/limits.h"

namespace theater::hosts::file_watch {

namespace {

constexpr std::uint32_t kMask = IN_CREATE | IN_DELETE | IN_MODIFY | IN_ATTRIB | IN_MOVED_FROM |
                                IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR |
                                IN_EXCL_UNLINK;

Found found_of(const struct stat& status) {
  Found found;
  if (S_ISDIR(status.st_mode)) found.kind = EntryKind::kDirectory;
  if (S_ISREG(status.st_mode)) found.kind = EntryKind::kFile;
  found.device = status.st_dev;
  found.inode = status.st_ino;
  found.size = static_cast<std::uint64_t>(status.st_size);
  found.modified_ns = std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
  return found;
}

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
using OpenDirectory = std::unique_ptr<DIR, CloseDirectory>;

bool is_dots(std::string_view name) { return name == "." || name == ".."; }

Status list(const OpenDirectory& directory, std::uint64_t entries_max, Scan& scan) {
  const int number = ::dirfd(directory.get());
  while (true) {
    errno = 0;
    const dirent* const entry = ::readdir(directory.get());
    if (entry == nullptr) break;
    struct stat status{};
    if (is_dots(entry->d_name)) continue;
    if (::fstatat(number, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;  // gone
    if (scan.entries.size() >= entries_max) {
      return fail(Code::kFull, "entries_max is {}", entries_max);
    }
    scan.entries.push_back({entry->d_name, found_of(status)});
  }
  if (errno != 0) return std::unexpected(errno_error("read a directory", errno));
  return {};
}

bool is_self(std::uint32_t mask) {
  return (mask & (IN_MOVE_SELF | IN_DELETE_SELF | IN_UNMOUNT)) != 0;
}

Sign sign_of(std::uint32_t mask) {
  if ((mask & IN_MOVED_FROM) != 0) return Sign::kMovedFrom;
  if ((mask & IN_MOVED_TO) != 0) return Sign::kMovedTo;
  return (mask & IN_MODIFY) != 0 ? Sign::kWritten : Sign::kChanged;
}

}  // namespace

Result<Scan> InotifyTree::scan(const std::string& path, std::uint64_t entries_max) {
  TRY(io::OwnedDescriptor opened,
      root_->open_at(path,
                     {O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK, 0, io::Links::kRefused}));
  Scan scan;
  TRY(scan.watch, watch(opened.get(), path));
  struct stat status{};
  if (::fstat(opened.get(), &status) != 0) {
    return std::unexpected(errno_error("look at " + path, errno));
  }
  scan.directory = found_of(status);
  const OpenDirectory directory(::fdopendir(opened.get()));
  if (!directory) return std::unexpected(errno_error("read " + path, errno));
  opened.release();
  TRY_OK(list(directory, entries_max, scan));
  return scan;
}

Result<WatchId> InotifyTree::watch(int directory, const std::string& path) {
  const std::string opened = fmt::format("/proc/self/fd/{}", directory);
  const int watch = ::inotify_add_watch(inotify_.get(), opened.c_str(), kMask);
  if (watch < 0 && errno == ENOSPC) {
    return fail(Code::kFull, "watch {}: fs.inotify.max_user_watches is reached", path);
  }
  if (watch < 0) return std::unexpected(errno_error("watch " + path, errno));
  if (path.empty()) root_watch_ = watch;
  return WatchId{static_cast<std::uint64_t>(watch)};
}

Result<std::optional<Found>> InotifyTree::look(const std::string& path) {
  const auto opened = root_->open_at(path, {O_PATH | O_NOFOLLOW, 0, io::Links::kRefused});
  struct stat status{};
  if (opened && ::fstat(opened->get(), &status) == 0) return found_of(status);
  // Not to be seen is not there: a link in its directory's place, a directory closed to us, a path
  // too long for the system.
  if (!opened && opened.error().code != Code::kIo) return std::nullopt;
  if (!opened) return std::unexpected(opened.error());
  return std::unexpected(errno_error("look at " + path, errno));
}

void InotifyTree::forget(WatchId watch) {
  ::inotify_rm_watch(inotify_.get(), static_cast<int>(watch.value));
}

Status InotifyTree::read(std::vector<Signal>& signals) const {
  alignas(inotify_event) std::array<char, kReadBytes> buffer;
  const ssize_t got = ::read(inotify_.get(), buffer.data(), buffer.size());
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return {};
  if (got < 0) return std::unexpected(errno_error("read inotify", errno));
  const int root = root_watch_;
  for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(got);) {
    inotify_event event;
    std::memcpy(&event, buffer.data() + at, sizeof event);
    const char* const name = buffer.data() + at + sizeof event;
    at += sizeof event + event.len;
    const WatchId directory{static_cast<std::uint64_t>(event.wd)};
    if ((event.mask & IN_Q_OVERFLOW) != 0) {
      signals.push_back({Sign::kOverflow, {}, {}, 0});
    } else if (event.wd == root && is_self(event.mask)) {
      signals.push_back({Sign::kRootMoved, directory, {}, 0});
    } else if ((event.mask & IN_IGNORED) != 0) {
      signals.push_back({Sign::kWatchLost, directory, {}, 0});
    } else if (event.len > 0) {
      signals.push_back({sign_of(event.mask), directory,
                         std::string(name, ::strnlen(name, event.len)), event.cookie});
    }
  }
  return {};
}

Result<std::unique_ptr<Tree>> InotifyOpener::open(const std::string& path) const {
  TRY(auto granted, io::Beneath::open(directory_));
  TRY(auto root, granted->open_below(path, io::Links::kRefused));
  io::OwnedDescriptor inotify(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!inotify.is_open() && errno == EMFILE) {
    return fail(Code::kFull,
                "fs.inotify.max_user_instances, or the descriptors' limit, is reached");
  }
  if (!inotify.is_open()) return std::unexpected(errno_error("inotify_init1", errno));
  return std::make_unique<InotifyTree>(std::move(root), std::move(inotify));
}

}  // namespace theater::hosts::file_watch
