#ifndef WEIR_GRAPH_SHAPE_CONTEXT_H_
#define WEIR_GRAPH_SHAPE_CONTEXT_H_

// What a shape function sees and says. It must be total: for any input shapes and attrs that passed
// the signature it sets every output (an unset output has unknown rank) or returns
// InvalidArgument. The node's description is put before the message by the caller.

#include <optional>
#include <vector>

#include "weir/graph/graph.h"

namespace weir {

class ShapeContext {
 public:
  ShapeContext(const Graph& graph, const AttrMap& attrs, absl::Span<const Endpoint> inputs,
               absl::Span<const DataType> output_types)
      : graph_(graph),
        attrs_(attrs),
        inputs_(inputs),
        output_types_(output_types),
        outputs_(output_types.size()) {}

  int num_inputs() const { return static_cast<int>(inputs_.size()); }
  int num_outputs() const { return static_cast<int>(outputs_.size()); }
  const PartialShape& In(int i) const { return graph_.shape(inputs_[i]); }
  DataType InType(int i) const { return RemoveRef(graph_.type(inputs_[i])); }
  DataType OutType(int i) const { return output_types_[i]; }
  template <typename T>
  T Attr(absl::string_view name) const {
    return attrs_.Value<T>(name);
  }

  const AttrMap& attrs() const { return attrs_; }

  // The known value of input i; nullptr when nothing is known.
  const PartialInts* Value(int i) const {
    return graph_.node(inputs_[i].node).output_value(inputs_[i].index);
  }
  // The value of a scalar (or one-element) input when it is known.
  std::optional<int64_t> IntValue(int i) const;
  // The values of a vector input when all are known.
  std::optional<std::vector<int64_t>> IntValues(int i) const;
  // The tensor itself when input i is a Const node of at most PartialInts::kMaxValues elements: for
  // small arguments that are not vectors, such as paddings, which Value does not track.
  std::optional<Tensor> ConstantValue(int i) const {
    const Node& source = graph_.node(inputs_[i].node);
    const int64_t n = In(i).num_elements();
    if (source.op().name != "Const" || n < 0 || n > static_cast<int64_t>(PartialInts::kMaxValues)) {
      return std::nullopt;
    }
    absl::StatusOr<Tensor> value = source.attrs().Get<Tensor>("value");
    if (!value.ok()) return std::nullopt;
    return *std::move(value);
  }
  // The shape that input i spells: dimensions of unknown value are unknown; only the rank is known
  // when only the input's length is; -1 means unknown. InvalidArgument for values below -1 or
  // an input of rank above 1.
  absl::StatusOr<PartialShape> ShapeValue(int i) const;

  // The shape of a resource input's variable, from the attr `shape` of the VarHandleOp (or the
  // reference variable) it comes from; unknown when it comes from elsewhere.
  PartialShape HandleShape(int i) const;
  DataType HandleType(int i) const;

  // The input's shape, held to a rank; InvalidArgument "input 0 must have rank 2, but has shape
  // [3]" otherwise.
  absl::StatusOr<PartialShape> WithRank(int i, int rank) const;
  absl::StatusOr<PartialShape> WithRankAtLeast(int i, int rank) const;
  absl::StatusOr<PartialShape> WithRankAtMost(int i, int rank) const;

  void SetOut(int i, PartialShape shape) { outputs_[i] = std::move(shape); }
  const PartialShape& Out(int i) const { return outputs_[i]; }

  // The usual answers. Each returns a Status so that a shape function can end with it.
  absl::Status Return(PartialShape shape) {  // Output 0.
    SetOut(0, std::move(shape));
    return absl::OkStatus();
  }
  absl::Status SameAsInput(int i = 0, int min_rank = 0);  // Every output.
  absl::Status Scalars();                                 // Every output is a scalar.
  absl::Status Unknown() { return absl::OkStatus(); }
  // Output 0 broadcasts inputs 0 and 1.
  absl::Status Broadcast();
  // All inputs agree; output 0 has their common shape.
  absl::Status AllSame();

 private:
  const Graph& graph_;
  const AttrMap& attrs_;
  absl::Span<const Endpoint> inputs_;
  absl::Span<const DataType> output_types_;
  std::vector<PartialShape> outputs_;
};

// What a value function (OpDeclaration::Value) sees: known integer values of small inputs.
class ValueContext {
 public:
  explicit ValueContext(const ShapeContext& context) : c_(context) {}
  int num_inputs() const { return c_.num_inputs(); }
  const PartialShape& InShape(int i) const { return c_.In(i); }
  const PartialInts* In(int i) const { return c_.Value(i); }
  const PartialShape& OutShape() const { return c_.Out(0); }
  DataType InType(int i) const { return c_.InType(i); }
  DataType OutType() const { return c_.OutType(0); }
  template <typename T>
  T Attr(absl::string_view name) const {
    return c_.Attr<T>(name);
  }

 private:
  const ShapeContext& c_;
};

}  // namespace weir

#endif  // WEIR_GRAPH_SHAPE_CONTEXT_H_
