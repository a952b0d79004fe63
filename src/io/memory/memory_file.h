// MemoryFile: an open file of a MemoryDisk. Used by the disk alone.
#pragma once

#include <memory>
#include <string>

#include "io/memory/memory_disk.h"
#include "io/transfer.h"

namespace theater::io {

/// Fails for ever once its disk has crashed. Keeps its content after the name is removed.
class MemoryFile final : public File {
 public:
  MemoryFile(MemoryDisk& disk, std::shared_ptr<MemoryDisk::Node> node, std::string path,
             std::uint64_t generation)
      : disk_(disk), node_(std::move(node)), path_(std::move(path)), generation_(generation) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> buffer) const override;
  Status write_at(std::uint64_t offset, ByteSpan bytes) override;
  Status sync_data() override;
  Status sync_all() override;
  Result<std::uint64_t> size() const override;
  Status resize(std::uint64_t bytes) override;
  Status allocate(std::uint64_t bytes) override;

 private:
  bool lost() const { return generation_ != disk_.generation_; }
  Transfer read_some(std::uint64_t offset, std::span<std::uint8_t> buffer) const;
  Transfer write_some(std::uint64_t offset, ByteSpan bytes);
  void store(std::uint64_t offset, ByteSpan bytes);

  MemoryDisk& disk_;
  std::shared_ptr<MemoryDisk::Node> node_;
  std::string path_;
  std::uint64_t generation_;
};

}  // namespace theater::io
