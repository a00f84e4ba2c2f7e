#include "weir/benchmarks/inputs.h"

#include "weir/core/philox.h"

namespace weir::benchmarks {

Tensor Numbers(const Shape& shape) {
  Tensor tensor = Tensor::Make(DT_FLOAT, shape).value_or(Tensor());
  PhiloxWords words(Philox(1, 0));
  for (float& v : tensor.mutable_values<float>()) v = UniformFloat(words.Next());
  return tensor;
}

Tensor OneHot(int64_t batch, int64_t classes) {
  Tensor tensor = Tensor::Zeros(DT_FLOAT, Shape({batch, classes})).value_or(Tensor());
  PhiloxWords words(Philox(7, 0));
  for (int64_t i = 0; i < batch; ++i) {
    tensor.mutable_data<float>()[i * classes + words.Next() % classes] = 1;
  }
  return tensor;
}

Tensor Classes(int64_t batch, int64_t classes) {
  Tensor tensor = Tensor::Make(DT_INT64, Shape({batch})).value_or(Tensor());
  PhiloxWords words(Philox(7, 0));
  for (int64_t& v : tensor.mutable_values<int64_t>()) v = words.Next() % classes;
  return tensor;
}

}  // namespace weir::benchmarks
