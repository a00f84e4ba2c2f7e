// Select and SelectV2 (ops/select.cc).

#include "weir/kernels/cpu/checks_util.h"
#include "weir/kernels/cpu/elementwise_util.h"

namespace weir {
namespace {

// Calls f with a type whose assignment copies an element of `type`.
template <typename F>
absl::Status DispatchMovable(DataType type, F&& f) {
  if (IsPlainType(type)) return DispatchWidth(type, f);
  return DispatchType<std::string, ResourceHandle, Variant>(type, f);
}

}  // namespace

absl::StatusOr<int64_t> CheckSelect(KernelPrepare& k) {
  const Shape& condition = k.In(0).shape();
  const Shape& shape = k.In(1).shape();
  if (k.In(2).shape() != shape) {
    return k.InvalidInput(2, absl::StrCat("must have input 1's shape ", shape.ToString()));
  }
  int64_t run = 1;
  if (condition != shape) {
    if (condition.rank() == 0) {
      run = shape.num_elements();
    } else if (condition.rank() == 1 && shape.rank() >= 1 && condition.dim(0) == shape.dim(0)) {
      run = shape.Count(1, shape.rank());
    } else {
      return k.InvalidInput(0, absl::StrCat("must be a scalar, a vector of the number of rows, or "
                                            "have input 1's shape ",
                                            shape.ToString()));
    }
  }
  k.Out(0).SetShape(shape).MayReuse(1).MayReuse(2);
  return run;
}

namespace {

absl::Status PrepareSelect(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const int64_t run, CheckSelect(k));
  const int64_t n = k.Out(0).shape.num_elements();
  if (n == 0) return k.Run([](KernelRun&) { return absl::OkStatus(); });
  return DispatchMovable(k.In(1).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([=](KernelRun& r) {
      const bool* c = r.In<bool>(0);
      const T* t = r.In<T>(1);
      const T* e = r.In<T>(2);
      T* out = r.Out<T>(0);
      if (run == 1) {
        r.ParallelFor(n, 2, [=](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i) out[i] = c[i] ? t[i] : e[i];
        });
        return absl::OkStatus();
      }
      r.ParallelFor(n / run, 4 + static_cast<double>(run), [=](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
          const T* from = (c[row] ? t : e) + row * run;
          T* to = out + row * run;
          if (from != to) std::copy_n(from, run, to);
        }
      });
      return absl::OkStatus();
    });
  });
}

}  // namespace

Dims BroadcastStrides(const Shape& in, const Shape& out) {
  Dims strides(out.rank(), 0);
  int64_t stride = 1;
  for (int i = in.rank() - 1; i >= 0; --i) {
    if (in.dim(i) != 1) strides[i + out.rank() - in.rank()] = stride;
    stride *= in.dim(i);
  }
  return strides;
}

absl::Status CheckSelectV2(KernelPrepare& k) {
  ASSIGN_OR_RETURN(Shape shape, BroadcastShapes(k.In(1).shape(), k.In(2).shape()));
  ASSIGN_OR_RETURN(shape, BroadcastShapes(shape, k.In(0).shape()));
  k.Out(0).SetShape(shape);
  for (int i = 1; i < 3; ++i) {
    if (k.In(i).shape() == shape) k.Out(0).MayReuse(i);
  }
  return absl::OkStatus();
}

namespace {

absl::Status PrepareSelectV2(KernelPrepare& k) {
  RETURN_IF_ERROR(CheckSelectV2(k));
  const Shape shape = k.Out(0).shape;
  const int64_t n = shape.num_elements();
  if (n == 0) return k.Run([](KernelRun&) { return absl::OkStatus(); });
  // The last dimension is the inner loop.
  const Shape padded = shape.rank() == 0 ? Shape({1}) : shape;
  const std::vector<Dims> strides = {BroadcastStrides(k.In(0).shape(), padded),
                                     BroadcastStrides(k.In(1).shape(), padded),
                                     BroadcastStrides(k.In(2).shape(), padded)};
  const int outer = padded.rank() - 1;
  const int64_t inner = padded.dim(-1);
  return DispatchMovable(k.In(1).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run([=](KernelRun& r) {
      const bool* c = r.In<bool>(0);
      const T* t = r.In<T>(1);
      const T* e = r.In<T>(2);
      T* out = r.Out<T>(0);
      r.ParallelFor(
          n / inner, 10 + 2 * static_cast<double>(inner), [&](int64_t begin, int64_t end) {
            for (int64_t row = begin; row < end; ++row) {
              int64_t at[3] = {}, rest = row;
              for (int d = outer - 1; d >= 0; --d) {
                const int64_t index = rest % padded.dim(d);
                rest /= padded.dim(d);
                for (int i = 0; i < 3; ++i) at[i] += index * strides[i][d];
              }
              const int64_t cs = strides[0][outer], ts = strides[1][outer], es = strides[2][outer];
              for (int64_t j = 0; j < inner; ++j) {
                out[row * inner + j] = c[at[0] + j * cs] ? t[at[1] + j * ts] : e[at[2] + j * es];
              }
            }
          });
      return absl::OkStatus();
    });
  });
}

}  // namespace

void RegisterSelectKernels(KernelRegistry& registry) {
  registry.Add("Select", "CPU", PrepareSelect);
  registry.Add("SelectV2", "CPU", PrepareSelectV2);
}

}  // namespace weir
