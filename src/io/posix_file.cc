// Files of the operating system.
#include "io/posix_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "io/transfer.h"

namespace theater::io {
namespace {

std::unexpected<Error> failed(std::string_view what, const std::string& path) {
  const int error_number = errno;
  return std::unexpected(errno_error(fmt::format("{} {}", what, path), error_number));
}

/// Repeats a system call that a signal interrupted.
template <typename Call>
auto uninterrupted(Call&& call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const { return number_; }
  bool is_open() const { return number_ >= 0; }

 private:
  int number_;
};

Transfer transferred(ssize_t result) {
  return result < 0 ? Transfer{0, errno} : Transfer{static_cast<std::size_t>(result), 0};
}

constexpr std::size_t kSectorBytes = 512;

class PosixFile final : public File {
 public:
  /// `direct`: the same file without the page cache, or closed.
  PosixFile(Descriptor descriptor, Descriptor direct, std::string path)
      : descriptor_(std::move(descriptor)),
        direct_(std::move(direct)),
        path_(std::move(path)),
        may_be_direct_(direct_.is_open()) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> buffer) const override {
    return read_fully(path_, offset, buffer, [&](std::uint64_t at, std::span<std::uint8_t> into) {
      return transferred(
          ::pread(descriptor_.get(), into.data(), into.size(), static_cast<off_t>(at)));
    });
  }
  Status write_at(std::uint64_t offset, ByteSpan bytes) override {
    return write_fully(path_, offset, bytes, [&](std::uint64_t at, ByteSpan from) {
      return transferred(write_some(at, from));
    });
  }
  Status sync_data() override {
    if (::fdatasync(descriptor_.get()) != 0) return failed("sync", path_);
    return {};
  }
  Status sync_all() override {
    if (::fsync(descriptor_.get()) != 0) return failed("sync", path_);
    return {};
  }
  Result<std::uint64_t> size() const override {
    struct stat about{};
    if (::fstat(descriptor_.get(), &about) != 0) return failed("size of", path_);
    return static_cast<std::uint64_t>(about.st_size);
  }
  Status resize(std::uint64_t bytes) override {
    const auto call = [&] { return ::ftruncate(descriptor_.get(), static_cast<off_t>(bytes)); };
    if (uninterrupted(call) != 0) return failed("resize", path_);
    return {};
  }
  Status allocate(std::uint64_t bytes) override {
    int error_number = EINTR;
    while (error_number == EINTR) {
      error_number = ::posix_fallocate(descriptor_.get(), 0, static_cast<off_t>(bytes));
    }
    if (error_number != 0) return std::unexpected(errno_error("allocate " + path_, error_number));
    return {};
  }

 private:
  static bool is_whole_sectors(std::uint64_t offset, ByteSpan bytes) {
    const auto address = reinterpret_cast<std::uintptr_t>(bytes.data());
    return offset % kSectorBytes == 0 && bytes.size() % kSectorBytes == 0 &&
           address % kDirectAlignment == 0;
  }
  ssize_t write_some(std::uint64_t offset, ByteSpan bytes) {
    const auto at = static_cast<off_t>(offset);
    if (may_be_direct_.load(std::memory_order_relaxed) && is_whole_sectors(offset, bytes)) {
      const ssize_t written = ::pwrite(direct_.get(), bytes.data(), bytes.size(), at);
      if (written >= 0 || errno != EINVAL) return written;
      may_be_direct_ = false;  // the device's sectors are larger
    }
    return ::pwrite(descriptor_.get(), bytes.data(), bytes.size(), at);
  }

  Descriptor descriptor_;
  Descriptor direct_;
  std::string path_;
  std::atomic<bool> may_be_direct_;
};

int open_flags(OpenMode mode) {
  switch (mode) {
    case OpenMode::kRead:
      return O_RDONLY;
    case OpenMode::kReadWrite:
    case OpenMode::kReadWriteDirect:
      return O_RDWR;
    case OpenMode::kCreate:
      return O_RDWR | O_CREAT;
    case OpenMode::kCreateNew:
      return O_RDWR | O_CREAT | O_EXCL;
  }
  return O_RDONLY;
}

Result<Descriptor> open_descriptor(const std::string& path, int flags) {
  Descriptor descriptor(
      uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0644); }));
  if (descriptor.get() < 0) return failed("open", path);
  return descriptor;
}

/// A lock of the open file, not of the process: it ends with the process, it holds against this
/// process too, and it can be asked about without being taken.
struct flock whole_file(short type) {
  struct flock lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

class PosixLock final : public FileLock {
 public:
  explicit PosixLock(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}
  /// An empty lock file says that nobody holds it; the lock itself goes with the descriptor.
  ~PosixLock() override {
    if (::ftruncate(descriptor_.get(), 0) != 0) return;
  }

 private:
  Descriptor descriptor_;
};

std::string holder_of(int descriptor) {
  char text[32] = {};
  const ssize_t got = ::pread(descriptor, text, sizeof text - 1, 0);
  const std::string_view words(text, got > 0 ? static_cast<std::size_t>(got) : 0);
  const std::size_t end = words.find_first_not_of("0123456789");
  const std::string_view digits = words.substr(0, end);
  return digits.empty() ? "unknown" : std::string(digits);
}

class PosixFileSystem final : public FileSystem {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    TRY(Descriptor descriptor, open_descriptor(path, open_flags(mode)));
    Descriptor direct(-1);
    if (mode == OpenMode::kReadWriteDirect) {
      direct = open_descriptor(path, O_WRONLY | O_DIRECT).value_or(Descriptor(-1));
    }
    return std::make_unique<PosixFile>(std::move(descriptor), std::move(direct), path);
  }

  bool exists(const std::string& path) override {
    struct stat about{};
    return ::stat(path.c_str(), &about) == 0;
  }

  Result<std::vector<std::string>> list(const std::string& directory) override {
    DIR* const stream = ::opendir(directory.c_str());
    if (stream == nullptr) return failed("list", directory);
    std::vector<std::string> names;
    while (const dirent* entry = ::readdir(stream)) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    ::closedir(stream);
    std::ranges::sort(names);
    return names;
  }

  Status make_directories(const std::string& path) override {
    for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
      const std::string part = path.substr(0, end);
      if (!exists(part) && ::mkdir(part.c_str(), 0755) != 0 && errno != EEXIST) {
        return failed("make directory", part);
      }
      if (end == std::string::npos) return {};
    }
  }

  Status rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return failed("rename to " + to, from);
    return {};
  }

  Status remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) return failed("remove", path);
    return {};
  }

  Status sync_directory(const std::string& path) override {
    TRY(const Descriptor descriptor, open_descriptor(path, O_RDONLY | O_DIRECTORY));
    if (::fsync(descriptor.get()) != 0) return failed("sync directory", path);
    return {};
  }

  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override {
    TRY(Descriptor descriptor, open_descriptor(path, O_RDWR | O_CREAT));
    struct flock wanted = whole_file(F_WRLCK);
    const auto take = [&] {  // of the second earlier builds know alone
      const int taken = ::fcntl(descriptor.get(), F_OFD_SETLK, &wanted);
      return taken != 0 ? taken : ::flock(descriptor.get(), LOCK_EX | LOCK_NB);
    };
    if (uninterrupted(take) != 0) {
      if (errno != EAGAIN && errno != EACCES) return failed("lock", path);
      return fail(Code::kConflict, "{} is held by process {}", path, holder_of(descriptor.get()));
    }
    const std::string holder = fmt::format("{}\n", ::getpid());
    if (::ftruncate(descriptor.get(), 0) != 0 ||
        ::pwrite(descriptor.get(), holder.data(), holder.size(), 0) < 0) {
      return failed("write", path);
    }
    return std::make_unique<PosixLock>(std::move(descriptor));
  }

  bool is_locked(const std::string& path) override {
    const auto descriptor = open_descriptor(path, O_RDONLY);
    if (!descriptor) return false;
    struct flock found = whole_file(F_WRLCK);
    if (::fcntl(descriptor->get(), F_OFD_GETLK, &found) != 0) return false;
    return found.l_type != F_UNLCK;
  }

  Result<std::uint64_t> free_bytes(const std::string& path) override {
    struct statvfs about{};
    if (::statvfs(path.c_str(), &about) != 0) return failed("free space of", path);
    return std::uint64_t{about.f_bavail} * about.f_frsize;
  }
};

}  // namespace

std::unique_ptr<FileSystem> make_posix_file_system() { return std::make_unique<PosixFileSystem>(); }

}  // namespace theater::io
