// A data directory in memory.
#include "flipped_files.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

namespace theater::tests {
namespace {

Error read_only(const std::string& path) { return {Code::kUnsupported, path + " is read-only"}; }

class MemoryFile final : public io::File {
 public:
  MemoryFile(const Bytes& bytes, std::string path) : bytes_(bytes), path_(std::move(path)) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> buffer) const override {
    if (offset >= bytes_.size()) return std::size_t{0};
    const std::size_t count = std::min<std::size_t>(buffer.size(), bytes_.size() - offset);
    std::memcpy(buffer.data(), bytes_.data() + offset, count);
    return count;
  }
  Status write_at(std::uint64_t, ByteSpan) override { return std::unexpected(read_only(path_)); }
  Status sync_data() override { return std::unexpected(read_only(path_)); }
  Status sync_all() override { return std::unexpected(read_only(path_)); }
  Result<std::uint64_t> size() const override { return bytes_.size(); }
  Status resize(std::uint64_t) override { return std::unexpected(read_only(path_)); }
  Status allocate(std::uint64_t) override { return std::unexpected(read_only(path_)); }

 private:
  const Bytes& bytes_;
  std::string path_;
};

}  // namespace

Result<std::unique_ptr<FlippedFiles>> FlippedFiles::load(const std::string& root) {
  std::error_code error;
  auto files = std::make_unique<FlippedFiles>();
  files->root_ = root;
  for (std::filesystem::recursive_directory_iterator entry(root, error), end;
       !error && entry != end; entry.increment(error)) {
    if (!entry->is_regular_file()) continue;
    std::ifstream stream(entry->path(), std::ios::binary);
    files->contents_[entry->path().string()] =
        Bytes(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
  }
  if (error) return fail(Code::kNotFound, "{}: {}", root, error.message());
  return files;
}

bool FlippedFiles::is_directory(const std::string& path) const {
  const auto found = contents_.lower_bound(path + "/");
  return found != contents_.end() && found->first.starts_with(path + "/");
}

Result<std::unique_ptr<io::File>> FlippedFiles::open(const std::string& path, io::OpenMode mode) {
  const auto found = contents_.find(path);
  if (found == contents_.end()) return fail(Code::kNotFound, "{}: no such file", path);
  if (mode == io::OpenMode::kCreateNew) return std::unexpected(read_only(path));
  return std::make_unique<MemoryFile>(found->second, path);
}

bool FlippedFiles::exists(const std::string& path) {
  return contents_.contains(path) || is_directory(path);
}

Result<std::vector<std::string>> FlippedFiles::list(const std::string& directory) {
  if (!is_directory(directory)) return fail(Code::kNotFound, "{}: no such directory", directory);
  std::set<std::string> names;
  const std::string prefix = directory + "/";
  for (auto entry = contents_.lower_bound(prefix);
       entry != contents_.end() && entry->first.starts_with(prefix); ++entry) {
    const std::string rest = entry->first.substr(prefix.size());
    names.insert(rest.substr(0, rest.find('/')));
  }
  return std::vector<std::string>(names.begin(), names.end());
}

Status FlippedFiles::make_directories(const std::string& path) {
  return std::unexpected(read_only(path));
}
Status FlippedFiles::rename(const std::string& from, const std::string&) {
  return std::unexpected(read_only(from));
}
Status FlippedFiles::remove(const std::string& path) { return std::unexpected(read_only(path)); }
Status FlippedFiles::sync_directory(const std::string& path) {
  return std::unexpected(read_only(path));
}
Result<std::unique_ptr<io::FileLock>> FlippedFiles::lock(const std::string& path) {
  return std::unexpected(read_only(path));
}
Result<std::uint64_t> FlippedFiles::free_bytes(const std::string&) { return std::uint64_t{0}; }

}  // namespace theater::tests
