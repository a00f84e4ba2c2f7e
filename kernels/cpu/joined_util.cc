#include "weir/kernels/cpu/joined_util.h"

#include <algorithm>

#include "weir/kernels/cpu/move_util.h"

namespace weir {
namespace {

// Calls copy(piece, position in the piece, position in the joined tensor, n) over runs that cover
// the joined tensor, in parallel blocks of elements.
template <typename Copy>
void ForEachRun(KernelRun& r, const JoinedRows& joined, const Copy& copy) {
  const int64_t length = joined.starts.back();
  const int64_t total = joined.rows * length;
  r.ParallelFor(total, 1, [&](int64_t begin, int64_t end) {
    int64_t row = begin / length, at = begin % length;
    size_t piece =
        static_cast<size_t>(std::upper_bound(joined.starts.begin(), joined.starts.end(), at) -
                            joined.starts.begin() - 1);
    for (int64_t position = begin; position < end;) {
      const int64_t start = joined.starts[piece], run = joined.starts[piece + 1] - start;
      const int64_t n = std::min(start + run - at, end - position);
      if (n > 0) copy(static_cast<int>(piece), row * run + (at - start), position, n);
      position += n;
      at += n;
      if (++piece + 1 == joined.starts.size()) {
        piece = 0;
        at = 0;
        ++row;
      }
    }
  });
}

}  // namespace

absl::Status JoinInputs(KernelRun& r, DataType dtype, const JoinedRows& joined, int first) {
  if (r.Out(0).num_elements() == 0) return absl::OkStatus();
  return DispatchElements(dtype, [&]<typename T>(TypeTag<T>) {
    T* const out = r.Out<T>(0);
    ForEachRun(r, joined, [&](int piece, int64_t from, int64_t to, int64_t n) {
      CopyRow(r.In<T>(first + piece) + from, out + to, n);
    });
    return absl::OkStatus();
  });
}

absl::Status CutInput(KernelRun& r, DataType dtype, const JoinedRows& joined, int in) {
  if (r.In(in).num_elements() == 0) return absl::OkStatus();
  return DispatchElements(dtype, [&]<typename T>(TypeTag<T>) {
    const T* const from = r.In<T>(in);
    ForEachRun(r, joined, [&](int piece, int64_t to, int64_t position, int64_t n) {
      CopyRow(from + position, r.Out<T>(piece) + to, n);
    });
    return absl::OkStatus();
  });
}

}  // namespace weir
