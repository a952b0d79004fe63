// Prometheus text: names, escapes, groups.
#include "node/metrics_text.h"

#include <fmt/format.h>

#include <iterator>

namespace theater::node {
namespace {

constexpr std::string_view kPrefix = "theater_";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out;
}

void append_sample(std::string& out, std::string_view name, const MetricsText::Labels& labels,
                   double value) {
  out += kPrefix;
  out += name;
  char between = '{';
  for (const auto& [label, content] : labels) {
    fmt::format_to(std::back_inserter(out), "{}{}=\"{}\"", between, label, escaped(content));
    between = ',';
  }
  if (between == ',') out += '}';
  fmt::format_to(std::back_inserter(out), " {}\n", value);
}

}  // namespace

void MetricsText::add(const actor::Figure& figure, const Labels& labels) {
  Group& group = groups_[figure.name];
  group.help = figure.help;
  group.type = figure.kind == actor::FigureKind::kCounter ? "counter" : "gauge";
  if (figure.label.empty()) {
    append_sample(group.samples, figure.name, labels, figure.value);
    return;
  }
  Labels all = labels;
  all.emplace_back(figure.label, figure.label_value);
  append_sample(group.samples, figure.name, all, figure.value);
}

void MetricsText::add(const actor::Figures& figures, const Labels& labels) {
  for (const actor::Figure& figure : figures.all()) add(figure, labels);
}

void MetricsText::add(const Histogram& histogram) {
  Group& group = groups_[histogram.name];
  group.help = histogram.help;
  group.type = "histogram";
  const std::string bucket_name = fmt::format("{}_bucket", histogram.name);
  std::uint64_t count = 0;
  for (const auto& [bound, in_bucket] : histogram.buckets) {
    count += in_bucket;
    const std::string text = fmt::format("{}", bound);
    append_sample(group.samples, bucket_name, {{"le", text}}, static_cast<double>(count));
  }
  count += histogram.above;
  append_sample(group.samples, bucket_name, {{"le", "+Inf"}}, static_cast<double>(count));
  append_sample(group.samples, fmt::format("{}_sum", histogram.name), {}, histogram.sum);
  append_sample(group.samples, fmt::format("{}_count", histogram.name), {},
                static_cast<double>(count));
}

std::string MetricsText::text() const {
  std::string out;
  for (const auto& [name, group] : groups_) {
    fmt::format_to(std::back_inserter(out), "# HELP {0}{1} {2}\n# TYPE {0}{1} {3}\n", kPrefix, name,
                   group.help, group.type);
    out += group.samples;
  }
  return out;
}

}  // namespace theater::node
