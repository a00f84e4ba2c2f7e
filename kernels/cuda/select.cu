// Select and SelectV2 (ops/select.cc).

#include "weir/kernels/cpu/checks_util.h"
#include "weir/kernels/cuda/strided_index_util.h"
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

// Where condition, `yes` and `no` have what decides about an element of the output, or is it.
using SelectIndex = StridedIndex<3>;

// Without dimensions of extent 1, and with neighbours joined that all inputs treat alike.
absl::StatusOr<SelectIndex> PlanSelectV2(const KernelPrepare& k, const Shape& out) {
  Dims strides[3];
  for (int j = 0; j < 3; ++j) strides[j] = BroadcastStrides(k.In(j).shape(), out);
  SelectIndex index;
  for (int d = 0; d < out.rank(); ++d) {
    const bool fits =
        out.dim(d) == 1 || index.Join(out.dim(d), {strides[0][d], strides[1][d], strides[2][d]});
    if (!fits) return absl::UnimplementedError("broadcasting over many dimensions");
  }
  return index;
}

template <typename W>
struct SelectV2Function {
  const bool* condition;
  const W* yes;
  const W* no;
  W* out;
  SelectIndex index;

  __device__ void operator()(int64_t i) const {
    int64_t at[3];
    index.Find(i, at);
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
  ASSIGN_OR_RETURN(const SelectIndex index, PlanSelectV2(k, out));
  return k.Run([n, index](KernelRun& r) {
    return DispatchWord(
        static_cast<int64_t>(DataTypeSize(r.Out(0).dtype())), [&]<typename W>(TypeTag<W>) {
          return ForEach(
              r, n, SelectV2Function<W>{r.In<bool>(0), r.In<W>(1), r.In<W>(2), r.Out<W>(0), index});
        });
  });
}

}  // namespace

void RegisterSelectCudaKernels(KernelRegistry& registry) {
  registry.Add("Select", "GPU", PrepareSelect);
  registry.Add("SelectV2", "GPU", PrepareSelectV2);
}

}  // namespace weir
