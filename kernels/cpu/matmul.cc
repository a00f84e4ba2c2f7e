// Matrix products (ops/matmul.cc): float through oneDNN, half and bfloat16 by way of float, all
// others by a blocked loop.

#include <algorithm>
#include <array>
#include <complex>

#include "weir/kernels/common/matmul_plan.h"
#include "weir/kernels/cpu/elementwise_util.h"
#include "weir/kernels/cpu/fused_util.h"
#include "weir/kernels/cpu/gemm_util.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

// c += a * b. Integers wrap around; complex numbers are multiplied by the plain formula.
template <typename T>
inline void MultiplyAdd(T a, T b, T* c) {
  if constexpr (std::is_integral_v<T>) {
    using U = std::make_unsigned_t<T>;
    *c = static_cast<T>(static_cast<U>(*c) + static_cast<U>(a) * static_cast<U>(b));
  } else if constexpr (kIsComplex<T>) {
    *c = T(c->real() + (a.real() * b.real() - a.imag() * b.imag()),
           c->imag() + (a.real() * b.imag() + a.imag() * b.real()));
  } else {
    *c += a * b;
  }
}

// `out` [rows, columns] = `in`, transposed and conjugated as asked. `in` is [columns, rows] when
// transposed.
template <typename T>
void Arrange(const T* in, int64_t rows, int64_t columns, bool transpose, bool conjugate, T* out) {
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j) {
      T v = transpose ? in[j * rows + i] : in[i * columns + j];
      if constexpr (kIsComplex<T>) {
        if (conjugate) v = std::conj(v);
      }
      out[i * columns + j] = v;
    }
  }
}

// Rows [begin, end) of z = x y, where y [k, n] is plain; each element's terms are added in order.
template <typename T>
void MultiplyRows(const MatMulPlan& p, const T* x, const T* y, T* z, int64_t begin, int64_t end) {
  constexpr int64_t kDepth = 64, kWidth = 256;  // A block of y that stays in cache.
  std::fill(z + begin * p.n, z + end * p.n, T(0));
  for (int64_t j0 = 0; j0 < p.n; j0 += kWidth) {
    const int64_t j1 = std::min(j0 + kWidth, p.n);
    for (int64_t q0 = 0; q0 < p.k; q0 += kDepth) {
      const int64_t q1 = std::min(q0 + kDepth, p.k);
      for (int64_t i = begin; i < end; ++i) {
        T* zi = z + i * p.n;
        for (int64_t q = q0; q < q1; ++q) {
          const T xq = x[i * p.k + q];
          const T* yq = y + q * p.n;
          for (int64_t j = j0; j < j1; ++j) MultiplyAdd(xq, yq[j], &zi[j]);
        }
      }
    }
  }
}

// Other types than float: operands that are not plain are arranged in the workspace first.
template <typename T>
absl::Status RunLoops(KernelPrepare& k, MatMulPlan p) {
  const bool arrange_x = p.transpose_x || p.conjugate_x, arrange_y = p.transpose_y || p.conjugate_y;
  const int64_t xs = k.In(0).shape().num_elements(), ys = k.In(1).shape().num_elements();
  const size_t x_at = arrange_x ? k.Workspace(static_cast<size_t>(xs) * sizeof(T)) : 0;
  const size_t y_at = arrange_y ? k.Workspace(static_cast<size_t>(ys) * sizeof(T)) : 0;
  return k.Run([=, p = std::move(p)](KernelRun& r) {
    const T* x = r.In<T>(0);
    const T* y = r.In<T>(1);
    T* z = r.Out<T>(0);
    const auto arranged = [&r](const T* in, int64_t count, int64_t rows, int64_t columns,
                               bool transpose, bool conjugate, T* out) {
      const int64_t size = rows * columns;
      r.ParallelFor(count, static_cast<double>(size), [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          Arrange(in + i * size, rows, columns, transpose, conjugate, out + i * size);
        }
      });
      return out;
    };
    if (arrange_x && xs > 0) {
      x = arranged(x, xs / p.x_size(), p.m, p.k, p.transpose_x, p.conjugate_x,
                   r.Workspace<T>(x_at));
    }
    if (arrange_y && ys > 0) {
      y = arranged(y, ys / p.y_size(), p.k, p.n, p.transpose_y, p.conjugate_y,
                   r.Workspace<T>(y_at));
    }
    // One unit is a row of one product.
    const double cost =
        static_cast<double>(p.n) * static_cast<double>(p.k) * (kIsComplex<T> ? 4 : 1) + 1;
    r.ParallelFor(p.batch * p.m, cost, [&](int64_t begin, int64_t end) {
      while (begin < end) {
        const int64_t i = begin / p.m, row = begin % p.m;
        const int64_t rows = std::min(p.m - row, end - begin);
        MultiplyRows(p, x + p.x(i) * p.x_size(), y + p.y(i) * p.y_size(), z + i * p.z_size(), row,
                     row + rows);
        begin += rows;
      }
    });
    return absl::OkStatus();
  });
}

void MultiplyFloats(KernelRun& r, const MatMulPlan& p, const float* x, const float* y, float* z) {
  const int64_t ldx = std::max<int64_t>(1, p.transpose_x ? p.m : p.k);
  const int64_t ldy = std::max<int64_t>(1, p.transpose_y ? p.k : p.n);
  // Large matrices are cut up one by one, small ones are dealt out whole.
  constexpr double kLarge = 4e6;
  if (p.batch == 1 || p.work() > kLarge) {
    for (int64_t i = 0; i < p.batch; ++i) {
      GemmParallel(r, p.transpose_x, p.transpose_y, p.m, p.n, p.k, 1, x + p.x(i) * p.x_size(), ldx,
                   y + p.y(i) * p.y_size(), ldy, 0, z + i * p.z_size(), p.n);
    }
    return;
  }
  r.ParallelFor(p.batch, 100 + p.work() / 8, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      Gemm(p.transpose_x, p.transpose_y, p.m, p.n, p.k, 1, x + p.x(i) * p.x_size(), ldx,
           y + p.y(i) * p.y_size(), ldy, 0, z + i * p.z_size(), p.n);
    }
  });
}

// half and bfloat16: products and sums in float, rounded once.
template <typename T>
absl::Status RunWidened(KernelPrepare& k, MatMulPlan p) {
  const int64_t sizes[3] = {k.In(0).shape().num_elements(), k.In(1).shape().num_elements(),
                            k.Out(0).shape.num_elements()};
  size_t at[3];
  for (int i = 0; i < 3; ++i) at[i] = k.Workspace(static_cast<size_t>(sizes[i]) * sizeof(float));
  const std::array<int64_t, 3> n = {sizes[0], sizes[1], sizes[2]};
  const std::array<size_t, 3> offsets = {at[0], at[1], at[2]};
  return k.Run([=, p = std::move(p)](KernelRun& r) {
    for (int i = 0; i < 2; ++i) {
      const T* in = r.In<T>(i);
      float* wide = r.Workspace<float>(offsets[i]);
      r.ParallelFor(n[i], 2, [=](int64_t begin, int64_t end) {
        for (int64_t j = begin; j < end; ++j) wide[j] = in[j];
      });
    }
    float* product = r.Workspace<float>(offsets[2]);
    MultiplyFloats(r, p, r.Workspace<float>(offsets[0]), r.Workspace<float>(offsets[1]), product);
    T* out = r.Out<T>(0);
    r.ParallelFor(n[2], 2, [=](int64_t begin, int64_t end) {
      for (int64_t j = begin; j < end; ++j) out[j] = product[j];
    });
    return absl::OkStatus();
  });
}

absl::Status RunPlan(KernelPrepare& k, MatMulPlan p) {
  if (k.Out(0).shape.num_elements() == 0) {
    return k.Run([](KernelRun&) { return absl::OkStatus(); });
  }
  switch (k.In(0).dtype()) {
    case DT_FLOAT:
      return k.Run([p = std::move(p)](KernelRun& r) {
        MultiplyFloats(r, p, r.In<float>(0), r.In<float>(1), r.Out<float>(0));
        return absl::OkStatus();
      });
    case DT_HALF: return RunWidened<Half>(k, std::move(p));
    case DT_BFLOAT16: return RunWidened<BFloat16>(k, std::move(p));
    default:
      return DispatchType<double, int32_t, int64_t, Complex64, Complex128>(
          k.In(0).dtype(), [&]<typename T>(TypeTag<T>) { return RunLoops<T>(k, std::move(p)); });
  }
}

absl::Status PrepareMatMul(KernelPrepare& k) {
  ASSIGN_OR_RETURN(MatMulPlan plan, PlanMatMul(k));
  return RunPlan(k, std::move(plan));
}

absl::Status PrepareBatchMatMul(KernelPrepare& k, bool broadcasts) {
  ASSIGN_OR_RETURN(MatMulPlan plan, PlanBatchMatMul(k, broadcasts));
  return RunPlan(k, std::move(plan));
}

absl::Status PrepareFusedMatMul(KernelPrepare& k) {
  ASSIGN_OR_RETURN(FusedMatMulPlan plan, PlanFusedMatMul(k));
  const ChannelView rows = {plan.product.m, plan.product.n, 1};
  RETURN_IF_ERROR(RunPlan(k, std::move(plan.product)));
  return DispatchType<Half, BFloat16, float>(k.In(0).dtype(), [&]<typename T>(TypeTag<T>) {
    return k.Run(WithBiasAndRelu<T>(k.fn(), rows, plan.relu));
  });
}

}  // namespace

void RegisterMatmulKernels(KernelRegistry& registry) {
  registry.Add("MatMul", "CPU", PrepareMatMul);
  registry.Add("_FusedMatMul", "CPU", PrepareFusedMatMul);
  registry.Add("BatchMatMul", "CPU", [](KernelPrepare& k) { return PrepareBatchMatMul(k, false); });
  registry.Add("BatchMatMulV2", "CPU",
               [](KernelPrepare& k) { return PrepareBatchMatMul(k, true); });
}

}  // namespace weir
