// MetricsText: numbers in the text form that Prometheus reads (exposition format 0.0.4).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actor/figure.h"

namespace theater::node {

/// Collects samples in any order and writes them grouped by name, as the format wants. A value;
/// one thread.
class MetricsText {
 public:
  using Label = std::pair<std::string_view, std::string_view>;
  using Labels = std::vector<Label>;

  /// `figure.name` gets the prefix "theater_"; its own label, if any, comes last.
  void add(const actor::Figure& figure, const Labels& labels);
  void add(const actor::Figures& figures, const Labels& labels);

  struct Histogram {
    std::string_view name, help;
    std::vector<std::pair<double, std::uint64_t>> buckets;  // upper bound, count in that bucket
    std::uint64_t above = 0;                                // count beyond the last bound
    double sum = 0;
  };
  void add(const Histogram& histogram);

  std::string text() const;

 private:
  struct Group {
    std::string_view help, type;
    std::string samples;
  };
  std::map<std::string_view, Group> groups_;
};

}  // namespace theater::node
