#include "weir/graph/gradients.h"

#include <algorithm>
#include <map>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_join.h"

namespace weir {
namespace {

std::vector<Input> Inputs(const std::vector<Output>& outputs) {
  return std::vector<Input>(outputs.begin(), outputs.end());
}

// The sum of several gradients of one tensor. Rows stay rows when all are rows.
Gradient Sum(const OpScope& scope, std::vector<Gradient> parts) {
  if (parts.empty()) return Gradient();
  if (parts.size() == 1) return std::move(parts[0]);
  const bool all_slices = std::all_of(parts.begin(), parts.end(),
                                      [](const Gradient& g) { return g.slices.has_value(); });
  if (!all_slices) {
    std::vector<Output> dense;
    for (const Gradient& g : parts) dense.push_back(g.ToDense(scope));
    return {scope.Op("AddN").InList(Inputs(dense)).Build(), std::nullopt};
  }
  std::vector<Output> values, indices;
  const bool mixed = std::any_of(parts.begin(), parts.end(), [&](const Gradient& g) {
    return g.slices->indices.type() != parts[0].slices->indices.type();
  });
  for (const Gradient& g : parts) {
    values.push_back(g.slices->values);
    indices.push_back(
        !mixed ? g.slices->indices
               : Output(scope.Op("Cast").In(g.slices->indices).Attr("DstT", DT_INT64).Build()));
  }
  IndexedSlices sum = *parts[0].slices;
  sum.values = scope.Op("ConcatV2").InList(Inputs(values)).In(0).Build();
  sum.indices = scope.Op("ConcatV2").InList(Inputs(indices)).In(0).Build();
  return {Output(), std::move(sum)};
}

// One differentiation: the gradients gathered so far, walked from the highest node id downwards,
// which is an order in which every consumer comes before its producers.
class Differentiation {
 public:
  Differentiation(const OpScope& scope, const GradientOptions& options)
      : scope_(scope),
        gradients_scope_(scope.scope().Sub("gradients")),
        graph_(scope.scope().state()->graph),
        options_(options) {}

  absl::StatusOr<std::vector<Gradient>> Run(absl::Span<const Output> ys,
                                            absl::Span<const Output> xs,
                                            absl::Span<const Output> grad_ys) {
    RETURN_IF_ERROR(Check(ys, xs, grad_ys));
    Mark(ys, xs);
    for (size_t i = 0; i < ys.size(); ++i) {
      const Output seed = i < grad_ys.size() ? grad_ys[i] : Output();
      pending_[ys[i].endpoint()].push_back({seed.valid() ? seed : Ones(ys[i]), std::nullopt});
    }
    for (NodeId id = high_; id >= low_; --id) {
      if (!between_[id - low_]) continue;
      RETURN_IF_ERROR(scope_.scope().status());
      RETURN_IF_ERROR(Visit(id));
    }
    RETURN_IF_ERROR(scope_.scope().status());
    if (!missing_.empty()) {
      return Unimplemented("No gradient defined for: ",
                           absl::StrJoin(missing_, ", ", absl::PairFormatter(" (")));
    }
    std::vector<Gradient> results;
    for (const Output& x : xs) results.push_back(Total(x.endpoint()));
    RETURN_IF_ERROR(scope_.scope().status());
    return results;
  }

 private:
  absl::Status Check(absl::Span<const Output> ys, absl::Span<const Output> xs,
                     absl::Span<const Output> grad_ys) const {
    RETURN_IF_ERROR(scope_.scope().status());
    const auto bad = [&](const Output& o) {
      return !o.valid() || o.state() != scope_.scope().state();
    };
    if (std::any_of(ys.begin(), ys.end(), bad) || std::any_of(xs.begin(), xs.end(), bad)) {
      return InvalidArgument("AddGradients: every y and x must be a tensor of the scope's graph");
    }
    const auto foreign = [&](const Output& o) { return o.valid() && bad(o); };
    if (std::any_of(grad_ys.begin(), grad_ys.end(), foreign)) {
      return InvalidArgument("AddGradients: every grad_y must be a tensor of the scope's graph");
    }
    if (std::any_of(options_.stop_gradients.begin(), options_.stop_gradients.end(), bad)) {
      return InvalidArgument(
          "AddGradients: every tensor of stop_gradients must be one of the scope's graph");
    }
    if (!grad_ys.empty() && grad_ys.size() != ys.size()) {
      return InvalidArgument("AddGradients: ", ys.size(), " ys, but ", grad_ys.size(), " grad_ys");
    }
    for (size_t i = 0; i < ys.size(); ++i) {
      const bool seeded = i < grad_ys.size() && grad_ys[i].valid();
      if (!IsTrainableType(ys[i].type())) {
        return InvalidArgument("AddGradients: y '", ys[i].name(), "' has type ",
                               DataTypeName(ys[i].type()), ", through which no gradient flows");
      }
      if (!seeded && IsComplexType(ys[i].type())) {
        return InvalidArgument("AddGradients: the complex y '", ys[i].name(), "' needs a grad_y");
      }
      if (seeded && grad_ys[i].type() != RemoveRef(ys[i].type())) {
        return InvalidArgument("AddGradients: grad_y of '", ys[i].name(), "' must be ",
                               DataTypeName(RemoveRef(ys[i].type())), ", but is ",
                               DataTypeName(grad_ys[i].type()));
      }
    }
    return absl::OkStatus();
  }

  // between_: nodes that some x reaches and that reach some y.
  void Mark(absl::Span<const Output> ys, absl::Span<const Output> xs) {
    low_ = graph_.num_nodes();
    high_ = -1;
    for (const Output& x : xs) low_ = std::min(low_, x.endpoint().node);
    for (const Output& y : ys) high_ = std::max(high_, y.endpoint().node);
    if (low_ > high_) return;
    const int n = high_ - low_ + 1;
    absl::flat_hash_set<Endpoint> sources, stops;
    for (const Output& x : xs) sources.insert(x.endpoint());
    for (const Output& s : options_.stop_gradients) stops.insert(s.endpoint());
    std::vector<bool> reached(n, false), wanted(n, false);
    for (NodeId id = low_; id <= high_; ++id) {
      for (const Endpoint& e : graph_.node(id).inputs()) {
        if (e.node < low_ || e.node > high_ || !IsTrainableType(graph_.type(e))) continue;
        if (sources.contains(e) || (reached[e.node - low_] && !stops.contains(e))) {
          reached[id - low_] = true;
          break;
        }
      }
    }
    for (const Output& y : ys) {
      if (y.endpoint().node >= low_) wanted[y.endpoint().node - low_] = true;
    }
    between_.assign(n, false);
    for (NodeId id = high_; id >= low_; --id) {
      between_[id - low_] = wanted[id - low_] && reached[id - low_];
      for (int i = 0; i < graph_.node(id).num_outputs(); ++i) {
        if (stops.contains({id, i})) between_[id - low_] = false;
      }
      if (!wanted[id - low_]) continue;
      for (const Endpoint& e : graph_.node(id).inputs()) {
        if (e.node >= low_) wanted[e.node - low_] = true;
      }
    }
  }

  // The sum of what has arrived at `e`; remembers it, so that an x and its producer share it.
  Gradient Total(Endpoint e) {
    const auto it = pending_.find(e);
    if (it == pending_.end()) return Gradient();
    Gradient total = Sum(gradients_scope_, std::move(it->second));
    it->second = {total};
    return total;
  }

  absl::Status Visit(NodeId id) {
    const Operation op(scope_.scope().state(), id);
    std::vector<Gradient> grads;
    bool any = false;
    for (int i = 0; i < op.num_outputs(); ++i) {
      grads.push_back(Total({id, i}));
      any = any || grads.back().exists();
    }
    const OpSpec& spec = op.node().op();
    if (!any || spec.gradient_kind == GradientKind::kNone) return absl::OkStatus();
    if (spec.gradient_kind == GradientKind::kMissing) {
      missing_.emplace(op.name(), absl::StrCat("op type: ", spec.name, ")"));
      return absl::OkStatus();
    }
    Scope inner = gradients_scope_.scope().WithPrefix(
        absl::StrCat(gradients_scope_.scope().prefix(), "/", op.name(), "_grad"));
    if (options_.colocate_with_ops) inner = inner.ColocateWith(op);
    GradientContext context(OpScope(inner, scope_.where()), op, std::move(grads));
    if (absl::Status status = spec.gradient(context); !status.ok()) {
      return Annotate(status, absl::StrCat("gradient of ", op.node().Description(), ": "));
    }
    return Collect(op, context.results());
  }

  absl::Status Collect(const Operation& op, const std::vector<Gradient>& results) {
    for (int i = 0; i < op.node().num_inputs(); ++i) {
      if (!results[i].exists()) continue;
      const Endpoint input = op.node().inputs()[i];
      const DataType want = RemoveRef(graph_.type(input));
      const DataType got =
          results[i].slices ? results[i].slices->values.type() : results[i].dense.type();
      if (want != DT_RESOURCE && want != DT_VARIANT && want != RemoveRef(got)) {
        return InvalidArgument("gradient of ", op.node().Description(), ": input ", i, " is ",
                               DataTypeName(want), ", but its gradient is ", DataTypeName(got));
      }
      pending_[input].push_back(results[i]);
    }
    return absl::OkStatus();
  }

  Output Ones(const Output& y) const {
    const Output shape = gradients_scope_.Op("Shape").In(y).Build();
    const Scope named = gradients_scope_.scope().Named("grad_ys_0");
    const Output one = OpScope(named, scope_.where())
                           .Op("Cast")
                           .In(Tensor::Scalar<float>(1))
                           .Attr("DstT", RemoveRef(y.type()))
                           .Build();
    return gradients_scope_.Op("Fill").In(shape).In(one).Build();
  }

  OpScope scope_;
  OpScope gradients_scope_;
  const Graph& graph_;
  const GradientOptions& options_;
  NodeId low_ = 0;
  NodeId high_ = -1;
  std::vector<bool> between_;  // By id - low_.
  absl::flat_hash_map<Endpoint, std::vector<Gradient>> pending_;
  std::map<std::string, std::string> missing_;
};

}  // namespace

Output Gradient::ToDense(const OpScope& scope) const {
  if (!slices.has_value()) return dense;
  const Output rows = scope.Op("StridedSlice")
                          .In(slices->dense_shape)
                          .In({0})
                          .In({1})
                          .In({1})
                          .Attr("shrink_axis_mask", 1)
                          .Build();
  return scope.Op("UnsortedSegmentSum").In(slices->values).In(slices->indices).In(rows).Build();
}

Output GradientContext::In(int i) const { return Output(op_.state(), op_.node().inputs()[i]); }

Output GradientContext::Grad(int i) {
  Gradient& grad = grads_[i];
  if (grad.slices.has_value()) {
    grad = {grad.ToDense(scope_), std::nullopt};
  } else if (!grad.dense.valid()) {
    grad.dense = scope_.Op("ZerosLike").In(op_.out(i)).Build();
  }
  return grad.dense;
}

absl::Status GradientContext::Return(std::initializer_list<Output> gradients) {
  return Return(absl::MakeConstSpan(gradients.begin(), gradients.size()));
}

absl::Status GradientContext::Return(absl::Span<const Output> gradients) {
  if (gradients.size() != results_.size()) {
    return Internal("Num gradients ", gradients.size(), " generated for op ", op_.name(),
                    " do not match num inputs ", results_.size());
  }
  for (size_t i = 0; i < gradients.size(); ++i) results_[i].dense = gradients[i];
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Gradient>> AddGradients(const OpScope& scope,
                                                   absl::Span<const Output> ys,
                                                   absl::Span<const Output> xs,
                                                   absl::Span<const Output> grad_ys,
                                                   const GradientOptions& options) {
  return Differentiation(scope, options).Run(ys, xs, grad_ys);
}

absl::StatusOr<std::vector<Output>> AddDenseGradients(const OpScope& scope,
                                                      absl::Span<const Output> ys,
                                                      absl::Span<const Output> xs,
                                                      absl::Span<const Output> grad_ys,
                                                      const GradientOptions& options) {
  ASSIGN_OR_RETURN(std::vector<Gradient> gradients, AddGradients(scope, ys, xs, grad_ys, options));
  std::vector<Output> dense;
  for (const Gradient& g : gradients) dense.push_back(g.ToDense(scope));
  RETURN_IF_ERROR(scope.scope().status());
  return dense;
}

}  // namespace weir
