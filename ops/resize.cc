#include "weir/ops/resize.h"

#include "weir/graph/gradients.h"
#include "weir/graph/shape_context.h"
#include "weir/ops/call_util.h"

namespace weir {
namespace ops {
namespace {

Output Build(const OpScope& scope, absl::string_view op, const Input& images, const Input& target,
             const ResizeOptions& options) {
  return scope.Op(op)
      .In(images)
      .In(target)
      .Attr("align_corners", options.align_corners)
      .Attr("half_pixel_centers", options.half_pixel_centers)
      .Build();
}

}  // namespace

Output ResizeNearestNeighbor(const OpScope& scope, const Input& images, const Input& size,
                             const ResizeOptions& options) {
  return Build(scope, "ResizeNearestNeighbor", images, size, options);
}

Output ResizeBilinear(const OpScope& scope, const Input& images, const Input& size,
                      const ResizeOptions& options) {
  return Build(scope, "ResizeBilinear", images, size, options);
}

Output ResizeBicubic(const OpScope& scope, const Input& images, const Input& size,
                     const ResizeOptions& options) {
  return Build(scope, "ResizeBicubic", images, size, options);
}

Output ResizeNearestNeighborGrad(const OpScope& scope, const Input& grads, const Input& size,
                                 const ResizeOptions& options) {
  return Build(scope, "ResizeNearestNeighborGrad", grads, size, options);
}

Output ResizeBilinearGrad(const OpScope& scope, const Input& grads, const Input& original_image,
                          const ResizeOptions& options) {
  return Build(scope, "ResizeBilinearGrad", grads, original_image, options);
}

Output ResizeBicubicGrad(const OpScope& scope, const Input& grads, const Input& original_image,
                         const ResizeOptions& options) {
  return Build(scope, "ResizeBicubicGrad", grads, original_image, options);
}

}  // namespace ops

namespace {

absl::Status CheckCenters(const ShapeContext& c) {
  if (c.Attr<bool>("align_corners") && c.Attr<bool>("half_pixel_centers")) {
    return InvalidArgument("If half_pixel_centers is True, align_corners must be False.");
  }
  return absl::OkStatus();
}

absl::Status ResizeShape(ShapeContext& c) {
  RETURN_IF_ERROR(CheckCenters(c));
  ASSIGN_OR_RETURN(PartialShape images, c.WithRank(0, 4));
  ASSIGN_OR_RETURN(const PartialShape given, c.WithRank(1, 1));
  if (given.dim(0) >= 0 && given.dim(0) != 2) {
    return InvalidArgument("size must have 2 elements, but has shape ", given.ToString());
  }
  ASSIGN_OR_RETURN(const PartialShape size, c.ShapeValue(1));
  images = images.WithDim(1, size.dim(0)).WithDim(2, size.dim(1));
  ASSIGN_OR_RETURN(images, PartialShape::Make(images.dims()));
  return c.Return(std::move(images));
}

absl::Status ResizeGradShape(ShapeContext& c) {
  RETURN_IF_ERROR(CheckCenters(c));
  ASSIGN_OR_RETURN(const PartialShape grads, c.WithRank(0, 4));
  ASSIGN_OR_RETURN(PartialShape image, c.WithRank(1, 4));
  image = image.WithDim(0, grads.dim(0)).WithDim(3, grads.dim(3));
  ASSIGN_OR_RETURN(image, PartialShape::Make(image.dims()));
  return c.Return(std::move(image));
}

ops::ResizeOptions OptionsOf(const GradientContext& g) {
  return {.align_corners = g.Attr<bool>("align_corners"),
          .half_pixel_centers = g.Attr<bool>("half_pixel_centers")};
}

// [height, width] of images.
Output SizeOf(const OpScope& s, const Output& images) {
  return Call(s, "StridedSlice", Call(s, "Shape", images), Input({1}), Input({3}), Input({1}));
}

// All resizing is linear in the images; the Grad ops are the transposes, and the transposes of
// those resize again.
absl::Status NearestGradient(GradientContext& g) {
  return g.Return({ops::ResizeNearestNeighborGrad(g.scope(), g.Grad(0), SizeOf(g.scope(), g.In(0)),
                                                  OptionsOf(g)),
                   Output()});
}

absl::Status NearestGradGradient(GradientContext& g) {
  return g.Return(
      {ops::ResizeNearestNeighbor(g.scope(), g.Grad(0), SizeOf(g.scope(), g.In(0)), OptionsOf(g)),
       Output()});
}

absl::Status BilinearGradient(GradientContext& g) {
  return g.Return({ops::ResizeBilinearGrad(g.scope(), g.Grad(0), g.In(0), OptionsOf(g)), Output()});
}

absl::Status BilinearGradGradient(GradientContext& g) {
  return g.Return(
      {ops::ResizeBilinear(g.scope(), g.Grad(0), SizeOf(g.scope(), g.In(0)), OptionsOf(g)),
       Output()});
}

absl::Status BicubicGradient(GradientContext& g) {
  // Of other types the images have none: there is no op for it.
  const DataType type = g.Attr<DataType>("T");
  if (type != DT_FLOAT && type != DT_DOUBLE) return g.Return({Output(), Output()});
  return g.Return({ops::ResizeBicubicGrad(g.scope(), g.Grad(0), g.In(0), OptionsOf(g)), Output()});
}

absl::Status BicubicGradGradient(GradientContext& g) {
  return g.Return(
      {ops::ResizeBicubic(g.scope(), g.Grad(0), SizeOf(g.scope(), g.In(0)), OptionsOf(g)),
       Output()});
}

struct ResizeOp {
  absl::string_view name;
  absl::string_view doc;
  absl::string_view types;
  absl::string_view output;
  GradientFn gradient;
};

void AddResize(OpRegistry& ops, const ResizeOp& op) {
  ops.Add(op.name)
      .Doc(op.doc)
      .In("images: T")
      .In("size: int32")
      .Out(op.output)
      .Attr(op.types)
      .Attr("align_corners: bool = false")
      .Attr("half_pixel_centers: bool = false")
      .Shape(ResizeShape)
      .Gradient(op.gradient);
}

void AddResizeGrad(OpRegistry& ops, const ResizeOp& op) {
  ops.Add(op.name)
      .Doc(op.doc)
      .In("grads: float")
      .In("original_image: T")
      .Out("output: T")
      .Attr(op.types)
      .Attr("align_corners: bool = false")
      .Attr("half_pixel_centers: bool = false")
      .Shape(ResizeGradShape)
      .Gradient(op.gradient);
}

}  // namespace

void RegisterResizeOps(OpRegistry& ops) {
  AddResize(ops,
            {"ResizeNearestNeighbor", "Images resized to `size`: each pixel is the nearest one.",
             "T: {int8, uint8, int16, uint16, int32, int64, half, float, double}",
             "resized_images: T", NearestGradient});
  AddResize(ops, {"ResizeBilinear", "Images resized to `size`, linear between the nearest 2 x 2.",
                  "T: {int8, uint8, int16, uint16, int32, int64, bfloat16, half, float, double}",
                  "resized_images: float", BilinearGradient});
  AddResize(ops, {"ResizeBicubic", "Images resized to `size`, cubic between the nearest 4 x 4.",
                  "T: {int8, uint8, int16, uint16, int32, int64, half, float, double}",
                  "resized_images: float", BicubicGradient});
  ops.Add("ResizeNearestNeighborGrad")
      .Doc("The transpose of ResizeNearestNeighbor: each pixel gets the sum of those that show it.")
      .In("grads: T")
      .In("size: int32")
      .Out("output: T")
      .Attr("T: {uint8, int8, int32, half, float, double}")
      .Attr("align_corners: bool = false")
      .Attr("half_pixel_centers: bool = false")
      .Shape(ResizeShape)
      .Gradient(NearestGradGradient);
  AddResizeGrad(ops, {"ResizeBilinearGrad", "The transpose of ResizeBilinear.",
                      "T: {float, bfloat16, half, double}", "", BilinearGradGradient});
  AddResizeGrad(ops, {"ResizeBicubicGrad", "The transpose of ResizeBicubic.", "T: {float, double}",
                      "", BicubicGradGradient});
}

}  // namespace weir
