// Folder: one openat a path part.
#include "io/folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace theater::io {

namespace {

bool is_plain(std::string_view part) {
  return !part.empty() && part.front() != '.' && part.find('\0') == std::string_view::npos;
}

std::unexpected<Error> not_found(std::string_view name) {
  return fail(Code::kNotFound, "no file {}", name);
}

/// Opens `part` of the directory `parent`, which is closed unless it is `root`.
int open_part(int parent, int root, std::string_view part, int flags) {
  const int opened = ::openat(parent, std::string(part).c_str(),
                              flags | O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (parent != root) ::close(parent);
  return opened;
}

}  // namespace

FolderFile::~FolderFile() { ::close(descriptor_); }

Result<std::size_t> FolderFile::read_at(std::uint64_t offset,
                                        std::span<std::uint8_t> buffer) const {
  while (true) {
    const ssize_t got =
        ::pread(descriptor_, buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) return std::unexpected(errno_error("read a file", errno));
  }
}

Result<std::unique_ptr<Folder>> Folder::open(const std::string& path) {
  const int opened = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) return std::unexpected(errno_error("open folder " + path, errno));
  return std::unique_ptr<Folder>(new Folder(opened));
}

Folder::~Folder() { ::close(descriptor_); }

Result<std::unique_ptr<FolderFile>> Folder::open_file(std::string_view name) const {
  int at = descriptor_;
  std::string_view rest = name;
  while (true) {
    const auto slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    const bool is_last = slash == std::string_view::npos;
    if (!is_plain(part)) {
      if (at != descriptor_) ::close(at);
      return not_found(name);
    }
    at = open_part(at, descriptor_, part, is_last ? 0 : O_DIRECTORY);
    if (at < 0) return not_found(name);
    if (is_last) break;
    rest.remove_prefix(slash + 1);
  }
  struct stat status{};
  if (::fstat(at, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(at);
    return not_found(name);
  }
  const timespec& changed = status.st_mtim;
  return std::make_unique<FolderFile>(
      at, static_cast<std::uint64_t>(status.st_size),
      WallTime{std::chrono::seconds(changed.tv_sec) + Nanoseconds(changed.tv_nsec)});
}

}  // namespace theater::io
