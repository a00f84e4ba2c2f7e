#include "weir/ops/scatter.h"

#include "weir/ops/variable.h"
#include "weir/runtime/session.h"
#include "weir/tests/op_test.h"

namespace weir {
namespace {

// Runs the op on a resource variable and on a reference variable; the two values after it.
absl::StatusOr<std::vector<Tensor>> AfterScatter(const std::string& op, const Tensor& start,
                                                 const Tensor& indices, const Tensor& updates) {
  const Scope s = Scope::Root();
  const PartialShape any;
  const Output handle = ops::VarHandleOp(s, start.dtype(), any);
  const Operation init = ops::AssignVariableOp(s, handle, start);
  const Operation update =
      s.ControlDependencies({init}).Op("Resource" + op).In(handle).In(indices).In(updates).Build();
  const Output read = ops::ReadVariableOp(s.ControlDependencies({update}), handle, start.dtype());
  const Output ref =
      ops::Assign(s, ops::VariableV2(s, PartialShape(start.shape()), start.dtype()), start);
  const Output updated = s.Op(op).In(ref).In(indices).In(updates).Build();
  const Output ref_read = s.Op("Identity").In(updated).Build();
  ASSIGN_OR_RETURN(Session session, Session::Create(s));
  return session.Run({}, {read, ref_read});
}

template <typename T>
void ExpectBoth(const absl::StatusOr<std::vector<Tensor>>& got, std::vector<T> want) {
  ASSERT_TRUE(got.ok()) << got.status();
  for (const Tensor& t : *got) {
    EXPECT_EQ(std::vector<T>(t.values<T>().begin(), t.values<T>().end()), want);
  }
}

TEST(Scatter, UpdatesRows) {
  const struct {
    const char* op;
    std::vector<float> want;
  } kCases[] = {{"ScatterUpdate", {2, 4, 3, 4, 8, 1}},   {"ScatterAdd", {3, 6, 3, 4, 13, 7}},
                {"ScatterSub", {-1, -2, 3, 4, -3, 5}},   {"ScatterMul", {2, 8, 3, 4, 40, 6}},
                {"ScatterDiv", {.5, .5, 3, 4, .625, 6}}, {"ScatterMin", {1, 2, 3, 4, 5, 1}},
                {"ScatterMax", {2, 4, 3, 4, 8, 6}}};
  for (const auto& test : kCases) {
    SCOPED_TRACE(test.op);
    ExpectBoth<float>(
        AfterScatter(test.op, Tensor::Of<float>({3, 2}, {1, 2, 3, 4, 5, 6}),
                     Tensor::Vector<int32_t>({2, 0}), Tensor::Of<float>({2, 2}, {8, 1, 2, 4})),
        test.want);
  }
}

TEST(Scatter, RepeatedIndicesAccumulate) {
  ExpectBoth<int32_t>(AfterScatter("ScatterAdd", Tensor::Vector<int32_t>({1, 2}),
                                   Tensor::Of<int64_t>({1, 3}, {1, 1, 1}),
                                   Tensor::Of<int32_t>({1, 3}, {1, 10, 100})),
                      {1, 113});
}

TEST(Scatter, OneValueForAllElements) {
  ExpectBoth<float>(AfterScatter("ScatterMul", Tensor::Of<float>({2, 2}, {1, 2, 3, 4}),
                                 Tensor::Vector<int32_t>({1}), Tensor::Scalar<float>(2)),
                    {1, 2, 6, 8});
}

TEST(Scatter, Errors) {
  const Tensor start = Tensor::Vector<int32_t>({1, 2});
  const auto message = [&](const char* op, std::initializer_list<int32_t> indices,
                           std::initializer_list<int32_t> updates) {
    return std::string(
        AfterScatter(op, start, Tensor::Vector<int32_t>(indices), Tensor::Vector<int32_t>(updates))
            .status()
            .message());
  };
  EXPECT_NE(message("ScatterAdd", {0, 2}, {1, 1}).find("indices[1] = 2 is not in [0, 2)"),
            std::string::npos);
  EXPECT_NE(message("ScatterDiv", {0}, {0}).find("division by zero"), std::string::npos);
  EXPECT_NE(message("ScatterAdd", {0}, {1, 1}).find("updates"), std::string::npos);
}

TEST(Scatter, PassesTheReferenceOn) {
  for (const char* op : {"ScatterUpdate", "ScatterAdd", "ScatterSub", "ScatterMul", "ScatterDiv",
                         "ScatterMin", "ScatterMax"}) {
    const Scope s = Scope::Root();
    const Output ref = ops::VariableV2(s, PartialShape({5, 3}), DT_FLOAT);
    const Output rows = s.Op("Placeholder").Attr("dtype", DT_FLOAT).Build();
    EXPECT_EQ(s.Op(op).In(ref).In({1, 2}).In(rows).Build().out(0).shape().ToString(), "[5,3]");
    EXPECT_TRUE(s.status().ok()) << s.status();
    s.Op(op).In(ref).In({1, 2}).In(Tensor::Of<float>({2}, {1, 2})).Build();
    EXPECT_NE(s.status().message().find("updates must have shape [2,3]"), std::string::npos) << op;
  }
}

TEST(Scatter, Shape) {
  const Scope s = Scope::Root();
  const Output handle = ops::VarHandleOp(s, DT_FLOAT, PartialShape({5, 3}));
  ops::ResourceScatterAdd(s, handle, {1, 2}, Tensor::Of<float>({2, 3}, {1, 2, 3, 4, 5, 6}));
  EXPECT_TRUE(s.status().ok()) << s.status();
  ops::ResourceScatterAdd(s, handle, {1, 2}, Tensor::Of<float>({2}, {1, 2}));
  EXPECT_NE(s.status().message().find("updates must have shape [2,3]"), absl::string_view::npos)
      << s.status();
}

}  // namespace
}  // namespace weir
