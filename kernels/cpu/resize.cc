#include <algorithm>
#include <limits>
#include <memory>
#include <vector>

#include "weir/kernels/cpu/resize_util.h"
#include "weir/kernels/cpu/zero_fill_util.h"

namespace weir {
namespace {

template <ResizeMethod kMethod>
std::vector<Taps> MakeTaps(int64_t in, int64_t out, const Sampling& sampling) {
  const float scale = ResizeScale(in, out, sampling);
  std::vector<Taps> taps(static_cast<size_t>(out));
  for (int64_t i = 0; i < out; ++i) taps[i] = ResizeTaps<kMethod>::Of(i, in, scale, sampling);
  return taps;
}

// How resized pixels see the pixels of an image.
struct ResizePlan {
  int64_t batch = 0, channels = 0;
  int64_t image_height = 0, image_width = 0;
  std::vector<Taps> rows, columns;  // One per row and column of the resized image.

  int64_t image_row() const { return image_width * channels; }
  int64_t resized_row() const { return static_cast<int64_t>(columns.size()) * channels; }
};

template <ResizeMethod kMethod>
std::shared_ptr<const ResizePlan> MakePlan(const ResizeShapes& shapes) {
  const auto& [image, resized, sampling] = shapes;
  auto plan = std::make_shared<ResizePlan>();
  plan->batch = image.dim(0);
  plan->channels = image.dim(3);
  plan->image_height = image.dim(1);
  plan->image_width = image.dim(2);
  if (plan->batch > 0 && plan->channels > 0) {  // Empty images may claim any size.
    plan->rows = MakeTaps<kMethod>(image.dim(1), resized.dim(1), sampling);
    plan->columns = MakeTaps<kMethod>(image.dim(2), resized.dim(2), sampling);
  }
  return plan;
}

// out[x, c] += weight * sum over taps of in[tap, c].
template <typename T>
void AddRow(const ResizePlan& plan, float weight, const T* in, float* out) {
  for (const Taps& taps : plan.columns) {
    for (int t = 0; t < taps.count; ++t) {
      const float w = weight * taps.weight[t];
      const T* pixel = in + taps.at[t] * plan.channels;
      for (int64_t c = 0; c < plan.channels; ++c) out[c] += w * static_cast<float>(pixel[c]);
    }
    out += plan.channels;
  }
}

template <typename T>
void Interpolate(const KernelRun& r, const ResizePlan& plan, const T* in, float* out) {
  const int64_t height = static_cast<int64_t>(plan.rows.size());
  r.ParallelFor(plan.batch * height, 16.0 * static_cast<double>(plan.resized_row()),
                [&](int64_t begin, int64_t end) {
                  for (int64_t i = begin; i < end; ++i) {
                    const T* image = in + i / height * plan.image_height * plan.image_row();
                    float* row = out + i * plan.resized_row();
                    std::fill_n(row, plan.resized_row(), 0.0f);
                    const Taps& taps = plan.rows[i % height];
                    for (int t = 0; t < taps.count; ++t) {
                      AddRow(plan, taps.weight[t], image + taps.at[t] * plan.image_row(), row);
                    }
                  }
                });
}

template <typename E>
void CopyNearest(const KernelRun& r, const ResizePlan& plan, const E* in, E* out) {
  const int64_t height = static_cast<int64_t>(plan.rows.size());
  r.ParallelFor(plan.batch * height, 2.0 * static_cast<double>(plan.resized_row()),
                [&](int64_t begin, int64_t end) {
                  for (int64_t i = begin; i < end; ++i) {
                    const E* row =
                        in + (i / height * plan.image_height + plan.rows[i % height].at[0]) *
                                 plan.image_row();
                    E* to = out + i * plan.resized_row();
                    for (const Taps& taps : plan.columns) {
                      CopyRow(row + taps.at[0] * plan.channels, to, plan.channels);
                      to += plan.channels;
                    }
                  }
                });
}

// The transpose of Interpolate, one image of the batch at a time. `sums` are the image's pixels; a
// gradient is weighted as a P.
template <typename P, typename G, typename A>
void Distribute(const ResizePlan& plan, const G* grads, A* sums) {
  for (const Taps& row : plan.rows) {
    for (const Taps& column : plan.columns) {
      for (int ty = 0; ty < row.count; ++ty) {
        for (int tx = 0; tx < column.count; ++tx) {
          [[maybe_unused]] const float wy = row.weight[ty], wx = column.weight[tx];
          A* pixel = sums + (row.at[ty] * plan.image_width + column.at[tx]) * plan.channels;
          for (int64_t c = 0; c < plan.channels; ++c) {
            if constexpr (std::is_integral_v<A>) {  // Only the nearest pixel, whose weight is one.
              pixel[c] =
                  static_cast<A>(static_cast<uint64_t>(pixel[c]) + static_cast<uint64_t>(grads[c]));
            } else {
              pixel[c] += static_cast<A>(static_cast<P>(grads[c]) * static_cast<P>(wy) *
                                         static_cast<P>(wx));
            }
          }
        }
      }
      grads += plan.channels;
    }
  }
}

absl::Status RunNearest(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const ResizeShapes shapes, PrepareResize(k));
  const auto plan = MakePlan<ResizeMethod::kNearest>(shapes);
  return DispatchWidth(k.In(0).dtype(), [&]<typename E>(TypeTag<E>) {
    return k.Run([=](KernelRun& r) -> absl::Status {
      CopyNearest(r, *plan, r.In<E>(0), r.Out<E>(0));
      return absl::OkStatus();
    });
  });
}

template <ResizeMethod kMethod>
absl::Status RunInterpolate(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const ResizeShapes shapes, PrepareResize(k));
  const auto plan = MakePlan<kMethod>(shapes);
  return DispatchReal(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([=](KernelRun& r) -> absl::Status {
      Interpolate(r, *plan, r.In<T>(0), r.Out<float>(0));
      return absl::OkStatus();
    });
  });
}

// Distributes gradients of type G into an image of type T; 16-bit images are summed as floats.
// As in TensorFlow, the bilinear weights make floats of all products.
template <ResizeMethod kMethod, typename G, typename T>
absl::Status RunDistribute(KernelPrepare& k, const std::shared_ptr<const ResizePlan>& plan) {
  constexpr bool kNarrow = std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>;
  using A = std::conditional_t<kNarrow, float, T>;
  using P = std::conditional_t<kMethod == ResizeMethod::kBilinear, float, A>;
  const int64_t image = plan->image_height * plan->image_row();
  const int64_t resized = static_cast<int64_t>(plan->rows.size()) * plan->resized_row();
  const int64_t all = k.Out(0).shape.num_elements();
  const size_t sums_at = k.Workspace(kNarrow ? sizeof(float) * static_cast<size_t>(all) : 0);
  return k.Run([=](KernelRun& r) -> absl::Status {
    if (all == 0) return absl::OkStatus();
    A* sums = kNarrow ? r.Workspace<A>(sums_at) : reinterpret_cast<A*>(r.Out<T>(0));
    const G* grads = r.In<G>(0);
    r.ParallelFor(plan->batch, 16.0 * static_cast<double>(resized),
                  [&](int64_t begin, int64_t end) {
                    for (int64_t b = begin; b < end; ++b) {
                      std::fill_n(sums + b * image, image, A(0));
                      Distribute<P>(*plan, grads + b * resized, sums + b * image);
                    }
                  });
    if constexpr (kNarrow) std::copy_n(sums, all, r.Out<T>(0));
    return absl::OkStatus();
  });
}

absl::Status RunNearestGrad(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const ResizeShapes shapes, PrepareNearestGrad(k));
  const auto plan = MakePlan<ResizeMethod::kNearest>(shapes);
  return k.ForType<uint8_t, int8_t, int32_t, Half, float, double>(
      "T", [&]<typename T>() { return RunDistribute<ResizeMethod::kNearest, T, T>(k, plan); });
}

template <ResizeMethod kMethod>
absl::Status RunResizeGrad(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const ResizeShapes shapes, PrepareResizeGrad(k));
  const auto plan = MakePlan<kMethod>(shapes);
  return k.ForType<float, double, Half, BFloat16>(
      "T", [&]<typename T>() { return RunDistribute<kMethod, float, T>(k, plan); });
}

// Ends the checks of all ops.
absl::StatusOr<ResizeShapes> CheckSizes(const KernelPrepare& k, const Shape& image,
                                        const Shape& resized) {
  const Sampling sampling = {k.Attr<bool>("align_corners"), k.Attr<bool>("half_pixel_centers")};
  if (sampling.align_corners && sampling.half_pixel_centers) {
    return InvalidArgument("If half_pixel_centers is True, align_corners must be False.");
  }
  if (image.dim(1) < 1 || image.dim(2) < 1) {
    return InvalidArgument("input image must be of non-zero size, got ", image.ToString());
  }
  if (resized.dim(1) < 1 || resized.dim(2) < 1) {
    return InvalidArgument("output dimensions must be positive, got ", resized.ToString());
  }
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  if (std::max({image.dim(1), image.dim(2), resized.dim(1), resized.dim(2)}) > kMost) {
    return InvalidArgument("image sizes must fit in 32 bits");
  }
  return ResizeShapes{image, resized, sampling};
}

// Input 0 with the height and width in input 1.
absl::StatusOr<Shape> ResizedShape(KernelPrepare& k) {
  const Shape& images = k.In(0).shape();
  if (images.rank() != 4) return k.InvalidInput(0, "must be 4-dimensional");
  ASSIGN_OR_RETURN(const Dims size, k.IntValues(1));
  if (size.size() != 2) return k.InvalidInput(1, "must have two elements");
  return Shape::Make({images.dim(0), size[0], size[1], images.dim(3)});
}

}  // namespace

absl::StatusOr<ResizeShapes> PrepareResize(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const Shape resized, ResizedShape(k));
  k.Out(0).SetShape(resized);
  return CheckSizes(k, k.In(0).shape(), resized);
}

absl::StatusOr<ResizeShapes> PrepareNearestGrad(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const Shape image, ResizedShape(k));
  k.Out(0).SetShape(image);
  return CheckSizes(k, image, k.In(0).shape());
}

absl::StatusOr<ResizeShapes> PrepareResizeGrad(KernelPrepare& k) {
  const Shape& grads = k.In(0).shape();
  const Shape& original = k.In(1).shape();
  if (grads.rank() != 4) return k.InvalidInput(0, "must be 4-dimensional");
  if (original.rank() != 4) return k.InvalidInput(1, "must be 4-dimensional");
  ASSIGN_OR_RETURN(const Shape image,
                   Shape::Make({grads.dim(0), original.dim(1), original.dim(2), grads.dim(3)}));
  k.Out(0).SetShape(image);
  return CheckSizes(k, image, grads);
}

void RegisterResizeKernels(KernelRegistry& kernels) {
  kernels.Add("ResizeNearestNeighbor", "CPU", RunNearest);
  kernels.Add("ResizeBilinear", "CPU", RunInterpolate<ResizeMethod::kBilinear>);
  kernels.Add("ResizeBicubic", "CPU", RunInterpolate<ResizeMethod::kBicubic>);
  kernels.Add("ResizeNearestNeighborGrad", "CPU", RunNearestGrad);
  kernels.Add("ResizeBilinearGrad", "CPU", RunResizeGrad<ResizeMethod::kBilinear>);
  kernels.Add("ResizeBicubicGrad", "CPU", RunResizeGrad<ResizeMethod::kBicubic>);
}

}  // namespace weir
