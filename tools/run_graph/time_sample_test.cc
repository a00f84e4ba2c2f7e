#include "weir/tools/run_graph/time_sample.h"

#include "gtest/gtest.h"

namespace weir::run_graph {
namespace {

TEST(TimeSample, FewTimesAreExact) {
  TimeSample sample;
  for (int i = 100; i > 0; --i) sample.Add(i);
  EXPECT_EQ(sample.count(), 100);
  EXPECT_EQ(sample.min(), 1);
  EXPECT_EQ(sample.Quantile(0), 1);
  EXPECT_EQ(sample.Quantile(0.5), 51);
  EXPECT_EQ(sample.Quantile(0.99), 100);
  EXPECT_EQ(sample.Quantile(1), 100);
}

TEST(TimeSample, ManyTimesTakeBoundedMemoryAndAllCount) {
  constexpr int kTimes = 1'000'000;
  TimeSample sample;
  for (int i = 0; i < kTimes; ++i) sample.Add(kTimes - i);
  EXPECT_EQ(sample.count(), kTimes);
  EXPECT_EQ(sample.kept(), TimeSample::kKept);
  EXPECT_EQ(sample.min(), 1);
  // Neither early steps nor late ones weigh more: about 5 standard deviations.
  EXPECT_NEAR(sample.Quantile(0.5) / kTimes, 0.5, 0.01);
  EXPECT_NEAR(sample.Quantile(0.99) / kTimes, 0.99, 0.002);
}

}  // namespace
}  // namespace weir::run_graph
