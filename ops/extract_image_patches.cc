#include "weir/ops/extract_image_patches.h"

#include "weir/graph/gradients.h"
#include "weir/graph/shape_context.h"
#include "weir/ops/call_util.h"
#include "weir/ops/extract_image_patches_util.h"

namespace weir {
namespace ops {

Output ExtractImagePatches(const OpScope& scope, const Input& images,
                           const std::vector<int64_t>& ksizes, const std::vector<int64_t>& strides,
                           const std::vector<int64_t>& rates, const std::string& padding) {
  return scope.Op("ExtractImagePatches")
      .In(images)
      .Attr("ksizes", ksizes)
      .Attr("strides", strides)
      .Attr("rates", rates)
      .Attr("padding", padding)
      .Build();
}

}  // namespace ops

namespace {

template <typename Context>
absl::StatusOr<PatchGeometry> GeometryOf(const Context& c, int d, int64_t input) {
  return MakePatchGeometry(d, input, c.template Attr<std::vector<int64_t>>("ksizes"),
                           c.template Attr<std::vector<int64_t>>("strides"),
                           c.template Attr<std::vector<int64_t>>("rates"),
                           c.template Attr<std::string>("padding"));
}

absl::Status ExtractImagePatchesShape(ShapeContext& c) {
  ASSIGN_OR_RETURN(const PartialShape images, c.WithRank(0, 4));
  ASSIGN_OR_RETURN(const PatchGeometry rows, GeometryOf(c, 1, images.dim(1)));
  ASSIGN_OR_RETURN(const PatchGeometry columns, GeometryOf(c, 2, images.dim(2)));
  int64_t depth = images.dim(3);
  if (depth >= 0 && !CheckedMul(rows.size * columns.size, depth, &depth)) {
    return InvalidArgument("the patches are too large");
  }
  ASSIGN_OR_RETURN(PartialShape shape,
                   PartialShape::Make({images.dim(0), rows.count, columns.count, depth}));
  return c.Return(std::move(shape));
}

// Every pixel gets the sum of dy over the patch entries that show it. Which pixel an entry shows is
// found by extracting the patches of an image of the pixels' numbers; padding shows up as 0 there.
absl::Status ExtractImagePatchesGradient(GradientContext& g) {
  const OpScope& s = g.scope();
  const Output shape = Call(s, "Shape", g.In(0));
  const auto dim = [&](int d) {
    return Call(s, "StridedSlice", shape, Input({d}), Input({d + 1}), Input({1}));
  };
  const Output batch = dim(0), height = dim(1), width = dim(2), channels = dim(3);
  const Output pixels = Call(s, "Mul", height, width);
  const Output num_pixels = s.Op("Squeeze").In(pixels).Build();
  const Output ones = s.Op("OnesLike").In(batch).Build();
  const Output numbers = Call(s, "Reshape", Call(s, "Range", 1, Call(s, "Add", num_pixels, 1), 1),
                              Concat(s, {ones, height, width, ones}, 0));
  const Output shown =
      Call(s, "Sub",
           Flatten(s, ops::ExtractImagePatches(s, numbers, g.Attr<std::vector<int64_t>>("ksizes"),
                                               g.Attr<std::vector<int64_t>>("strides"),
                                               g.Attr<std::vector<int64_t>>("rates"),
                                               g.Attr<std::string>("padding"))),
           1);  // -1 for padding, which the sum leaves out.
  const Output entries = s.Op("Size").In(shown).Build();
  const Output dy = Call(s, "Reshape", g.Grad(0),
                         Concat(s, {batch, Call(s, "ExpandDims", entries, 0), channels}, 0));
  const Output sums =
      Call(s, "UnsortedSegmentSum", Call(s, "Transpose", dy, Input({1, 0, 2})), shown, num_pixels);
  return g.Return({Call(s, "Reshape", Call(s, "Transpose", sums, Input({1, 0, 2})), shape)});
}

}  // namespace

void RegisterExtractImagePatchesOps(OpRegistry& ops) {
  ops.Add("ExtractImagePatches")
      .Doc("The patches of images that a convolution would look at, each along the last dimension.")
      .In("images: T")
      .Out("patches: T")
      .Attr("ksizes: list(int) >= 4")
      .Attr("strides: list(int) >= 4")
      .Attr("rates: list(int) >= 4")
      .Attr(
          "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, "
          "uint64}")
      .Attr("padding: {'SAME', 'VALID'}")
      .Shape(ExtractImagePatchesShape)
      .Gradient(ExtractImagePatchesGradient);
}

}  // namespace weir
