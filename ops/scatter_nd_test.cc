#include "weir/ops/scatter_nd.h"

#include "weir/ops/variable.h"
#include "weir/runtime/session.h"
#include "weir/tests/op_test.h"

namespace weir {
namespace {

Tensor Ints(const Shape& shape, std::initializer_list<int32_t> values) {
  return Tensor::Of<int32_t>(shape, values);
}

TEST(ScatterNd, Shape) {
  const Tensor shape = Ints({2}, {4, 3});
  EXPECT_SHAPE(ShapeTest("ScatterNd").In("[5,1]", DT_INT32).In("[5,3]").Const(shape), "[4,3]");
  EXPECT_SHAPE(ShapeTest("ScatterNd").In("[?,?]", DT_INT32).In("[?]").In("[2]", DT_INT32), "[?,?]");
  EXPECT_SHAPE_ERROR(ShapeTest("ScatterNd").In("[5,1]", DT_INT32).In("[5,2]").Const(shape),
                     "updates must have shape [5,3]");
  EXPECT_SHAPE_ERROR(ShapeTest("ScatterNd").In("[5,3]", DT_INT32).In("[5]").Const(shape),
                     "innermost dimension");
  EXPECT_SHAPE(ShapeTest("TensorScatterAdd").In("[4,?]").In("[5,1]", DT_INT32).In("[5,3]"),
               "[4,?]");
  for (const char* op : {"TensorScatterUpdate", "ScatterNdNonAliasingAdd"}) {
    EXPECT_SHAPE(ShapeTest(op).In("[4,?]").In("[5,1]", DT_INT32).In("[5,3]"), "[4,?]");
  }
  EXPECT_SHAPE_ERROR(ShapeTest("TensorScatterSub").In("[4,3]").In("[5,2]", DT_INT32).In("[5,1]"),
                     "updates must have shape [5]");
}

TEST(ScatterNd, Values) {
  OpTest("ScatterNd")
      .In(Ints({3, 1}, {1, 3, 1}))
      .In<float>({3, 2}, {1, 2, 3, 4, 5, 6})
      .In(Ints({2}, {4, 2}))
      .Expect<float>({4, 2}, {0, 0, 6, 8, 0, 0, 3, 4});
  OpTest("ScatterNd")
      .In(Ints({2, 2}, {0, 1, 1, 0}))
      .In<int32_t>({2}, {7, 8})
      .In(Ints({2}, {2, 2}))
      .Expect<int32_t>({2, 2}, {0, 7, 8, 0});
  OpTest("ScatterNd")
      .In(Ints({1, 2}, {0, 2}))
      .In<float>({1}, {1})
      .In(Ints({2}, {2, 2}))
      .ExpectError("indices[0] = [0, 2] does not index into shape [2,2]");
}

TEST(TensorScatter, Values) {
  const auto scatter = [](OpTest&& test) -> OpTest& {
    return test.In<float>({3, 2}, {1, 2, 3, 4, 5, 6})
        .In(Ints({2, 1}, {2, 0}))
        .In<float>({2, 2}, {10, 20, 30, 40});
  };
  scatter(OpTest("TensorScatterUpdate")).Expect<float>({3, 2}, {30, 40, 3, 4, 10, 20});
  scatter(OpTest("TensorScatterAdd")).Expect<float>({3, 2}, {31, 42, 3, 4, 15, 26});
  scatter(OpTest("TensorScatterSub")).Expect<float>({3, 2}, {-29, -38, 3, 4, -5, -14});
  scatter(OpTest("ScatterNdNonAliasingAdd")).Expect<float>({3, 2}, {31, 42, 3, 4, 15, 26});
}

TEST(ScatterNd, Gradient) {
  const Tensor rows = Ints({3, 1}, {1, 3, 1});
  GradientTest("ScatterNd").Const(rows).In({3, 2}).Const(Ints({2}, {4, 2})).Check();
  const Tensor elements = Ints({2, 2}, {0, 1, 2, 0});
  for (const char* op :
       {"TensorScatterUpdate", "TensorScatterAdd", "TensorScatterSub", "ScatterNdNonAliasingAdd"}) {
    GradientTest(op).In({3, 2}).Const(elements).In({2}).Check();
  }
}

// The value of a variable of each kind after the op.
std::vector<Tensor> AfterUpdate(const std::string& op, const Tensor& start, const Tensor& indices,
                                const Tensor& updates) {
  const Scope s = Scope::Root();
  const PartialShape shape(start.shape());
  const Output handle = ops::VarHandleOp(s, start.dtype(), shape);
  const Operation init = ops::AssignVariableOp(s, handle, start);
  const Operation update =
      s.ControlDependencies({init}).Op("Resource" + op).In(handle).In(indices).In(updates).Build();
  const Output read = ops::ReadVariableOp(s.ControlDependencies({update}), handle, start.dtype());
  const Output ref = ops::Assign(s, ops::VariableV2(s, shape, start.dtype()), start);
  const Output updated = s.Op(op).In(ref).In(indices).In(updates).Build();
  const Output ref_read = s.Op("Identity").In(updated).Build();
  absl::StatusOr<Session> session = Session::Create(s);
  EXPECT_TRUE(session.ok()) << session.status();
  if (!session.ok()) return {};
  absl::StatusOr<std::vector<Tensor>> got = session->Run({}, {read, ref_read});
  EXPECT_TRUE(got.ok()) << got.status();
  return got.ok() ? *got : std::vector<Tensor>();
}

TEST(ScatterNdOnVariables, PassTheReferenceOn) {
  for (const char* op : {"ScatterNdUpdate", "ScatterNdAdd", "ScatterNdSub"}) {
    const Scope s = Scope::Root();
    const Output ref = ops::VariableV2(s, PartialShape({5, 3}), DT_FLOAT);
    const Output rows = s.Op("Placeholder").Attr("dtype", DT_FLOAT).Build();
    const Tensor indices = Ints({2, 1}, {1, 2});
    EXPECT_EQ(s.Op(op).In(ref).In(indices).In(rows).Build().out(0).shape().ToString(), "[5,3]");
    EXPECT_TRUE(s.status().ok()) << s.status();
    s.Op(op).In(ref).In(indices).In(Tensor::Of<float>({2}, {1, 2})).Build();
    EXPECT_NE(s.status().message().find("updates must have shape [2,3]"), std::string::npos) << op;
  }
}

TEST(ScatterNdOnVariables, Values) {
  const struct {
    const char* op;
    std::vector<float> want;
  } kCases[] = {{"ScatterNdUpdate", {1, 20, 10}},
                {"ScatterNdAdd", {1, 22, 13}},
                {"ScatterNdSub", {1, -18, -7}}};
  for (const auto& test : kCases) {
    for (const Tensor& got : AfterUpdate(test.op, Tensor::Vector<float>({1, 2, 3}),
                                         Ints({2, 1}, {2, 1}), Tensor::Vector<float>({10, 20}))) {
      EXPECT_EQ(std::vector<float>(got.values<float>().begin(), got.values<float>().end()),
                test.want)
          << test.op;
    }
  }
}

}  // namespace
}  // namespace weir
