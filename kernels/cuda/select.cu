// Select and SelectV2 (ops/select.cc).

#include "weir/kernels/cpu/checks_util.h"
#include "weir/kernels/cuda/divide_util.h"
#include "weir/kernels/cuda/words_util.h"

namespace weir {
namespace {

// One element of the condition decides about `run` words.
template <typename W>
struct SelectFunction {
  const bool* condition;
  const W* yes;
  const W* no;
  W* out;
  Divider run;

  __device__ void operator()(int64_t i) const {
    out[i] = condition[run.Quotient(i)] ? yes[i] : no[i];
  }
};

absl::Status RunSelect(const KernelRun& r, int64_t run) {
  const Tensor& yes = r.In(1);
  const Tensor& no = r.In(2);
  Tensor& out = r.Out(0);
  const int64_t bytes = static_cast<int64_t>(out.bytes());
  if (bytes == 0) return absl::OkStatus();
  const int64_t run_bytes = run * static_cast<int64_t>(DataTypeSize(out.dtype()));
  const int64_t word = WidestWord(run_bytes, Address(yes.raw_data()), Address(no.raw_data()),
                                  Address(out.raw_data()));
  return DispatchWord(word, [&]<typename W>(TypeTag<W>) {
    return ForEach(r, bytes / word,
                   SelectFunction<W>{r.In<bool>(0), yes.data<W>(), no.data<W>(),
                                     out.mutable_data<W>(), Divider(run_bytes / word)});
  });
}

absl::Status PrepareSelect(KernelPrepare& k) {
  if (!IsPlainType(k.OutType(0))) return absl::UnimplementedError("elements with constructors");
  ASSIGN_OR_RETURN(const int64_t run, CheckSelect(k));
  return k.Run([run](KernelRun& r) { return RunSelect(r, run); });
}

// The dimensions along which condition, `yes` and `no` run in step with the output.
struct SelectDims {
  static constexpr int kMost = 8;

  int rank = 0;
  Divider sizes[kMost] = {};
  int64_t steps[3][kMost] = {};

  __device__ void Find(int64_t i, int64_t at[3]) const {
    at[0] = at[1] = at[2] = 0;
    for (int d = rank - 1; d >= 0; --d) {
      int64_t index;
      i = sizes[d].Divide(i, &index);
      for (int j = 0; j < 3; ++j) at[j] += index * steps[j][d];
    }
  }
};

// Without dimensions of extent 1, and with neighbours joined that all inputs treat alike.
absl::StatusOr<SelectDims> PlanSelectV2(const KernelPrepare& k, const Shape& out) {
  Dims strides[3];
  for (int j = 0; j < 3; ++j) strides[j] = BroadcastStrides(k.In(j).shape(), out);
  SelectDims dims;
  for (int d = 0; d < out.rank(); ++d) {
    const int64_t size = out.dim(d);
    if (size == 1) continue;
    bool joins = dims.rank > 0;
    for (int j = 0; joins && j < 3; ++j) {
      joins = dims.steps[j][dims.rank - 1] == strides[j][d] * size;
    }
    if (!joins && dims.rank == SelectDims::kMost) {
      return absl::UnimplementedError("broadcasting over many dimensions");
    }
    if (!joins) dims.sizes[dims.rank++] = Divider(1);
    const int last = dims.rank - 1;
    dims.sizes[last] = Divider(dims.sizes[last].divisor() * size);
    for (int j = 0; j < 3; ++j) dims.steps[j][last] = strides[j][d];
  }
  return dims;
}

template <typename W>
struct SelectV2Function {
  const bool* condition;
  const W* yes;
  const W* no;
  W* out;
  SelectDims dims;

  __device__ void operator()(int64_t i) const {
    int64_t at[3];
    dims.Find(i, at);
    out[i] = condition[at[0]] ? yes[at[1]] : no[at[2]];
  }
};

absl::Status PrepareSelectV2(KernelPrepare& k) {
  if (!IsPlainType(k.OutType(0))) return absl::UnimplementedError("elements with constructors");
  RETURN_IF_ERROR(CheckSelectV2(k));
  const Shape& out = k.Out(0).shape;
  const int64_t n = out.num_elements();
  if (n == 0) return k.Run([](KernelRun&) { return absl::OkStatus(); });
  if (k.In(0).shape() == out && k.In(1).shape() == out && k.In(2).shape() == out) {
    return k.Run([](KernelRun& r) { return RunSelect(r, 1); });
  }
  ASSIGN_OR_RETURN(const SelectDims dims, PlanSelectV2(k, out));
  return k.Run([n, dims](KernelRun& r) {
    return DispatchWord(
        static_cast<int64_t>(DataTypeSize(r.Out(0).dtype())), [&]<typename W>(TypeTag<W>) {
          return ForEach(
              r, n, SelectV2Function<W>{r.In<bool>(0), r.In<W>(1), r.In<W>(2), r.Out<W>(0), dims});
        });
  });
}

}  // namespace

void RegisterSelectCudaKernels(KernelRegistry& registry) {
  registry.Add("Select", "GPU", PrepareSelect);
  registry.Add("SelectV2", "GPU", PrepareSelectV2);
}

}  // namespace weir
