// Opens the first GPU, trains a small network on it and closes it, again and again, and holds the
// memory that this takes to the driver's own figures. Ends with the counts.

#include <cuda_runtime.h>

#include <cmath>
#include <cstdio>
#include <string>

#include "weir/ops/activation.h"
#include "weir/ops/constant.h"
#include "weir/ops/cross_entropy.h"
#include "weir/ops/matmul.h"
#include "weir/ops/operators.h"
#include "weir/ops/optimizer_util.h"
#include "weir/ops/reduction.h"
#include "weir/ops/variables_util.h"
#include "weir/runtime/gpu.h"
#include "weir/runtime/session.h"

namespace weir {
namespace {

constexpr int kRounds = 100, kSteps = 4;
constexpr int64_t kRows = 32, kPixels = 64, kHidden = 48, kClasses = 10;
constexpr int64_t kLimit = int64_t{256} << 20, kSmallLimit = int64_t{8} << 20;
// What CUDA's graphs and libraries take for themselves is less.
constexpr int64_t kLibraries = int64_t{96} << 20;

struct Network {
  Network() {
    x = ops::Placeholder(scope.Named("x"), DT_FLOAT, {kRows, kPixels});
    labels = ops::Placeholder(scope.Named("labels"), DT_INT64, {kRows});
    const Output hidden = ops::Relu(scope, Dense("hidden", x, kPixels, kHidden));
    const Output logits = Dense("logits", hidden, kHidden, kClasses);
    loss = ops::ReduceMean(scope,
                           ops::SparseSoftmaxCrossEntropyWithLogits(scope, logits, labels).loss);
    train = MomentumOptimizer(0.1, 0.9).Minimize(scope, loss);
    init = GlobalVariablesInitializer(scope);
  }

  Output Dense(const std::string& name, const Output& in, int64_t rows, int64_t columns) const {
    const Scope layer = scope.Sub(name);
    const Output w = GetVariable(layer, "w", Shape({rows, columns}), TruncatedNormal(0.1, 0, 1));
    const Output b = GetVariable(layer, "b", Shape({columns}), Constant(0));
    return ops::MatMul(layer, in, w) + b;
  }

  Scope scope = Scope::Root();
  Output x, labels, loss;
  Operation train, init;
};

struct Batch {
  Batch()
      : images(Tensor::Make(DT_FLOAT, Shape({kRows, kPixels})).value()),
        labels(Tensor::Make(DT_INT64, Shape({kRows})).value()) {
    for (int64_t i = 0; i < kRows; ++i) {
      labels.mutable_data<int64_t>()[i] = i % kClasses;
      for (int64_t j = 0; j < kPixels; ++j) {
        images.mutable_data<float>()[i * kPixels + j] = j % kClasses == i % kClasses ? 1.0f : 0.1f;
      }
    }
  }

  Tensor images, labels;
};

// What the driver says is free of the GPU that the last call was for.
absl::StatusOr<int64_t> FreeBytes() {
  size_t free = 0, total = 0;
  if (const cudaError_t error = cudaMemGetInfo(&free, &total); error != cudaSuccess) {
    return Internal("cudaMemGetInfo: ", cudaGetErrorString(error));
  }
  return static_cast<int64_t>(free);
}

absl::Status Train(const Network& net, const Batch& batch, const Session& session) {
  RETURN_IF_ERROR(session.Run({}, {}, {net.init}).status());
  float first = 0, last = 0;
  for (int step = 0; step < kSteps; ++step) {
    ASSIGN_OR_RETURN(
        const std::vector<Tensor> loss,
        session.Run({{net.x, batch.images}, {net.labels, batch.labels}}, {net.loss}, {net.train}));
    last = *loss[0].data<float>();
    if (step == 0) first = last;
  }
  if (!(last < first)) return Internal("the loss went from ", first, " to ", last);
  return absl::OkStatus();
}

// A round; what it took of the GPU, by the driver's figures, in *bytes.
absl::Status Round(const Network& net, const Batch& batch, int64_t* bytes) {
  ASSIGN_OR_RETURN(const int64_t before, FreeBytes());
  ASSIGN_OR_RETURN(
      auto gpus,
      MakeGpus({.allow_growth = false, .memory_limit = kLimit, .visible_device_list = "0"}));
  ASSIGN_OR_RETURN(Session session, Session::Create(net.scope, {.devices = std::move(gpus)}));
  RETURN_IF_ERROR(Train(net, batch, session));
  ASSIGN_OR_RETURN(const int64_t during, FreeBytes());
  *bytes = before - during;
  return session.Close();
}

// The context, and what libraries keep for themselves, come with the first round and stay.
absl::Status CheckRounds(const Network& net, const Batch& batch) {
  int64_t bytes = 0;
  RETURN_IF_ERROR(Round(net, batch, &bytes));
  ASSIGN_OR_RETURN(const int64_t free, FreeBytes());
  for (int round = 1; round < kRounds; ++round) {
    RETURN_IF_ERROR(Round(net, batch, &bytes));
    if (bytes < kLimit || bytes > kLimit + kLibraries) {
      return Internal("a round took ", bytes, " bytes where ", kLimit, " were allowed");
    }
    ASSIGN_OR_RETURN(const int64_t left, FreeBytes());
    if (left != free) {
      return Internal("round ", round, " left ", free - left, " bytes with the driver");
    }
  }
  return absl::OkStatus();
}

// A program that does not fit under the limit is an error, and the next session is as good as new.
absl::Status CheckLimit(const Network& net, const Batch& batch) {
  const Scope scope = Scope::Root();
  const Output x = ops::Placeholder(scope.Named("x"), DT_FLOAT, {1024, 2048});
  const Output product = ops::MatMul(scope, x, x, {.transpose_b = true});
  ASSIGN_OR_RETURN(auto gpus, MakeGpus({.memory_limit = kSmallLimit, .visible_device_list = "0"}));
  ASSIGN_OR_RETURN(const Session session, Session::Create(scope, {.devices = std::move(gpus)}));
  ASSIGN_OR_RETURN(const Tensor value, Tensor::Make(DT_FLOAT, Shape({1024, 2048})));
  const absl::Status status = session.Run({{x, value}}, {product}, {}).status();
  if (!absl::IsResourceExhausted(status)) {
    return Internal("a product above the limit: ", status.ToString());
  }
  int64_t bytes = 0;
  return Round(net, batch, &bytes);
}

}  // namespace
}  // namespace weir

int main() {
  // Without a GPU there is nothing to check; with one, every error is a failure.
  if (const auto gpus = weir::MakeGpus({.visible_device_list = "0"}); !gpus.ok()) {
    std::printf("skipped: %s\n0 passed, 0 failed, 2 skipped\n", gpus.status().ToString().c_str());
    return 0;
  }
  const weir::Network net;
  const weir::Batch batch;
  int passed = 0, failed = 0;
  const auto count = [&](const char* what, const absl::Status& status) {
    ++(status.ok() ? passed : failed);
    if (!status.ok()) std::printf("FAILED %s: %s\n", what, status.ToString().c_str());
  };
  count("rounds", CheckRounds(net, batch));
  count("limit", CheckLimit(net, batch));
  std::printf("%d passed, %d failed, 0 skipped\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
