// Beneath: openat2.
#include "io/beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstring>

namespace theater::io {

namespace {

constexpr int kTriesMax = 32;  // EAGAIN: something was renamed while a ".." was looked up

Error error_of(const std::string& path, int number) {
  if (number == EXDEV || number == ELOOP) {
    return {Code::kDenied, fmt::format("open {}: leads out of its directory, or is a link: {}",
                                       path, std::strerror(number))};
  }
  if (number == ENAMETOOLONG) return {Code::kInvalid, "a path that is too long for the system"};
  if (number == ENOTDIR) {
    return {Code::kNotFound, fmt::format("open {}: {}", path, std::strerror(number))};
  }
  return errno_error("open " + path, number);
}

}  // namespace

Result<std::unique_ptr<Beneath>> Beneath::open(const std::string& directory) {
  OwnedDescriptor opened(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!opened.is_open()) return std::unexpected(errno_error("open " + directory, errno));
  return std::unique_ptr<Beneath>(new Beneath(std::move(opened)));
}

Result<std::unique_ptr<Beneath>> Beneath::open_below(const std::string& path, Links links) const {
  TRY(OwnedDescriptor opened, open_at(path, {O_PATH | O_DIRECTORY, 0, links}));
  return std::unique_ptr<Beneath>(new Beneath(std::move(opened)));
}

Result<OwnedDescriptor> Beneath::open_at(const std::string& path, const How& how) const {
  if (path.find('\0') != std::string::npos) return fail(Code::kInvalid, "a path with a zero byte");
  open_how request{};
  request.flags = static_cast<std::uint64_t>(how.flags | O_CLOEXEC);
  request.mode = how.mode;
  request.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  if (how.links == Links::kRefused) request.resolve |= RESOLVE_NO_SYMLINKS;
  const char* const name = path.empty() ? "." : path.c_str();
  int error_number = 0;
  for (int tries = 0; tries < kTriesMax; ++tries) {
    const long opened = ::syscall(SYS_openat2, directory_.get(), name, &request, sizeof request);
    if (opened >= 0) return OwnedDescriptor(static_cast<int>(opened));
    error_number = errno;
    if (error_number != EAGAIN && error_number != EINTR) break;
  }
  return std::unexpected(error_of(path, error_number));
}

Result<Beneath::Place> Beneath::place_of(const std::string& path) const {
  const std::size_t slash = path.rfind('/');
  const std::string parent = slash == std::string::npos ? "" : path.substr(0, slash);
  std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (name.empty() || name == "." || name == "..") {
    return fail(Code::kInvalid, "{} does not end in a name", path);
  }
  TRY(OwnedDescriptor directory, open_at(parent, {O_PATH | O_DIRECTORY, 0, Links::kInside}));
  return Place{std::move(directory), std::move(name)};
}

}  // namespace theater::io
