// PosixFileSystem: files of the operating system behind the FileSystem port.
#pragma once

#include <memory>

#include "io/file.h"

namespace theater::io {

/// Stateless; callable from any thread.
std::unique_ptr<FileSystem> make_posix_file_system();

}  // namespace theater::io
