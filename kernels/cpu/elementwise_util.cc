#include "weir/kernels/cpu/elementwise_util.h"

#include <atomic>

#include "weir/kernels/common/broadcast_plan.h"

namespace weir {
namespace {

// Steps through the outer dimensions of a plan, keeping both inputs' offsets.
class OuterIndex {
 public:
  OuterIndex(const BroadcastPlan& plan, int64_t row) : plan_(plan) {
    const int outer = static_cast<int>(plan.sizes.size()) - 1;
    index_.resize(outer);
    for (int i = outer - 1; i >= 0; --i) {
      index_[i] = row % plan.sizes[i];
      row /= plan.sizes[i];
      x += index_[i] * plan.x_strides[i];
      y += index_[i] * plan.y_strides[i];
    }
  }
  void Next() {
    for (int i = static_cast<int>(index_.size()) - 1; i >= 0; --i) {
      x += plan_.x_strides[i];
      y += plan_.y_strides[i];
      if (++index_[i] < plan_.sizes[i]) return;
      x -= plan_.sizes[i] * plan_.x_strides[i];
      y -= plan_.sizes[i] * plan_.y_strides[i];
      index_[i] = 0;
    }
  }

  int64_t x = 0;
  int64_t y = 0;

 private:
  const BroadcastPlan& plan_;
  Dims index_;
};

constexpr double kRowCost = 8;  // Of stepping to another row.

}  // namespace

absl::Status PrepareUnaryLoop(KernelPrepare& k, UnaryLoop loop, double cost) {
  const Shape& shape = k.In(0).shape();
  k.Out(0).SetShape(shape).MayReuse(0);
  const int64_t n = shape.num_elements();
  const size_t in_size = DataTypeSize(k.In(0).dtype());
  const size_t out_size = DataTypeSize(k.OutType(0));
  return k.Run([=](KernelRun& r) {
    const char* in = r.In(0).raw_data();
    char* out = r.Out(0).mutable_raw_data();
    r.ParallelFor(n, cost, [&](int64_t begin, int64_t end) {
      loop(in + begin * in_size, out + begin * out_size, end - begin);
    });
    return absl::OkStatus();
  });
}

absl::Status PrepareBinaryLoop(KernelPrepare& k, BinaryLoop loop, double cost, const char* error) {
  const Shape& x = k.In(0).shape();
  const Shape& y = k.In(1).shape();
  ASSIGN_OR_RETURN(const Shape out_shape, BroadcastShapes(x, y));
  k.Out(0).SetShape(out_shape);
  if (x == out_shape) k.Out(0).MayReuse(0);
  if (y == out_shape) k.Out(0).MayReuse(1);
  const size_t in_size = DataTypeSize(k.In(0).dtype());
  const size_t out_size = DataTypeSize(k.OutType(0));
  if (out_shape.num_elements() == 0) {
    return k.Run([](KernelRun&) { return absl::OkStatus(); });
  }

  const BroadcastPlan plan = PlanBroadcast(x, y, out_shape);
  const int64_t inner = plan.sizes.back();
  const int64_t xs = plan.x_strides.back(), ys = plan.y_strides.back();
  if (plan.sizes.size() == 1) {  // Same shapes, or one is a scalar.
    return k.Run([=](KernelRun& r) -> absl::Status {
      const char* xp = r.In(0).raw_data();
      const char* yp = r.In(1).raw_data();
      char* zp = r.Out(0).mutable_raw_data();
      std::atomic<bool> valid = true;
      r.ParallelFor(inner, cost, [&](int64_t begin, int64_t end) {
        if (!loop(xp + begin * xs * in_size, xs, yp + begin * ys * in_size, ys,
                  zp + begin * out_size, end - begin)) {
          valid.store(false, std::memory_order_relaxed);
        }
      });
      return valid ? absl::OkStatus() : InvalidArgument(error);
    });
  }
  const int64_t rows = out_shape.num_elements() / inner;
  return k.Run([=](KernelRun& r) -> absl::Status {
    const char* xp = r.In(0).raw_data();
    const char* yp = r.In(1).raw_data();
    char* zp = r.Out(0).mutable_raw_data();
    std::atomic<bool> valid = true;
    r.ParallelFor(rows, kRowCost + cost * static_cast<double>(inner),
                  [&](int64_t begin, int64_t end) {
                    OuterIndex at(plan, begin);
                    bool all = true;
                    for (int64_t row = begin; row < end; ++row, at.Next()) {
                      all &= loop(xp + at.x * in_size, xs, yp + at.y * in_size, ys,
                                  zp + row * inner * out_size, inner);
                    }
                    if (!all) valid.store(false, std::memory_order_relaxed);
                  });
    return valid ? absl::OkStatus() : InvalidArgument(error);
  });
}

}  // namespace weir
