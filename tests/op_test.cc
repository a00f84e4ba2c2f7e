#include "weir/tests/op_test.h"

#include <cmath>
#include <random>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "weir/graph/gradients.h"
#include "weir/runtime/session.h"

namespace weir {
namespace {

// Groups flat arguments into the builder's arguments: an argument with list == n ends a list made
// of itself and the n - 1 arguments before it.
OpBuilder BuilderFor(const Scope& scope, const std::string& op, const std::vector<Output>& inputs,
                     const std::vector<int>& lists, const AttrMap& attrs) {
  OpBuilder builder = scope.Named("op").Op(op);
  for (size_t i = 0; i < inputs.size();) {
    int length = 0;
    for (size_t end = i; end < inputs.size(); ++end) {
      if (lists[end] > 0 && end + 1 - static_cast<size_t>(lists[end]) == i) length = lists[end];
    }
    if (length > 0) {
      builder.InList(absl::MakeConstSpan(inputs).subspan(i, length));
      i += length;
    } else {
      builder.In(inputs[i++]);
    }
  }
  for (const auto& [name, value] : attrs.entries()) builder.SetAttr(name, *value);
  return builder;
}

Output ConstantOf(const Scope& scope, const Tensor& value) {
  return scope.Named("input").Op("Const").Attr("dtype", value.dtype()).Attr("value", value).Build();
}

Output PlaceholderOf(const Scope& scope, DataType type, const PartialShape& shape) {
  return scope.Named("input").Op("Placeholder").Attr("dtype", type).Attr("shape", shape).Build();
}

struct Tolerances {
  double rtol, atol;
};

Tolerances DefaultTolerances(DataType type) {
  switch (type) {
    case DT_DOUBLE:
    case DT_COMPLEX128: return {1e-9, 1e-11};
    case DT_HALF: return {2e-3, 1e-3};
    case DT_BFLOAT16: return {1e-2, 8e-3};
    default: return {1e-5, 2e-6};
  }
}

template <typename T>
bool CloseEnough(const T& got, const T& want, const Tolerances& t) {
  if constexpr (std::is_same_v<T, Complex64> || std::is_same_v<T, Complex128>) {
    return std::abs(got - want) <= t.atol + t.rtol * std::abs(want);
  } else {
    const double g = static_cast<double>(got), w = static_cast<double>(want);
    if (std::isnan(w)) return std::isnan(g);
    if (std::isinf(w) || std::isinf(g)) return g == w;
    return std::abs(g - w) <= t.atol + t.rtol * std::abs(w);
  }
}

template <typename T>
constexpr bool kHasTolerance =
    std::is_same_v<T, float> || std::is_same_v<T, double> || std::is_same_v<T, Half> ||
    std::is_same_v<T, BFloat16> || std::is_same_v<T, Complex64> || std::is_same_v<T, Complex128>;

void ExpectTensor(const Tensor& got, const Tensor& want, const Tolerances& tolerances,
                  const std::string& where) {
  ASSERT_EQ(DataTypeName(got.dtype()), DataTypeName(want.dtype())) << where;
  ASSERT_EQ(got.shape().ToString(), want.shape().ToString()) << where;
  const auto compare = [&]<typename T>(TypeTag<T>) {
    for (int64_t i = 0; i < want.num_elements(); ++i) {
      bool same;
      if constexpr (kHasTolerance<T>) {
        same = CloseEnough(got.data<T>()[i], want.data<T>()[i], tolerances);
      } else {
        same = got.data<T>()[i] == want.data<T>()[i];
      }
      if (!same) {
        ADD_FAILURE() << where << ": element " << i << " differs\n  got  " << got.ToString(64)
                      << "\n  want " << want.ToString(64);
        return absl::OkStatus();
      }
    }
    return absl::OkStatus();
  };
  const absl::Status status =
      DispatchType<float, double, Half, BFloat16, Complex64, Complex128, int8_t, int16_t, int32_t,
                   int64_t, uint8_t, uint16_t, uint32_t, uint64_t, bool, std::string>(want.dtype(),
                                                                                      compare);
  EXPECT_TRUE(status.ok()) << status;
}

SessionOptions TestOptions(bool optimize) {
  SessionOptions options;
  options.threads = optimize ? 2 : 1;
  options.optimize = optimize;
  return options;
}

}  // namespace

PartialShape ParseShape(absl::string_view text) {
  if (!absl::ConsumePrefix(&text, "[") || !absl::ConsumeSuffix(&text, "]")) return PartialShape();
  Dims dims;
  for (absl::string_view item : absl::StrSplit(text, ',', absl::SkipWhitespace())) {
    int64_t d = PartialShape::kUnknown;
    if (absl::StripAsciiWhitespace(item) != "?" && !absl::SimpleAtoi(item, &d)) {
      ADD_FAILURE() << "'" << text << "' is not a shape";
    }
    dims.push_back(d);
  }
  return PartialShape(absl::MakeConstSpan(dims));
}

ShapeTest& ShapeTest::In(absl::string_view shape, DataType type) {
  args_.push_back({ParseShape(shape), type, Tensor(), 0});
  return *this;
}

ShapeTest& ShapeTest::Const(const Tensor& value) {
  args_.push_back({PartialShape(), value.dtype(), value, 0});
  return *this;
}

ShapeTest& ShapeTest::AsList(int n) {
  args_.back().list = n;
  return *this;
}

std::string ShapeTest::Infer() const {
  const Scope scope = Scope::Root();
  std::vector<Output> inputs;
  std::vector<int> lists;
  for (const Arg& arg : args_) {
    inputs.push_back(arg.value.initialized() ? ConstantOf(scope, arg.value)
                                             : PlaceholderOf(scope, arg.type, arg.shape));
    lists.push_back(arg.list);
  }
  const Operation op = BuilderFor(scope, op_, inputs, lists, attrs_).Build();
  if (!scope.status().ok()) return absl::StrCat("ERROR: ", scope.status().message());
  std::vector<std::string> shapes;
  for (int i = 0; i < op.num_outputs(); ++i) shapes.push_back(op.out(i).shape().ToString());
  return absl::StrJoin(shapes, ";");
}

OpTest::~OpTest() { EXPECT_TRUE(checked_) << op_ << ": the test checks nothing"; }

OpTest& OpTest::In(const Tensor& value) {
  args_.push_back({value, 0});
  return *this;
}

OpTest& OpTest::AsList(int n) {
  args_.back().list = n;
  return *this;
}

OpTest& OpTest::Tolerance(double rtol, double atol) {
  rtol_ = rtol;
  atol_ = atol;
  return *this;
}

OpTest& OpTest::Skip() {
  ++next_output_;
  return *this;
}

absl::StatusOr<std::vector<Tensor>> OpTest::Run(bool fed) const {
  const Scope scope = Scope::Root();
  std::vector<Output> inputs;
  std::vector<int> lists;
  std::vector<FeedRef> feeds;
  for (const Arg& arg : args_) {
    if (fed) {
      inputs.push_back(PlaceholderOf(scope, arg.value.dtype(), PartialShape()));
      feeds.emplace_back(inputs.back(), arg.value);
    } else {
      inputs.push_back(ConstantOf(scope, arg.value));
    }
    lists.push_back(arg.list);
  }
  const Operation op = BuilderFor(scope, op_, inputs, lists, attrs_).Build();
  ASSIGN_OR_RETURN(Session session, Session::Create(scope, TestOptions(/*optimize=*/!fed)));
  std::vector<TensorRef> fetches;
  for (int i = 0; i < op.num_outputs(); ++i) fetches.push_back(op.out(i));
  std::vector<TargetRef> targets;
  if (fetches.empty()) targets.push_back(op);
  return session.Run(feeds, fetches, targets);
}

OpTest& OpTest::Expect(const Tensor& want) {
  checked_ = true;
  if (results_.empty()) {
    for (bool fed : {false, true}) {
      absl::StatusOr<std::vector<Tensor>> outputs = Run(fed);
      EXPECT_TRUE(outputs.ok()) << op_ << (fed ? " fed: " : ": ") << outputs.status();
      results_.push_back(outputs.ok() ? *std::move(outputs) : std::vector<Tensor>());
    }
  }
  Tolerances tolerances = DefaultTolerances(want.dtype());
  if (rtol_ > 0 || atol_ > 0) tolerances = {rtol_, atol_};
  const int index = next_output_++;
  for (size_t way = 0; way < results_.size(); ++way) {
    const std::string where = absl::StrCat(op_, way == 0 ? "" : " (fed)", ", output ", index);
    if (index >= static_cast<int>(results_[way].size())) {
      ADD_FAILURE() << where << ": there is no such output";
      continue;
    }
    ExpectTensor(results_[way][index], want, tolerances, where);
  }
  return *this;
}

void OpTest::ExpectError(absl::string_view words) {
  checked_ = true;
  for (bool fed : {false, true}) {
    const absl::StatusOr<std::vector<Tensor>> outputs = Run(fed);
    ASSERT_FALSE(outputs.ok()) << op_ << ": an error was expected";
    EXPECT_NE(outputs.status().message().find(words), std::string::npos)
        << op_ << (fed ? " (fed)" : "") << ": " << outputs.status();
  }
}

absl::StatusOr<std::vector<Tensor>> OpTest::Outputs() {
  checked_ = true;
  return Run(/*fed=*/false);
}

GradientTest& GradientTest::In(const Shape& shape, double low, double high) {
  std::mt19937 random(17 + static_cast<unsigned>(args_.size()));
  std::uniform_real_distribution<double> uniform(low, high);
  Tensor value = *Tensor::Make(DT_DOUBLE, shape);
  for (double& v : value.mutable_values<double>()) v = uniform(random);
  return In(value);
}

GradientTest& GradientTest::In(const Tensor& value) {
  args_.push_back({value, value.dtype() == DT_DOUBLE, 0});
  return *this;
}

GradientTest& GradientTest::Const(const Tensor& value) {
  args_.push_back({value, false, 0});
  return *this;
}

GradientTest& GradientTest::AsList(int n) {
  args_.back().list = n;
  return *this;
}

namespace {

double At(const Tensor& t, int64_t i) {
  return t.dtype() == DT_FLOAT ? t.data<float>()[i] : t.data<double>()[i];
}

void SetAt(Tensor& t, int64_t i, double value) {
  if (t.dtype() == DT_FLOAT) {
    t.mutable_data<float>()[i] = static_cast<float>(value);
  } else {
    t.mutable_data<double>()[i] = value;
  }
}

// A double tensor, copied to `dtype`; any other as it is.
Tensor InType(const Tensor& value, DataType dtype) {
  if (value.dtype() != DT_DOUBLE) return value;
  Tensor copy = *Tensor::Make(dtype, value.shape());
  for (int64_t i = 0; i < value.num_elements(); ++i) SetAt(copy, i, value.data<double>()[i]);
  return copy;
}

Tensor RandomWeights(DataType dtype, const Shape& shape, std::mt19937& random) {
  std::uniform_real_distribution<double> uniform(0.5, 1.5);
  Tensor weights = *Tensor::Make(dtype, shape);
  for (int64_t i = 0; i < weights.num_elements(); ++i) SetAt(weights, i, uniform(random));
  return weights;
}

double WeightedSum(const std::vector<Tensor>& outputs, const std::vector<Tensor>& weights) {
  double sum = 0;
  for (size_t k = 0; k < outputs.size(); ++k) {
    for (int64_t i = 0; i < outputs[k].num_elements(); ++i) {
      sum += At(outputs[k], i) * At(weights[k], i);
    }
  }
  return sum;
}

// The derivative of f's weighted sum by each element of values[a], by central differences.
std::vector<double> Differences(const Callable& f, const std::vector<Tensor>& weights,
                                std::vector<Tensor>& values, size_t a) {
  const double relative = values[a].dtype() == DT_FLOAT ? 1.0 / 256 : 1.0 / 1024 / 64;
  std::vector<double> differences;
  for (int64_t i = 0; i < values[a].num_elements(); ++i) {
    const double x = At(values[a], i), step = std::max(1.0, std::abs(x)) * relative;
    SetAt(values[a], i, x + step);
    const double upper = At(values[a], i), above = WeightedSum(*f(values), weights);
    SetAt(values[a], i, x - step);
    const double lower = At(values[a], i), below = WeightedSum(*f(values), weights);
    SetAt(values[a], i, x);
    differences.push_back((above - below) / (upper - lower));
  }
  return differences;
}

}  // namespace

void GradientTest::Check(double tolerance) {
  if (dtype_ == DT_FLOAT) tolerance = std::max(tolerance, 2e-3);
  const Scope scope = Scope::Root();
  std::vector<Output> inputs, xs;
  std::vector<TensorRef> feeds;
  std::vector<int> lists;
  std::vector<Tensor> values;
  for (const Arg& arg : args_) {
    const Tensor value = InType(arg.value, dtype_);
    // Only what is differentiated is fed, so that axes and shapes are known when building.
    if (arg.differentiate) {
      inputs.push_back(PlaceholderOf(scope, dtype_, value.shape()));
      xs.push_back(inputs.back());
      feeds.push_back(inputs.back());
      values.push_back(*value.Clone());
    } else {
      inputs.push_back(ConstantOf(scope, value));
    }
    lists.push_back(arg.list);
  }
  const Operation op = BuilderFor(scope, op_, inputs, lists, attrs_).Build();
  ASSERT_TRUE(scope.status().ok()) << scope.status();
  std::vector<Output> ys;
  std::vector<TensorRef> fetches;
  for (int i = 0; i < op.num_outputs() && (outputs_ < 0 || i < outputs_); ++i) {
    if (op.out(i).type() != dtype_) continue;
    ys.push_back(op.out(i));
    fetches.push_back(op.out(i));
  }
  ASSERT_FALSE(ys.empty()) << op_ << ": no output to differentiate";
  absl::StatusOr<Session> forward = Session::Create(scope);
  ASSERT_TRUE(forward.ok()) << forward.status();
  absl::StatusOr<Callable> f = forward->Prepare(feeds, fetches);
  ASSERT_TRUE(f.ok()) << f.status();
  absl::StatusOr<std::vector<Tensor>> at = (*f)(values);
  ASSERT_TRUE(at.ok()) << op_ << ": " << at.status();
  std::vector<Tensor> weights;
  std::vector<Output> grad_ys;
  std::mt19937 random(7);
  for (const Tensor& y : *at) {
    weights.push_back(RandomWeights(dtype_, y.shape(), random));
    grad_ys.push_back(ConstantOf(scope, weights.back()));
  }
  absl::StatusOr<std::vector<Output>> grads = AddDenseGradients(scope, ys, xs, grad_ys);
  ASSERT_TRUE(grads.ok()) << op_ << ": " << grads.status();
  std::vector<TensorRef> grad_fetches;
  for (const Output& g : *grads) {
    ASSERT_TRUE(g.valid()) << op_ << ": an input has no gradient";
    grad_fetches.push_back(g);
  }
  absl::StatusOr<Session> backward = Session::Create(scope);
  ASSERT_TRUE(backward.ok()) << backward.status();
  absl::StatusOr<Callable> df = backward->Prepare(feeds, grad_fetches);
  ASSERT_TRUE(df.ok()) << df.status();
  absl::StatusOr<std::vector<Tensor>> got = (*df)(values);
  ASSERT_TRUE(got.ok()) << op_ << " gradient: " << got.status();
  for (size_t a = 0; a < values.size(); ++a) {
    ASSERT_EQ((*got)[a].shape().ToString(), values[a].shape().ToString())
        << op_ << ": the gradient of differentiated argument " << a << " has another shape";
    const std::vector<double> want = Differences(*f, weights, values, a);
    double largest = 1;
    for (double w : want) largest = std::max(largest, std::abs(w));
    for (size_t i = 0; i < want.size(); ++i) {
      ASSERT_NEAR(At((*got)[a], static_cast<int64_t>(i)), want[i], tolerance * largest)
          << op_ << ": argument " << a << ", element " << i;
    }
  }
}

}  // namespace weir
