#ifndef WEIR_KERNELS_CPU_JOINED_UTIL_H_
#define WEIR_KERNELS_CPU_JOINED_UTIL_H_

// Joining tensors along an axis and cutting them apart again: Concat, Pack, Split, Unpack.

#include <vector>

#include "weir/core/shape.h"
#include "weir/runtime/kernel.h"

namespace weir {

// A joined tensor is `rows` rows, each made of one run of elements of every piece in turn.
struct JoinedRows {
  int64_t rows = 0;
  std::vector<int64_t> starts = {0};  // Of the pieces in a row; the last entry is the row's length.

  void AddPiece(int64_t run) { starts.push_back(starts.back() + run); }
};

// Writes output 0: inputs first, first + 1, ... joined.
absl::Status JoinInputs(KernelRun& r, DataType dtype, const JoinedRows& joined, int first);
// Cuts input `in` into the outputs.
absl::Status CutInput(KernelRun& r, DataType dtype, const JoinedRows& joined, int in);

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_JOINED_UTIL_H_
