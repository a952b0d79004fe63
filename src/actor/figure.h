// Figures: what an actor and its families count, in the form in which whoever watches a node
// wants it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace theater::actor {

enum class FigureKind : std::uint8_t {
  kCounter,  // never falls within a process
  kGauge,
};

/// One number. The texts are literals of the program, so that there is a bounded number of
/// figures. `name` ends with its unit: "queue_oldest_age_seconds".
struct Figure {
  std::string_view name;
  std::string_view help;
  FigureKind kind = FigureKind::kGauge;
  double value = 0;
  std::string_view label;  // what distinguishes figures of one name: "reason"; may be empty
  std::string_view label_value;
};

/// Where figures are put. A value: whoever asked carries it to another thread.
class Figures {
 public:
  struct Text {
    std::string_view name, help;
  };
  void counter(const Text& text, std::uint64_t value) {
    all_.push_back({text.name, text.help, FigureKind::kCounter, static_cast<double>(value)});
  }
  void gauge(const Text& text, double value) {
    all_.push_back({text.name, text.help, FigureKind::kGauge, value});
  }
  void add(const Figure& figure) { all_.push_back(figure); }
  const std::vector<Figure>& all() const { return all_; }

 private:
  std::vector<Figure> all_;
};

/// The figures of one actor: its own, and those of each granted family. The names of families are
/// those of its FamilySet, which outlives this.
struct ActorFigures {
  std::string name;
  Figures own;
  struct Part {
    std::string_view family;
    Figures figures;
  };
  std::vector<Part> families;
};

}  // namespace theater::actor
