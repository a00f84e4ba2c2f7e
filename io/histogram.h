#ifndef WEIR_IO_HISTOGRAM_H_
#define WEIR_IO_HISTOGRAM_H_

// The histograms that TensorBoard shows.

#include <limits>
#include <vector>

namespace weir {

class HistogramProto;

// Counts values in buckets whose limits grow by a tenth from 1e-12 to 1e20, on both sides of 0.
// Thread rule: one thread at a time.
class Histogram {
 public:
  Histogram();

  // REQUIRES: `value` is finite.
  void Add(double value);

  // A bucket holds the values below its limit that the bucket before it does not. A run of empty
  // buckets becomes one, with the last limit of the run.
  void ToProto(HistogramProto* proto) const;

 private:
  std::vector<double> counts_;
  double min_ = std::numeric_limits<double>::max();
  double max_ = std::numeric_limits<double>::lowest();
  double num_ = 0;
  double sum_ = 0;
  double sum_squares_ = 0;
};

}  // namespace weir

#endif  // WEIR_IO_HISTOGRAM_H_
