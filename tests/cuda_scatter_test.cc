// Kernels of the GPU that go where indices tell them to, over the emulated CUDA runtime, at sizes
// that the recorded cases do not have: many blocks, nothing at all, repeated places.

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "weir/tests/cuda_compare.h"

namespace weir {
namespace {

// `n` places in [0, rows), many of them repeated.
Tensor Places(int64_t n, int64_t rows) {
  std::vector<int32_t> places(n);
  for (int64_t i = 0; i < n; ++i) places[i] = static_cast<int32_t>(i * i * 31 % rows);
  return Tensor::Vector<int32_t>(places);
}

// An update of `rows` rows of `width` at many places.
Updates ScatterOf(const char* op, DataType type, int64_t rows, int64_t width, int64_t n) {
  // Near 1, so that products of repeated updates stay in range.
  const bool multiplies = absl::StrContains(op, "Mul") || absl::StrContains(op, "Div");
  return {.op = op,
          .resources = absl::StartsWith(op, "Resource"),
          .variables = {Numbers(type, {rows, width})},
          .inputs = {Places(n, rows), Numbers(type, {n, width}, 7, multiplies ? 2.5 : 0)}};
}

TEST(CudaScatterTest, RepeatedRows) {
  for (const char* op : {"ScatterAdd", "ScatterSub", "ResourceScatterAdd", "ResourceScatterSub",
                         "ResourceScatterMin", "ResourceScatterMax"}) {
    for (DataType type : {DT_FLOAT, DT_DOUBLE, DT_INT8, DT_UINT8, DT_INT16, DT_INT32, DT_INT64}) {
      SCOPED_TRACE(absl::StrCat(op, " ", DataTypeName(type)));
      ExpectSameUpdates(ScatterOf(op, type, 30, 7, 500), ToleranceOf(type) * 10);
      ExpectSameUpdates(ScatterOf(op, type, 2000, 1, 5000), ToleranceOf(type) * 10);
      ExpectSameUpdates(ScatterOf(op, type, 3, 1000, 9), ToleranceOf(type) * 10);
      ExpectSameUpdates(ScatterOf(op, type, 3, 4, 0), 0);
    }
  }
}

TEST(CudaScatterTest, ProductsAndQuotients) {
  for (const char* op : {"ScatterMul", "ScatterDiv", "ResourceScatterMul", "ResourceScatterDiv"}) {
    for (DataType type : {DT_HALF, DT_FLOAT, DT_INT32}) {
      SCOPED_TRACE(absl::StrCat(op, " ", DataTypeName(type)));
      ExpectSameUpdates(ScatterOf(op, type, 40, 7, 40), ToleranceOf(type) * 10);
    }
  }
}

TEST(CudaScatterTest, AssignedRows) {
  for (const char* op : {"ScatterUpdate", "ResourceScatterUpdate"}) {
    for (DataType type : {DT_HALF, DT_FLOAT, DT_BOOL, DT_INT64}) {
      Updates u = ScatterOf(op, type, 3000, 17, 1000);
      std::vector<int64_t> places(1000);  // Of repeated ones any could win.
      for (int64_t i = 0; i < 1000; ++i) places[i] = i * 7 % 3000;
      u.inputs[0] = Tensor::Vector<int64_t>(places);
      SCOPED_TRACE(absl::StrCat(op, " ", DataTypeName(type)));
      ExpectSameUpdates(u, 0);
    }
  }
}

TEST(CudaScatterTest, ComplexNumbers) {
  const Tensor x = Tensor::Of<Complex64>({2, 1}, {{1, 2}, {-3, 0.5f}});
  const Tensor by = Tensor::Of<Complex64>({3, 1}, {{0.5f, -1}, {2, 1}, {-1, 1}});
  for (const char* op : {"ScatterAdd", "ScatterSub", "ScatterMul", "ScatterDiv"}) {
    SCOPED_TRACE(op);
    ExpectSameUpdates({.op = op,
                       .resources = false,
                       .variables = {x},
                       .inputs = {Tensor::Vector<int32_t>({1, 0, 1}), by}},
                      1e-5);
  }
}

// Errors on the CPU.
TEST(CudaScatterTest, WhatCannotBeReportedIsLeftOut) {
  const auto outside =
      Update("/gpu:0", WithGpu(),
             {.op = "ScatterAdd",
              .resources = false,
              .variables = {Tensor::Of<int32_t>({2, 1}, {1, 2})},
              .inputs = {Tensor::Vector<int32_t>({-1, 1, 2}), Tensor::Scalar<int32_t>(5)}});
  ASSERT_TRUE(outside.ok()) << outside.status();
  ExpectClose(*outside, {Tensor::Of<int32_t>({2, 1}, {1, 12})}, 0);
  const auto by_zero =
      Update("/gpu:0", WithGpu(),
             {.op = "ScatterDiv",
              .resources = false,
              .variables = {Tensor::Of<int32_t>({2}, {12, 12})},
              .inputs = {Tensor::Vector<int32_t>({0, 1}), Tensor::Vector<int32_t>({0, 2})}});
  ASSERT_TRUE(by_zero.ok()) << by_zero.status();
  ExpectClose(*by_zero, {Tensor::Of<int32_t>({2}, {12, 3})}, 0);
}

// `n` different index vectors into an array of [rows, columns].
Tensor PlacePairs(int64_t n, int64_t rows, int64_t columns) {
  Tensor places = Tensor::Make(DT_INT64, {n, 2}).value();
  for (int64_t i = 0; i < n; ++i) {
    const int64_t place = i * 7919 % (rows * columns);
    places.mutable_data<int64_t>()[2 * i] = place / columns;
    places.mutable_data<int64_t>()[2 * i + 1] = place % columns;
  }
  return places;
}

TEST(CudaScatterNdTest, OfTensors) {
  for (const DataType type : {DT_HALF, DT_FLOAT, DT_DOUBLE, DT_BOOL, DT_INT8, DT_INT64}) {
    SCOPED_TRACE(DataTypeName(type));
    const double tolerance = ToleranceOf(type) * 20;
    const auto scatter = [&](const Tensor& places, const Tensor& updates, const Shape& shape) {
      const std::vector<int64_t> wide(shape.dims().begin(), shape.dims().end());
      const std::vector<int32_t> narrow(wide.begin(), wide.end());
      const bool is_wide = places.dtype() == DT_INT64;
      const Tensor extents =
          is_wide ? Tensor::Vector<int64_t>(wide) : Tensor::Vector<int32_t>(narrow);
      ExpectSame({places, updates, extents}, tolerance,
                 [](const Scope& scope, const std::vector<Output>& in) {
                   return scope.Op("ScatterNd").In(in[0]).In(in[1]).In(in[2]).Build();
                 });
    };
    scatter(Places(5000, 700).Reinterpreted(DT_INT32, {5000, 1}), Numbers(type, {5000}), {700});
    scatter(PlacePairs(900, 70, 20), Numbers(type, {900, 3}), {70, 20, 3});
    scatter(PlacePairs(0, 70, 20), Numbers(type, {0, 3}), {70, 20, 3});
    if (type == DT_BOOL) continue;
    for (const char* op : {"TensorScatterUpdate", "TensorScatterAdd", "TensorScatterSub",
                           "ScatterNdNonAliasingAdd"}) {
      SCOPED_TRACE(op);
      ExpectSame(
          {Numbers(type, {70, 20, 8}), PlacePairs(1100, 70, 20), Numbers(type, {1100, 8}, 5)},
          tolerance, [&](const Scope& scope, const std::vector<Output>& in) {
            return scope.Op(op).In(in[0]).In(in[1]).In(in[2]).Build();
          });
    }
  }
}

TEST(CudaScatterNdTest, OfVariables) {
  for (const char* op : {"ScatterNdUpdate", "ScatterNdAdd", "ScatterNdSub"}) {
    for (const DataType type : {DT_HALF, DT_FLOAT, DT_INT64}) {
      SCOPED_TRACE(absl::StrCat(op, " ", DataTypeName(type)));
      Updates u{.op = op,
                .resources = false,
                .variables = {Numbers(type, {60, 30, 5})},
                .inputs = {PlacePairs(1500, 60, 30), Numbers(type, {1500, 5}, 3)}};
      ExpectSameUpdates(u, ToleranceOf(type) * 10);
      u.op = absl::StrCat("Resource", op);
      u.resources = true;
      ExpectSameUpdates(u, ToleranceOf(type) * 10);
    }
  }
}

TEST(CudaScatterNdTest, VectorsOutsideAreLeftOut) {
  Tensor places = Tensor::Of<int32_t>({4, 2}, {0, 1, -1, 0, 1, 2, 1, 1});
  const auto got =
      RunOnGpu({places, Tensor::Of<float>({4}, {1, 2, 4, 8}), Tensor::Vector<int32_t>({2, 2})},
               [](const Scope& scope, const std::vector<Output>& in) {
                 return scope.Op("ScatterNd").In(in[0]).In(in[1]).In(in[2]).Build();
               });
  ASSERT_TRUE(got.ok()) << got.status();
  ExpectClose(*got, {Tensor::Of<float>({2, 2}, {0, 1, 0, 8})}, 0);
}

TEST(CudaSparseToDenseTest, ElementsAndDefaults) {
  for (const DataType type : {DT_HALF, DT_FLOAT, DT_BOOL, DT_INT64}) {
    SCOPED_TRACE(DataTypeName(type));
    for (const Tensor& values : {Numbers(type, {1500}), Numbers(type, {}, 4)}) {
      ExpectSame({PlacePairs(1500, 60, 30), Tensor::Vector<int64_t>({60, 30}), values,
                  Numbers(type, {}, 9)},
                 0, [](const Scope& scope, const std::vector<Output>& in) {
                   return scope.Op("SparseToDense")
                       .In(in[0])
                       .In(in[1])
                       .In(in[2])
                       .In(in[3])
                       .Attr("validate_indices", false)
                       .Build();
                 });
    }
  }
}

TEST(CudaSliceTest, AssignedSlices) {
  for (const char* op : {"StridedSliceAssign", "ResourceStridedSliceAssign"}) {
    for (const DataType type : {DT_HALF, DT_FLOAT, DT_INT64, DT_BOOL}) {
      SCOPED_TRACE(absl::StrCat(op, " ", DataTypeName(type)));
      ExpectSameUpdates(
          {.op = op,
           .resources = absl::StartsWith(op, "Resource"),
           .variables = {Numbers(type, {50, 40, 6})},
           .inputs = {Tensor::Vector<int32_t>({49, 1, 0}), Tensor::Vector<int32_t>({3, 40, 6}),
                      Tensor::Vector<int32_t>({-2, 3, 1}), Numbers(type, {23, 13, 6}, 5)}},
          0);
    }
  }
}

// An op that reads the variable that holds in[0].
BuildOp FromVariable(const char* op, DataType type, bool knows_shape) {
  return [=](const Scope& scope, const std::vector<Output>& in) {
    OpBuilder handle = scope.Op("VarHandleOp").Attr("dtype", type);
    if (knows_shape) {
      handle.Attr("shape", Shape({60, 30, 5}));
    } else {
      handle.Attr("shape", PartialShape());
    }
    const Output variable = handle.Build();
    const Operation assigned = scope.Op("AssignVariableOp").In(variable).In(in[0]).Build();
    return scope.Op(op).In(variable).In(in[1]).Attr("dtype", type).Control(assigned).Build();
  };
}

TEST(CudaGatherTest, FromVariables) {
  for (const bool knows_shape : {false, true}) {
    for (const DataType type : {DT_HALF, DT_FLOAT, DT_INT64, DT_BOOL}) {
      SCOPED_TRACE(absl::StrCat(DataTypeName(type), " ", knows_shape));
      const Tensor x = Numbers(type, {60, 30, 5});
      ExpectSame({x, Places(2000, 60)}, 0, FromVariable("ResourceGather", type, knows_shape));
      ExpectSame({x, PlacePairs(2000, 60, 30)}, 0,
                 FromVariable("ResourceGatherNd", type, knows_shape));
    }
  }
}

TEST(CudaSegmentTest, UnsortedSegments) {
  for (const char* op : {"UnsortedSegmentSum", "UnsortedSegmentMax", "UnsortedSegmentMin"}) {
    for (DataType type : {DT_HALF, DT_FLOAT, DT_DOUBLE, DT_INT32, DT_INT64, DT_UINT8}) {
      for (const auto& [n, width] : {std::pair{5000, 1}, {500, 7}, {9, 3000}, {0, 4}, {6, 0}}) {
        SCOPED_TRACE(absl::StrCat(op, " ", DataTypeName(type), " ", n, " ", width));
        ExpectSame({Numbers(type, {n, width}), Places(n, 40), Tensor::Scalar<int32_t>(45)},
                   ToleranceOf(type) * 20, [&](const Scope& scope, const std::vector<Output>& in) {
                     return scope.Op(op).In(in[0]).In(in[1]).In(in[2]).Build();
                   });
      }
    }
  }
}

// `n` ids that do not decrease, with gaps and repetitions.
Tensor SortedIds(int64_t n) {
  std::vector<int32_t> ids(n);
  for (int64_t i = 1; i < n; ++i) ids[i] = ids[i - 1] + (i % 7 == 0) * static_cast<int32_t>(i % 4);
  return Tensor::Vector<int32_t>(ids);
}

constexpr std::pair<int64_t, int64_t> kRows[] = {{5000, 1}, {500, 7}, {9, 3000}, {0, 4}, {6, 0}};

TEST(CudaSegmentTest, SortedSegments) {
  for (const char* op : {"SegmentSum", "SegmentMean", "SegmentProd", "SegmentMax", "SegmentMin"}) {
    for (const DataType type : {DT_HALF, DT_FLOAT, DT_DOUBLE, DT_INT64}) {
      for (const auto& [n, width] : kRows) {
        SCOPED_TRACE(absl::StrCat(op, " ", DataTypeName(type), " ", n, " ", width));
        const auto build = [&](const Scope& scope, const std::vector<Output>& in) {
          return scope.Op(op).In(in[0]).In(in[1]).Build();
        };
        ExpectSame({Numbers(type, {n, width}), SortedIds(n)}, ToleranceOf(type) * 20, build);
        // One long segment.
        if (absl::StrContains(op, "Prod")) continue;
        ExpectSame({Numbers(type, {n, width}), Tensor::Zeros(DT_INT64, {n}).value()},
                   ToleranceOf(type) * 50, build);
      }
    }
  }
}

TEST(CudaSegmentTest, PickedRows) {
  for (const char* op : {"SparseSegmentSum", "SparseSegmentMean", "SparseSegmentSqrtN"}) {
    for (const DataType type : {DT_FLOAT, DT_DOUBLE}) {
      for (const auto& [n, width] : kRows) {
        SCOPED_TRACE(absl::StrCat(op, " ", DataTypeName(type), " ", n, " ", width));
        const Tensor ids = SortedIds(n);
        const int32_t segments = n == 0 ? 3 : ids.data<int32_t>()[n - 1] + 3;
        const std::vector<Tensor> inputs = {Numbers(type, {40, width}), Places(n, 40), ids,
                                            Tensor::Scalar<int32_t>(segments)};
        ExpectSame(inputs, ToleranceOf(type) * 20,
                   [&](const Scope& scope, const std::vector<Output>& in) {
                     return scope.Op(op).In(in[0]).In(in[1]).In(in[2]).Build();
                   });
        ExpectSame(inputs, ToleranceOf(type) * 20,
                   [&](const Scope& scope, const std::vector<Output>& in) {
                     return scope.Op(absl::StrCat(op, "WithNumSegments"))
                         .In(in[0])
                         .In(in[1])
                         .In(in[2])
                         .In(in[3])
                         .Build();
                   });
        if (absl::StrContains(op, "Sum")) continue;
        ExpectSame(
            {Numbers(type, {segments, width}), Places(n, 40), ids, Tensor::Scalar<int32_t>(50)},
            ToleranceOf(type) * 20, [&](const Scope& scope, const std::vector<Output>& in) {
              return scope.Op(absl::StrCat(op, "Grad"))
                  .In(in[0])
                  .In(in[1])
                  .In(in[2])
                  .In(in[3])
                  .Build();
            });
      }
    }
  }
}

TEST(CudaSegmentTest, WhatCannotBeReportedPicksZeros) {
  const auto picked =
      RunOnGpu({Tensor::Of<float>({2, 1}, {1, 2}), Tensor::Vector<int32_t>({1, 2, -1, 0}),
                Tensor::Vector<int32_t>({0, 0, 1, 1})},
               [](const Scope& scope, const std::vector<Output>& in) {
                 return scope.Op("SparseSegmentMean").In(in[0]).In(in[1]).In(in[2]).Build();
               });
  ASSERT_TRUE(picked.ok()) << picked.status();
  ExpectClose(*picked, {Tensor::Of<float>({2, 1}, {1, 0.5f})}, 0);
}

TEST(CudaSegmentTest, ALastIdBelowZeroIsAnError) {
  const auto negative =
      RunOnGpu({Tensor::Of<float>({2, 1}, {1, 2}), Tensor::Vector<int64_t>({-2, -1})},
               [](const Scope& scope, const std::vector<Output>& in) {
                 return scope.Op("SegmentSum").In(in[0]).In(in[1]).Build();
               });
  EXPECT_EQ(negative.status().code(), absl::StatusCode::kInvalidArgument) << negative.status();
}

}  // namespace
}  // namespace weir
