// Where (ops/where.cc).

#include "weir/kernels/cuda/divide_util.h"
#include "weir/kernels/cuda/dynamic_util.h"

namespace weir {
namespace {

// Elements of `parts` numbers each: complex ones have two.
template <typename W>
struct IsTrue {
  const W* x;
  NumberBits<W> numbers;
  int parts;

  __device__ bool operator()(int64_t i) const {
    return !numbers.IsZero(x[i * parts]) || (parts == 2 && !numbers.IsZero(x[i * parts + 1]));
  }
};

// Writes where an element stands along each dimension.
struct WritePosition {
  static constexpr int kMostDims = 8;

  int rank = 0;
  Divider sizes[kMostDims];
  int64_t* out = nullptr;

  __device__ void operator()(int64_t i, int64_t row) const {
    for (int d = rank - 1; d >= 0; --d) i = sizes[d].Divide(i, out + row * rank + d);
  }
};

absl::Status PrepareWhere(KernelPrepare& k) {
  const Shape& shape = k.In(0).shape();
  if (shape.rank() > WritePosition::kMostDims)
    return absl::UnimplementedError("so many dimensions");
  k.Out(0).Unsized();
  WritePosition write;
  write.rank = shape.rank();
  const int64_t n = shape.num_elements();
  for (int d = 0; d < write.rank && n > 0; ++d) write.sizes[d] = Divider(shape.dim(d));
  const Compaction compaction(k, n);
  const DataType type = k.In(0).dtype();
  const bool is_complex = type == DT_COMPLEX64 || type == DT_COMPLEX128;
  const DataType part = type == DT_COMPLEX64 ? DT_FLOAT : is_complex ? DT_DOUBLE : type;
  return DispatchNumberBits(part, [&]<typename W>(const NumberBits<W>& numbers) {
    return k.Run([=](KernelRun& r) -> absl::Status {
      const IsTrue<W> is_true{r.In<W>(0), numbers, is_complex ? 2 : 1};
      ASSIGN_OR_RETURN(const int64_t count, compaction.Count(r, is_true));
      ASSIGN_OR_RETURN(const Shape found, Shape::Make({count, int64_t{write.rank}}));
      RETURN_IF_ERROR(r.AllocateOutput(0, DT_INT64, found));
      WritePosition to_output = write;
      to_output.out = r.Out<int64_t>(0);
      return compaction.ForEachKept(r, is_true, to_output);
    });
  });
}

}  // namespace

void RegisterWhereCudaKernels(KernelRegistry& registry) {
  registry.Add("Where", "GPU", PrepareWhere);
}

}  // namespace weir
