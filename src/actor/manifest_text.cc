// Manifest::recorded_text: the manifest as it stands beside genesis, every default written out.
#include <cmath>

#include "actor/manifest.h"
#include "actor/units.h"

namespace theater::actor {
namespace {

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '$') {
      out += "$$";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out += fmt::format("\\u{:04X}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string inline_text(const Setting& setting) {
  std::string out;
  switch (setting.kind) {
    case Setting::Kind::kText:
      return in_quotes(setting.text);
    case Setting::Kind::kInteger:
      return fmt::format("{}", setting.integer);
    case Setting::Kind::kNumber:
      if (!std::isfinite(setting.number)) return fmt::format("{}", setting.number);
      return fmt::format("{:#.17g}", setting.number);
    case Setting::Kind::kBoolean:
      return setting.boolean ? "true" : "false";
    case Setting::Kind::kList:
      for (const Setting& item : setting.items) {
        out += fmt::format("{}{}", out.empty() ? "" : ", ", inline_text(item));
      }
      return fmt::format("[{}]", out);
    case Setting::Kind::kTable:
      for (const Setting& entry : setting.items) {
        out += fmt::format("{}{} = {}", out.empty() ? "" : ", ", in_quotes(entry.key),
                           inline_text(entry));
      }
      return fmt::format("{{{}}}", out);
  }
  return out;
}

void add_limits(std::string& out, const Limits& limits) {
  const wasm::InstanceLimits& instance = limits.instance;
  out += fmt::format("\n[limits]\nmemory = \"{}\"\ntable = {}\n",
                     size_text(instance.memory_bytes_max), instance.table_elements_max);
  if (instance.fuel) out += fmt::format("fuel = {}\n", *instance.fuel);
  out += fmt::format("deadline = \"{}\"\nstate_max = \"{}\"\nidle = \"{}\"\n",
                     duration_text(instance.deadline), size_text(limits.state_max),
                     duration_text(limits.idle));
  if (limits.log_max != kNoLogMax) {
    out += fmt::format("log_max = \"{}\"\n", size_text(limits.log_max));
  }
}

}  // namespace

std::string Manifest::recorded_text() const {
  std::string out =
      fmt::format("name = {}\nparams = {}\ninstance = \"{}\"\non_error = \"{}\"\n", in_quotes(name),
                  in_quotes(as_text(params)), kInstanceWords[static_cast<std::size_t>(instance)],
                  kOnErrorWords[static_cast<std::size_t>(on_error)]);
  add_limits(out, limits);
  out += fmt::format("\n[mailbox]\nbatch = {}\n", batch.items_max);
  out += fmt::format(
      "\n[supervision]\nintensity = {}\nwindow = \"{}\"\nbackoff_min = \"{}\"\nbackoff_max = "
      "\"{}\"\n",
      supervision.intensity, duration_text(supervision.window),
      duration_text(supervision.backoff_min), duration_text(supervision.backoff_max));
  for (const Setting& grant : grants) {
    out += fmt::format("\n[grants.{}]\n", in_quotes(grant.key));
    for (const Setting& entry : grant.items) {
      out += fmt::format("{} = {}\n", in_quotes(entry.key), inline_text(entry));
    }
  }
  return out;
}

}  // namespace theater::actor
