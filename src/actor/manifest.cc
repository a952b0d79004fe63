// Manifest: from settings to limits and grants.
#include "actor/manifest.h"

#include <algorithm>

#include "actor/limits.h"
#include "wasm/engine_limits.h"

namespace theater::actor {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax && name.front() != '-' &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

Status read_limits(const Setting* table, Limits& limits) {
  if (table == nullptr) return {};
  SettingsReader reader(*table, "limits");
  wasm::InstanceLimits& instance = limits.instance;
  instance.memory_bytes_max =
      reader.bytes("memory", instance.memory_bytes_max, {64 << 10, 4ll << 30});
  instance.table_elements_max = static_cast<std::uint32_t>(
      reader.integer("table", instance.table_elements_max, {0, wasm::kTableElementsMax}));
  if (reader.has("fuel")) {
    instance.fuel = static_cast<std::uint64_t>(reader.integer("fuel", 1, {1, INT64_MAX}));
  }
  instance.deadline = reader.duration("deadline", instance.deadline, {Milliseconds(1), hours(1)});
  limits.state_max = reader.bytes("state_max", limits.state_max, {0, 1ll << 30});
  limits.log_max = reader.bytes("log_max", limits.log_max, {64 << 10, 1ll << 50});
  limits.idle = reader.duration("idle", limits.idle, {Milliseconds(1), hours(24 * 365)});
  return reader.finish();
}

enum class Source { kFile, kRecord };

/// Chains of earlier builds have `items` and `bytes` in their records, which bound nothing.
Status read_mailbox(const Setting* table, Source source, BatchLimits& batch) {
  if (table == nullptr) return {};
  SettingsReader reader(*table, "mailbox");
  for (const std::string_view key : {"items", "bytes"}) {
    if (!reader.has(key)) continue;
    reader.ignore(key);
    if (source == Source::kFile) {
      reader.refuse(key, "bounds nothing: set queue_items and queue_bytes in the family's grant");
    }
  }
  batch.items_max = static_cast<std::size_t>(
      reader.integer("batch", static_cast<std::int64_t>(batch.items_max), {1, kBatchItemsMax}));
  return reader.finish();
}

Status read_supervision(const Setting* table, Supervision& supervision) {
  if (table == nullptr) return {};
  SettingsReader reader(*table, "supervision");
  supervision.intensity =
      static_cast<std::uint32_t>(reader.integer("intensity", supervision.intensity, {0, 10'000}));
  supervision.window = reader.duration("window", supervision.window, {Milliseconds(1), hours(24)});
  supervision.backoff_min =
      reader.duration("backoff_min", supervision.backoff_min, {Milliseconds(1), hours(1)});
  supervision.backoff_max =
      reader.duration("backoff_max", supervision.backoff_max, {supervision.backoff_min, hours(24)});
  return reader.finish();
}

Status read_grants(const Setting* table, Manifest& manifest) {
  if (table == nullptr) return {};
  for (const Setting& grant : table->items) {
    const std::string& family = grant.key;
    if (grant.kind != Setting::Kind::kTable) {
      return fail(Code::kInvalid, "{}: grants.{} must be a table: write [grants.{}]", grant.place(),
                  family, family);
    }
    manifest.grants.push_back(grant);
  }
  std::ranges::sort(manifest.grants, {}, &Setting::key);
  return {};
}

/// `component = "path"` or `component = { path = "...", sha256 = "..." }`.
Status read_component(SettingsReader& reader, const Setting& root, Manifest& manifest) {
  const Setting* component = root.find("component");
  std::string path;
  if (component == nullptr || component->kind == Setting::Kind::kText) {
    path = reader.required_text("component");
  } else {
    if (reader.table("component") == nullptr) return reader.finish();
    SettingsReader inner(*component, "component");
    path = inner.required_text("path");
    if (const auto pin = inner.optional_text("sha256")) {
      const Result<Bytes> digest = from_hex(*pin);
      if (digest && digest->size() == Digest::size()) {
        manifest.component_digest = Digest::from(*digest);
      } else {
        inner.refuse("sha256", "must be 64 hexadecimal digits");
      }
    }
    TRY_OK(inner.finish());
  }
  if (!path.empty() && path.front() != '/' && !manifest.folder.empty()) {
    path = manifest.folder + "/" + path;
  }
  manifest.component_path = path;
  return {};
}

Status read_sections(SettingsReader& reader, Source source, Manifest& manifest) {
  TRY_OK(read_limits(reader.table("limits"), manifest.limits));
  TRY_OK(read_mailbox(reader.table("mailbox"), source, manifest.batch));
  TRY_OK(read_supervision(reader.table("supervision"), manifest.supervision));
  return read_grants(reader.table("grants"), manifest);
}

Result<Manifest> read_manifest(const Setting& root, std::string_view file, std::string_view folder,
                               Source source) {
  Manifest manifest;
  manifest.file = file;
  manifest.folder = folder;
  SettingsReader reader(root, "");
  manifest.name = reader.required_text("name");
  if (!manifest.name.empty() && !is_name(manifest.name)) {
    reader.refuse("name", "must be lower-case letters, digits and dashes, at most 64");
  }
  if (source == Source::kFile) TRY_OK(read_component(reader, root, manifest));
  manifest.params = to_bytes(as_bytes(reader.text("params", "")));
  manifest.instance = static_cast<InstanceMode>(reader.choice("instance", kInstanceWords, 0));
  manifest.on_error = static_cast<OnError>(reader.choice("on_error", kOnErrorWords, 0));
  const Status sections = read_sections(reader, source, manifest);
  TRY_OK(reader.finish());
  TRY_OK(sections);
  return manifest;
}

}  // namespace

const Setting* Manifest::find_grant(std::string_view family) const {
  const auto found = std::ranges::find(grants, family, &Setting::key);
  return found == grants.end() ? nullptr : &*found;
}

Result<Manifest> parse_manifest(std::string_view toml, std::string_view file,
                                std::string_view folder, const Variables& variables) {
  VariableNames used;
  TRY(const Setting root, parse_settings(toml, file, variables, used));
  TRY(Manifest manifest, read_manifest(root, file, folder, Source::kFile));
  manifest.variables = std::move(used);
  return manifest;
}

Result<Manifest> parse_recorded_manifest(std::string_view text) {
  TRY(const Setting root, parse_settings(text, "recorded manifest", {}));
  return read_manifest(root, "recorded manifest", "", Source::kRecord);
}

Result<Manifest> load_manifest(io::FileSystem& files, const std::string& path,
                               const Variables& variables) {
  const Result<Bytes> text = io::read_file(files, path, kManifestBytesMax);
  if (!text) return fail_in(text.error(), fmt::format("cannot read manifest {}", path));
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash);
  return parse_manifest(as_text(*text), path, folder, variables);
}

}  // namespace theater::actor
