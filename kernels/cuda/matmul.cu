// Matrix products (ops/matmul.cc), tile by tile, and what is fused with them.

#include "weir/kernels/common/matmul_plan.h"
#include "weir/kernels/cuda/elementwise_util.h"

namespace weir {
namespace {

// A block of 16 x 16 threads makes a tile of 64 x 64, each thread 4 x 4 of it, from slabs of both
// inputs that go through shared memory.
constexpr int kTile = 64, kSlab = 16, kSide = 16, kEach = kTile / kSide;

// What a kernel knows of the products. An element of op(X) is x[row * x_row + column * x_column].
struct Product {
  int64_t m, n, k;
  int64_t x_row, x_column, y_row, y_column;
  int64_t tiles_m, tiles_n;
  int64_t batch;
  BroadcastIndex batches;
};

// Neighbouring threads read neighbours in memory, whichever way the matrix lies.
struct SlabPlace {
  int row, column;
};
__device__ inline SlabPlace PlaceOf(int i, int rows, int columns, bool columns_are_contiguous) {
  return columns_are_contiguous ? SlabPlace{i / columns, i % columns}
                                : SlabPlace{i % rows, i / rows};
}

// What becomes of an element of the product.
template <typename T>
struct Epilogue {
  const T* bias = nullptr;  // By column; null for none.
  bool relu = false;

  __device__ T Of(ComputeType<T> sum, int64_t column) const {
    if (bias != nullptr) sum += ComputeType<T>(bias[column]);
    return T(relu && sum < 0 ? ComputeType<T>(0) : sum);
  }
};

template <typename T>
__global__ void MatMulKernel(Product p, Epilogue<T> epilogue, const T* __restrict__ x_all,
                             const T* __restrict__ y_all, T* __restrict__ z_all) {
  using C = ComputeType<T>;
  __shared__ C x_slab[kSlab][kTile + 1];  // One more: columns are on banks of their own.
  __shared__ C y_slab[kSlab][kTile + 1];
  const int thread = static_cast<int>(threadIdx.y * blockDim.x + threadIdx.x);
  const int64_t tile_m = blockIdx.x / p.tiles_n * kTile, tile_n = blockIdx.x % p.tiles_n * kTile;
  for (int64_t b = blockIdx.z; b < p.batch; b += gridDim.z) {
    int64_t matrices[2];
    p.batches.Find(b, matrices);
    const T* const x = x_all + matrices[0] * p.m * p.k;
    const T* const y = y_all + matrices[1] * p.k * p.n;
    C sums[kEach][kEach] = {};
    for (int64_t begin = 0; begin < p.k; begin += kSlab) {
      for (int i = thread; i < kTile * kSlab; i += kSide * kSide) {
        const SlabPlace at = PlaceOf(i, kTile, kSlab, p.x_column == 1);
        const int64_t row = tile_m + at.row, column = begin + at.column;
        x_slab[at.column][at.row] =
            row < p.m && column < p.k ? C(x[row * p.x_row + column * p.x_column]) : C(0);
      }
      for (int i = thread; i < kTile * kSlab; i += kSide * kSide) {
        const SlabPlace at = PlaceOf(i, kSlab, kTile, p.y_column == 1);
        const int64_t row = begin + at.row, column = tile_n + at.column;
        y_slab[at.row][at.column] =
            row < p.k && column < p.n ? C(y[row * p.y_row + column * p.y_column]) : C(0);
      }
      __syncthreads();
      for (int i = 0; i < kSlab; ++i) {
        for (int r = 0; r < kEach; ++r) {
          const C a = x_slab[i][threadIdx.y + r * kSide];
          for (int c = 0; c < kEach; ++c) sums[r][c] += a * y_slab[i][threadIdx.x + c * kSide];
        }
      }
      __syncthreads();
    }
    T* const z = z_all + b * p.m * p.n;
    for (int r = 0; r < kEach; ++r) {
      const int64_t row = tile_m + threadIdx.y + r * kSide;
      for (int c = 0; c < kEach; ++c) {
        const int64_t column = tile_n + threadIdx.x + c * kSide;
        if (row < p.m && column < p.n) z[row * p.n + column] = epilogue.Of(sums[r][c], column);
      }
    }
  }
}

absl::StatusOr<Product> ProductOf(const MatMulPlan& plan) {
  Product p{};
  p.m = plan.m;
  p.n = plan.n;
  p.k = plan.k;
  p.x_row = plan.transpose_x ? 1 : plan.k;
  p.x_column = plan.transpose_x ? plan.m : 1;
  p.y_row = plan.transpose_y ? 1 : plan.n;
  p.y_column = plan.transpose_y ? plan.k : 1;
  p.tiles_m = (plan.m + kTile - 1) / kTile;
  p.tiles_n = (plan.n + kTile - 1) / kTile;
  p.batch = plan.batch;
  ASSIGN_OR_RETURN(p.batches, IndexOf(plan.batches));
  return p;
}

template <typename T>
absl::Status Multiply(const KernelRun& r, const Product& p, const Epilogue<T>& epilogue) {
  const dim3 blocks(static_cast<unsigned>(p.tiles_m * p.tiles_n), 1,
                    static_cast<unsigned>(std::min<int64_t>(p.batch, 65535)));
  return Launch(r, MatMulKernel<T>, blocks, dim3(kSide, kSide), p, epilogue, r.In<T>(0), r.In<T>(1),
                r.Out<T>(0));
}

absl::Status RunNothing(KernelRun& /*r*/) { return absl::OkStatus(); }

absl::Status RunPlan(KernelPrepare& k, const absl::StatusOr<MatMulPlan>& plan) {
  if (!plan.ok()) return plan.status();
  if (k.Out(0).shape.num_elements() == 0) return k.Run(RunNothing);
  ASSIGN_OR_RETURN(const Product p, ProductOf(*plan));
  return ForCudaType<Half, BFloat16, float, double>(k, [&]<typename T>() {
    return k.Run([p](KernelRun& r) { return Multiply(r, p, Epilogue<T>()); });
  });
}

absl::Status PrepareFusedMatMul(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const FusedMatMulPlan plan, PlanFusedMatMul(k));
  if (k.Out(0).shape.num_elements() == 0) return k.Run(RunNothing);
  ASSIGN_OR_RETURN(const Product p, ProductOf(plan.product));
  return ForCudaType<Half, BFloat16, float>(k, [&]<typename T>() {
    return k.Run([p, relu = plan.relu](KernelRun& r) {
      return Multiply(r, p, Epilogue<T>{r.In<T>(2), relu});
    });
  });
}

}  // namespace

void RegisterMatmulCudaKernels(KernelRegistry& registry) {
  registry.Add("MatMul", "GPU", [](KernelPrepare& k) { return RunPlan(k, PlanMatMul(k)); });
  registry.Add("_FusedMatMul", "GPU", PrepareFusedMatMul);
  registry.Add("BatchMatMul", "GPU",
               [](KernelPrepare& k) { return RunPlan(k, PlanBatchMatMul(k, false)); });
  registry.Add("BatchMatMulV2", "GPU",
               [](KernelPrepare& k) { return RunPlan(k, PlanBatchMatMul(k, true)); });
}

}  // namespace weir
