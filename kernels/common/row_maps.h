#ifndef WEIR_KERNELS_COMMON_ROW_MAPS_H_
#define WEIR_KERNELS_COMMON_ROW_MAPS_H_

// Which row of an input a row of the output is, for ops that move rows of elements that stay side
// by side. The functions are constexpr, which lets a compiler for a device take them as they are.

#include <cstdint>

namespace weir {

// ---- SpaceToBatchND, BatchToSpaceND ----

// One of the spatial axes: `space` positions, cut into `blocks` blocks of `block` after `before`
// positions were put in front. The image side is [batch, space...] rows, the block side
// [block positions * batch, blocks...].
struct BlockAxis {
  int64_t space, blocks, block, before;
};

// The row of the image at which row `row` of the block side comes from, or -1 when it lies in the
// padding.
constexpr int64_t ImageRow(const BlockAxis* axes, int rank, int64_t batches, int64_t row) {
  int64_t rest = row, blocks = 1;
  for (int d = 0; d < rank; ++d) blocks *= axes[d].blocks;
  int64_t position = rest / blocks;  // In the joined axis of block positions and batch.
  rest %= blocks;
  const int64_t batch = position % batches;
  position /= batches;
  int64_t image = 0, step = 1;
  for (int d = rank - 1; d >= 0; --d) {
    const BlockAxis& axis = axes[d];
    const int64_t at = rest % axis.blocks * axis.block + position % axis.block - axis.before;
    if (at < 0 || at >= axis.space) return -1;
    image += at * step;
    step *= axis.space;
    rest /= axis.blocks;
    position /= axis.block;
  }
  return image + batch * step;
}

// The row of the block side that holds row `row` of the image.
constexpr int64_t BlockRow(const BlockAxis* axes, int rank, int64_t batches, int64_t row) {
  int64_t rest = row, position = 0, positions = 1, blocked = 0, step = 1;
  for (int d = rank - 1; d >= 0; --d) {
    const BlockAxis& axis = axes[d];
    const int64_t at = rest % axis.space + axis.before;
    position += at % axis.block * positions;
    positions *= axis.block;
    blocked += at / axis.block * step;
    step *= axis.blocks;
    rest /= axis.space;
  }
  return (position * batches + rest) * step + blocked;
}

// ---- Roll ----

// The row of [extents...] that is shifted to `row`. REQUIRES: shifts are in [0, extent).
constexpr int64_t UnshiftedRow(const int64_t* extents, const int64_t* shifts, int rank,
                               int64_t row) {
  int64_t from = 0, step = 1;
  for (int d = rank - 1; d >= 0; --d) {
    const int64_t extent = extents[d], shifted = row % extent - shifts[d];
    from += (shifted < 0 ? shifted + extent : shifted) * step;
    row /= extent;
    step *= extent;
  }
  return from;
}

// ---- ReverseSequence ----

// The input seen as [outer, first, middle, second, inner], where first and second are the batch and
// the sequence axis in the order in which they stand; a row is `inner` elements.
struct SequenceLayout {
  int64_t outer, first, middle, second, inner;
  bool batch_first;

  constexpr int64_t batches() const { return batch_first ? first : second; }
  constexpr int64_t extent() const { return batch_first ? second : first; }
  constexpr int64_t rows() const { return outer * first * middle * second; }

  constexpr int64_t BatchOf(int64_t row) const {
    return batch_first ? row / (middle * second) % first : row % second;
  }
  // The row that stands at `row` once the first `length` of its sequence are reversed.
  constexpr int64_t Reversed(int64_t row, int64_t length) const {
    const int64_t step = batch_first ? 1 : middle * second;
    const int64_t position = batch_first ? row % second : row / step % first;
    return position < length ? row + (length - 1 - 2 * position) * step : row;
  }
};

}  // namespace weir

#endif  // WEIR_KERNELS_COMMON_ROW_MAPS_H_
