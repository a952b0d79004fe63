// Disk: openat2, temporary files, fsync.
#include "hosts/filesystem/disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>

#include "wasm/utf8.h"

namespace theater::hosts::filesystem {

namespace {

using io::Links;
using io::OwnedDescriptor;

constexpr mode_t kFileMode = 0644, kDirectoryMode = 0755;

std::unexpected<Error> failed(std::string_view what, int number) {
  switch (number) {
    case EEXIST:
    case ENOTEMPTY:
    case EBUSY:
      return std::unexpected(Error{Code::kConflict, errno_error(what, number).message});
    case EISDIR:
    case ENOTDIR:
    case EINVAL:
    case ENAMETOOLONG:
      return std::unexpected(Error{Code::kInvalid, errno_error(what, number).message});
    case EXDEV:
      return std::unexpected(Error{Code::kUnsupported, errno_error(what, number).message});
    case EFBIG:
      return std::unexpected(Error{Code::kTooLarge, errno_error(what, number).message});
    default:
      return std::unexpected(errno_error(what, number));
  }
}

Result<OwnedDescriptor> open_below(const Place& place, const io::Beneath::How& how) {
  TRY(const auto directory, io::Beneath::open(place.directory));
  return directory->open_at(place.below, how);
}

Result<struct stat> regular(const OwnedDescriptor& file, const Place& place) {
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return failed("look at " + place.below, errno);
  if (!S_ISREG(status.st_mode)) return fail(Code::kInvalid, "{} is no file", place.below);
  return status;
}

Status write_all(int file, ByteSpan bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(file, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return failed("write", errno);
    bytes = bytes.subspan(static_cast<std::size_t>(wrote));
  }
  return {};
}

/// Where a change happens: a directory that can be synced, and a name in it.
struct Parent {
  OwnedDescriptor directory;
  std::string name;

  Status sync() const {
    if (::fsync(directory.get()) != 0) return failed("sync the directory", errno);
    return {};
  }
};

Result<Parent> parent_of(const Place& place) {
  const std::size_t slash = place.below.rfind('/');
  const std::string parent = slash == std::string::npos ? "" : place.below.substr(0, slash);
  const std::string name = slash == std::string::npos ? place.below : place.below.substr(slash + 1);
  TRY(OwnedDescriptor directory,
      open_below({place.directory, parent}, {O_RDONLY | O_DIRECTORY, 0, Links::kInside}));
  return Parent{std::move(directory), name};
}

/// Removes the temporary file unless it has been renamed.
class Temporary {
 public:
  Temporary(int directory, const std::string& name) : directory_(directory), name_(name) {}
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    if (is_there_) ::unlinkat(directory_, name_.c_str(), 0);
  }
  Result<OwnedDescriptor> open(mode_t mode) {
    ::unlinkat(directory_, name_.c_str(), 0);
    OwnedDescriptor file(::openat(directory_, name_.c_str(),
                                  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
    if (!file.is_open()) return failed("make a temporary file", errno);
    is_there_ = true;
    return file;
  }
  Status rename_to(const std::string& name) {
    if (::renameat(directory_, name_.c_str(), directory_, name.c_str()) != 0) {
      return failed("replace " + name, errno);
    }
    is_there_ = false;
    return {};
  }

 private:
  const int directory_;
  const std::string& name_;
  bool is_there_ = false;
};

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

}  // namespace

// Reading.

Result<Bytes> Disk::read(const Place& place, const Range& range) const {
  TRY(const OwnedDescriptor file,
      open_below(place, {O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, Links::kInside}));
  TRY(const struct stat status, regular(file, place));
  const auto size = static_cast<std::uint64_t>(status.st_size);
  Bytes bytes(range.offset < size ? std::min(range.bytes, size - range.offset) : 0);
  std::size_t got = 0;
  while (got < bytes.size()) {
    const ssize_t more = ::pread(file.get(), bytes.data() + got, bytes.size() - got,
                                 static_cast<off_t>(range.offset + got));
    if (more < 0 && errno == EINTR) continue;
    if (more < 0) return failed("read " + place.below, errno);
    if (more == 0) break;  // it became shorter
    got += static_cast<std::size_t>(more);
  }
  bytes.resize(got);
  return bytes;
}

Result<std::vector<Entry>> Disk::list(const Place& place, const Page& page) const {
  TRY(OwnedDescriptor opened, open_below(place, {O_RDONLY | O_DIRECTORY, 0, Links::kInside}));
  const std::unique_ptr<DIR, CloseDirectory> directory(::fdopendir(opened.get()));
  if (!directory) return failed("read " + place.below, errno);
  opened.release();
  std::vector<std::string> names;
  std::uint64_t seen = 0;
  errno = 0;
  while (const dirent* const entry = ::readdir(directory.get())) {
    std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (++seen > page.entries_max)
      return fail(Code::kTooLarge, "entries_max is {}", page.entries_max);
    const bool is_shown = name > page.after && wasm::is_valid_utf8(as_bytes(name));
    if (is_shown) names.push_back(std::move(name));
    errno = 0;
  }
  if (errno != 0) return failed("read " + place.below, errno);
  std::ranges::sort(names);
  std::vector<Entry> entries;
  for (const std::string& name : names) {
    if (entries.size() >= page.most) break;
    struct stat status{};
    const int number = ::dirfd(directory.get());
    if (::fstatat(number, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;  // gone
    entries.emplace_back(name, static_cast<std::uint64_t>(status.st_size), S_ISDIR(status.st_mode));
  }
  return entries;
}

// Changing.

/// The disk is also the node's and that of others, who need some of it.
Status Disk::check_room(int directory, std::uint64_t bytes) const {
  struct statvfs disk{};
  if (::fstatvfs(directory, &disk) != 0) return failed("look at the disk", errno);
  const std::uint64_t free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  if (free < bytes || free - bytes < free_min_) {
    return fail(Code::kFull, "the disk has {} bytes free, free_min is {}", free, free_min_);
  }
  const bool counts_files = disk.f_files > 0;
  if (counts_files && disk.f_favail < kFilesFreeMin) {
    return fail(Code::kFull, "the disk has room for {} files", disk.f_favail);
  }
  return {};
}

std::string Disk::temporary_name(OperationId write) const {
  return fmt::format(".theater-{}-{}.tmp", actor_, write.value);
}

Status Disk::write(const Place& place, ByteSpan content, const Undertaking& undertaking) const {
  TRY(const Parent parent, parent_of(place));
  struct stat old{};
  const bool is_there =
      ::fstatat(parent.directory.get(), parent.name.c_str(), &old, AT_SYMLINK_NOFOLLOW) == 0;
  if (is_there && S_ISDIR(old.st_mode))
    return fail(Code::kInvalid, "{} is a directory", place.below);
  TRY_OK(check_room(parent.directory.get(), content.size()));
  const std::string name = temporary_name(undertaking.id);
  Temporary temporary(parent.directory.get(), name);
  TRY(const OwnedDescriptor file, temporary.open(kFileMode));
  if (is_there && S_ISREG(old.st_mode)) ::fchmod(file.get(), old.st_mode & 0777);
  TRY_OK(write_all(file.get(), content));
  if (::fsync(file.get()) != 0) return failed("sync " + place.below, errno);
  if (undertaking.is_given_up) return fail(Code::kCancelled, "{} was not replaced", place.below);
  TRY_OK(temporary.rename_to(parent.name));
  return parent.sync();
}

void Disk::clear(const Place& place, OperationId write) const {
  const auto parent = parent_of(place);
  if (parent) ::unlinkat(parent->directory.get(), temporary_name(write).c_str(), 0);
}

Status Disk::append(const Place& place, ByteSpan content, std::uint64_t file_max) const {
  TRY(const Parent parent, parent_of(place));
  TRY_OK(check_room(parent.directory.get(), content.size()));
  TRY(const OwnedDescriptor file,
      open_below(place, {O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY, kFileMode,
                         Links::kInside}));
  TRY(const struct stat status, regular(file, place));
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > file_max || content.size() > file_max - size) {
    return fail(Code::kTooLarge, "file_max is {} bytes", file_max);
  }
  TRY_OK(write_all(file.get(), content));
  if (::fsync(file.get()) != 0) return failed("sync " + place.below, errno);
  return parent.sync();  // its name may be new
}

Status Disk::make_directory(const Place& place) const {
  TRY(const Parent parent, parent_of(place));
  TRY_OK(check_room(parent.directory.get(), 0));
  if (::mkdirat(parent.directory.get(), parent.name.c_str(), kDirectoryMode) != 0) {
    return failed("make " + place.below, errno);
  }
  return parent.sync();
}

Status Disk::rename(const Place& from, const Place& to) const {
  TRY(const Parent old_parent, parent_of(from));
  TRY(const Parent new_parent, parent_of(to));
  if (::renameat(old_parent.directory.get(), old_parent.name.c_str(), new_parent.directory.get(),
                 new_parent.name.c_str()) != 0) {
    return failed("rename " + from.below, errno);
  }
  TRY_OK(new_parent.sync());
  return old_parent.sync();
}

Status Disk::remove(const Place& place) const {
  TRY(const Parent parent, parent_of(place));
  struct stat status{};
  const char* const name = parent.name.c_str();
  if (::fstatat(parent.directory.get(), name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return failed("remove " + place.below, errno);
  }
  const int flags = S_ISDIR(status.st_mode) ? AT_REMOVEDIR : 0;
  if (::unlinkat(parent.directory.get(), name, flags) != 0) {
    return failed("remove " + place.below, errno);
  }
  return parent.sync();
}

}  // namespace theater::hosts::filesystem
