// Whole-file helpers on the ports.
#include "io/file.h"

namespace theater::io {

Result<Bytes> read_file(FileSystem& files, const std::string& path, std::uint64_t bytes_max) {
  TRY(const auto file, files.open(path, OpenMode::kRead));
  TRY(const std::uint64_t bytes, file->size());
  if (bytes > bytes_max) {
    return fail(Code::kTooLarge, "{}: {} bytes, at most {} are read", path, bytes, bytes_max);
  }
  Bytes content(bytes);
  TRY(const std::size_t got, file->read_at(0, content));
  content.resize(got);
  return content;
}

Status write_file_atomically(FileSystem& files, const std::string& path, ByteSpan bytes) {
  const std::string temporary = path + ".tmp";
  {
    TRY(const auto file, files.open(temporary, OpenMode::kCreate));
    TRY_OK(file->resize(0));
    TRY_OK(file->write_at(0, bytes));
    TRY_OK(file->sync_all());
  }
  TRY_OK(files.rename(temporary, path));
  const std::size_t slash = path.rfind('/');
  return files.sync_directory(slash == std::string::npos ? "." : path.substr(0, slash));
}

}  // namespace theater::io
