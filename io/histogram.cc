#include "weir/io/histogram.h"

#include <algorithm>

#include "weir/proto/summary.pb.h"

namespace weir {
namespace {

constexpr double kMaxDouble = std::numeric_limits<double>::max();

const std::vector<double>& Limits() {
  static const std::vector<double>* const limits = [] {
    std::vector<double> positive;
    for (double v = 1.0e-12; v < 1.0e20; v *= 1.1) positive.push_back(v);
    positive.push_back(kMaxDouble);
    auto* all = new std::vector<double>;
    for (auto v = positive.rbegin(); v != positive.rend(); ++v) all->push_back(-*v);
    all->push_back(0.0);
    all->insert(all->end(), positive.begin(), positive.end());
    return all;
  }();
  return *limits;
}

}  // namespace

Histogram::Histogram() : counts_(Limits().size()) {}

void Histogram::Add(double value) {
  const std::vector<double>& limits = Limits();
  const auto at = std::upper_bound(limits.begin(), limits.end() - 1, value);
  counts_[at - limits.begin()] += 1.0;
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
  num_ += 1.0;
  sum_ += value;
  sum_squares_ += value * value;
}

void Histogram::ToProto(HistogramProto* proto) const {
  proto->Clear();
  proto->set_min(min_);
  proto->set_max(max_);
  proto->set_num(num_);
  proto->set_sum(sum_);
  proto->set_sum_squares(sum_squares_);
  const std::vector<double>& limits = Limits();
  for (size_t i = 0; i < counts_.size(); ++i) {
    // Of a run of empty buckets, only the last is kept.
    if (counts_[i] == 0 && i + 1 < counts_.size() && counts_[i + 1] == 0) continue;
    proto->add_bucket_limit(limits[i]);
    proto->add_bucket(counts_[i]);
  }
}

}  // namespace weir
