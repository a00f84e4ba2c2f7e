#ifndef WEIR_OPS_RESIZE_H_
#define WEIR_OPS_RESIZE_H_

#include "weir/graph/scope.h"

namespace weir::ops {

// How output pixel i of n looks up the m input pixels of its dimension.
struct ResizeOptions {
  // Corner pixels map onto corner pixels: i * (m - 1) / (n - 1) instead of i * m / n.
  bool align_corners = false;
  // Pixels are squares with a centre: (i + 0.5) * m / n - 0.5. Not together with align_corners.
  bool half_pixel_centers = false;
};

// Resizes `images`, [batch, height, width, channels], to `size`, an int32 vector [height, width].
// InvalidArgument for sizes below 1 and images without pixels.

// The nearest pixel, of the type of `images`.
Output ResizeNearestNeighbor(const OpScope& scope, const Input& images, const Input& size,
                             const ResizeOptions& options = {});
// Linear interpolation between 2 x 2 pixels; the result is float.
Output ResizeBilinear(const OpScope& scope, const Input& images, const Input& size,
                      const ResizeOptions& options = {});
// Cubic interpolation between 4 x 4 pixels; the result is float.
Output ResizeBicubic(const OpScope& scope, const Input& images, const Input& size,
                     const ResizeOptions& options = {});

// Their transposes: gradients of resized images brought back to the size of the original, given as
// [height, width] or as the image itself.
Output ResizeNearestNeighborGrad(const OpScope& scope, const Input& grads, const Input& size,
                                 const ResizeOptions& options = {});
Output ResizeBilinearGrad(const OpScope& scope, const Input& grads, const Input& original_image,
                          const ResizeOptions& options = {});
Output ResizeBicubicGrad(const OpScope& scope, const Input& grads, const Input& original_image,
                         const ResizeOptions& options = {});

}  // namespace weir::ops

#endif  // WEIR_OPS_RESIZE_H_
