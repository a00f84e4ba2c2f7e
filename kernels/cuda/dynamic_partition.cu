// DynamicPartition (ops/dynamic_partition.cc): warps rank the rows of chunks among those of their
// partition, and the ranks of chunks are moved behind those of all chunks before.

#include "weir/kernels/cpu/checks_util.h"
#include "weir/kernels/cuda/dynamic_util.h"
#include "weir/kernels/cuda/rows_util.h"
#include "weir/kernels/cuda/words_util.h"

namespace weir {
namespace {

// How many lanes of the warp have the same value, and how many of them come before this one.
struct SameLanes {
  unsigned all, before;
};
__device__ inline SameLanes FindSameLanes(int value) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
  SameLanes same{0, 0};
  for (int other = 0; other < 32; ++other) {
    if (__shfl_sync(0xffffffffu, value, other) != value) continue;
    ++same.all;
    same.before += other < lane ? 1 : 0;
  }
  return same;
}

// Rows by their partitions, in chunks of a warp each.
struct Chunks {
  int64_t count, chunk, chunks;
  int partitions;
  const int32_t* partition_of;
  uint32_t* rank_of;  // Of a row, in its chunk.
  uint32_t* counts;   // [partitions, chunks]

  __device__ bool IsInside(int64_t i) const {
    return partition_of[i] >= 0 && partition_of[i] < partitions;
  }
  // Of the row, before those of earlier chunks are counted.
  __device__ uint32_t& CountOf(int64_t i) const {
    return counts[partition_of[i] * chunks + i / chunk];
  }
};

// *outside gets the complement of the first row of no partition.
__global__ void RankRowsKernel(Chunks c, uint32_t* outside) {
  const int64_t chunk = ThreadNumber() / 32;
  if (chunk >= c.chunks) return;
  const int lane = static_cast<int>(threadIdx.x) % 32;
  for (int p = lane; p < c.partitions; p += 32) c.counts[p * c.chunks + chunk] = 0;
  __syncwarp();
  const int64_t first = chunk * c.chunk;
  const int64_t end = first + c.chunk < c.count ? first + c.chunk : c.count;
  for (int64_t group = first; group < end; group += 32) {
    const int64_t i = group + lane;
    const bool counts = i < end && c.IsInside(i);
    if (i < end && !counts) atomicMax(outside, ~static_cast<uint32_t>(i));
    const SameLanes same = FindSameLanes(counts ? c.partition_of[i] : -1);
    if (counts) c.rank_of[i] = c.CountOf(i) + same.before;
    __syncwarp();
    if (counts && same.before == 0) c.CountOf(i) += same.all;
    __syncwarp();
  }
}

template <typename W>
struct CopyToPartition {
  struct Row {
    const W* from;
    W* to;
  };

  Chunks c;
  const W* data;
  W* const* outputs;
  int64_t width;

  __device__ Row RowAt(int64_t i) const {
    const int64_t place = int64_t{c.CountOf(i)} + c.rank_of[i];
    return {data + i * width, outputs[c.partition_of[i]] + place * width};
  }
  __device__ void operator()(const Row& row, int64_t i) const { row.to[i] = row.from[i]; }
};

absl::Status CopyRows(const KernelRun& r, const Chunks& c, int64_t row_bytes, void* addresses_at) {
  const Tensor& data = r.In(0);
  if (data.bytes() == 0) return absl::OkStatus();
  std::vector<char*> outputs(static_cast<size_t>(c.partitions));
  int64_t all_bytes = row_bytes | Address(data.raw_data());
  for (int p = 0; p < c.partitions; ++p) {
    outputs[p] = r.Out(p).mutable_raw_data();
    all_bytes |= Address(outputs[p]);
  }
  RETURN_IF_ERROR(r.device().allocator().device_memory()->CopyIn(addresses_at, outputs.data(),
                                                                 outputs.size() * sizeof(char*)));
  const int64_t word = WidestWord(all_bytes);
  return DispatchWord(word, [&]<typename W>(TypeTag<W>) {
    return ForEachInRows(r, c.count, row_bytes / word,
                         CopyToPartition<W>{c, data.data<W>(), static_cast<W* const*>(addresses_at),
                                            row_bytes / word});
  });
}

// Of a row of no partition.
absl::Status OutsideError(const KernelRun& r, uint32_t row, int partitions) {
  ASSIGN_OR_RETURN(const int32_t partition, ReadBack(r, r.In<int32_t>(1) + row));
  return InvalidArgument(ElementName("partitions", r.In(1).shape(), row), " = ", partition,
                         " is not in [0, ", partitions, ")");
}

// Chunks have about as many rows as there are partitions, or more.
constexpr int64_t kLeastChunk = 256;
constexpr int64_t kMostChunks = 4 * kMostBlocks;

absl::Status PrepareDynamicPartition(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const PartitionPlan plan, PlanDynamicPartition(k));
  const DataType type = k.OutType(0);
  if (!IsPlainType(type)) return absl::UnimplementedError("elements with constructors");
  if (plan.count >> 32 != 0) return absl::UnimplementedError("so many rows");
  Chunks c{};
  c.count = plan.count;
  c.partitions = k.num_outputs();
  c.chunk = std::max({kLeastChunk, int64_t{c.partitions}, plan.count / kMostChunks + 1});
  c.chunks = (c.count + c.chunk - 1) / c.chunk;
  const int64_t counts = c.partitions * c.chunks;
  const size_t ranks_at = k.Workspace(static_cast<size_t>(c.count) * sizeof(uint32_t));
  const size_t counts_at = k.Workspace(static_cast<size_t>(counts) * sizeof(uint32_t));
  // How many rows each partition has, and then what RankRowsKernel finds outside.
  const size_t sizes_at = k.Workspace(static_cast<size_t>(c.partitions + 1) * sizeof(uint32_t));
  const size_t addresses_at = k.Workspace(static_cast<size_t>(c.partitions) * sizeof(char*));
  const int64_t row_bytes = plan.width * static_cast<int64_t>(DataTypeSize(type));
  return k.Run([=, row = plan.row](KernelRun& r) -> absl::Status {
    Chunks here = c;
    here.partition_of = r.In<int32_t>(1);
    here.rank_of = r.Workspace<uint32_t>(ranks_at);
    here.counts = r.Workspace<uint32_t>(counts_at);
    uint32_t* const sizes = r.Workspace<uint32_t>(sizes_at);
    uint32_t* const outside = sizes + c.partitions;
    RETURN_IF_ERROR(ForEach(r, 1, SetTo<uint32_t>{outside, 0}));
    if (c.count > 0) {
      const auto blocks = static_cast<unsigned>((c.chunks * 32 - 1) / kBlockThreads + 1);
      RETURN_IF_ERROR(Launch(r, RankRowsKernel, blocks, kBlockThreads, here, outside));
    }
    RETURN_IF_ERROR(Launch(r, StartsOfRowsKernel<uint32_t>, static_cast<unsigned>(c.partitions),
                           kBlockThreads, c.chunks, here.counts, sizes));
    ASSIGN_OR_RETURN(const std::vector<uint32_t> found, ReadBack(r, sizes, c.partitions + 1));
    if (found.back() != 0) return OutsideError(r, ~found.back(), c.partitions);
    for (int p = 0; p < c.partitions; ++p) {
      ASSIGN_OR_RETURN(const Shape shape, ShapeOfRows(found[p], row));
      RETURN_IF_ERROR(r.AllocateOutput(p, type, shape));
    }
    return CopyRows(r, here, row_bytes, r.Workspace<char>(addresses_at));
  });
}

}  // namespace

void RegisterDynamicPartitionCudaKernels(KernelRegistry& registry) {
  registry.Add("DynamicPartition", "GPU", PrepareDynamicPartition);
}

}  // namespace weir
