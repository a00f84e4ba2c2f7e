#include "weir/ops/constant.h"
#include "weir/ops/cross_entropy.h"
#include "weir/ops/matmul.h"
#include "weir/ops/operators.h"
#include "weir/ops/optimizer_util.h"
#include "weir/ops/reduction.h"
#include "weir/runtime/session.h"

namespace ops = weir::ops;

absl::Status Train(absl::Span<const std::pair<weir::Tensor, weir::Tensor>> batches) {
  weir::Scope s = weir::Scope::Root();
  weir::Output x = ops::Placeholder(s.Named("x"), weir::DT_FLOAT, {-1, 784});
  weir::Output y = ops::Placeholder(s.Named("y"), weir::DT_INT64, {-1});

  weir::Scope fc = s.Sub("fc");
  auto w = weir::GetVariable(fc, "w", {784, 10}, weir::TruncatedNormal(0.1));
  auto b = weir::GetVariable(fc, "b", {10}, weir::Constant(0.1));
  weir::Output logits = ops::MatMul(fc, x, w) + b;
  weir::Output loss = ops::ReduceMean(s, ops::SparseSoftmaxCrossEntropyWithLogits(s, logits, y));
  weir::Operation train = weir::AdamOptimizer(1e-3).Minimize(s, loss);
  weir::Operation init = weir::GlobalVariablesInitializer(s);

  // Reports every error kept in the scope: "MatMul 'fc/MatMul' (train.cc:19): ..."
  ASSIGN_OR_RETURN(weir::Session session, weir::Session::Create(s));
  RETURN_IF_ERROR(session.Run({}, {}, {init}).status());
  ASSIGN_OR_RETURN(weir::Callable step, session.Prepare({x, y}, {loss}, {train}));
  for (const auto& [images, labels] : batches) RETURN_IF_ERROR(step({images, labels}).status());
  return absl::OkStatus();
}
