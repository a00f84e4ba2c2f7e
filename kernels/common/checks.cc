#include "weir/kernels/common/checks.h"

namespace weir {

absl::Status CheckShapeOfInput0(const KernelPrepare& k, int i) {
  const Shape& shape = k.In(0).shape();
  if (k.In(i).shape() == shape) return absl::OkStatus();
  return k.InvalidInput(i, absl::StrCat("must have input 0's shape ", shape.ToString()));
}

namespace {

DataType ComplexOf(DataType part) { return part == DT_FLOAT ? DT_COMPLEX64 : DT_COMPLEX128; }

}  // namespace

absl::StatusOr<Shape> ShapeBesideScalars(const KernelPrepare& k) {
  Shape shape;
  for (int i = 0; i < k.num_inputs(); ++i) {
    const Shape& in = k.In(i).shape();
    if (in.rank() == 0) continue;
    if (shape.rank() > 0 && in != shape) {
      return k.InvalidInput(i, absl::StrCat("must be a scalar or have shape ", shape.ToString()));
    }
    shape = in;
  }
  return shape;
}

absl::Status CheckComplexOutput(const KernelPrepare& k) {
  const DataType part = k.In(0).dtype(), out = k.OutType(0);
  if (out == ComplexOf(part)) return absl::OkStatus();
  return InvalidArgument("Tout must be the complex type of parts of type ", DataTypeName(part),
                         ", but is ", DataTypeName(out));
}

absl::Status CheckPartOutput(const KernelPrepare& k) {
  const DataType complex = k.In(0).dtype(), out = k.OutType(0);
  if (complex == ComplexOf(out)) return absl::OkStatus();
  return InvalidArgument("Tout must be the type of the parts of ", DataTypeName(complex),
                         ", but is ", DataTypeName(out));
}

}  // namespace weir
