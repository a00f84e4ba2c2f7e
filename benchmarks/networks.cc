#include "weir/benchmarks/networks.h"

#include "absl/strings/str_cat.h"
#include "weir/ops/activation.h"
#include "weir/ops/batch_norm.h"
#include "weir/ops/cast.h"
#include "weir/ops/conv2d.h"
#include "weir/ops/matmul.h"
#include "weir/ops/operators.h"
#include "weir/ops/pool.h"
#include "weir/ops/reduction.h"
#include "weir/ops/variables_util.h"

namespace weir::benchmarks {
namespace {

class ResNetBuilder {
 public:
  ResNetBuilder(DataType type, bool is_training) : type_(type), is_training_(is_training) {}

  // Zeros on all sides, as many as keep the image's size at stride 1.
  Output Convolution(const Scope& scope, const Output& x, int64_t size, int64_t stride,
                     int64_t channels) {
    const int64_t in = x.shape().dim(3), pad = size / 2;
    const Output filter = GetVariable(scope, "filter", Shape({size, size, in, channels}),
                                      HeNormal(static_cast<int64_t>(++seed_)));
    const Output y = ops::Conv2D(scope, x, ops::Cast(scope, filter, type_),
                                 {.strides = {1, stride, stride, 1},
                                  .padding = "EXPLICIT",
                                  .explicit_paddings = {0, 0, pad, pad, pad, pad, 0, 0}});
    net_.flops += 2.0 * static_cast<double>(y.shape().num_elements() * size * size * in);
    return Normalized(scope, y);
  }

  // Two convolutions of 1x1 around one of 3x3, and a way past them.
  Output Block(const Scope& scope, const Output& x, int64_t stride, int64_t channels) {
    const int64_t out = 4 * channels;
    Output y = ops::Relu(scope, Convolution(scope.Sub("narrow"), x, 1, 1, channels));
    y = ops::Relu(scope, Convolution(scope.Sub("spatial"), y, 3, stride, channels));
    y = Convolution(scope.Sub("wide"), y, 1, 1, out);
    const bool same = stride == 1 && x.shape().dim(3) == out;
    return ops::Relu(scope, y + (same ? x : Convolution(scope.Sub("past"), x, 1, stride, out)));
  }

  ResNet Finish(const Scope& scope, const Output& x, int64_t classes) {
    const int64_t in = x.shape().dim(3);
    const Output weight = GetVariable(scope, "w", Shape({in, classes}), RandomNormal(0.01, 0, 1));
    const Output bias = GetVariable(scope, "b", Shape({classes}), Zeros());
    const Output pooled = ops::ReduceMean(scope, x, {1, 2});
    const Output product = ops::MatMul(scope, pooled, ops::Cast(scope, weight, type_));
    net_.logits = ops::Cast(scope, product, DT_FLOAT) + bias;
    net_.flops += 2.0 * static_cast<double>(product.shape().num_elements() * in);
    return std::move(net_);
  }

 private:
  Output Normalized(const Scope& scope, const Output& x) {
    const Shape channels({x.shape().dim(3)});
    const Output scale = GetVariable(scope, "scale", channels, Ones());
    const Output offset = GetVariable(scope, "offset", channels, Zeros());
    const auto mean = GetVariable(scope, "mean", channels, Zeros(), {.trainable = false});
    const auto variance = GetVariable(scope, "variance", channels, Ones(), {.trainable = false});
    const ops::FusedBatchNormResult result = ops::FusedBatchNorm(
        scope, x, scale, offset, mean, variance, {.epsilon = 1e-5f, .is_training = is_training_});
    if (is_training_) {
      net_.updates.push_back(mean.AssignSub(scope, (mean - result.batch_mean) * 0.1f));
      net_.updates.push_back(variance.AssignSub(scope, (variance - result.batch_variance) * 0.1f));
    }
    return result.y;
  }

  const DataType type_;
  const bool is_training_;
  int64_t seed_ = 0;
  ResNet net_;
};

}  // namespace

Output BuildMlp(const Scope& scope, const std::vector<int64_t>& sizes, const Output& x) {
  Output h = x;
  for (size_t i = 0; i + 1 < sizes.size(); ++i) {
    const Scope layer = scope.Sub(absl::StrCat("layer", i));
    const auto weight = GetVariable(layer, "w", Shape({sizes[i], sizes[i + 1]}),
                                    RandomNormal(0.05, 0, static_cast<int64_t>(i + 1)));
    const auto bias = GetVariable(layer, "b", Shape({sizes[i + 1]}), Zeros());
    h = ops::MatMul(layer, h, weight) + bias;
    if (i + 2 < sizes.size()) h = ops::Relu(layer, h);
  }
  return h;
}

double MlpParameters(const std::vector<int64_t>& sizes) {
  double count = 0;
  for (size_t i = 0; i + 1 < sizes.size(); ++i) {
    count += static_cast<double>((sizes[i] + 1) * sizes[i + 1]);
  }
  return count;
}

double MlpTrainingFlops(const std::vector<int64_t>& sizes, int64_t batch) {
  const double first = static_cast<double>(sizes[0] * sizes[1]);
  return 2.0 * static_cast<double>(batch) * (3 * MlpParameters(sizes) - first);
}

ResNet BuildResNet(const Scope& scope, const Output& images, const ResNetOptions& options) {
  ResNetBuilder builder(images.type(), options.is_training);
  Output x =
      ops::Relu(scope, builder.Convolution(scope.Sub("first"), images, 7, 2, options.channels));
  x = ops::MaxPool(scope, x, {.ksize = {1, 3, 3, 1}, .padding = "SAME"});
  for (size_t stage = 0; stage < options.blocks.size(); ++stage) {
    for (int block = 0; block < options.blocks[stage]; ++block) {
      x = builder.Block(scope.Sub(absl::StrCat("stage", stage, "_block", block)), x,
                        stage > 0 && block == 0 ? 2 : 1, options.channels << stage);
    }
  }
  return builder.Finish(scope.Sub("logits"), x, options.classes);
}

}  // namespace weir::benchmarks
