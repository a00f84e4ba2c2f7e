// Kernels of the GPU on images and matrices, over the emulated CUDA runtime.

#include <utility>

#include "gtest/gtest.h"
#include "weir/tests/cuda_compare.h"

namespace weir {
namespace {

struct Resized {
  Shape image;
  int32_t height, width;
};
const Resized kResized[] = {
    {{2, 5, 7, 3}, 11, 4}, {{1, 16, 16, 8}, 32, 32}, {{1, 40, 30, 1}, 9, 61},
    {{1, 1, 1, 4}, 3, 5},  {{2, 6, 4, 5}, 1, 1},     {{0, 4, 4, 3}, 8, 8},
};
const std::pair<bool, bool> kSamplings[] = {{false, false}, {true, false}, {false, true}};

// Bicubic distances are rounded, and the GPU's products and sums round once.
constexpr double kTolerance = 2e-3;

TEST(CudaResizeTest, Images) {
  for (const Resized& c : kResized) {
    for (const auto& [corners, centers] : kSamplings) {
      const auto check = [&, corners = corners, centers = centers](const char* op, DataType type,
                                                                   double tolerance) {
        SCOPED_TRACE(absl::StrCat(op, " ", DataTypeName(type), " ", c.image.ToString(), " to ",
                                  c.height, ",", c.width, " ", corners, centers));
        ExpectSame({Numbers(type, c.image), Tensor::Vector<int32_t>({c.height, c.width})},
                   tolerance, [&](const Scope& scope, const std::vector<Output>& in) {
                     return scope.Op(op)
                         .In(in[0])
                         .In(in[1])
                         .Attr("align_corners", corners)
                         .Attr("half_pixel_centers", centers)
                         .Build();
                   });
      };
      for (const DataType type : {DT_UINT8, DT_HALF, DT_FLOAT, DT_DOUBLE}) {
        check("ResizeNearestNeighbor", type, 0);
      }
      for (const DataType type : {DT_UINT8, DT_HALF, DT_FLOAT}) {
        check("ResizeBilinear", type, 1e-4);
        check("ResizeBicubic", type, kTolerance);
      }
    }
  }
}

TEST(CudaResizeTest, Gradients) {
  for (const Resized& c : kResized) {
    const Tensor size = Tensor::Vector<int32_t>(
        {static_cast<int32_t>(c.image.dim(1)), static_cast<int32_t>(c.image.dim(2))});
    const Tensor grads =
        Numbers(DT_FLOAT, Shape({c.image.dim(0), c.height, c.width, c.image.dim(3)}));
    for (const auto& [corners, centers] : kSamplings) {
      const auto check = [&, corners = corners, centers = centers](
                             const char* op, const Tensor& image, double tolerance) {
        SCOPED_TRACE(absl::StrCat(op, " ", c.image.ToString(), " to ", c.height, ",", c.width, " ",
                                  corners, centers));
        ExpectSame({grads, image}, tolerance,
                   [&](const Scope& scope, const std::vector<Output>& in) {
                     return scope.Op(op)
                         .In(in[0])
                         .In(in[1])
                         .Attr("align_corners", corners)
                         .Attr("half_pixel_centers", centers)
                         .Build();
                   });
      };
      check("ResizeNearestNeighborGrad", size, 1e-5);
      for (const DataType type : {DT_FLOAT, DT_DOUBLE, DT_HALF}) {
        check("ResizeBilinearGrad", Numbers(type, c.image), type == DT_HALF ? 2e-3 : 1e-4);
      }
      check("ResizeBicubicGrad", Numbers(DT_FLOAT, c.image), kTolerance);
    }
  }
}

TEST(CudaLrnTest, ChannelsAmongTheirNeighbours) {
  for (const Shape& shape : {Shape({2, 3, 3, 7}), Shape({3, 5, 5, 300}), Shape({2, 3, 0, 4})}) {
    for (const int64_t radius : {0, 2, 400}) {
      for (const DataType type : {DT_HALF, DT_FLOAT}) {
        SCOPED_TRACE(absl::StrCat(shape.ToString(), " ", radius, " ", DataTypeName(type)));
        const Tensor x = Numbers(type, shape);
        ExpectSame({x}, ToleranceOf(type), [&](const Scope& scope, const std::vector<Output>& in) {
          return scope.Op("LRN").In(in[0]).Attr("depth_radius", radius).Build();
        });
        ExpectSame({Numbers(type, shape, 3), x, Numbers(type, shape, 5)}, 20 * ToleranceOf(type),
                   [&](const Scope& scope, const std::vector<Output>& in) {
                     return scope.Op("LRNGrad")
                         .In(in[0])
                         .In(in[1])
                         .In(in[2])
                         .Attr("depth_radius", radius)
                         .Build();
                   });
      }
    }
  }
}

// A window over volumes, whose strides are shorter, equal and longer than it.
struct Volumes {
  Shape input;
  std::vector<int64_t> window, strides;
  const char* padding;
};
const Volumes kVolumes[] = {
    {{2, 7, 6, 9, 3}, {1, 3, 2, 3, 1}, {1, 2, 1, 2, 1}, "SAME"},
    {{1, 8, 8, 8, 5}, {1, 2, 2, 2, 1}, {1, 2, 2, 2, 1}, "VALID"},
    {{3, 5, 6, 7, 1}, {1, 2, 1, 2, 1}, {1, 3, 2, 3, 1}, "VALID"},
    {{2, 1, 9, 9, 2}, {1, 1, 3, 3, 1}, {1, 1, 2, 1, 1}, "SAME"},
};

BuildOp PoolOf(const char* op, const Volumes& v) {
  return [=](const Scope& scope, const std::vector<Output>& in) {
    OpBuilder builder = scope.Op(op);
    for (const Output& input : in) builder.In(input);
    return builder.Attr("ksize", v.window)
        .Attr("strides", v.strides)
        .Attr("padding", v.padding)
        .Build();
  };
}

Tensor ShapeTensor(const Shape& shape) {
  return Tensor::Vector<int32_t>(std::vector<int32_t>(shape.dims().begin(), shape.dims().end()));
}

TEST(CudaPoolTest, Volumes) {
  for (const Volumes& v : kVolumes) {
    for (const DataType type : {DT_HALF, DT_FLOAT}) {
      SCOPED_TRACE(absl::StrCat(v.input.ToString(), " ", DataTypeName(type)));
      const double tolerance = ToleranceOf(type);
      const Tensor x = Numbers(type, v.input);
      ExpectSame({x}, 0, PoolOf("MaxPool3D", v));
      ExpectSame({x}, tolerance, PoolOf("AvgPool3D", v));
      const Tensor y = RunOnGpu({x}, PoolOf("MaxPool3D", v)).value()[0];
      const Tensor dy = Numbers(type, y.shape(), 3);
      // The CPU rounds after each of up to eight windows.
      ExpectSame({x, y, dy}, 4 * tolerance, PoolOf("MaxPool3DGrad", v));
      ExpectSame({x, y, Numbers(type, v.input, 5)}, 0, PoolOf("MaxPool3DGradGrad", v));
      ExpectSame({ShapeTensor(v.input), dy}, 4 * tolerance, PoolOf("AvgPool3DGrad", v));
    }
  }
}

TEST(CudaPoolTest, PositionsOfMaxima) {
  const Volumes windows[] = {
      {{3, 20, 17, 5}, {1, 3, 2, 1}, {1, 2, 1, 1}, "SAME"},
      {{2, 16, 16, 3}, {1, 2, 2, 1}, {1, 2, 2, 1}, "VALID"},
  };
  for (const Volumes& v : windows) {
    for (const DataType type : {DT_HALF, DT_FLOAT, DT_INT64, DT_UINT8}) {
      for (const DataType positions : {DT_INT32, DT_INT64}) {
        for (const bool batch : {false, true}) {
          SCOPED_TRACE(absl::StrCat(v.input.ToString(), " ", DataTypeName(type), " ",
                                    DataTypeName(positions), " ", batch));
          const auto build = [&](const char* op) -> BuildOp {
            return [&, op](const Scope& scope, const std::vector<Output>& in) {
              OpBuilder builder = scope.Op(op);
              for (const Output& input : in) builder.In(input);
              return builder.Attr("ksize", v.window)
                  .Attr("strides", v.strides)
                  .Attr("padding", v.padding)
                  .Attr("Targmax", positions)
                  .Attr("include_batch_in_index", batch)
                  .Build();
            };
          };
          const Tensor x = Numbers(type, v.input);
          ExpectSame({x}, 0, build("MaxPoolWithArgmax"));
          const std::vector<Tensor> y = RunOnGpu({x}, build("MaxPoolWithArgmax")).value();
          ExpectSame({x, Numbers(type, y[0].shape(), 3), y[1]}, 4 * ToleranceOf(type),
                     build("MaxPoolGradWithArgmax"));
          ExpectSame({x, Numbers(type, v.input, 5), y[1]}, 0, build("MaxPoolGradGradWithArgmax"));
        }
      }
    }
  }
}

TEST(CudaConvTest, Volumes) {
  constexpr int64_t kFilters = 6;
  for (const Volumes& v : kVolumes) {
    const Shape filter({v.window[1], v.window[2], v.window[3], v.input.dim(4), kFilters});
    const auto build = [&](const char* op) -> BuildOp {
      return [&, op](const Scope& scope, const std::vector<Output>& in) {
        OpBuilder builder = scope.Op(op);
        for (const Output& input : in) builder.In(input);
        return builder.Attr("strides", v.strides).Attr("padding", v.padding).Build();
      };
    };
    for (const DataType type : {DT_HALF, DT_FLOAT, DT_DOUBLE}) {
      SCOPED_TRACE(absl::StrCat(v.input.ToString(), " ", DataTypeName(type)));
      const double tolerance = 10 * ToleranceOf(type);
      const Tensor x = Numbers(type, v.input), w = Numbers(type, filter, 3);
      ExpectSame({x, w}, tolerance, build("Conv3D"));
      const Tensor dy = Numbers(type, RunOnGpu({x, w}, build("Conv3D")).value()[0].shape(), 5);
      ExpectSame({ShapeTensor(v.input), w, dy}, tolerance, build("Conv3DBackpropInputV2"));
      ExpectSame({x, ShapeTensor(filter), dy}, tolerance, build("Conv3DBackpropFilterV2"));
    }
  }
}

constexpr DataType kWidths[] = {DT_UINT8, DT_HALF, DT_FLOAT, DT_DOUBLE};

TEST(CudaMatrixTest, Bands) {
  for (const Shape& shape : {Shape({40, 70}), Shape({3, 70, 40}), Shape({2, 0, 4})}) {
    for (const auto& [lower, upper] : {std::pair{0, 0}, {2, 5}, {-1, 0}, {1, -1}, {-1, -1}}) {
      for (const DataType type : kWidths) {
        if (shape.num_elements() == 0 && lower > 0) continue;  // Wider than the matrix.
        SCOPED_TRACE(absl::StrCat(shape.ToString(), " ", lower, " ", upper));
        ExpectSame(
            {Numbers(type, shape), Tensor::Scalar<int64_t>(lower), Tensor::Scalar<int64_t>(upper)},
            0, [](const Scope& scope, const std::vector<Output>& in) {
              return scope.Op("MatrixBandPart").In(in[0]).In(in[1]).In(in[2]).Build();
            });
      }
    }
  }
}

TEST(CudaMatrixTest, MainDiagonals) {
  for (const DataType type : kWidths) {
    const auto check = [](const char* op, const Tensor& x) {
      SCOPED_TRACE(absl::StrCat(op, " ", DataTypeName(x.dtype()), " ", x.shape().ToString()));
      ExpectSame({x}, 0, [&](const Scope& scope, const std::vector<Output>& in) {
        return scope.Op(op).In(in[0]).Build();
      });
    };
    if (type != DT_UINT8) {  // Which these do not take.
      check("Diag", Numbers(type, {5, 9}));
      check("DiagPart", Numbers(type, {5, 9, 5, 9}));
    }
    check("MatrixDiag", Numbers(type, {7, 30}));
    check("MatrixDiagPart", Numbers(type, {7, 30, 20}));
    ExpectSame({Numbers(type, {7, 30, 20}), Numbers(type, {7, 20}, 3)}, 0,
               [](const Scope& scope, const std::vector<Output>& in) {
                 return scope.Op("MatrixSetDiag").In(in[0]).In(in[1]).Build();
               });
  }
}

TEST(CudaMatrixTest, BandsOfDiagonals) {
  for (const auto& [lower, upper] : {std::pair{0, 0}, {-3, 2}, {1, 9}, {-25, -2}}) {
    SCOPED_TRACE(absl::StrCat(lower, " ", upper));
    const Tensor band = Tensor::Vector<int32_t>({lower, upper}), x = Numbers(DT_FLOAT, {4, 30, 20});
    const BuildOp part = [](const Scope& scope, const std::vector<Output>& in) {
      return scope.Op("MatrixDiagPartV2").In(in[0]).In(in[1]).In(in[2]).Build();
    };
    ExpectSame({x, band, Tensor::Scalar<float>(-7)}, 0, part);
    const Tensor diagonals = RunOnGpu({x, band, Tensor::Scalar<float>(-7)}, part).value()[0];
    ExpectSame({x, diagonals, band}, 0, [](const Scope& scope, const std::vector<Output>& in) {
      return scope.Op("MatrixSetDiagV2").In(in[0]).In(in[1]).In(in[2]).Build();
    });
    ExpectSame(
        {diagonals, band, Tensor::Scalar<int32_t>(30), Tensor::Scalar<int32_t>(20),
         Tensor::Scalar<float>(3)},
        0, [](const Scope& scope, const std::vector<Output>& in) {
          return scope.Op("MatrixDiagV2").In(in[0]).In(in[1]).In(in[2]).In(in[3]).In(in[4]).Build();
        });
  }
}

}  // namespace
}  // namespace weir
