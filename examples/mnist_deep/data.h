#ifndef WEIR_EXAMPLES_MNIST_DEEP_DATA_H_
#define WEIR_EXAMPLES_MNIST_DEEP_DATA_H_

#include <cstdint>
#include <string>
#include <vector>

#include "weir/core/env.h"
#include "weir/core/tensor.h"

namespace weir::mnist_deep {

// Images of digits with their labels.
struct Digits {
  Tensor images;  // float [n, 784], pixels in [0, 1]
  Tensor labels;  // float [n, 10], one-hot

  int64_t size() const { return images.dim(0); }
  // Rows [begin, end), sharing memory. REQUIRES: the range is inside.
  Digits Rows(int64_t begin, int64_t end) const;
};

struct Data {
  Digits train;
  Digits test;
  std::string source;  // Where it comes from, for people.
};

// The four MNIST files from `directory`; or, when that is empty, from ../shared/data, else the
// user's cache, else a download into it, checked; else digits that the program draws itself.
absl::StatusOr<Data> LoadData(Env& env, const std::string& directory);

// Batches of a training set that is shuffled anew for each epoch. Batch `step` depends on the seed
// and the step alone, so training can go on from any step.
class Batches {
 public:
  Batches(const Digits& digits, int64_t batch_size, uint64_t seed)
      : digits_(digits), batch_size_(batch_size), seed_(seed) {}
  absl::StatusOr<Digits> Batch(int64_t step);

 private:
  void Shuffle(int64_t epoch);

  const Digits& digits_;
  const int64_t batch_size_;
  const uint64_t seed_;
  int64_t epoch_ = -1;
  std::vector<int64_t> order_;
};

// Several images side by side as text, with a caption under each.
std::string Picture(const Tensor& images, const std::vector<std::string>& captions);

}  // namespace weir::mnist_deep

#endif  // WEIR_EXAMPLES_MNIST_DEEP_DATA_H_
