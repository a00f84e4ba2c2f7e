#include "weir/core/dtype.h"

#include "gtest/gtest.h"
#include "weir/core/resource.h"

namespace weir {
namespace {

TEST(DataType, NamesComeBack) {
  for (int i = 1; i <= 23; ++i) {
    const DataType type = static_cast<DataType>(i);
    EXPECT_TRUE(IsValidDataType(type)) << i;
    EXPECT_EQ(DataTypeFromName(DataTypeName(type)), type) << i;
    EXPECT_EQ(DataTypeFromName(DataTypeName(MakeRef(type))), MakeRef(type)) << i;
  }
  EXPECT_EQ(DataTypeName(DT_HALF), "half");
  EXPECT_EQ(DataTypeName(DT_FLOAT_REF), "float_ref");
  EXPECT_EQ(DataTypeName(DT_INVALID), "invalid");
  EXPECT_EQ(DataTypeName(static_cast<DataType>(77)), "type(77)");
  EXPECT_EQ(DataTypeFromName("float33"), DT_INVALID);
  EXPECT_EQ(DataTypeFromName(""), DT_INVALID);
}

TEST(DataType, References) {
  EXPECT_EQ(MakeRef(DT_INT32), DT_INT32_REF);
  EXPECT_EQ(MakeRef(DT_INT32_REF), DT_INT32_REF);
  EXPECT_EQ(RemoveRef(DT_INT32_REF), DT_INT32);
  EXPECT_EQ(RemoveRef(DT_INT32), DT_INT32);
  EXPECT_FALSE(IsValidDataType(DT_INT32_REF));
  EXPECT_EQ(DataTypeSize(DT_INT32_REF), 0u);
}

TEST(DataType, ValuesOutsideTheEnumHaveNoSize) {
  for (const int value : {-1, 0, 24, 99, 100, 200, 1 << 30}) {
    const DataType type = static_cast<DataType>(value);
    EXPECT_FALSE(IsValidDataType(type)) << value;
    EXPECT_FALSE(IsPlainType(type)) << value;
    EXPECT_EQ(DataTypeSize(type), 0u) << value;
    EXPECT_FALSE(DataTypeName(type).empty()) << value;
  }
}

TEST(DataType, Classes) {
  int plain = 0, integers = 0, floating = 0, quantized = 0, complex = 0, trainable = 0;
  for (int i = 1; i <= 23; ++i) {
    const DataType type = static_cast<DataType>(i);
    plain += IsPlainType(type);
    integers += IsIntegerType(type);
    floating += IsFloatingType(type);
    quantized += IsQuantizedType(type);
    complex += IsComplexType(type);
    trainable += IsTrainableType(type);
  }
  EXPECT_EQ(plain, 20);
  EXPECT_EQ(integers, 8);
  EXPECT_EQ(floating, 4);
  EXPECT_EQ(quantized, 5);
  EXPECT_EQ(complex, 2);
  EXPECT_EQ(trainable, 8);
  EXPECT_TRUE(IsTrainableType(DT_FLOAT_REF));
}

TEST(DispatchType, CallsWithTheTypeOrNamesIt) {
  size_t size = 0;
  const auto note = [&]<typename T>(TypeTag<T>) {
    size = sizeof(T);
    return absl::OkStatus();
  };
  EXPECT_TRUE((DispatchType<float, double>(DT_DOUBLE, note).ok()));
  EXPECT_EQ(size, sizeof(double));
  const absl::Status status = DispatchType<float, double>(DT_INT32, note);
  EXPECT_EQ(status, Unimplemented("no implementation for element type int32"));
  const auto fail = []<typename T>(TypeTag<T>) { return InvalidArgument("from inside"); };
  EXPECT_EQ(DispatchFloating(DT_HALF, fail), InvalidArgument("from inside"));
}

TEST(DispatchWidth, CoversPlainTypes) {
  for (int i = 1; i <= 23; ++i) {
    const DataType type = static_cast<DataType>(i);
    size_t size = 0;
    const absl::Status status = DispatchWidth(type, [&]<typename T>(TypeTag<T>) {
      size = sizeof(T);
      return absl::OkStatus();
    });
    EXPECT_EQ(status.ok(), IsPlainType(type));
    if (status.ok()) {
      EXPECT_EQ(size, DataTypeSize(type));
    }
  }
}

}  // namespace
}  // namespace weir
