#include "weir/ops/resource_gather.h"

#include "weir/graph/gradients.h"
#include "weir/ops/variable.h"
#include "weir/runtime/session.h"
#include "weir/tests/op_test.h"

namespace weir {
namespace {

class ResourceGatherTest : public ::testing::Test {
 protected:
  ResourceGatherTest()
      : handle_(ops::VarHandleOp(scope_, DT_FLOAT, PartialShape({3, 2}))),
        init_(
            ops::AssignVariableOp(scope_, handle_, Tensor::Of<float>({3, 2}, {1, 2, 3, 4, 5, 6}))),
        ready_(scope_.ControlDependencies({init_})) {}

  std::vector<float> Run(const Output& output) {
    absl::StatusOr<Session> session = Session::Create(scope_);
    EXPECT_TRUE(session.ok()) << session.status();
    if (!session.ok()) return {};
    absl::StatusOr<std::vector<Tensor>> init = session->Run({}, {}, {init_});
    EXPECT_TRUE(init.ok()) << init.status();
    absl::StatusOr<std::vector<Tensor>> got = session->Run({}, {output});
    EXPECT_TRUE(got.ok()) << got.status();
    if (!got.ok()) return {};
    return std::vector<float>((*got)[0].values<float>().begin(), (*got)[0].values<float>().end());
  }

  Scope scope_ = Scope::Root();
  Output handle_;
  Operation init_;
  Scope ready_;
};

TEST_F(ResourceGatherTest, TakesRows) {
  const Output rows = ops::ResourceGather(scope_, handle_, {2, 0}, DT_FLOAT);
  EXPECT_EQ(rows.shape().ToString(), "[2,2]");
  EXPECT_EQ(Run(rows), (std::vector<float>{5, 6, 1, 2}));
}

TEST_F(ResourceGatherTest, TakesElements) {
  const Output elements = ops::ResourceGatherNd(scope_, handle_, {{2, 0}, {0, 1}}, DT_FLOAT);
  EXPECT_EQ(elements.shape().ToString(), "[2]");
  EXPECT_EQ(Run(elements), (std::vector<float>{5, 2}));
}

TEST_F(ResourceGatherTest, PicksWithinBatches) {
  const Output picked = ops::ResourceGather(scope_, handle_, Tensor::Of<int32_t>({3, 1}, {1, 0, 1}),
                                            DT_FLOAT, {.batch_dims = 1});
  EXPECT_EQ(picked.shape().ToString(), "[3,1]");
  EXPECT_EQ(Run(picked), (std::vector<float>{2, 3, 6}));
}

TEST_F(ResourceGatherTest, GradientIsSparseRows) {
  const Output rows = ops::ResourceGather(scope_, handle_, {2, 0, 2}, DT_FLOAT);
  absl::StatusOr<std::vector<Gradient>> gradients = AddGradients(scope_, {rows}, {handle_});
  ASSERT_TRUE(gradients.ok()) << gradients.status();
  ASSERT_TRUE((*gradients)[0].slices.has_value());
  EXPECT_EQ(Run((*gradients)[0].ToDense(scope_)), (std::vector<float>{1, 1, 0, 0, 2, 2}));
}

TEST_F(ResourceGatherTest, GradientOfElements) {
  const Output elements = ops::ResourceGatherNd(scope_, handle_, {{2, 0}, {0, 1}}, DT_FLOAT);
  absl::StatusOr<std::vector<Gradient>> gradients = AddGradients(scope_, {elements}, {handle_});
  ASSERT_TRUE(gradients.ok()) << gradients.status();
  EXPECT_EQ(Run((*gradients)[0].ToDense(scope_)), (std::vector<float>{0, 1, 0, 0, 1, 0}));
}

TEST_F(ResourceGatherTest, NamesTheIndexOutOfRange) {
  const Output rows = ops::ResourceGather(ready_, handle_, {3}, DT_FLOAT);
  absl::StatusOr<Session> session = Session::Create(scope_);
  ASSERT_TRUE(session.ok()) << session.status();
  const absl::Status status = session->Run({}, {rows}).status();
  EXPECT_NE(status.message().find("indices[0] = 3 is not in [0, 3)"), absl::string_view::npos)
      << status;
}

}  // namespace
}  // namespace weir
