#include "weir/ops/random.h"

#include "weir/graph/gradients.h"
#include "weir/graph/op_spec.h"
#include "weir/graph/shape_context.h"
#include "weir/ops/call_util.h"
#include "weir/ops/constant.h"
#include "weir/ops/operators.h"
#include "weir/ops/seed_util.h"

namespace weir {
namespace ops {
namespace {

// A builder of an op with the attrs seed and seed2, which count the ops made before it.
class SeededOp {
 public:
  SeededOp(const OpScope& scope, absl::string_view op, const RandomOptions& options)
      : scope_(scope), builder_(scope.Op(op)), options_(options) {}

  SeededOp& In(const Input& input) {
    builder_.In(input);
    return *this;
  }
  template <typename T>
  SeededOp& Attr(absl::string_view name, const T& value) {
    builder_.Attr(name, value);
    return *this;
  }
  Output Build() {
    const OpSeeds seeds = SeedsFor(scope_.scope(), options_.seed);
    return builder_.Attr("seed", seeds.seed).Attr("seed2", seeds.seed2).Build();
  }

 private:
  const OpScope& scope_;
  OpBuilder builder_;
  const RandomOptions& options_;
};

Tensor ShapeTensor(const weir::Shape& shape) {
  std::vector<int64_t> dims(shape.dims().begin(), shape.dims().end());
  bool narrow = true;
  for (int64_t d : dims) narrow = narrow && d == static_cast<int32_t>(d);
  if (!narrow) return Tensor::Vector<int64_t>(dims);
  return Tensor::Vector<int32_t>(std::vector<int32_t>(dims.begin(), dims.end()));
}

// sample * scale + shift, under the name that the scope says.
Output Scale(const OpScope& outer, absl::string_view name, absl::string_view op,
             const weir::Shape& shape, double shift, double scale, DataType dtype,
             const RandomOptions& options) {
  const OpScope inner = outer.Composite(name);
  const auto named = [&](absl::string_view n) {
    return OpScope(inner.scope().Named(n), inner.where());
  };
  const bool uniform = op == "RandomUniform";
  const Output dims = Const(named("shape"), ShapeTensor(shape));
  const Output low = ScalarConst(named(uniform ? "min" : "mean"), dtype, shift);
  const Output factor = ScalarConst(named(uniform ? "range" : "stddev"), dtype, scale);
  const Output sample = SeededOp(named(op), op, options).In(dims).Attr("dtype", dtype).Build();
  const Output scaled = named("mul").Op("Mul").In(sample).In(factor).Build();
  return OpScope(inner.scope().NamedAsScope(), inner.where()).Op("Add").In(scaled).In(low).Build();
}

}  // namespace

Output RandomUniform(const OpScope& scope, const Input& shape, DataType dtype,
                     const RandomOptions& options) {
  return SeededOp(scope, "RandomUniform", options).In(shape).Attr("dtype", dtype).Build();
}

Output RandomUniformInt(const OpScope& scope, const Input& shape, const Input& minval,
                        const Input& maxval, const RandomOptions& options) {
  return SeededOp(scope, "RandomUniformInt", options).In(shape).In(minval).In(maxval).Build();
}

Output RandomStandardNormal(const OpScope& scope, const Input& shape, DataType dtype,
                            const RandomOptions& options) {
  return SeededOp(scope, "RandomStandardNormal", options).In(shape).Attr("dtype", dtype).Build();
}

Output TruncatedNormal(const OpScope& scope, const Input& shape, DataType dtype,
                       const RandomOptions& options) {
  return SeededOp(scope, "TruncatedNormal", options).In(shape).Attr("dtype", dtype).Build();
}

Output ParameterizedTruncatedNormal(const OpScope& scope, const Input& shape, const Input& means,
                                    const Input& stdevs, const Input& minvals, const Input& maxvals,
                                    const RandomOptions& options) {
  return SeededOp(scope, "ParameterizedTruncatedNormal", options)
      .In(shape)
      .In(means)
      .In(stdevs)
      .In(minvals)
      .In(maxvals)
      .Build();
}

Output RandomShuffle(const OpScope& scope, const Input& value, const RandomOptions& options) {
  return SeededOp(scope, "RandomShuffle", options).In(value).Build();
}

Output RandomGamma(const OpScope& scope, const Input& shape, const Input& alpha,
                   const RandomOptions& options) {
  return SeededOp(scope, "RandomGamma", options).In(shape).In(alpha).Build();
}

Output RandomPoisson(const OpScope& scope, const Input& shape, const Input& rate, DataType dtype,
                     const RandomOptions& options) {
  return SeededOp(scope, "RandomPoissonV2", options)
      .In(shape)
      .In(rate)
      .Attr("dtype", dtype)
      .Build();
}

Output Multinomial(const OpScope& scope, const Input& logits, const Input& num_samples,
                   DataType output_dtype, const RandomOptions& options) {
  return SeededOp(scope, "Multinomial", options)
      .In(logits)
      .In(num_samples)
      .Attr("output_dtype", output_dtype)
      .Build();
}

Output StatelessRandomUniform(const OpScope& scope, const Input& shape, const Input& seed,
                              DataType dtype) {
  return scope.Op("StatelessRandomUniform").In(shape).In(seed).Attr("dtype", dtype).Build();
}

Output StatelessRandomNormal(const OpScope& scope, const Input& shape, const Input& seed,
                             DataType dtype) {
  return scope.Op("StatelessRandomNormal").In(shape).In(seed).Attr("dtype", dtype).Build();
}

Output StatelessTruncatedNormal(const OpScope& scope, const Input& shape, const Input& seed,
                                DataType dtype) {
  return scope.Op("StatelessTruncatedNormal").In(shape).In(seed).Attr("dtype", dtype).Build();
}

Output StatelessRandomUniformInt(const OpScope& scope, const Input& shape, const Input& seed,
                                 const Input& minval, const Input& maxval) {
  return scope.Op("StatelessRandomUniformInt").In(shape).In(seed).In(minval).In(maxval).Build();
}

Output StatelessMultinomial(const OpScope& scope, const Input& logits, const Input& num_samples,
                            const Input& seed, DataType output_dtype) {
  return scope.Op("StatelessMultinomial")
      .In(logits)
      .In(num_samples)
      .In(seed)
      .Attr("output_dtype", output_dtype)
      .Build();
}

Output UniformBetween(const OpScope& scope, const weir::Shape& shape, double low, double high,
                      DataType dtype, const RandomOptions& options) {
  return Scale(scope, "random_uniform", "RandomUniform", shape, low, high - low, dtype, options);
}

Output RandomNormal(const OpScope& scope, const weir::Shape& shape, double mean, double stddev,
                    DataType dtype, const RandomOptions& options) {
  return Scale(scope, "random_normal", "RandomStandardNormal", shape, mean, stddev, dtype, options);
}

Output ScaledTruncatedNormal(const OpScope& scope, const weir::Shape& shape, double mean,
                             double stddev, DataType dtype, const RandomOptions& options) {
  return Scale(scope, "truncated_normal", "TruncatedNormal", shape, mean, stddev, dtype, options);
}

}  // namespace ops

namespace {

constexpr char kFloats[] = "dtype: {half, bfloat16, float, double}";
constexpr char kReals[] =
    "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}";

absl::Status SampleShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(PartialShape shape, c.ShapeValue(0));
  return c.Return(std::move(shape));
}

absl::Status CheckScalar(ShapeContext& c, int i) { return c.WithRank(i, 0).status(); }

absl::Status CheckSeed(ShapeContext& c, int i) {
  ASSIGN_OR_RETURN(const PartialShape seed, c.WithRank(i, 1));
  if (seed.dim(0) < 0 || seed.dim(0) == 2) return absl::OkStatus();
  return InvalidArgument("seed must have shape [2], not ", seed.ToString());
}

absl::Status StatelessShape(ShapeContext& c) {
  RETURN_IF_ERROR(CheckSeed(c, 1));
  return SampleShape(c);
}

absl::Status StatelessIntShape(ShapeContext& c) {
  RETURN_IF_ERROR(CheckScalar(c, 2));
  RETURN_IF_ERROR(CheckScalar(c, 3));
  return StatelessShape(c);
}

absl::Status UniformIntShape(ShapeContext& c) {
  RETURN_IF_ERROR(CheckScalar(c, 1));
  RETURN_IF_ERROR(CheckScalar(c, 2));
  return SampleShape(c);
}

absl::Status TruncatedShape(ShapeContext& c) {
  for (int i = 1; i < 5; ++i) RETURN_IF_ERROR(c.WithRankAtMost(i, 1).status());
  return SampleShape(c);
}

// shape + the parameter's shape.
absl::Status PerParameterShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const PartialShape outer, c.ShapeValue(0));
  const PartialShape& inner = c.In(1);
  if (!outer.known_rank() || !inner.known_rank()) return c.Unknown();
  Dims dims(outer.dims().begin(), outer.dims().end());
  dims.insert(dims.end(), inner.dims().begin(), inner.dims().end());
  ASSIGN_OR_RETURN(PartialShape shape, PartialShape::Make(dims));
  return c.Return(std::move(shape));
}

absl::Status MultinomialShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const PartialShape logits, c.WithRank(0, 2));
  RETURN_IF_ERROR(CheckScalar(c, 1));
  const int64_t samples = c.IntValue(1).value_or(PartialShape::kUnknown);
  if (c.IntValue(1).has_value() && samples < 0) {
    return InvalidArgument("num_samples must not be negative, but is ", samples);
  }
  ASSIGN_OR_RETURN(PartialShape shape,
                   PartialShape::Make(std::vector<int64_t>{logits.dim(0), samples}));
  return c.Return(std::move(shape));
}

absl::Status StatelessMultinomialShape(ShapeContext& c) {
  RETURN_IF_ERROR(CheckSeed(c, 2));
  return MultinomialShape(c);
}

OpDeclaration& Seeded(OpDeclaration&& op) {
  return op.Attr("seed: int = 0").Attr("seed2: int = 0").Stateful().NotDifferentiable();
}

void RegisterByShape(OpRegistry& ops) {
  const auto sampler = [&](absl::string_view name, absl::string_view doc) {
    Seeded(ops.Add(name))
        .Doc(doc)
        .In("shape: T")
        .Out("output: dtype")
        .Attr(kFloats)
        .Attr("T: {int32, int64}")
        .Shape(SampleShape);
  };
  sampler("RandomUniform", "Numbers drawn evenly from [0, 1).");
  sampler("RandomStandardNormal", "Normal numbers with mean 0 and standard deviation 1.");
  sampler("TruncatedNormal",
          "Normal numbers with mean 0 and standard deviation 1; those beyond two standard "
          "deviations are drawn again.");
  Seeded(ops.Add("RandomUniformInt"))
      .Doc("Integers drawn evenly from [minval, maxval).")
      .In("shape: T")
      .In("minval: Tout")
      .In("maxval: Tout")
      .Out("output: Tout")
      .Attr("Tout: {int32, int64}")
      .Attr("T: {int32, int64}")
      .Shape(UniformIntShape);
  Seeded(ops.Add("ParameterizedTruncatedNormal"))
      .Doc(
          "Normal numbers of given means and standard deviations, cut to [minvals, maxvals]. The "
          "parameters are scalars, or vectors with one entry per row of the output.")
      .In("shape: T")
      .In("means: dtype")
      .In("stdevs: dtype")
      .In("minvals: dtype")
      .In("maxvals: dtype")
      .Out("output: dtype")
      .Attr(kFloats)
      .Attr("T: {int32, int64}")
      .Shape(TruncatedShape);
}

// Each alpha's samples move with it: the sum over the leading dimensions, those of the samples.
absl::Status GammaGradient(GradientContext& g) {
  if (g.Attr<DataType>("T") == DT_HALF) return g.Return({Output(), Output()});
  const OpScope& s = g.scope();
  const Output moved = g.Grad(0) * Call(s, "RandomGammaGrad", g.In(1), g.Out(0));
  const Output leading = Call(s, "Range", Input(0), Call(s, "Size", g.In(0)), Input(1));
  return g.Return({Output(), Call(s, "Sum", moved, leading)});
}

void RegisterByParameter(OpRegistry& ops) {
  Seeded(ops.Add("RandomShuffle"))
      .Doc("The rows of `value` (its slices along the first dimension) in random order.")
      .In("value: T")
      .Out("output: T")
      .Attr("T: type")
      .Shape([](ShapeContext& c) { return c.SameAsInput(); });
  Seeded(ops.Add("RandomGamma"))
      .Doc(
          "Numbers of the gamma distribution with shape parameter alpha and rate 1: `shape` of "
          "them for each alpha.")
      .In("shape: S")
      .In("alpha: T")
      .Out("output: T")
      .Attr("S: {int32, int64}")
      .Attr("T: {half, float, double}")
      .Shape(PerParameterShape)
      .Gradient(GammaGradient);
  Seeded(ops.Add("RandomPoisson"))
      .Doc("Numbers of the Poisson distribution: `shape` of them for each rate.")
      .In("shape: S")
      .In("rate: dtype")
      .Out("output: dtype")
      .Attr("S: {int32, int64}")
      .Attr("dtype: {half, float, double}")
      .DeprecatedAt(25)
      .Shape(PerParameterShape);
  Seeded(ops.Add("RandomPoissonV2"))
      .Doc("Numbers of the Poisson distribution: `shape` of them for each rate.")
      .In("shape: S")
      .In("rate: R")
      .Out("output: dtype")
      .Attr("S: {int32, int64}")
      .Attr("R: {half, float, double, int32, int64} = double")
      .Attr("dtype: {half, float, double, int32, int64} = int64")
      .Shape(PerParameterShape);
  Seeded(ops.Add("Multinomial"))
      .Doc("Draws num_samples classes per row of logits, with probabilities softmax(row).")
      .In("logits: T")
      .In("num_samples: int32")
      .Out("output: output_dtype")
      .Attr(kReals)
      .Attr("output_dtype: {int32, int64} = int64")
      .Shape(MultinomialShape);
}

void RegisterStateless(OpRegistry& ops) {
  const auto sampler = [&](absl::string_view name, absl::string_view doc) {
    ops.Add(name)
        .Doc(doc)
        .In("shape: T")
        .In("seed: Tseed")
        .Out("output: dtype")
        .Attr("dtype: {half, bfloat16, float, double} = float")
        .Attr("T: {int32, int64} = int32")
        .Attr("Tseed: {int32, int64} = int64")
        .Shape(StatelessShape)
        .NotDifferentiable();
  };
  sampler("StatelessRandomUniform", "As RandomUniform, from a stream that the seed alone decides.");
  sampler("StatelessRandomNormal",
          "As RandomStandardNormal, from a stream that the seed alone decides.");
  sampler("StatelessTruncatedNormal",
          "As TruncatedNormal, from a stream that the seed alone decides.");
  ops.Add("StatelessRandomUniformInt")
      .Doc("As RandomUniformInt, from a stream that the seed alone decides.")
      .In("shape: T")
      .In("seed: Tseed")
      .In("minval: dtype")
      .In("maxval: dtype")
      .Out("output: dtype")
      .Attr("dtype: {int32, int64}")
      .Attr("T: {int32, int64}")
      .Attr("Tseed: {int32, int64} = int64")
      .Shape(StatelessIntShape)
      .NotDifferentiable();
  ops.Add("StatelessMultinomial")
      .Doc("As Multinomial, from a stream that the seed alone decides.")
      .In("logits: T")
      .In("num_samples: int32")
      .In("seed: Tseed")
      .Out("output: output_dtype")
      .Attr(kReals)
      .Attr("Tseed: {int32, int64} = int64")
      .Attr("output_dtype: {int32, int64} = int64")
      .Shape(StatelessMultinomialShape)
      .NotDifferentiable();
}

}  // namespace

void RegisterRandomOps(OpRegistry& ops) {
  RegisterByShape(ops);
  RegisterByParameter(ops);
  RegisterStateless(ops);
}

}  // namespace weir
