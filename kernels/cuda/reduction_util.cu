#include <bit>

#include "weir/kernels/common/reduction_plan.h"
#include "weir/kernels/cuda/reduction_util.h"

namespace weir {
namespace {

// So many blocks give every multiprocessor of a large GPU enough to do.
constexpr int64_t kEnoughBlocks = 132 * 4;
// A chunk of a row: so many elements are worth a block. Packs divide it.
constexpr int64_t kRowChunk = 4096;
// A chunk of columns: so many rows.
constexpr int64_t kColumnChunk = 64;

int64_t CeilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

// The least power of two that is at least n, as an exponent, up to `most`.
int BitsFor(int64_t n, int most) {
  return std::min(most, static_cast<int>(std::bit_width(static_cast<uint64_t>(n - 1))));
}

void CutIntoChunks(ReductionPlan* plan) {
  plan->chunk = plan->steps;
  if (plan->inner_reduced) {
    // From kEnoughBlocks results on, each has a block to itself, or a part of one.
    const int64_t chunks =
        std::min(plan->steps / kRowChunk, CeilDiv(2 * kEnoughBlocks, plan->outputs));
    if (plan->outputs < kEnoughBlocks && chunks > 1) {
      plan->chunk = CeilDiv(CeilDiv(plan->steps, chunks), kRowChunk) * kRowChunk;
    }
  } else {
    const int64_t blocks = CeilDiv(plan->outputs, 32);
    const int64_t chunks = std::min(plan->steps / kColumnChunk, CeilDiv(2 * kEnoughBlocks, blocks));
    if (blocks < kEnoughBlocks && chunks > 1) plan->chunk = CeilDiv(plan->steps, chunks);
  }
  plan->chunks = CeilDiv(plan->steps, plan->chunk);
}

}  // namespace

absl::StatusOr<ReductionPlan> PlanReduction(const Shape& shape, const std::vector<bool>& reduced) {
  const AlternatingDims dims = Alternate(shape, reduced);
  ReductionPlan plan;
  plan.outputs = shape.num_elements() / dims.count;
  plan.steps = plan.count = dims.count;
  if (!dims.sizes.empty()) {
    plan.inner = dims.sizes.back();
    plan.inner_reduced = dims.reduced.back();
  }
  for (size_t i = 0; i + 1 < dims.sizes.size(); ++i) {
    StridedDims& some = dims.reduced[i] ? plan.reduced : plan.kept;
    if (some.rank == StridedDims::kMostDims) {
      return absl::UnimplementedError(
          absl::StrCat(dims.sizes.size(), " kept and reduced dimensions in turns"));
    }
    some.sizes[some.rank] = dims.sizes[i];
    some.strides[some.rank++] = dims.strides[i];
  }
  CutIntoChunks(&plan);
  return plan;
}

ReductionPlan ReductionPlan::InPacks(int pack) const {
  ReductionPlan plan = *this;
  plan.inner /= pack;
  for (StridedDims* dims : {&plan.kept, &plan.reduced}) {
    for (int64_t& stride : dims->strides) stride /= pack;
  }
  if (inner_reduced) {
    plan.steps /= pack;
    plan.chunk = CeilDiv(chunk, pack);
  }
  return plan;
}

ReductionPlan ReductionPlan::OfChunks() const {
  ReductionPlan plan;
  plan.inner_reduced = inner_reduced;
  plan.outputs = outputs;
  plan.steps = plan.chunk = chunks;
  plan.count = count;
  plan.inner = inner_reduced ? chunks : outputs;
  StridedDims& outer = inner_reduced ? plan.kept : plan.reduced;
  outer.rank = 1;
  outer.sizes[0] = inner_reduced ? outputs : chunks;
  outer.strides[0] = plan.inner;
  return plan;
}

RowThreads ThreadsForRows(const ReductionPlan& plan) {
  constexpr int kBlockBits = std::bit_width(unsigned{kBlockThreads}) - 1;
  RowThreads threads;
  // Short rows share a warp, and each thread has about as many packs as it can load at once. Chunks
  // are long.
  const bool is_long = plan.chunk >= 1024 || (plan.chunk >= 256 && plan.outputs < 4096);
  threads.group_bits = is_long ? kBlockBits : BitsFor(CeilDiv(plan.chunk, kLoads), 5);
  const int64_t step = int64_t{1} << threads.group_bits;
  threads.row_step = step / plan.inner;
  threads.column_step = step % plan.inner;
  return threads;
}

ColumnThreads ThreadsForColumns(const ReductionPlan& plan, int pack) {
  ColumnThreads threads;
  threads.columns = plan.outputs / pack;
  // Up to eight threads share a column, or more where there are fewer columns than a warp is wide.
  const int rows = 1 << BitsFor(CeilDiv(plan.chunk, kLoads), 3);
  threads.width = std::min(1 << BitsFor(threads.columns, 8), kBlockThreads / rows);
  return threads;
}

}  // namespace weir
