#ifndef WEIR_TOOLS_RUN_GRAPH_TIME_SAMPLE_H_
#define WEIR_TOOLS_RUN_GRAPH_TIME_SAMPLE_H_

#include <cstdint>
#include <random>
#include <vector>

namespace weir::run_graph {

// Times of any number of steps in bounded memory: beyond kKept of them, each has the same chance to
// be among those that are kept, so that quantiles are estimates.
class TimeSample {
 public:
  static constexpr size_t kKept = size_t{1} << 16;

  void Add(double time);

  int64_t count() const { return count_; }
  size_t kept() const { return kept_.size(); }

  // REQUIRES: count() > 0.
  double min() const { return min_; }
  // The time that this share of the steps stayed below. REQUIRES: count() > 0.
  double Quantile(double share) const;

 private:
  int64_t count_ = 0;
  double min_ = 0;
  std::vector<double> kept_;
  std::minstd_rand random_;
};

}  // namespace weir::run_graph

#endif  // WEIR_TOOLS_RUN_GRAPH_TIME_SAMPLE_H_
