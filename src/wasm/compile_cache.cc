// Cache files: magic, key, seal over the rest, then the plan and the modules, each with its length.
#include "wasm/compile_cache.h"

#include <openssl/sha.h>

#include <cstring>

#include "wasm/engine_limits.h"

namespace theater::wasm {
namespace {

constexpr std::string_view kMagic = "theater-compiled-component-1\n";
constexpr std::uint64_t kFileBytesMax = std::uint64_t{2} << 30;

Digest seal_of(ByteSpan bytes) {
  Digest digest;
  SHA256(bytes.data(), bytes.size(), digest.bytes.data());
  return digest;
}

void append_sized(Bytes& out, ByteSpan bytes) {
  append_le<std::uint64_t>(out, bytes.size());
  append(out, bytes);
}

/// Takes `size` bytes off the front; nothing if there are fewer.
std::optional<ByteSpan> take(ByteSpan& rest, std::uint64_t size) {
  if (size > rest.size()) return std::nullopt;
  const ByteSpan taken = rest.first(size);
  rest = rest.subspan(size);
  return taken;
}

std::optional<std::uint64_t> take_number(ByteSpan& rest) {
  const std::optional<ByteSpan> raw = take(rest, 8);
  if (!raw) return std::nullopt;
  return load_le<std::uint64_t>(raw->data());
}

std::optional<Bytes> take_sized(ByteSpan& rest) {
  const std::optional<std::uint64_t> size = take_number(rest);
  const std::optional<ByteSpan> raw = size ? take(rest, *size) : std::nullopt;
  if (!raw) return std::nullopt;
  return to_bytes(*raw);
}

std::optional<CacheEntry> parse(ByteSpan rest, const CacheKey& key) {
  if (const auto magic = take(rest, kMagic.size()); !magic || as_text(*magic) != kMagic) return {};
  for (const Digest* expected : {&key.component, &key.settings}) {
    const std::optional<ByteSpan> found = take(rest, Digest::size());
    if (!found || !equal(*found, expected->span())) return {};
  }
  const std::optional<ByteSpan> seal = take(rest, Digest::size());
  if (!seal || !equal(*seal, seal_of(rest).span())) return {};
  CacheEntry entry;
  std::optional<Bytes> plan = take_sized(rest);
  const std::optional<std::uint64_t> count = take_number(rest);
  if (!plan || !count || *count > kModulesMax) return {};
  entry.plan = *std::move(plan);
  for (std::uint64_t i = 0; i < *count; ++i) {
    std::optional<Bytes> module = take_sized(rest);
    if (!module) return {};
    entry.modules.push_back(*std::move(module));
  }
  if (!rest.empty()) return {};
  return entry;
}

}  // namespace

std::string CompileCache::path_of(const CacheKey& key) const {
  return fmt::format("{}/{}-{}.compiled", directory_, key.component.hex(),
                     key.settings.hex().substr(0, 16));
}

std::optional<CacheEntry> CompileCache::find(const CacheKey& key) const {
  const std::string path = path_of(key);
  if (!files_.exists(path)) return std::nullopt;
  const Result<Bytes> bytes = io::read_file(files_, path, kFileBytesMax);
  if (!bytes) return std::nullopt;
  return parse(*bytes, key);
}

Status CompileCache::store(const CacheKey& key, const CacheEntry& entry) {
  Bytes body;
  append_sized(body, entry.plan);
  append_le<std::uint64_t>(body, entry.modules.size());
  for (const Bytes& module : entry.modules) append_sized(body, module);
  Bytes file = to_bytes(as_bytes(kMagic));
  append(file, key.component.span());
  append(file, key.settings.span());
  append(file, seal_of(body).span());
  append(file, body);
  TRY_OK(files_.make_directories(directory_));
  return io::write_file_atomically(files_, path_of(key), file);
}

}  // namespace theater::wasm
