// Grant: reading and checking.
#include "hosts/http_client/grant.h"

#include <filesystem>

#include "host/grant_text.h"
#include "hosts/outbound/fields.h"
#include "io/folder.h"

namespace theater::hosts::http_client {

namespace {

constexpr std::string_view kSchemes[] = {"http", "https"};

/// [grants.http-client.secrets.NAME]: url, file.
std::vector<Secret> read_secret_tables(actor::SettingsReader& reader, const actor::Setting& table) {
  std::vector<Secret> secrets;
  const actor::Setting* tables = reader.table("secrets");
  if (tables == nullptr) return secrets;
  if (tables->items.size() > kSecretsMax) reader.refuse("secrets", "are too many");
  for (const actor::Setting& entry : tables->items) {
    if (entry.kind != actor::Setting::Kind::kTable || !outbound::is_token(entry.key)) {
      reader.refuse("secrets", fmt::format("has \"{}\", not a table for a header", entry.key));
      continue;
    }
    actor::SettingsReader inner(entry, "grants.http-client.secrets." + entry.key);
    Secret secret{entry.key, {}, {}, {}};
    auto where = outbound::parse_allow_rule("* " + inner.required_text("url"));
    if (where) secret.where = *std::move(where);
    if (!where) inner.refuse("url", where.error().message);
    secret.file = host::beside_manifest(table, inner.required_text("file"));
    if (const Status good = inner.finish(); !good) reader.refuse("secrets", good.error().message);
    secrets.push_back(std::move(secret));
  }
  return secrets;
}

}  // namespace

theater::Result<Grant> parse_grant(const actor::Setting& table) {
  actor::SettingsReader reader(table, "grants.http-client");
  Grant grant;
  grant.allow = outbound::read_allow(reader, kSchemes);
  grant.reissue = outbound::read_allow(reader, kSchemes, "reissue");
  grant.private_addresses = outbound::read_private_addresses(reader);
  grant.trust = outbound::read_trust(reader, table);
  grant.secrets = read_secret_tables(reader, table);
  host::read_limits(reader, kLimitFields, grant.limits);
  TRY_OK(reader.finish());
  if (grant.allow.is_empty()) {
    return fail(Code::kInvalid,
                "{}: grants.http-client leads nowhere: set allow, such as "
                "allow = [\"https://api.example.com\"]",
                table.place());
  }
  return grant;
}

Status read_secrets(Grant& grant) {
  for (Secret& secret : grant.secrets) {
    const std::filesystem::path path(secret.file);
    const std::string folder_name = path.parent_path().empty() ? "." : path.parent_path().string();
    auto folder = io::Folder::open(folder_name);
    if (!folder) return fail_in(folder.error(), "secret " + secret.header);
    auto file = (*folder)->open_file(path.filename().string());
    if (!file) return fail_in(file.error(), "secret " + secret.header);
    Bytes bytes(kSecretBytesMax + 1);
    TRY(const std::size_t size, (*file)->read_at(0, bytes));
    bytes.resize(size);
    std::string_view text = as_text(bytes);
    while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
    if (size > kSecretBytesMax || text.empty() || !outbound::is_field_value(text)) {
      return fail(Code::kInvalid, "secret {}: {} is not one line of at most {} bytes",
                  secret.header, secret.file, kSecretBytesMax);
    }
    secret.value = text;
  }
  return {};
}

}  // namespace theater::hosts::http_client
