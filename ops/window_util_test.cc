#include "weir/ops/window_util.h"

#include <limits>

#include "weir/tests/op_test.h"

namespace weir {
namespace {

WindowDim Computed(Padding padding, WindowDim dim) {
  const absl::Status status = ComputeWindow(padding, &dim);
  EXPECT_TRUE(status.ok()) << status;
  return dim;
}

TEST(Window, ValidCountsWholeWindows) {
  EXPECT_EQ(Computed(Padding::kValid, {.input = 7, .kernel = 3, .stride = 2}).output, 3);
  EXPECT_EQ(Computed(Padding::kValid, {.input = 7, .kernel = 3, .dilation = 3}).output, 1);
  EXPECT_EQ(Computed(Padding::kValid, {.input = 2, .kernel = 3}).output, 0);
}

TEST(Window, SamePutsTheOddElementAfter) {
  const WindowDim dim = Computed(Padding::kSame, {.input = 6, .kernel = 4, .stride = 1});
  EXPECT_EQ(dim.output, 6);
  EXPECT_EQ(dim.before, 1);
  EXPECT_EQ(dim.after, 2);
  EXPECT_EQ(Computed(Padding::kSame, {.input = 5, .kernel = 1, .stride = 2}).output, 3);
  EXPECT_EQ(Computed(Padding::kSame, {.input = 0, .kernel = 3}).output, 0);
}

TEST(Window, ExplicitPaddingCountsAsInput) {
  WindowDim dim = {.input = 5, .kernel = 3, .before = 2, .after = 1};
  EXPECT_EQ(Computed(Padding::kExplicit, dim).output, 6);
}

TEST(Window, RefusesWindowsThatDoNotFitAndHugeExtents) {
  WindowDim larger = {.input = 2, .kernel = 4};
  EXPECT_FALSE(ComputeWindow(Padding::kValid, &larger).ok());
  WindowDim none = {.input = 2, .kernel = 0};
  EXPECT_FALSE(ComputeWindow(Padding::kSame, &none).ok());
  WindowDim huge = {.input = std::numeric_limits<int64_t>::max(), .kernel = 3};
  EXPECT_FALSE(ComputeWindow(Padding::kSame, &huge).ok());
}

WindowAttrs Attrs(std::vector<int64_t> strides, const char* padding = "SAME",
                  const char* format = "NHWC") {
  WindowAttrs attrs;
  attrs.data_format = format;
  attrs.padding = padding;
  attrs.strides = std::move(strides);
  return attrs;
}

TEST(Window, ReadsEntriesInTheOrderOfTheDataFormat) {
  absl::StatusOr<WindowSpec> spec = ParseWindow(2, Attrs({1, 2, 3, 1}));
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->strides[0], 2);
  EXPECT_EQ(spec->strides[1], 3);
  spec = ParseWindow(2, Attrs({1, 1, 2, 3}, "VALID", "NCHW"));
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->strides[0], 2);
  EXPECT_EQ(spec->strides[1], 3);
  EXPECT_EQ(spec->channel_dim(), 1);
}

TEST(Window, RefusesBadAttrs) {
  EXPECT_FALSE(ParseWindow(2, Attrs({1, 1, 1})).ok());
  EXPECT_FALSE(ParseWindow(2, Attrs({1, 0, 1, 1})).ok());
  EXPECT_FALSE(ParseWindow(2, Attrs({2, 1, 1, 1})).ok());
  EXPECT_FALSE(ParseWindow(2, Attrs({1, 1, 1, 2})).ok());
  EXPECT_FALSE(ParseWindow(2, Attrs({1, INT64_C(1) << 40, 1, 1})).ok());
  WindowAttrs padded = Attrs({1, 1, 1, 1});
  padded.explicit_paddings = {0, 0, 1, 1, 1, 1, 0, 0};
  EXPECT_FALSE(ParseWindow(2, padded).ok());
  padded.padding = "EXPLICIT";
  EXPECT_TRUE(ParseWindow(2, padded).ok());
  padded.explicit_paddings[0] = 1;
  EXPECT_FALSE(ParseWindow(2, padded).ok());
}

}  // namespace
}  // namespace weir
