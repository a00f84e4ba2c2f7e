#include "weir/kernels/cpu/box_copy_util.h"

#include "weir/kernels/cpu/element_util.h"
#include "weir/kernels/cpu/zero_fill_util.h"

namespace weir {

int64_t Box::num_elements() const {
  int64_t n = 1;
  for (const Dim& d : dims) n *= d.size;
  return n;
}

void Box::Simplify() {
  absl::InlinedVector<Dim, 6> joined;
  for (const Dim& d : dims) {
    if (d.size == 1) continue;
    if (!joined.empty() && joined.back().from == d.from * d.size &&
        joined.back().to == d.to * d.size) {
      joined.back() = {joined.back().size * d.size, d.from, d.to};
    } else {
      joined.push_back(d);
    }
  }
  if (joined.empty()) joined.push_back({1, 1, 1});
  dims = std::move(joined);
}

namespace {

template <typename E>
void CopyLine(const Box::Dim& line, const E* from, E* to) {
  if (line.from == 1 && line.to == 1) return CopyRow(from, to, line.size);
  for (int64_t i = 0; i < line.size; ++i) to[i * line.to] = from[i * line.from];
}

// Copies lines [begin, end) of the box; a line runs along the innermost dimension.
template <typename E>
void CopyLines(const Box& box, const E* from, E* to, int64_t begin, int64_t end) {
  const int outer = static_cast<int>(box.dims.size()) - 1;
  absl::InlinedVector<int64_t, 6> index(outer);
  int64_t from_at = box.from_offset, to_at = box.to_offset, rest = begin;
  for (int d = outer - 1; d >= 0; --d) {
    index[d] = rest % box.dims[d].size;
    rest /= box.dims[d].size;
    from_at += index[d] * box.dims[d].from;
    to_at += index[d] * box.dims[d].to;
  }
  for (int64_t line = begin; line < end; ++line) {
    CopyLine(box.dims[outer], from + from_at, to + to_at);
    for (int d = outer - 1; d >= 0; --d) {
      from_at += box.dims[d].from;
      to_at += box.dims[d].to;
      if (++index[d] < box.dims[d].size) break;
      from_at -= box.dims[d].from * box.dims[d].size;
      to_at -= box.dims[d].to * box.dims[d].size;
      index[d] = 0;
    }
  }
}

// Sets every element of `out` to the one element of `value`.
absl::Status FillWith(const KernelRun& r, const Tensor& value, Tensor& out) {
  return DispatchElement(out.dtype(), [&]<typename E>(TypeTag<E>) -> absl::Status {
    const E element = *value.data<E>();
    E* data = out.mutable_data<E>();
    r.ParallelFor(out.num_elements(), 0.25, [&](int64_t begin, int64_t end) {
      std::fill(data + begin, data + end, element);
    });
    return absl::OkStatus();
  });
}

}  // namespace

absl::Status CopyBox(const KernelRun& r, DataType dtype, const Box& box, const char* from,
                     char* to) {
  const int64_t n = box.num_elements();
  if (n == 0) return absl::OkStatus();
  Box simple = box;
  simple.Simplify();
  const int64_t line = simple.dims.back().size;
  // One long line is cut, so that it too can go to several threads.
  constexpr int64_t kCut = 1 << 16;
  if (simple.dims.size() == 1 && line >= 2 * kCut && line % kCut == 0) {
    const Box::Dim d = simple.dims[0];
    simple.dims[0] = {line / kCut, d.from * kCut, d.to * kCut};
    simple.dims.push_back({kCut, d.from, d.to});
  }
  const int64_t line_size = simple.dims.back().size;
  return DispatchElement(dtype, [&]<typename E>(TypeTag<E>) -> absl::Status {
    const E* source = reinterpret_cast<const E*>(from);
    E* target = reinterpret_cast<E*>(to);
    r.ParallelFor(n / line_size, static_cast<double>(line_size), [&](int64_t begin, int64_t end) {
      CopyLines(simple, source, target, begin, end);
    });
    return absl::OkStatus();
  });
}

absl::Status CopyBoxIntoFill(const KernelRun& r, DataType dtype, const Box& box,
                             const Shape& /*whole*/, int value, const char* from) {
  if (value >= 0) {
    RETURN_IF_ERROR(FillWith(r, r.In(value), r.Out(0)));
  } else {
    FillWithZeros(r, r.Out(0));
  }
  return CopyBox(r, dtype, box, from, r.Out(0).mutable_raw_data());
}

Dims DenseSteps(const Shape& shape) {
  Dims steps(shape.rank());
  int64_t step = 1;
  for (int d = shape.rank() - 1; d >= 0; --d) {
    steps[d] = step;
    step *= shape.dim(d);
  }
  return steps;
}

}  // namespace weir
