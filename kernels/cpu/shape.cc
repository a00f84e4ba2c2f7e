#include <limits>

#include "weir/runtime/kernel.h"

namespace weir {
namespace {

template <typename T>
absl::Status CheckFits(int64_t value) {
  if (value > std::numeric_limits<T>::max()) {
    return InvalidArgument("the extent ", value, " does not fit in ", DataTypeName(kDTypeOf<T>),
                           "; ask for int64");
  }
  return absl::OkStatus();
}

absl::Status PrepareShape(KernelPrepare& k) {
  k.DependsOnShapesOnly();
  return k.ForType<int32_t, int64_t>("out_type", [&]<typename T>() -> absl::Status {
    std::vector<Dims> shapes;
    for (int i = 0; i < k.num_inputs(); ++i) {
      const Shape& shape = k.In(i).shape();
      for (int64_t extent : shape.dims()) RETURN_IF_ERROR(CheckFits<T>(extent));
      k.Out(i).SetShape(Shape({shape.rank()}));
      shapes.emplace_back(shape.dims().begin(), shape.dims().end());
    }
    return k.Run([shapes](KernelRun& r) {
      for (size_t i = 0; i < shapes.size(); ++i) {
        std::copy(shapes[i].begin(), shapes[i].end(), r.Out<T>(static_cast<int>(i)));
      }
      return absl::OkStatus();
    });
  });
}

template <typename T>
absl::Status RunScalar(KernelPrepare& k, int64_t value) {
  RETURN_IF_ERROR(CheckFits<T>(value));
  k.Out(0).SetShape(Shape());
  return k.Run([value](KernelRun& r) {
    *r.Out<T>(0) = static_cast<T>(value);
    return absl::OkStatus();
  });
}

absl::Status PrepareSize(KernelPrepare& k) {
  k.DependsOnShapesOnly();
  return k.ForType<int32_t, int64_t>(
      "out_type", [&]<typename T>() { return RunScalar<T>(k, k.In(0).shape().num_elements()); });
}

absl::Status PrepareRank(KernelPrepare& k) {
  k.DependsOnShapesOnly();
  return RunScalar<int32_t>(k, k.In(0).shape().rank());
}

}  // namespace

void RegisterShapeKernels(KernelRegistry& kernels) {
  kernels.Add("Shape", "CPU", PrepareShape);
  kernels.Add("ShapeN", "CPU", PrepareShape);
  kernels.Add("Size", "CPU", PrepareSize);
  kernels.Add("Rank", "CPU", PrepareRank);
}

}  // namespace weir
