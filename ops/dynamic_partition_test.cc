#include "weir/ops/dynamic_partition.h"

#include "weir/tests/op_test.h"

namespace weir {
namespace {

TEST(DynamicPartition, Shape) {
  EXPECT_SHAPE(
      ShapeTest("DynamicPartition").In("[4,3]").In("[4]", DT_INT32).Attr("num_partitions", 2),
      "[?,3];[?,3]");
  EXPECT_SHAPE_ERROR(
      ShapeTest("DynamicPartition").In("[4,3]").In("[5]", DT_INT32).Attr("num_partitions", 2),
      "must start with");
}

TEST(DynamicPartition, Values) {
  OpTest("DynamicPartition")
      .In<float>({4, 2}, {1, 2, 3, 4, 5, 6, 7, 8})
      .In<int32_t>({4}, {2, 0, 2, 0})
      .Attr("num_partitions", 3)
      .Expect<float>({2, 2}, {3, 4, 7, 8})
      .Expect<float>({0, 2}, {})
      .Expect<float>({2, 2}, {1, 2, 5, 6});
  OpTest("DynamicPartition")
      .In<std::string>({}, {"a"})
      .In<int32_t>({}, {1})
      .Attr("num_partitions", 2)
      .Expect<std::string>({0}, {})
      .Expect<std::string>({1}, {"a"});
}

TEST(DynamicPartition, NamesThePartitionOutOfRange) {
  OpTest("DynamicPartition")
      .In<float>({2}, {1, 2})
      .In<int32_t>({2}, {0, 2})
      .Attr("num_partitions", 2)
      .ExpectError("partitions[1] = 2 is not in [0, 2)");
}

TEST(DynamicPartition, Gradient) {
  GradientTest("DynamicPartition")
      .In({4, 2})
      .Const(Tensor::Vector<int32_t>({1, 0, 1, 1}))
      .Attr("num_partitions", 2)
      .Check();
}

}  // namespace
}  // namespace weir
