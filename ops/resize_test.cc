#include "weir/ops/resize.h"

#include "weir/graph/gradients.h"
#include "weir/runtime/session.h"
#include "weir/tests/op_test.h"

namespace weir {
namespace {

Tensor Size(int32_t height, int32_t width) { return Tensor::Vector<int32_t>({height, width}); }

TEST(Resize, Shape) {
  EXPECT_SHAPE(ShapeTest("ResizeBilinear").In("[?,4,5,3]").Const(Size(8, 9)), "[?,8,9,3]");
  EXPECT_SHAPE(ShapeTest("ResizeNearestNeighbor").In("[1,4,5,3]").In("[2]", DT_INT32), "[1,?,?,3]");
  EXPECT_SHAPE(ShapeTest("ResizeBilinearGrad").In("[2,8,9,3]").In("[?,4,5,?]"), "[2,4,5,3]");
  EXPECT_SHAPE(ShapeTest("ResizeBicubic").In("[?,4,5,3]").Const(Size(8, 9)), "[?,8,9,3]");
  EXPECT_SHAPE(ShapeTest("ResizeBicubicGrad").In("[2,8,9,3]").In("[?,4,5,?]"), "[2,4,5,3]");
  EXPECT_SHAPE(ShapeTest("ResizeNearestNeighborGrad").In("[2,8,9,3]").Const(Size(4, 5)),
               "[2,4,5,3]");
  EXPECT_SHAPE_ERROR(ShapeTest("ResizeBilinear").In("[4,5,3]").Const(Size(8, 9)), "rank 4");
  EXPECT_SHAPE_ERROR(ShapeTest("ResizeBilinear")
                         .In("[1,4,5,3]")
                         .Const(Size(8, 9))
                         .Attr("align_corners", true)
                         .Attr("half_pixel_centers", true),
                     "align_corners must be False");
}

TEST(ResizeNearestNeighbor, Values) {
  OpTest("ResizeNearestNeighbor")
      .In<uint8_t>({1, 2, 2, 1}, {1, 2, 3, 4})
      .In(Size(3, 4))
      .Expect<uint8_t>({1, 3, 4, 1}, {1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4});
  OpTest("ResizeNearestNeighbor")
      .In<float>({1, 1, 3, 1}, {1, 2, 3})
      .In(Size(1, 2))
      .Attr("align_corners", true)
      .Expect<float>({1, 1, 2, 1}, {1, 3});
  OpTest("ResizeNearestNeighborGrad")
      .In<float>({1, 3, 4, 1}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
      .In(Size(2, 2))
      .Expect<float>({1, 2, 2, 1}, {14, 22, 19, 23});
}

TEST(ResizeBilinear, Values) {
  OpTest("ResizeBilinear")
      .In<float>({1, 1, 2, 1}, {0, 4})
      .In(Size(1, 4))
      .Expect<float>({1, 1, 4, 1}, {0, 2, 4, 4});
  OpTest("ResizeBilinear")
      .In<int32_t>({1, 1, 2, 1}, {0, 4})
      .In(Size(1, 3))
      .Attr("align_corners", true)
      .Expect<float>({1, 1, 3, 1}, {0, 2, 4});
  OpTest("ResizeBilinear")
      .In<float>({1, 1, 2, 1}, {0, 4})
      .In(Size(1, 4))
      .Attr("half_pixel_centers", true)
      .Expect<float>({1, 1, 4, 1}, {0, 1, 3, 4});
  OpTest("ResizeBilinear")
      .In<float>({1, 2, 2, 1}, {1, 2, 3, 4})
      .In(Size(0, 2))
      .ExpectError("must be positive");
}

TEST(ResizeBicubic, KeepsAnImageOfTheSameSize) {
  for (bool centers : {false, true}) {
    OpTest("ResizeBicubic")
        .In<float>({1, 2, 2, 1}, {1, 2, 3, 4})
        .In(Size(2, 2))
        .Attr("half_pixel_centers", centers)
        .Expect<float>({1, 2, 2, 1}, {1, 2, 3, 4});
  }
}

// The transpose A' of the resizing A has x . A'(g) == A(x) . g.
double InnerProducts(const std::string& op, bool align, bool centers) {
  const Scope s = Scope::Root();
  Tensor x = *Tensor::Make(DT_FLOAT, Shape({2, 3, 4, 2}));
  Tensor g = *Tensor::Make(DT_FLOAT, Shape({2, 5, 3, 2}));
  for (int i = 0; i < 48; ++i) x.mutable_data<float>()[i] = static_cast<float>(i * 7 % 11) - 5;
  for (int i = 0; i < 60; ++i) g.mutable_data<float>()[i] = static_cast<float>(i * 5 % 13) - 6;
  const Output image = s.Op("Identity").In(x).Build();
  const Output resized = s.Op(op)
                             .In(image)
                             .In(Size(5, 3))
                             .Attr("align_corners", align)
                             .Attr("half_pixel_centers", centers)
                             .Build();
  const Output grad = s.Op("Identity").In(g).Build();
  absl::StatusOr<std::vector<Output>> dx = AddDenseGradients(s, {resized}, {image}, {grad});
  EXPECT_TRUE(dx.ok()) << dx.status();
  if (!dx.ok()) return 1;
  absl::StatusOr<Session> session = Session::Create(s);
  EXPECT_TRUE(session.ok()) << session.status();
  if (!session.ok()) return 1;
  absl::StatusOr<std::vector<Tensor>> got = session->Run({}, {resized, (*dx)[0]});
  EXPECT_TRUE(got.ok()) << got.status();
  if (!got.ok()) return 1;
  double difference = 0;
  for (int i = 0; i < 60; ++i) difference += (*got)[0].data<float>()[i] * g.data<float>()[i];
  for (int i = 0; i < 48; ++i) difference -= (*got)[1].data<float>()[i] * x.data<float>()[i];
  return difference;
}

TEST(Resize, GradientOpsAreDifferentiable) {
  const Shape image({1, 2, 3, 2}), resized({1, 4, 2, 2});
  GradientTest("ResizeNearestNeighborGrad").In(resized).Const(Size(2, 3)).Check();
  // They take float alone, beside an image of any type.
  for (const char* op : {"ResizeBilinearGrad", "ResizeBicubicGrad"}) {
    const Tensor original = *Tensor::Zeros(DT_FLOAT, image);
    GradientTest(op).Float().In(resized).Const(original).Check();
  }
}

TEST(Resize, GradientOpsValues) {
  // The columns of the upsampling that ResizeBilinear.Values shows: 0, 2, 4, 4 from 0, 4.
  OpTest("ResizeBilinearGrad")
      .In<float>({1, 1, 4, 1}, {1, 10, 100, 1000})
      .In<float>({1, 1, 2, 1}, {0, 0})
      .Expect<float>({1, 1, 2, 1}, {6, 1105});
  OpTest("ResizeBicubicGrad")
      .In<float>({1, 2, 2, 1}, {1, 2, 3, 4})
      .In<float>({1, 2, 2, 1}, {0, 0, 0, 0})
      .Expect<float>({1, 2, 2, 1}, {1, 2, 3, 4});
}

TEST(Resize, GradientIsTheTranspose) {
  for (const char* op : {"ResizeNearestNeighbor", "ResizeBilinear", "ResizeBicubic"}) {
    EXPECT_NEAR(InnerProducts(op, false, false), 0, 1e-3) << op;
    EXPECT_NEAR(InnerProducts(op, true, false), 0, 1e-3) << op;
    EXPECT_NEAR(InnerProducts(op, false, true), 0, 1e-3) << op;
  }
}

}  // namespace
}  // namespace weir
