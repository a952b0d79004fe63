// MemoryDisk: names, faults and power cuts.
#include "io/memory/memory_disk.h"

#include <algorithm>
#include <cerrno>

#include "io/memory/memory_file.h"

namespace theater::io {
namespace {

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

class MemoryLock final : public FileLock {
 public:
  explicit MemoryLock(std::function<void()> release) : release_(std::move(release)) {}
  ~MemoryLock() override { release_(); }

 private:
  std::function<void()> release_;
};

}  // namespace

MemoryDisk::MemoryDisk(std::uint64_t capacity_bytes)
    : capacity_(capacity_bytes), names_{{}, {"/", "."}}, durable_names_(names_) {}
MemoryDisk::~MemoryDisk() = default;

std::optional<DiskFault> MemoryDisk::next_fault() {
  const std::uint64_t number = calls_++;
  const bool one = fail_call_ && *fail_call_ == number;
  const bool all = fail_from_ && number >= *fail_from_;
  return one || all ? std::optional(fault_) : std::nullopt;
}

/// Of a call that moves or syncs what is in a file.
std::optional<DiskFault> MemoryDisk::next_fault_of(const std::string& path) {
  const auto fault = next_fault();
  if (fault || !bad_place_ || !path.contains(bad_place_->part)) return fault;
  return bad_place_->fault;
}

/// For calls that a short transfer or an interruption cannot meet: those faults do nothing.
Status MemoryDisk::refuse_if_faulty(const std::string& what) {
  const auto fault = next_fault();
  if (!fault || *fault == DiskFault::kShort || *fault == DiskFault::kInterrupted) return {};
  return std::unexpected(errno_error(what, *fault == DiskFault::kNoSpace ? ENOSPC : EIO));
}

std::uint64_t MemoryDisk::used_bytes() const {
  std::uint64_t sum = 0;
  for (const auto& [path, node] : names_.files) sum += node->now.size();
  return sum;
}

void MemoryDisk::apply(const NameChange& change, Names& names) {
  if (!change.renamed_from.empty()) names.files.erase(change.renamed_from);
  if (change.is_directory) {
    names.directories.insert(change.path);
  } else if (change.node == nullptr) {
    names.files.erase(change.path);
  } else {
    names.files[change.path] = change.node;
  }
}

/// What is in a directory that was lost is lost with it.
void MemoryDisk::drop_orphans(Names& names) {
  const auto is_orphan = [&](const std::string& path) {
    const std::string parent = parent_of(path);
    return parent != path && !names.directories.contains(parent);
  };
  // Sorted: a parent comes before what is in it.
  for (auto path = names.directories.begin(); path != names.directories.end();) {
    path = is_orphan(*path) ? names.directories.erase(path) : std::next(path);
  }
  std::erase_if(names.files, [&](const auto& file) { return is_orphan(file.first); });
}

std::string MemoryDisk::newest_change_in(const std::string& directory) const {
  const auto found = std::ranges::find(unsynced_names_.rbegin(), unsynced_names_.rend(), directory,
                                       &NameChange::directory);
  return found == unsynced_names_.rend() ? directory : found->path;
}

void MemoryDisk::change_name(NameChange change) {
  change.directory = parent_of(change.path);
  apply(change, names_);
  unsynced_names_.push_back(std::move(change));
}

Result<std::unique_ptr<File>> MemoryDisk::open(const std::string& path, OpenMode mode) {
  TRY(auto file, open_now(path, mode));
  OnOpen on_open;
  {
    const std::lock_guard lock(mutex_);
    on_open = on_open_;
  }
  if (on_open) on_open(path);
  return file;
}

Result<std::unique_ptr<File>> MemoryDisk::open_now(const std::string& path, OpenMode mode) {
  const std::lock_guard lock(mutex_);
  TRY_OK(refuse_if_faulty("open " + path));
  auto found = names_.files.find(path);
  const bool creates = mode == OpenMode::kCreate || mode == OpenMode::kCreateNew;
  if (found == names_.files.end() && !creates) {
    return std::unexpected(errno_error("open " + path, ENOENT));
  }
  if (found != names_.files.end() && mode == OpenMode::kCreateNew) {
    return std::unexpected(errno_error("open " + path, EEXIST));
  }
  if (found == names_.files.end()) {
    if (parent_of(path) != "." && !names_.directories.contains(parent_of(path))) {
      return std::unexpected(errno_error("open " + path, ENOENT));
    }
    change_name({.path = path, .node = std::make_shared<Node>()});
    found = names_.files.find(path);
  }
  return std::make_unique<MemoryFile>(*this, found->second, path, generation_);
}

bool MemoryDisk::exists(const std::string& path) {
  const std::lock_guard lock(mutex_);
  return names_.files.contains(path) || names_.directories.contains(path);
}

Result<std::vector<std::string>> MemoryDisk::list(const std::string& directory) {
  const std::lock_guard lock(mutex_);
  TRY_OK(refuse_if_faulty("list " + directory));
  if (!names_.directories.contains(directory)) {
    return std::unexpected(errno_error("list " + directory, ENOENT));
  }
  std::vector<std::string> names;
  const auto add = [&](const std::string& path) {
    if (path != directory && parent_of(path) == directory) {
      names.push_back(path.substr(directory.size() + 1));
    }
  };
  for (const auto& [path, node] : names_.files) add(path);
  for (const std::string& path : names_.directories) add(path);
  std::ranges::sort(names);
  return names;
}

Status MemoryDisk::make_directories(const std::string& path) {
  const std::lock_guard lock(mutex_);
  TRY_OK(refuse_if_faulty("make directory " + path));
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (!names_.directories.contains(part)) change_name({.path = part, .is_directory = true});
    if (end == std::string::npos) return {};
  }
}

Status MemoryDisk::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  TRY_OK(refuse_if_faulty("rename " + from));
  const auto found = names_.files.find(from);
  if (found == names_.files.end()) return std::unexpected(errno_error("rename " + from, ENOENT));
  change_name({.path = to, .node = found->second, .renamed_from = from});
  return {};
}

Status MemoryDisk::remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  TRY_OK(refuse_if_faulty("remove " + path));
  if (!names_.files.contains(path)) return std::unexpected(errno_error("remove " + path, ENOENT));
  change_name({.path = path});
  return {};
}

Status MemoryDisk::sync_directory(const std::string& path) {
  const std::lock_guard lock(mutex_);
  TRY_OK(refuse_if_faulty("sync directory " + path));
  if (!names_.directories.contains(path)) {
    return std::unexpected(errno_error("sync directory " + path, ENOENT));
  }
  if (ignore_sync_ && ignore_sync_(newest_change_in(path), SyncOf::kNames)) return {};
  std::erase_if(unsynced_names_, [&](const NameChange& change) {
    if (change.directory != path) return false;
    apply(change, durable_names_);
    return true;
  });
  return {};
}

Result<std::unique_ptr<FileLock>> MemoryDisk::lock(const std::string& path) {
  const std::lock_guard guard(mutex_);
  TRY_OK(refuse_if_faulty("lock " + path));
  if (!locks_.insert(path).second) {
    return fail(Code::kConflict, "{} is held by process 1", path);
  }
  return std::make_unique<MemoryLock>([this, path, generation = generation_] {
    const std::lock_guard inner(mutex_);
    if (generation == generation_) locks_.erase(path);
  });
}

bool MemoryDisk::is_locked(const std::string& path) {
  const std::lock_guard guard(mutex_);
  return locks_.contains(path);
}

Result<std::uint64_t> MemoryDisk::free_bytes(const std::string&) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t used = used_bytes();
  return used < capacity_ ? capacity_ - used : 0;
}

void MemoryDisk::lose_data(Node& node, const std::function<bool()>& survives) {
  std::uint64_t size = node.durable.size();
  if (node.now.size() != size && survives()) size = node.now.size();
  std::vector<std::uint64_t> kept;
  for (const std::uint64_t sector : node.unsynced) {
    const std::uint64_t begin = sector * kSector;
    if (begin < node.now.size() && survives()) {
      kept.push_back(sector);
      size = std::max<std::uint64_t>(size, std::min(begin + kSector, node.now.size()));
    }
  }
  node.durable.resize(size);
  for (const std::uint64_t sector : kept) {
    const std::size_t begin = sector * kSector;
    const std::size_t end = std::min({begin + kSector, node.now.size(), node.durable.size()});
    if (begin < end) std::copy_n(node.now.data() + begin, end - begin, node.durable.data() + begin);
  }
  node.now = node.durable;
  node.unsynced.clear();
}

void MemoryDisk::crash(const std::function<bool(std::uint64_t n)>& survives) {
  const std::lock_guard lock(mutex_);
  std::uint64_t asked = 0;
  const auto next = [&] { return survives(asked++); };
  for (const NameChange& change : unsynced_names_) {
    if (!next()) break;  // names are journalled: a prefix of the changes survives
    apply(change, durable_names_);
  }
  unsynced_names_.clear();
  drop_orphans(durable_names_);
  names_ = durable_names_;
  for (const auto& [path, node] : names_.files) lose_data(*node, next);
  locks_.clear();
  ++generation_;
}

std::unique_ptr<MemoryDisk> MemoryDisk::synced_copy() const {
  const std::lock_guard lock(mutex_);
  auto copy = std::make_unique<MemoryDisk>(capacity_);
  Names left = durable_names_;
  drop_orphans(left);
  copy->names_.directories = left.directories;
  for (const auto& [path, node] : left.files) {
    auto synced = std::make_shared<Node>();
    synced->now = synced->durable = node->durable;
    copy->names_.files.emplace(path, std::move(synced));
  }
  copy->durable_names_ = copy->names_;
  return copy;
}

void MemoryDisk::sync(Node& node) {
  node.durable.resize(node.now.size());
  for (const std::uint64_t sector : node.unsynced) {
    const std::size_t begin = sector * kSector;
    const std::size_t end = std::min(begin + kSector, node.now.size());
    if (begin < end) std::copy_n(node.now.data() + begin, end - begin, node.durable.data() + begin);
  }
  node.unsynced.clear();
}

std::uint64_t MemoryDisk::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

void MemoryDisk::fail_call(std::uint64_t number, DiskFault fault) {
  const std::lock_guard lock(mutex_);
  fail_call_ = number;
  fault_ = fault;
}

void MemoryDisk::fail_from(std::uint64_t number, DiskFault fault) {
  const std::lock_guard lock(mutex_);
  fail_from_ = number;
  fault_ = fault;
}

void MemoryDisk::fail_writes_of(std::string part, DiskFault fault) {
  const std::lock_guard lock(mutex_);
  bad_place_ = {std::move(part), fault};
}

void MemoryDisk::clear_faults() {
  const std::lock_guard lock(mutex_);
  bad_place_.reset();
  fail_call_.reset();
  fail_from_.reset();
}

void MemoryDisk::set_capacity(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  capacity_ = bytes;
}

void MemoryDisk::ignore_syncs(IgnoreSync ignore) {
  const std::lock_guard lock(mutex_);
  ignore_sync_ = std::move(ignore);
}

void MemoryDisk::on_open(OnOpen on_open) {
  const std::lock_guard lock(mutex_);
  on_open_ = std::move(on_open);
}

std::vector<std::string> MemoryDisk::files() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> paths;
  for (const auto& [path, node] : names_.files) paths.push_back(path);
  return paths;
}

Bytes MemoryDisk::content(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  const auto found = names_.files.find(path);
  return found == names_.files.end() ? Bytes{} : found->second->now;
}

void MemoryDisk::set_content(const std::string& path, Bytes bytes) {
  const std::lock_guard lock(mutex_);
  auto& node = names_.files[path];
  if (node == nullptr) node = std::make_shared<Node>();
  node->now = bytes;
  node->durable = std::move(bytes);
  node->unsynced.clear();
  durable_names_.files[path] = node;
  for (std::string parent = parent_of(path);
       names_.directories.contains(parent) && durable_names_.directories.insert(parent).second;) {
    parent = parent_of(parent);
  }
}

}  // namespace theater::io
