#ifndef WEIR_GRAPH_GRADIENTS_H_
#define WEIR_GRAPH_GRADIENTS_H_

// Symbolic differentiation: appends the nodes that compute d(sum of ys)/dx for every x.

#include <optional>
#include <vector>

#include "weir/graph/scope.h"

namespace weir {

// A gradient of a large tensor of which few rows are non-zero: row indices[i] gets values[i];
// repeated indices add up. `dense_shape` is the shape of the whole.
struct IndexedSlices {
  Output values;
  Output indices;
  Output dense_shape;
};

// A gradient: none (nothing depends), dense, or rows.
struct Gradient {
  Output dense;
  std::optional<IndexedSlices> slices;

  bool exists() const { return dense.valid() || slices.has_value(); }
  // The gradient as one tensor; sums the rows when it is IndexedSlices. Invalid when none.
  Output ToDense(const OpScope& scope) const;
};

// What a gradient function sees: the forward node, and the gradients of its outputs.
class GradientContext {
 public:
  GradientContext(const OpScope& scope, Operation op, std::vector<Gradient> output_gradients)
      : scope_(scope),
        op_(std::move(op)),
        grads_(std::move(output_gradients)),
        results_(op_.node().num_inputs()) {}

  const OpScope& scope() const { return scope_; }
  const Operation& op() const { return op_; }
  int num_inputs() const { return static_cast<int>(results_.size()); }
  int num_outputs() const { return static_cast<int>(grads_.size()); }
  Output In(int i) const;
  Output Out(int i) const { return op_.out(i); }
  DataType InType(int i) const { return In(i).type(); }
  template <typename T>
  T Attr(absl::string_view name) const {
    return op_.node().attrs().Value<T>(name);
  }

  // The gradient of output i, dense; zeros like the output when none arrived.
  Output Grad(int i);
  bool HasGrad(int i) const { return grads_[i].exists(); }
  const Gradient& RawGrad(int i) const { return grads_[i]; }

  // Says the gradients of the inputs, in order; an invalid Output means none.
  absl::Status Return(std::initializer_list<Output> gradients);
  absl::Status Return(absl::Span<const Output> gradients);
  void Set(int i, const Output& gradient) { results_[i].dense = gradient; }
  void SetSlices(int i, IndexedSlices slices) { results_[i].slices = std::move(slices); }
  void SetGradient(int i, Gradient gradient) { results_[i] = std::move(gradient); }

  const std::vector<Gradient>& results() const { return results_; }

 private:
  OpScope scope_;
  Operation op_;
  std::vector<Gradient> grads_;
  std::vector<Gradient> results_;
};

struct GradientOptions {
  std::vector<Output> stop_gradients = {};  // Treated as constants.
  bool colocate_with_ops = false;
};

// One gradient per x, in order; Gradient::exists() is false for an x on which no y depends.
// `grad_ys` is empty (ones) or has one entry per y (an invalid entry means ones).
// Errors: InvalidArgument for wrong counts, types, or tensors of another graph; Unimplemented
// listing every op on the way that lacks a gradient.
absl::StatusOr<std::vector<Gradient>> AddGradients(const OpScope& scope,
                                                   absl::Span<const Output> ys,
                                                   absl::Span<const Output> xs,
                                                   absl::Span<const Output> grad_ys = {},
                                                   const GradientOptions& options = {});

// The same with every gradient dense; missing ones stay invalid.
absl::StatusOr<std::vector<Output>> AddDenseGradients(const OpScope& scope,
                                                      absl::Span<const Output> ys,
                                                      absl::Span<const Output> xs,
                                                      absl::Span<const Output> grad_ys = {},
                                                      const GradientOptions& options = {});

}  // namespace weir

#endif  // WEIR_GRAPH_GRADIENTS_H_
