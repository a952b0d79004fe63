// Numbers become the text that Prometheus reads: grouped by name, each group with its help and type
// once, labels escaped, histograms cumulative.
#include "node/metrics_text.h"

#include <gtest/gtest.h>

namespace theater::node {
namespace {

using actor::Figure;
using actor::FigureKind;

TEST(MetricsText, SamplesOfOneNameStandTogetherUnderOneHeadWhateverTheOrder) {
  MetricsText text;
  text.add({"b_total", "How many b.", FigureKind::kCounter, 3}, {{"shard", "0"}});
  text.add({"a", "An a.", FigureKind::kGauge, 0.5}, {});
  text.add({"b_total", "How many b.", FigureKind::kCounter, 4}, {{"shard", "1"}});
  EXPECT_EQ(text.text(),
            "# HELP theater_a An a.\n"
            "# TYPE theater_a gauge\n"
            "theater_a 0.5\n"
            "# HELP theater_b_total How many b.\n"
            "# TYPE theater_b_total counter\n"
            "theater_b_total{shard=\"0\"} 3\n"
            "theater_b_total{shard=\"1\"} 4\n");
}

TEST(MetricsText, AFiguresOwnLabelComesLastAndLabelsAreEscaped) {
  MetricsText text;
  actor::Figures figures;
  figures.add({"f", "Help.", FigureKind::kGauge, 1, "reason", "trap"});
  text.add(figures, {{"actor", "a\"b\\c\nd"}});
  EXPECT_EQ(text.text(),
            "# HELP theater_f Help.\n"
            "# TYPE theater_f gauge\n"
            "theater_f{actor=\"a\\\"b\\\\c\\nd\",reason=\"trap\"} 1\n");
}

TEST(MetricsText, NumbersKeepTheirDigits) {
  MetricsText text;
  text.add({"n", "Large.", FigureKind::kCounter, 9007199254740991.0}, {});
  EXPECT_NE(text.text().find("theater_n 9007199254740991\n"), std::string::npos) << text.text();
}

TEST(MetricsText, AHistogramCountsUpwardsToInfinity) {
  MetricsText text;
  text.add(MetricsText::Histogram{"s", "Times.", {{0.001, 2}, {0.5, 3}}, 1, 2.25});
  EXPECT_EQ(text.text(),
            "# HELP theater_s Times.\n"
            "# TYPE theater_s histogram\n"
            "theater_s_bucket{le=\"0.001\"} 2\n"
            "theater_s_bucket{le=\"0.5\"} 5\n"
            "theater_s_bucket{le=\"+Inf\"} 6\n"
            "theater_s_sum 2.25\n"
            "theater_s_count 6\n");
}

TEST(MetricsText, NothingIsAnEmptyPage) { EXPECT_EQ(MetricsText().text(), ""); }

}  // namespace
}  // namespace theater::node
