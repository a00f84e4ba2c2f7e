#include "weir/kernels/cpu/strided_util.h"

#include "weir/kernels/cpu/move_util.h"

namespace weir {
namespace {

// Rows and columns of a block that is transposed in cache: one cache line of the usual 4-byte
// elements. Larger blocks fall on the same cache sets where extents are powers of two.
constexpr int64_t kBlock = 16;

int64_t ElementsOf(const StridedView& view) {
  int64_t n = 1;
  for (int64_t extent : view.extents) n *= extent;
  return n;
}

template <typename T>
void CopyStridedRow(const T* from, int64_t stride, T* to, int64_t n) {
  if (stride == 1) {
    CopyRow(from, to, n);
  } else if (stride == 0) {
    std::fill_n(to, n, *from);
  } else {
    for (int64_t i = 0; i < n; ++i) to[i] = from[i * stride];
  }
}

// Walks the positions of all axes but the last, in order, and keeps the source offset.
class RowWalk {
 public:
  RowWalk(const StridedView& view, int64_t row)
      : view_(view), index_(view.extents.size() - 1, 0), offset_(view.offset) {
    for (size_t d = index_.size(); d-- > 0;) {
      index_[d] = row % view.extents[d];
      row /= view.extents[d];
      offset_ += index_[d] * view.strides[d];
    }
  }
  int64_t offset() const { return offset_; }
  void Next() {
    for (size_t d = index_.size(); d-- > 0;) {
      offset_ += view_.strides[d];
      if (++index_[d] < view_.extents[d]) return;
      offset_ -= view_.extents[d] * view_.strides[d];
      index_[d] = 0;
    }
  }

 private:
  const StridedView& view_;
  Dims index_;
  int64_t offset_;
};

template <typename T>
void CopyRows(KernelRun& r, const StridedView& view, const T* in, T* out) {
  const int64_t n = view.extents.back(), stride = view.strides.back();
  if (view.extents.size() == 1) {
    r.ParallelFor(n, 1, [&](int64_t begin, int64_t end) {
      CopyStridedRow(in + view.offset + begin * stride, stride, out + begin, end - begin);
    });
    return;
  }
  const int64_t rows = ElementsOf(view) / n;
  r.ParallelFor(rows, static_cast<double>(n) + 4, [&](int64_t begin, int64_t end) {
    RowWalk walk(view, begin);
    for (int64_t row = begin; row < end; ++row, walk.Next()) {
      CopyStridedRow(in + walk.offset(), stride, out + row * n, n);
    }
  });
}

// to[i * write_step + j] = from[i + j * read_step], for i below height and j below width.
template <typename T>
void TransposeBlock(const T* from, int64_t read_step, T* to, int64_t write_step, int64_t height,
                    int64_t width) {
  for (int64_t i = 0; i < height; ++i) {
    T* row = to + i * write_step;
    for (int64_t j = 0; j < width; ++j) row[j] = from[i + j * read_step];
  }
}

// Four by four elements in registers.
using Quad = uint32_t __attribute__((vector_size(16)));
void TransposeQuad(const uint32_t* from, int64_t read_step, uint32_t* to, int64_t write_step) {
  Quad a, b, c, d;
  std::memcpy(&a, from, sizeof(Quad));
  std::memcpy(&b, from + read_step, sizeof(Quad));
  std::memcpy(&c, from + 2 * read_step, sizeof(Quad));
  std::memcpy(&d, from + 3 * read_step, sizeof(Quad));
  const Quad ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
  const Quad ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const Quad cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  const Quad cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  const Quad rows[] = {__builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5),
                       __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7),
                       __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5),
                       __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7)};
  for (int64_t i = 0; i < 4; ++i) std::memcpy(to + i * write_step, &rows[i], sizeof(Quad));
}

void TransposeBlock(const uint32_t* from, int64_t read_step, uint32_t* to, int64_t write_step,
                    int64_t height, int64_t width) {
  const int64_t bottom = height / 4 * 4, right = width / 4 * 4;
  for (int64_t j = 0; j < right; j += 4) {
    for (int64_t i = 0; i < bottom; i += 4) {
      TransposeQuad(from + i + j * read_step, read_step, to + i * write_step + j, write_step);
    }
  }
  // What is left below the quads, and beside them.
  TransposeBlock<uint32_t>(from + bottom, read_step, to + bottom * write_step, write_step,
                           height - bottom, width);
  TransposeBlock<uint32_t>(from + right * read_step, read_step, to + right, write_step, bottom,
                           width - right);
}

// Neighbours of the source lie along `axis`, neighbours of the output along the last one: both
// sides are touched in whole cache lines when planes of the two axes are copied block by block.
template <typename T>
void CopyPlanes(KernelRun& r, const StridedView& view, size_t axis, const T* in, T* out) {
  const size_t last = view.extents.size() - 1;
  const int64_t height = view.extents[axis], width = view.extents[last];
  const int64_t read_step = view.strides[last];
  int64_t write_step = 1;  // Of the output along `axis`.
  for (size_t d = axis + 1; d <= last; ++d) write_step *= view.extents[d];
  const int64_t bands = (height + kBlock - 1) / kBlock;
  const int64_t planes = ElementsOf(view) / (height * width);
  const double cost = static_cast<double>(std::min(height, kBlock) * width) * 2;
  r.ParallelFor(planes * bands, cost, [&](int64_t begin, int64_t end) {
    for (int64_t unit = begin; unit < end; ++unit) {
      const int64_t top = unit % bands * kBlock, bottom = std::min(height, top + kBlock);
      int64_t plane = unit / bands, write_stride = 1;
      const T* from = in + view.offset;
      T* to = out;
      for (size_t d = last + 1; d-- > 0;) {
        if (d != axis && d != last) {
          const int64_t index = plane % view.extents[d];
          plane /= view.extents[d];
          from += index * view.strides[d];
          to += index * write_stride;
        }
        write_stride *= view.extents[d];
      }
      for (int64_t left = 0; left < width; left += kBlock) {
        const int64_t right = std::min(width, left + kBlock);
        TransposeBlock(from + top + left * read_step, read_step, to + top * write_step + left,
                       write_step, bottom - top, right - left);
      }
    }
  });
}

template <typename T>
void Copy(KernelRun& r, const StridedView& view, const T* in, T* out) {
  if (view.extents.empty()) {
    *out = in[view.offset];
    return;
  }
  const int64_t step = view.strides.back();
  if (step != 0 && step != 1) {
    for (size_t d = 0; d + 1 < view.extents.size(); ++d) {
      if (view.strides[d] == 1) return CopyPlanes(r, view, d, in, out);
    }
  }
  CopyRows(r, view, in, out);
}

}  // namespace

StridedView StridedView::Simplified() const {
  StridedView simple;
  simple.offset = offset;
  for (size_t d = 0; d < extents.size(); ++d) {
    if (extents[d] == 1) continue;
    if (!simple.extents.empty() && simple.strides.back() == strides[d] * extents[d]) {
      simple.extents.back() *= extents[d];
      simple.strides.back() = strides[d];
    } else {
      simple.Add(extents[d], strides[d]);
    }
  }
  return simple;
}

Dims RowMajorStrides(const Shape& shape) {
  Dims strides(static_cast<size_t>(shape.rank()), 1);
  for (int d = shape.rank() - 2; d >= 0; --d) {
    strides[static_cast<size_t>(d)] = strides[static_cast<size_t>(d) + 1] * shape.dim(d + 1);
  }
  return strides;
}

absl::Status CopyThroughView(KernelRun& r, DataType dtype, const StridedView& view, int in,
                             int out) {
  if (r.Out(out).num_elements() == 0) return absl::OkStatus();
  return DispatchElements(dtype, [&]<typename T>(TypeTag<T>) {
    Copy<T>(r, view, r.In<T>(in), r.Out<T>(out));
    return absl::OkStatus();
  });
}

}  // namespace weir
