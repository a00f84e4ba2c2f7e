#include <algorithm>

#include "weir/kernels/cpu/pool_util.h"

namespace weir {
namespace {

// The positions of the maxima of one image and a block of its channels, and the maxima.
template <typename T, typename Index>
void ArgmaxOfChannels(const PoolGeometry& g, const T* x, T* y, Index* argmax, int64_t n, int64_t c,
                      int64_t index_base) {
  const int64_t count = std::min(kPoolBlock, g.depth - c);
  ForEachArgmax(g, x + n * g.in.batch, c, count,
                [&](int64_t o0, int64_t o1, int64_t o2, const int32_t* places) {
                  const int64_t at = n * g.out.batch + o0 * g.out.spatial[0] +
                                     o1 * g.out.spatial[1] + o2 * g.out.spatial[2] + c;
                  int32_t place = 0;
                  ForEachInWindow(g, o0, o1, o2, [&](int64_t offset) {
                    const int64_t from = n * g.in.batch + offset + c;
                    for (int64_t j = 0; j < count; ++j) {
                      if (places[j] != place) continue;
                      y[at + j] = x[from + j];
                      argmax[at + j] = static_cast<Index>(from + j - index_base);
                    }
                    ++place;
                  });
                });
}

template <typename T, typename Index>
absl::Status RunWithArgmax(KernelPrepare& k, const ArgmaxPlan& plan) {
  const PoolGeometry g = plan.geometry;
  const bool include_batch = plan.include_batch;
  // Pooling over channels has one image per pixel, so that g.in.batch is not it.
  const int64_t image = std::max<int64_t>(1, plan.input_image);
  const int64_t images = g.output.num_elements() == 0 ? 0 : g.batch;
  const int64_t blocks = (g.depth + kPoolBlock - 1) / kPoolBlock;
  const double cost = g.taps() * static_cast<double>(g.output_points() * g.depth);
  return k.Run([=](KernelRun& r) {
    r.ParallelFor(images, cost, [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        const int64_t base = include_batch ? 0 : n * g.in.batch / image * image;
        for (int64_t b = 0; b < blocks; ++b) {
          ArgmaxOfChannels(g, r.In<T>(0), r.Out<T>(0), r.Out<Index>(1), n, b * kPoolBlock, base);
        }
      }
    });
    return absl::OkStatus();
  });
}

absl::Status PrepareMaxPoolWithArgmax(KernelPrepare& k, const WindowSpec& spec) {
  ASSIGN_OR_RETURN(const ArgmaxPlan plan, PlanMaxPoolWithArgmax(k, spec));
  return DispatchReal(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.OutType(1) == DT_INT32 ? RunWithArgmax<T, int32_t>(k, plan)
                                    : RunWithArgmax<T, int64_t>(k, plan);
  });
}

// Where an element of the output of a pooling came from: its flat position in the input; -1 when
// argmax does not say a position.
template <typename Index>
int64_t SourceOf(const Index* argmax, int64_t i, int64_t output_image, int64_t input_image,
                 int64_t input_size, bool include_batch) {
  const int64_t at = static_cast<int64_t>(argmax[i]);
  if (include_batch) return at >= 0 && at < input_size ? at : -1;
  return at >= 0 && at < input_image ? i / output_image * input_image + at : -1;
}

// Moves elements between a tensor shaped as the output (input 1 to scatter, output 0 to gather) and
// one shaped as the input, along argmax.
template <typename T, typename Index>
absl::Status RunAlongArgmax(KernelPrepare& k, const ArgmaxPlan& plan, bool scatter) {
  const Shape input = plan.geometry.input;
  const bool include_batch = plan.include_batch;
  const int64_t input_image = plan.input_image, output_image = plan.output_image;
  const int64_t input_size = input.num_elements(), n = plan.geometry.output.num_elements();
  return k.Run([=](KernelRun& r) -> absl::Status {
    const Index* argmax = r.In<Index>(2);
    const T* from = r.In<T>(1);
    T* to = r.Out<T>(0);
    if (scatter) std::fill_n(to, input_size, T(0));
    for (int64_t i = 0; i < n; ++i) {
      const int64_t at = SourceOf(argmax, i, output_image, input_image, input_size, include_batch);
      if (at < 0) {
        return InvalidArgument("argmax[", i, "] = ", static_cast<int64_t>(argmax[i]),
                               " is no position in an input of shape ", input.ToString());
      }
      if (scatter) {
        to[at] = WrappingSum(to[at], from[i]);
      } else {
        to[i] = from[at];
      }
    }
    return absl::OkStatus();
  });
}

absl::Status PrepareAlongArgmax(KernelPrepare& k, const WindowSpec& spec, bool scatter) {
  ASSIGN_OR_RETURN(const ArgmaxPlan plan, PlanAlongArgmax(k, spec, scatter));
  return DispatchReal(k.In(1).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Attr<DataType>("Targmax") == DT_INT32 ? RunAlongArgmax<T, int32_t>(k, plan, scatter)
                                                   : RunAlongArgmax<T, int64_t>(k, plan, scatter);
  });
}

absl::Status PrepareGradWithArgmax(KernelPrepare& k, const WindowSpec& spec) {
  return PrepareAlongArgmax(k, spec, /*scatter=*/true);
}

absl::Status PrepareGradGradWithArgmax(KernelPrepare& k, const WindowSpec& spec) {
  return PrepareAlongArgmax(k, spec, /*scatter=*/false);
}

ArgmaxPlan MakeArgmaxPlan(KernelPrepare& k, const PoolGeometry& g) {
  return {g, k.Attr<bool>("include_batch_in_index"), g.input.Count(1, 4), g.output.Count(1, 4)};
}

}  // namespace

absl::StatusOr<ArgmaxPlan> PlanMaxPoolWithArgmax(KernelPrepare& k, const WindowSpec& spec) {
  ASSIGN_OR_RETURN(const PoolGeometry g, MakePoolGeometry(spec, k.In(0).shape()));
  const ArgmaxPlan plan = MakeArgmaxPlan(k, g);
  const int64_t largest = plan.include_batch ? g.input.num_elements() : plan.input_image;
  if (largest > std::numeric_limits<int32_t>::max() &&
      (k.OutType(1) == DT_INT32 || g.input_points() > std::numeric_limits<int32_t>::max())) {
    return Unimplemented("inputs whose positions do not fit in 32 bits");
  }
  k.Out(0).SetShape(g.output);
  k.Out(1).SetShape(g.output);
  return plan;
}

absl::StatusOr<ArgmaxPlan> PlanAlongArgmax(KernelPrepare& k, const WindowSpec& spec, bool scatter) {
  ASSIGN_OR_RETURN(const PoolGeometry g, MakePoolGeometry(spec, k.In(0).shape()));
  const Shape& grad = scatter ? g.output : g.input;
  if (k.In(1).shape() != grad) {
    return k.InvalidInput(1, absl::StrCat("must have shape ", grad.ToString()));
  }
  if (k.In(2).shape() != g.output) {
    return k.InvalidInput(2, absl::StrCat("must have shape ", g.output.ToString()));
  }
  k.Out(0).SetShape(scatter ? g.input : g.output);
  return MakeArgmaxPlan(k, g);
}

void RegisterPoolKernels(KernelRegistry& kernels) {
  kernels.Add("MaxPool", "CPU", WindowFromAttrs(2, PrepareMaxPool));
  kernels.Add("AvgPool", "CPU", WindowFromAttrs(2, PrepareAvgPool));
  kernels.Add("MaxPoolGrad", "CPU", WindowFromAttrs(2, PrepareMaxPoolGrad));
  kernels.Add("MaxPoolGradGrad", "CPU", WindowFromAttrs(2, PrepareMaxPoolGradGrad));
  kernels.Add("AvgPoolGrad", "CPU", WindowFromAttrs(2, PrepareAvgPoolGrad));
  kernels.Add("MaxPoolV2", "CPU", WindowFromInputs(1, PrepareMaxPool));
  kernels.Add("MaxPoolGradV2", "CPU", WindowFromInputs(3, PrepareMaxPoolGrad));
  kernels.Add("MaxPoolGradGradV2", "CPU", WindowFromInputs(3, PrepareMaxPoolGradGrad));
  kernels.Add("MaxPoolWithArgmax", "CPU", WindowFromAttrs(2, PrepareMaxPoolWithArgmax));
  kernels.Add("MaxPoolGradWithArgmax", "CPU", WindowFromAttrs(2, PrepareGradWithArgmax));
  kernels.Add("MaxPoolGradGradWithArgmax", "CPU", WindowFromAttrs(2, PrepareGradGradWithArgmax));
}

}  // namespace weir
