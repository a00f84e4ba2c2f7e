#include "weir/tools/run_graph/time_sample.h"

#include <algorithm>

namespace weir::run_graph {

void TimeSample::Add(double time) {
  min_ = count_ == 0 ? time : std::min(min_, time);
  ++count_;
  if (kept_.size() < kKept) {
    kept_.push_back(time);
    return;
  }
  // Reservoir sampling: the newcomer stays with probability kKept / count, in a random place.
  const int64_t place = std::uniform_int_distribution<int64_t>(0, count_ - 1)(random_);
  if (place < static_cast<int64_t>(kKept)) kept_[static_cast<size_t>(place)] = time;
}

double TimeSample::Quantile(double share) const {
  std::vector<double> sorted = kept_;
  const size_t at =
      std::min(sorted.size() - 1, static_cast<size_t>(share * static_cast<double>(sorted.size())));
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(at), sorted.end());
  return sorted[at];
}

}  // namespace weir::run_graph
