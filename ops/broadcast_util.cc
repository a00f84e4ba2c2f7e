#include "weir/ops/broadcast_util.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace weir {
namespace {

// The axes along which x is stretched, of the rank of the broadcast shape; nullopt when the static
// shapes leave it open. A missing dimension of x counts as stretched, whatever its extent.
std::optional<std::vector<int32_t>> StretchedAxes(const PartialShape& x,
                                                  const PartialShape& other) {
  if (!x.known_rank() || !other.known_rank()) return std::nullopt;
  const int rank = std::max(x.rank(), other.rank());
  std::vector<int32_t> axes;
  for (int i = 0; i < rank; ++i) {
    const int xi = i - (rank - x.rank());
    const int oi = i - (rank - other.rank());
    if (xi < 0) {
      axes.push_back(i);
      continue;
    }
    const int64_t from_other = oi < 0 ? 1 : other.dim(oi);
    if (from_other == 1) continue;
    if (x.dim(xi) == 1) {
      axes.push_back(i);
    } else if (x.dim(xi) == PartialShape::kUnknown) {
      return std::nullopt;
    }
  }
  return axes;
}

}  // namespace

Output SumToShapeOf(const OpScope& scope, const Output& grad, const Output& x,
                    const Output& other) {
  if (!grad.valid() || !x.valid() || !other.valid()) return Output();
  if (x.endpoint() == other.endpoint()) return grad;
  const std::optional<std::vector<int32_t>> axes = StretchedAxes(x.shape(), other.shape());
  if (axes.has_value() && axes->empty()) return grad;

  if (axes.has_value()) {
    const Output sum =
        scope.Op("Sum").In(grad).In(Tensor::Vector<int32_t>(absl::MakeConstSpan(*axes))).Build();
    // Axes that x lacks are gone after the sum; those where it has extent 1 need a Reshape.
    const int missing = std::max(0, other.shape().rank() - x.shape().rank());
    if (static_cast<int>(axes->size()) == missing) return sum;
    if (x.shape().IsFullyDefined()) {
      const Tensor dims = Tensor::Vector<int64_t>(x.shape().dims());
      return scope.Op("Reshape").In(sum).In(dims).Build();
    }
    return scope.Op("Reshape").In(sum).In(scope.Op("Shape").In(x).Build()).Build();
  }
  const Output x_shape = scope.Op("Shape").In(x).Build();
  const Output other_shape = scope.Op("Shape").In(other).Build();
  const Operation reduce = scope.Op("BroadcastGradientArgs").In(x_shape).In(other_shape).Build();
  const Output sum = scope.Op("Sum").In(grad).In(reduce.out(0)).Build();
  return scope.Op("Reshape").In(sum).In(x_shape).Build();
}

}  // namespace weir
