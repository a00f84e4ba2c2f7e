#include "weir/runtime/step_groups.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "weir/graph/scope.h"
#include "weir/ops/standard_ops.h"

namespace weir {
namespace {

using testing::ElementsAre;

StepUse Update(NodeId node, int variable, NodeId after = -1, std::string kind = "a") {
  return {.node = node, .kind = std::move(kind), .after = after, .variables = {variable}};
}

StepUse Other(NodeId node, NodeId after = -1) { return {.node = node, .kind = "", .after = after}; }

StepUse Read(NodeId node, int variable) {
  return {.node = node, .kind = "", .variables = {variable}};
}

TEST(StepGroupsTest, WaitForTheLastOfTheirKind) {
  const std::vector<StepUse> steps = {Update(0, 0), Other(1), Update(2, 1), Other(3), Update(4, 2)};
  EXPECT_THAT(GroupSteps(steps), ElementsAre(ElementsAre(1), ElementsAre(3), ElementsAre(0, 2, 4)));
}

TEST(StepGroupsTest, KindsStaySeparate) {
  const std::vector<StepUse> steps = {Update(0, 0), Update(1, 1, -1, "b"), Update(2, 2),
                                      Update(3, 3, -1, "b")};
  EXPECT_THAT(GroupSteps(steps), ElementsAre(ElementsAre(0, 2), ElementsAre(1, 3)));
}

TEST(StepGroupsTest, DoNotWaitForWhatDependsOnThem) {
  const std::vector<StepUse> steps = {Update(0, 0), Update(1, 1), Other(2, /*after=*/0),
                                      Update(3, 2)};
  EXPECT_THAT(GroupSteps(steps), ElementsAre(ElementsAre(0, 1), ElementsAre(2), ElementsAre(3)));
}

TEST(StepGroupsTest, ADependenceWithinAKindParts) {
  const std::vector<StepUse> steps = {Update(0, 0), Update(1, 1, /*after=*/0), Update(2, 2)};
  EXPECT_THAT(GroupSteps(steps), ElementsAre(ElementsAre(0), ElementsAre(1, 2)));
}

TEST(StepGroupsTest, GroupsThatBeganLaterGoOn) {
  const std::vector<StepUse> steps = {Update(0, 0), Update(1, 1, -1, "b"), Other(2, /*after=*/0),
                                      Update(3, 3, -1, "b")};
  EXPECT_THAT(GroupSteps(steps), ElementsAre(ElementsAre(0), ElementsAre(2), ElementsAre(1, 3)));
}

TEST(StepGroupsTest, SharedVariablesKeepTheirOrder) {
  const std::vector<StepUse> twice = {Update(0, 0), Update(1, 0)};
  EXPECT_THAT(GroupSteps(twice), ElementsAre(ElementsAre(0), ElementsAre(1)));
  const std::vector<StepUse> read = {Update(0, 0), Update(1, 1), Read(2, 1), Read(3, 7),
                                     Update(4, 2)};
  EXPECT_THAT(GroupSteps(read),
              ElementsAre(ElementsAre(0, 1), ElementsAre(2), ElementsAre(3), ElementsAre(4)));
}

TEST(StepGroupsTest, AnUnknownVariableMayBeAny) {
  const std::vector<StepUse> steps = {Update(0, 0), Update(1, kUnknownVariable), Update(2, 2)};
  EXPECT_THAT(GroupSteps(steps), ElementsAre(ElementsAre(0), ElementsAre(1), ElementsAre(2)));
}

TEST(LatestAncestorsTest, GoThroughInputsAndControls) {
  const Scope scope = Scope::Root();
  const Output a = scope.Op("Placeholder").Attr("dtype", DT_FLOAT).Build();
  const Output b = scope.Op("Neg").In(a).Build();
  const Output c = scope.Op("Neg").In(a).Build();
  const Operation d = scope.ControlDependencies({c.op()}).Op("NoOp").Build();
  const Operation e = scope.ControlDependencies({d}).Op("NoOp").Build();
  ASSERT_TRUE(scope.status().ok()) << scope.status();
  const std::vector<bool> needed(5, true);
  EXPECT_THAT(LatestAncestors(scope.graph(), needed, {true, false, true, false, false}),
              ElementsAre(-1, 0, 0, 2, 2));
  EXPECT_THAT(LatestAncestors(scope.graph(), needed, std::vector<bool>(5, false)),
              ElementsAre(-1, -1, -1, -1, -1));
}

}  // namespace
}  // namespace weir
