#ifndef WEIR_TESTS_OP_TEST_H_
#define WEIR_TESTS_OP_TEST_H_

// The language of op tests.
//
//   EXPECT_SHAPE(ShapeTest("MatMul").In("[?,3]").In("[3,4]"), "[?,4]");
//   EXPECT_SHAPE_ERROR(ShapeTest("MatMul").In("[2,3]").In("[4,5]"), "inner dimensions");
//   OpTest("Softmax").In<float>({1, 3}, {1, 2, 3}).Expect<float>({1, 3}, {.09f, .24f, .67f});
//   OpTest("Reshape").In<float>({2}, {1, 2}).In<int32_t>({1}, {3}).ExpectError("Reshape");
//   GradientTest("Softmax").In({2, 3}).Check();

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "weir/core/tensor.h"
#include "weir/graph/scope.h"

namespace weir {

// Parses "[?,3]", "[]", "<unknown>" (or "?").
PartialShape ParseShape(absl::string_view text);

// Builds one node over placeholders of partial shapes, or constants, and looks at its output
// shapes.
class ShapeTest {
 public:
  explicit ShapeTest(std::string op) : op_(std::move(op)) {}
  ShapeTest& In(absl::string_view shape, DataType type = DT_FLOAT);
  ShapeTest& Const(const Tensor& value);
  // Ends a list argument: the last `n` inputs form one list.
  ShapeTest& AsList(int n);
  template <typename T>
  ShapeTest& Attr(absl::string_view name, const T& value) {
    attrs_.Set(name, MakeAttr(value));
    return *this;
  }

  // Shapes of all outputs joined by ";", or "ERROR: message".
  std::string Infer() const;

 private:
  struct Arg {
    PartialShape shape;
    DataType type = DT_FLOAT;
    Tensor value;
    int list = 0;  // > 0: ends a list of so many inputs.
  };
  std::string op_;
  std::vector<Arg> args_;
  AttrMap attrs_;
};

// `want`: the shapes of all outputs joined by ";".
#define EXPECT_SHAPE(test, want) EXPECT_EQ((test).Infer(), want)
#define EXPECT_SHAPE_ERROR(test, words)                               \
  do {                                                                \
    const std::string weir_got = (test).Infer();                      \
    EXPECT_NE(weir_got.find("ERROR"), std::string::npos) << weir_got; \
    EXPECT_NE(weir_got.find(words), std::string::npos) << weir_got;   \
  } while (false)

// Runs one node twice, on constants with optimisation on and as feeds of unknown shape, and
// compares outputs, on every device that has the kernel.
class OpTest {
 public:
  explicit OpTest(std::string op) : op_(std::move(op)) {}
  ~OpTest();  // Reports a test that checked nothing.

  template <typename T>
  OpTest& In(const Shape& shape, std::initializer_list<T> values) {
    return In(Tensor::Of<T>(shape, values));
  }
  OpTest& In(const Tensor& value);
  OpTest& AsList(int n);  // The last n inputs form one list argument.
  template <typename T>
  OpTest& Attr(absl::string_view name, const T& value) {
    attrs_.Set(name, MakeAttr(value));
    return *this;
  }

  // Checks the outputs in order. Floating values within `rtol`/`atol` (0: a default by type);
  // others exactly.
  template <typename T>
  OpTest& Expect(const Shape& shape, std::initializer_list<T> values) {
    return Expect(Tensor::Of<T>(shape, values));
  }
  OpTest& Expect(const Tensor& want);
  OpTest& Tolerance(double rtol, double atol);
  OpTest& Skip();  // The next output is not looked at.
  // Building or running fails with a message that holds `words`.
  void ExpectError(absl::string_view words);
  // The outputs, for looking at by hand (constants).
  absl::StatusOr<std::vector<Tensor>> Outputs();

 private:
  struct Arg {
    Tensor value;
    int list = 0;  // > 0: ends a list of so many inputs.
  };
  absl::StatusOr<std::vector<Tensor>> Run(bool fed) const;

  std::string op_;
  std::vector<Arg> args_;
  AttrMap attrs_;
  double rtol_ = 0, atol_ = 0;
  int next_output_ = 0;
  bool checked_ = false;
  std::vector<std::vector<Tensor>> results_;  // One per way of running.
};

// Compares the symbolic gradient of a random weighted sum of the node's outputs with central
// differences, in double precision unless Float() says otherwise.
class GradientTest {
 public:
  explicit GradientTest(std::string op) : op_(std::move(op)) {}
  // A double input of this shape with random values in [low, high], differentiated.
  GradientTest& In(const Shape& shape, double low = -1, double high = 1);
  // An input with these values: differentiated if it is double.
  GradientTest& In(const Tensor& value);
  // An input that is not differentiated.
  GradientTest& Const(const Tensor& value);
  GradientTest& AsList(int n);
  template <typename T>
  GradientTest& Attr(absl::string_view name, const T& value) {
    attrs_.Set(name, MakeAttr(value));
    return *this;
  }
  // For ops that do not take double: what is double here becomes float, and the tolerance 2e-3.
  GradientTest& Float() {
    dtype_ = DT_FLOAT;
    return *this;
  }
  GradientTest& Outputs(int n) {  // Only the first n outputs are differentiated.
    outputs_ = n;
    return *this;
  }
  // Relative error against the largest entry.
  void Check(double tolerance = 1e-6);

 private:
  struct Arg {
    Tensor value;
    bool differentiate;
    int list = 0;
  };
  std::string op_;
  std::vector<Arg> args_;
  AttrMap attrs_;
  int outputs_ = -1;
  DataType dtype_ = DT_DOUBLE;
};

}  // namespace weir

#endif  // WEIR_TESTS_OP_TEST_H_
