// Matrix products (ops/matmul.cc): float through oneDNN, half and bfloat16 by way of float, all
// others by a blocked loop.

#include <algorithm>
#include <array>
#include <complex>

#include "weir/kernels/cpu/elementwise_util.h"
#include "weir/kernels/cpu/gemm_util.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

// Products of matrices [m, k] x [k, n], `batch` of them; matrix i of the output is made of the
// matrices x_index[i] and y_index[i]. Without indices there is one product.
struct MatMulPlan {
  int64_t m = 0, n = 0, k = 0;
  bool transpose_x = false, transpose_y = false;
  bool conjugate_x = false, conjugate_y = false;
  int64_t batch = 1;
  std::vector<int64_t> x_index, y_index;

  int64_t x_size() const { return m * k; }
  int64_t y_size() const { return k * n; }
  int64_t z_size() const { return m * n; }
  int64_t x(int64_t i) const { return x_index.empty() ? i : x_index[i]; }
  int64_t y(int64_t i) const { return y_index.empty() ? i : y_index[i]; }
  double work() const {
    return static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
  }
};

template <typename T>
struct ComplexPart {
  using type = void;
};
template <typename T>
struct ComplexPart<std::complex<T>> {
  using type = T;
};
template <typename T>
inline constexpr bool kIsComplex = !std::is_void_v<typename ComplexPart<T>::type>;

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

absl::Status SetExtents(const Shape& x, const Shape& y, MatMulPlan* p) {
  p->m = x.dim(p->transpose_x ? -1 : -2);
  p->k = x.dim(p->transpose_x ? -2 : -1);
  p->n = y.dim(p->transpose_y ? -2 : -1);
  if (y.dim(p->transpose_y ? -1 : -2) != p->k) {
    return InvalidArgument("inner dimensions differ: ", x.ToString(), " x ", y.ToString());
  }
  return absl::OkStatus();
}

absl::Status PrepareMatMul(KernelPrepare& k) {
  for (int i = 0; i < 2; ++i) {
    if (k.In(i).shape().rank() != 2) return k.InvalidInput(i, "must be a matrix");
  }
  MatMulPlan p;
  p.transpose_x = k.Attr<bool>("transpose_a");
  p.transpose_y = k.Attr<bool>("transpose_b");
  RETURN_IF_ERROR(SetExtents(k.In(0).shape(), k.In(1).shape(), &p));
  ASSIGN_OR_RETURN(const Shape out, Shape::Make({p.m, p.n}));
  k.Out(0).SetShape(out);
  return RunPlan(k, std::move(p));
}

// For each matrix of the broadcast batch, the matrix of an input whose batch shape is `batch`.
std::vector<int64_t> BatchIndex(const Shape& batch, const Shape& out) {
  std::vector<int64_t> index(out.num_elements());
  for (int64_t i = 0; i < out.num_elements(); ++i) {
    int64_t rest = i, at = 0, stride = 1;
    for (int d = out.rank() - 1; d >= 0; --d) {
      const int64_t position = rest % out.dim(d);
      rest /= out.dim(d);
      const int own = d - (out.rank() - batch.rank());
      if (own < 0) continue;
      if (batch.dim(own) != 1) at += position * stride;
      stride *= batch.dim(own);
    }
    index[i] = at;
  }
  return index;
}

absl::Status PrepareBatchMatMul(KernelPrepare& k, bool broadcasts) {
  const Shape& x = k.In(0).shape();
  const Shape& y = k.In(1).shape();
  for (int i = 0; i < 2; ++i) {
    if (k.In(i).shape().rank() < 2) return k.InvalidInput(i, "needs rank >= 2");
  }
  MatMulPlan p;
  p.transpose_x = p.conjugate_x = k.Attr<bool>("adj_x");
  p.transpose_y = p.conjugate_y = k.Attr<bool>("adj_y");
  RETURN_IF_ERROR(SetExtents(x, y, &p));
  ASSIGN_OR_RETURN(const Shape x_batch, Shape::Make(x.dims().subspan(0, x.rank() - 2)));
  ASSIGN_OR_RETURN(const Shape y_batch, Shape::Make(y.dims().subspan(0, y.rank() - 2)));
  if (!broadcasts && x_batch != y_batch) {
    return k.InvalidInput(
        1, absl::StrCat("must agree with input 0's batch dimensions ", x_batch.ToString()));
  }
  ASSIGN_OR_RETURN(const Shape batch, BroadcastShapes(x_batch, y_batch));
  Dims dims(batch.dims().begin(), batch.dims().end());
  dims.push_back(p.m);
  dims.push_back(p.n);
  ASSIGN_OR_RETURN(const Shape out, Shape::Make(dims));
  k.Out(0).SetShape(out);
  p.batch = batch.num_elements();
  if (out.num_elements() > 0) {
    if (x_batch != batch) p.x_index = BatchIndex(x_batch, batch);
    if (y_batch != batch) p.y_index = BatchIndex(y_batch, batch);
    // Matrices of y that lie one below the other in x are one tall matrix.
    if (y_batch.num_elements() == 1 && x_batch == batch && !p.transpose_x) {
      p.m *= p.batch;
      p.batch = 1;
      p.x_index.clear();
      p.y_index.clear();
    }
  }
  return RunPlan(k, std::move(p));
}

}  // namespace

void RegisterMatmulKernels(KernelRegistry& registry) {
  registry.Add("MatMul", "CPU", PrepareMatMul);
  registry.Add("BatchMatMul", "CPU", [](KernelPrepare& k) { return PrepareBatchMatMul(k, false); });
  registry.Add("BatchMatMulV2", "CPU",
               [](KernelPrepare& k) { return PrepareBatchMatMul(k, true); });
}

}  // namespace weir
