#include "weir/graph/shape_context.h"

namespace weir {
namespace {

absl::Status RankError(int i, absl::string_view wanted, const PartialShape& shape) {
  return InvalidArgument("input ", i, " must have ", wanted, ", but has shape ", shape.ToString());
}

// The node that made a handle, looking through ops that pass it on. Bounded: chains are short.
const Node& HandleSource(const Graph& graph, Endpoint e) {
  for (int step = 0; step < 64; ++step) {
    const Node& node = graph.node(e.node);
    const std::string& op = node.op().name;
    const bool passes_on = op == "Identity" || op == "RefIdentity" || op == "Enter" ||
                           op == "RefEnter" || op == "Switch" || op == "RefSwitch";
    if (!passes_on || node.num_inputs() == 0) break;
    e = node.inputs()[0];
  }
  return graph.node(e.node);
}

}  // namespace

std::optional<int64_t> ShapeContext::IntValue(int i) const {
  const PartialInts* value = Value(i);
  if (value == nullptr || value->values.size() != 1 || !value->FullyKnown()) return std::nullopt;
  return value->values[0];
}

std::optional<std::vector<int64_t>> ShapeContext::IntValues(int i) const {
  const PartialInts* value = Value(i);
  if (value == nullptr || !value->FullyKnown()) return std::nullopt;
  return std::vector<int64_t>(value->values.begin(), value->values.end());
}

absl::StatusOr<PartialShape> ShapeContext::ShapeValue(int i) const {
  ASSIGN_OR_RETURN(const PartialShape in, WithRankAtMost(i, 1));
  const PartialInts* value = Value(i);
  if (value == nullptr) {
    const int64_t length = in.known_rank() && in.rank() == 1 ? in.dim(0) : -1;
    if (length < 0) return PartialShape();
    if (length > kMaxRank) return InvalidArgument("input ", i, " spells a shape of rank ", length);
    return PartialShape::UnknownOfRank(static_cast<int>(length));
  }
  Dims dims;
  for (int64_t v : value->values) {
    dims.push_back(v == PartialInts::kUnknown ? PartialShape::kUnknown : v);
  }
  absl::StatusOr<PartialShape> shape = PartialShape::Make(dims);
  if (!shape.ok()) return Annotate(shape.status(), absl::StrCat("input ", i, ": "));
  return shape;
}

PartialShape ShapeContext::HandleShape(int i) const {
  const Node& source = HandleSource(graph_, inputs_[i]);
  if (source.op().name == "VarHandleOp") return source.attrs().Value<PartialShape>("shape");
  return IsRefType(graph_.type(inputs_[i])) ? In(i) : PartialShape();
}

DataType ShapeContext::HandleType(int i) const {
  const Node& source = HandleSource(graph_, inputs_[i]);
  if (source.op().name == "VarHandleOp") return source.attrs().Value<DataType>("dtype");
  return IsRefType(graph_.type(inputs_[i])) ? InType(i) : DT_INVALID;
}

absl::StatusOr<PartialShape> ShapeContext::WithRank(int i, int rank) const {
  const PartialShape& shape = In(i);
  if (!shape.known_rank()) return PartialShape::UnknownOfRank(rank);
  if (shape.rank() != rank) return RankError(i, absl::StrCat("rank ", rank), shape);
  return shape;
}

absl::StatusOr<PartialShape> ShapeContext::WithRankAtLeast(int i, int rank) const {
  const PartialShape& shape = In(i);
  if (shape.known_rank() && shape.rank() < rank) {
    return RankError(i, absl::StrCat("rank >= ", rank), shape);
  }
  return shape;
}

absl::StatusOr<PartialShape> ShapeContext::WithRankAtMost(int i, int rank) const {
  const PartialShape& shape = In(i);
  if (shape.known_rank() && shape.rank() > rank) {
    return RankError(i, absl::StrCat("rank <= ", rank), shape);
  }
  return shape;
}

absl::Status ShapeContext::SameAsInput(int i, int min_rank) {
  ASSIGN_OR_RETURN(const PartialShape shape, WithRankAtLeast(i, min_rank));
  for (int k = 0; k < num_outputs(); ++k) SetOut(k, shape);
  return absl::OkStatus();
}

absl::Status ShapeContext::Scalars() {
  for (int k = 0; k < num_outputs(); ++k) SetOut(k, PartialShape(Shape()));
  return absl::OkStatus();
}

absl::Status ShapeContext::Broadcast() {
  ASSIGN_OR_RETURN(PartialShape shape, BroadcastShapes(In(0), In(1)));
  return Return(std::move(shape));
}

absl::Status ShapeContext::AllSame() {
  PartialShape shape;
  for (int i = 0; i < num_inputs(); ++i) {
    absl::StatusOr<PartialShape> merged = shape.Merge(In(i));
    if (!merged.ok()) return Annotate(merged.status(), absl::StrCat("input ", i, ": "));
    shape = *std::move(merged);
  }
  return Return(std::move(shape));
}

}  // namespace weir
