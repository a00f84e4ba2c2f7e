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
