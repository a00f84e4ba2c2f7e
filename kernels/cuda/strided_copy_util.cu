#include "weir/kernels/cuda/fill_util.h"
#include "weir/kernels/cuda/strided_copy_util.h"
#include "weir/kernels/cuda/words_util.h"

namespace weir {
namespace {

// ---- One thread per word ----

// The places of a box's elements on both sides.
using BoxIndex = StridedIndex<2>;

template <typename W>
struct CopyFunction {
  const W* from;
  W* to;
  BoxIndex index;

  __device__ void operator()(int64_t i) const {
    int64_t at[2];
    index.Find(i, at);
    to[at[1]] = from[at[0]];
  }
};

// ---- Transposition: neighbours on one side are far apart on the other ----

// Tiles of words go through shared memory, so that both sides are touched along their memory.
template <typename W>
inline constexpr int kLogTile = sizeof(W) <= 2 ? 12 : 10;

struct TilePlan {
  // A tile has 2^log_x words along the target's memory and 2^log_y along the source's.
  int log_x = 0, log_y = 0;
  int64_t size_x = 0, size_y = 0;
  int64_t from_x = 0;  // The source's step along x; along y it is 1.
  int64_t to_y = 0;    // The target's step along y; along x it is 1.
  Divider tiles_x = Divider(), tiles_y = Divider();
  BoxIndex planes = {};  // The other dimensions.
  int64_t tiles = 0;     // In all planes.
};

template <typename W>
__global__ void TransposeKernel(TilePlan p, const W* from, W* to) {
  constexpr int kWords = 1 << kLogTile<W>;
  // A row along x is one word longer than the tile, which spreads the words of a column over the
  // memory's banks. No tile has more than half as many rows as words.
  __shared__ W tile[kWords + kWords / 2];
  const int pitch = (1 << p.log_x) + 1, mask_x = (1 << p.log_x) - 1, mask_y = (1 << p.log_y) - 1;
  for (int64_t number = blockIdx.x; number < p.tiles; number += gridDim.x) {
    int64_t tile_x, tile_y, at[2];
    const int64_t plane = p.tiles_y.Divide(p.tiles_x.Divide(number, &tile_x), &tile_y);
    p.planes.Find(plane, at);
    const int64_t begin_x = tile_x << p.log_x, begin_y = tile_y << p.log_y;
    for (int i = static_cast<int>(threadIdx.x); i < kWords; i += kBlockThreads) {
      const int x = i >> p.log_y, y = i & mask_y;
      if (begin_x + x < p.size_x && begin_y + y < p.size_y) {
        tile[y * pitch + x] = from[at[0] + (begin_x + x) * p.from_x + (begin_y + y)];
      }
    }
    __syncthreads();
    for (int i = static_cast<int>(threadIdx.x); i < kWords; i += kBlockThreads) {
      const int x = i & mask_x, y = i >> p.log_x;
      if (begin_x + x < p.size_x && begin_y + y < p.size_y) {
        to[at[1] + (begin_x + x) + (begin_y + y) * p.to_y] = tile[y * pitch + x];
      }
    }
    __syncthreads();
  }
}

// The smallest n >= 1 with 2^n >= size.
int LogOf(int64_t size) {
  return std::max(1, static_cast<int>(std::bit_width(static_cast<uint64_t>(size - 1))));
}

// A square tile, or a longer one where a side of the plane is short.
void ShapeTile(int log_tile, TilePlan* p) {
  const int half = log_tile / 2;
  p->log_x = std::min(half, LogOf(p->size_x));
  p->log_y = std::min(log_tile - p->log_x, p->log_x < half ? log_tile : LogOf(p->size_y));
  if (p->log_y < half) p->log_x = log_tile - p->log_y;
}

// Copies the box tile by tile if that pays; false if not.
template <typename W>
absl::StatusOr<bool> Transpose(const KernelRun& r, const Box& box, const W* from, W* to) {
  const int rank = static_cast<int>(box.dims.size());
  int x = -1, y = -1;
  for (int d = 0; d < rank; ++d) {
    if (box.dims[d].to == 1) x = d;
    if (box.dims[d].from == 1) y = d;
  }
  // The lines of a small plane stay in the cache between their reads.
  constexpr int64_t kSmallPlane = 256;
  if (x < 0 || y < 0 || x == y || box.dims[x].size * box.dims[y].size < kSmallPlane) return false;
  TilePlan p = {.size_x = box.dims[x].size,
                .size_y = box.dims[y].size,
                .from_x = box.dims[x].from,
                .to_y = box.dims[y].to};
  ShapeTile(kLogTile<W>, &p);
  const int64_t tiles_x = ((p.size_x - 1) >> p.log_x) + 1;
  const int64_t tiles_y = ((p.size_y - 1) >> p.log_y) + 1;
  p.tiles_x = Divider(tiles_x);
  p.tiles_y = Divider(tiles_y);
  p.tiles = tiles_x * tiles_y;
  for (int d = 0; d < rank; ++d) {
    if (d == x || d == y) continue;
    p.planes.Add(box.dims[d].size, {box.dims[d].from, box.dims[d].to});
    p.tiles *= box.dims[d].size;
  }
  constexpr int64_t kMostTileBlocks = int64_t{1} << 20;
  const auto blocks = static_cast<unsigned>(std::min(p.tiles, kMostTileBlocks));
  RETURN_IF_ERROR(Launch(r, TransposeKernel<W>, blocks, kBlockThreads, p, from, to));
  return true;
}

// ---- Boxes ----

// The box in bytes, simplified: its last dimension is one of bytes that lie side by side.
Box BytesOf(const Box& box, int64_t element) {
  Box bytes;
  bytes.from_offset = box.from_offset * element;
  bytes.to_offset = box.to_offset * element;
  for (const Box::Dim& d : box.dims) {
    bytes.dims.push_back({d.size, d.from * element, d.to * element});
  }
  bytes.dims.push_back({element, 1, 1});
  bytes.Simplify();
  const Box::Dim& last = bytes.dims.back();
  if (last.from != 1 || last.to != 1) bytes.dims.push_back({1, 1, 1});
  return bytes;
}

// Turns a box in bytes that starts at the offsets 0 into one of words, for arrays at these
// addresses; the bytes of a word.
int64_t WordsOf(const char* from, const char* to, Box* box) {
  int64_t word = WidestWord(Address(from), Address(to), box->dims.back().size);
  for (size_t d = 0; d + 1 < box->dims.size(); ++d) {
    word = WidestWord(word, box->dims[d].from, box->dims[d].to);
  }
  for (size_t d = 0; d + 1 < box->dims.size(); ++d) {
    box->dims[d].from /= word;
    box->dims[d].to /= word;
  }
  box->dims.back().size /= word;
  box->Simplify();
  return word;
}

// Copies a box in words.
template <typename W>
absl::Status CopyWords(const KernelRun& r, const Box& box, const W* from, W* to) {
  if (box.dims.size() > BoxIndex::kMostDims) {  // Hardly ever: piece by piece.
    Box piece;
    piece.dims.assign(box.dims.begin() + 1, box.dims.end());
    for (int64_t i = 0; i < box.dims[0].size; ++i) {
      RETURN_IF_ERROR(CopyWords(r, piece, from + i * box.dims[0].from, to + i * box.dims[0].to));
    }
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const bool done, Transpose(r, box, from, to));
  if (done) return absl::OkStatus();
  CopyFunction<W> f{from, to, {}};
  for (const Box::Dim& d : box.dims) f.index.Add(d.size, {d.from, d.to});
  return ForEach(r, box.num_elements(), f);
}

// ---- Boxes within a fill ----

// One dimension of the target: box element j is at begin + j * step.
struct FilledDim {
  Divider size;
  int64_t begin = 0;
  int64_t end = 0;  // Of the box, with the gap after its last element.
  Divider step;
  int64_t from = 0;
};

// Writes a whole array of packs of N elements: those of the box, and the fill elsewhere.
template <typename E, int N>
struct IntoFillFunction {
  using P = Pack<E, N>;

  const P* from;
  P* to;
  const E* value;  // nullptr: zeros.
  int rank;
  FilledDim dims[BoxIndex::kMostDims] = {};

  __device__ void operator()(int64_t i) const {
    int64_t rest = i, at = 0;
    bool inside = true;
    for (int d = rank - 1; d >= 0; --d) {
      const FilledDim& dim = dims[d];
      int64_t place;
      rest = dim.size.Divide(rest, &place);
      inside = inside && place >= dim.begin && place < dim.end;
      if (!inside) break;
      int64_t gap;
      at += dim.step.Divide(place - dim.begin, &gap) * dim.from;
      inside = gap == 0;
    }
    if (inside) {
      to[i] = from[at];
      return;
    }
    P fill = {};
    if (value != nullptr) {
      for (int e = 0; e < N; ++e) fill.values[e] = *value;
    }
    to[i] = fill;
  }
};

// A dimension of the target on the host.
struct HostFilledDim {
  int64_t size, begin, count, step, from;

  // Whether the box has all of it, in order, with its elements side by side in the source.
  bool IsWhole() const { return count == size && (step == 1 || count == 1); }
};

// The dimensions of `whole`, where a box dimension that runs backwards is turned round, and those
// that the box takes as they are join the one before. *offset is the source's.
std::vector<HostFilledDim> FilledDims(const Box& box, const Shape& whole, int64_t* offset) {
  const Dims steps = DenseSteps(whole);
  std::vector<HostFilledDim> joined;
  *offset = box.from_offset;
  for (int d = 0; d < whole.rank(); ++d) {
    const Box::Dim& b = box.dims[d];
    HostFilledDim dim = {.size = whole.dim(d),
                         .begin = box.to_offset / steps[d] % whole.dim(d),
                         .count = b.size,
                         .step = b.size == 1 ? 1 : b.to / steps[d],
                         .from = b.from};
    if (dim.size == 1) continue;
    if (dim.step < 0) {
      *offset += (dim.count - 1) * dim.from;
      dim.begin += (dim.count - 1) * dim.step;
      dim.step = -dim.step;
      dim.from = -dim.from;
    }
    HostFilledDim* const outer = joined.empty() ? nullptr : &joined.back();
    const bool joins = outer != nullptr && dim.IsWhole() && outer->step == 1 &&
                       (outer->count == 1 || outer->from == dim.from * dim.count);
    if (joins) {
      outer->size *= dim.size;
      outer->begin *= dim.size;
      outer->count *= dim.size;
      outer->from = dim.from;
    } else {
      joined.push_back(dim);
    }
  }
  return joined;
}

template <typename E, int N>
absl::Status CopyIntoFill(const KernelRun& r, const std::vector<HostFilledDim>& dims, const E* from,
                          const E* value, int64_t n) {
  IntoFillFunction<E, N> f{reinterpret_cast<const Pack<E, N>*>(from),
                           reinterpret_cast<Pack<E, N>*>(r.Out(0).mutable_raw_data()), value,
                           static_cast<int>(dims.size())};
  for (size_t d = 0; d < dims.size(); ++d) {
    const HostFilledDim& dim = dims[d];
    const int64_t pack = d + 1 == dims.size() ? N : 1;
    f.dims[d] = {.size = Divider(dim.size / pack),
                 .begin = dim.begin / pack,
                 .end = dim.begin / pack + dim.count / pack * dim.step,
                 .step = Divider(dim.step),
                 .from = d + 1 < dims.size() ? dim.from / N : dim.from};
  }
  return ForEach(r, n / N, f);
}

// Whether packs of N elements serve.
bool FitPacks(const std::vector<HostFilledDim>& dims, int64_t n) {
  for (size_t d = 0; d + 1 < dims.size(); ++d) {
    if (dims[d].from % n != 0) return false;
  }
  const HostFilledDim& last = dims.back();
  return last.from == 1 && last.step == 1 && last.size % n == 0 && last.begin % n == 0 &&
         last.count % n == 0;
}

}  // namespace

absl::Status GpuCopyBox(const KernelRun& r, DataType dtype, const Box& box, const char* from,
                        char* to) {
  if (box.num_elements() == 0) return absl::OkStatus();
  Box words = BytesOf(box, static_cast<int64_t>(DataTypeSize(dtype)));
  from += words.from_offset;
  to += words.to_offset;
  return DispatchWord(WordsOf(from, to, &words), [&]<typename W>(TypeTag<W>) {
    return CopyWords(r, words, reinterpret_cast<const W*>(from), reinterpret_cast<W*>(to));
  });
}

absl::Status GpuCopyBoxIntoFill(const KernelRun& r, DataType dtype, const Box& box,
                                const Shape& whole, int value, const char* from) {
  const int64_t n = whole.num_elements();
  if (n == 0) return absl::OkStatus();
  Tensor& out = r.Out(0);
  const char* const fill = value < 0 ? nullptr : r.In(value).raw_data();
  int64_t offset = 0;
  std::vector<HostFilledDim> dims;
  if (box.num_elements() > 0) dims = FilledDims(box, whole, &offset);
  if (dims.empty() || dims.size() > BoxIndex::kMostDims) {
    RETURN_IF_ERROR(GpuFill(r, fill, out));
    return GpuCopyBox(r, dtype, box, from, out.mutable_raw_data());
  }
  return DispatchWord(static_cast<int64_t>(DataTypeSize(dtype)), [&]<typename E>(TypeTag<E>) {
    const E* const source = reinterpret_cast<const E*>(from) + offset;
    const E* const element = reinterpret_cast<const E*>(fill);
    constexpr int kPack = kPackBytes / sizeof(E);
    const bool packs =
        FitPacks(dims, kPack) && IsPackAligned(source) && IsPackAligned(out.raw_data());
    return packs ? CopyIntoFill<E, kPack>(r, dims, source, element, n)
                 : CopyIntoFill<E, 1>(r, dims, source, element, n);
  });
}

absl::Status GpuCopyThroughView(KernelRun& r, DataType dtype, const StridedView& view, int in,
                                int out) {
  Box box;
  box.from_offset = view.offset;
  int64_t to = r.Out(out).num_elements();
  if (to == 0) return absl::OkStatus();
  for (size_t d = 0; d < view.extents.size(); ++d) {
    to /= view.extents[d];
    box.dims.push_back({view.extents[d], view.strides[d], to});
  }
  return GpuCopyBox(r, dtype, box, r.In(in).raw_data(), r.Out(out).mutable_raw_data());
}

}  // namespace weir
