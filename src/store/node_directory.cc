// Making, locking and identifying a data directory.
#include "store/node_directory.h"

#include <algorithm>

#include "chain/crc32c.h"

namespace theater::store {
namespace {

constexpr std::uint64_t kIdentityBytesMax = 4096;
constexpr std::string_view kTitle = "theater data directory";
constexpr std::string_view kWhichDirectory =
    "it is the one that theater run --data names, else theater-data";

/// The identity file: four lines, the last a CRC32C of those before it.
std::string identity_text(std::uint64_t format, const NodeId& node) {
  const std::string lines = fmt::format("{}\nformat {}\nnode {}\n", kTitle, format, node.hex());
  return fmt::format("{}check {:08x}\n", lines, chain::crc32c(as_bytes(lines)));
}

/// The text behind `key` and a space on its line; empty if there is none.
std::string_view value_of(std::string_view text, std::string_view key) {
  const std::string wanted = fmt::format("\n{} ", key);
  const std::size_t at = text.find(wanted);
  if (at == std::string_view::npos) return {};
  const std::size_t begin = at + wanted.size();
  return text.substr(begin, text.find('\n', begin) - begin);
}

std::uint64_t number_of(std::string_view digits) {
  std::uint64_t number = 0;
  for (const char c : digits.substr(0, 18)) {
    if (c < '0' || c > '9') return 0;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return number;
}

std::unexpected<Error> damaged(const std::string& path) {
  return fail(Code::kCorrupt,
              "{} is damaged, so whose data this is cannot be known; restore the file from a copy "
              "of the directory",
              path);
}

Result<NodeId> parse_identity(std::string_view text, const std::string& path) {
  const std::uint64_t format = number_of(value_of(text, "format"));
  const auto raw = from_hex(value_of(text, "node"));
  if (!raw || raw->size() != NodeId::size()) return damaged(path);
  const NodeId node = NodeId::from(*raw);
  if (identity_text(format, node) != text) return damaged(path);
  if (format != kFormatVersion) {
    return fail(Code::kUnsupported, "{}: the directory has format {}, this build reads {}", path,
                format, kFormatVersion);
  }
  return node;
}

/// A directory may become Theater's if it holds nothing but what a start that was cut short leaves.
Status check_free(io::FileSystem& files, const std::string& root) {
  TRY(const std::vector<std::string> names, files.list(root));
  const bool foreign = std::ranges::any_of(names, [](const std::string& name) {
    return name != "lock" && name != "node.tmp" && name != "lost+found";
  });
  if (!foreign) return {};
  return fail(Code::kInvalid, "{} is not empty and not a Theater data directory; name another",
              root);
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

std::string without_trailing_slashes(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

/// Makes the directory and those above it that are not there; their names are durable then. So is
/// what an earlier start made that ended before this: what is not ours and cannot be synced, such a
/// start has not made.
Status make_durably(io::FileSystem& files, const std::string& root) {
  std::vector<std::string> made{root};
  std::vector<std::string> above;
  for (std::string path = parent_of(root); path != "/" && path != "."; path = parent_of(path)) {
    (files.exists(path) ? above : made).push_back(path);
  }
  TRY_OK(files.make_directories(root));
  for (const std::string& path : made) TRY_OK(files.sync_directory(parent_of(path)));
  for (const std::string& path : above) (void)files.sync_directory(parent_of(path));
  return {};
}

/// Makes the directory, if it is not there, and sees that it may be used.
Status take_new(io::FileSystem& files, const std::string& root) {
  if (root.empty()) return fail(Code::kInvalid, "the data directory needs a name");
  Status taken = make_durably(files, root);
  if (taken) taken = check_free(files, root);
  if (taken || taken.error().code == Code::kInvalid) return taken;
  return fail_in(taken.error(), fmt::format("{} cannot be the data directory", root));
}

}  // namespace

NodeDirectory::NodeDirectory(NodeLayout layout, NodeId node, std::unique_ptr<io::FileLock> lock)
    : layout_(std::move(layout)), node_(node), lock_(std::move(lock)) {}

Result<NodeId> NodeDirectory::read_identity(io::FileSystem& files, const std::string& root) {
  const NodeLayout layout{root};
  if (!files.exists(root)) {
    return fail(Code::kNotFound, "{}: no such directory; {}", root, kWhichDirectory);
  }
  if (!files.exists(layout.identity())) {
    // What may not be looked into is not known to be something else.
    const auto names = files.list(root);
    if (!names && names.error().code == Code::kDenied) return std::unexpected(names.error());
    return fail(Code::kInvalid, "{} is not a Theater data directory; {}", root, kWhichDirectory);
  }
  TRY(const Bytes text, io::read_file(files, layout.identity(), kIdentityBytesMax));
  return parse_identity(as_text(text), layout.identity());
}

Result<std::unique_ptr<NodeDirectory>> NodeDirectory::open(io::FileSystem& files,
                                                           const std::string& path, Create create,
                                                           io::Random& random) {
  const std::string root = without_trailing_slashes(path);
  const NodeLayout layout{root};
  const bool is_new = !files.exists(layout.identity());
  if (is_new && create == Create::kNever) {
    return std::unexpected(read_identity(files, root).error());
  }
  if (is_new) {
    TRY_OK(take_new(files, root));
  }
  auto lock = files.lock(layout.lock());
  if (!lock && lock.error().code == Code::kConflict) {
    return fail(Code::kConflict, "the data directory {} is in use: {}", root, lock.error().message);
  }
  if (!lock) return std::unexpected(lock.error());
  if (is_new && !files.exists(layout.identity())) {
    NodeId node;
    random.fill(node.bytes);
    TRY_OK(io::write_file_atomically(files, layout.identity(),
                                     as_bytes(identity_text(kFormatVersion, node))));
  } else {
    TRY_OK(files.sync_directory(root));  // whoever wrote the identity may have ended before that
  }
  TRY(const NodeId node, read_identity(files, root));
  return std::unique_ptr<NodeDirectory>(new NodeDirectory(layout, node, *std::move(lock)));
}

}  // namespace theater::store
