#include "weir/io/slice_box.h"

#include "gtest/gtest.h"

namespace weir {
namespace {

SliceBox BoxOf(const char* slice, const Shape& full) {
  return SliceBox::Of(TensorSlice::Parse(slice).value(), full).value();
}

std::string Covering(const char* wanted, std::initializer_list<const char*> stored,
                     const Shape& full) {
  std::vector<SliceBox> boxes;
  for (const char* slice : stored) boxes.push_back(BoxOf(slice, full));
  const auto indices = CoveringBoxes(BoxOf(wanted, full), boxes);
  if (!indices.ok()) return std::string(indices.status().message());
  std::string text;
  for (const size_t i : *indices) absl::StrAppend(&text, i, " ");
  return text;
}

TEST(SliceBox, Intersection) {
  const Shape full({10, 8});
  EXPECT_EQ(BoxOf("2,5:-", full).Intersect(BoxOf("-:3,2", full)), BoxOf("2,5:3,2", full));
  EXPECT_EQ(BoxOf("2,5:-", full).Intersect(BoxOf("7,1:-", full)), std::nullopt);
  EXPECT_EQ(BoxOf("2,5:-", full).num_elements(), 40);
}

TEST(SliceBox, Covering) {
  const Shape full({10, 8});
  EXPECT_EQ(Covering("-:-", {"5,5:-", "0,5:-"}, full), "1 0 ");
  EXPECT_EQ(Covering("6,2:-", {"5,5:-", "0,5:-"}, full), "0 ");
  EXPECT_EQ(Covering("-:-", {"0,5:0,4", "5,5:0,4", "-:4,4"}, full), "0 2 1 ");
  EXPECT_EQ(Covering("-:-", {"0,5:-", "6,4:-"}, full), "8 elements are in no stored slice");
  EXPECT_EQ(Covering("-:-", {}, full), "80 elements are in no stored slice");
  EXPECT_EQ(Covering("-:-", {"0,6:-", "5,5:-"}, full), "stored slices overlap");
  // As many elements as wanted, but some twice and some never.
  EXPECT_EQ(Covering("-:-", {"0,5:-", "4,5:-"}, full), "stored slices overlap");
  EXPECT_EQ(Covering("-:-", {"0,5:-", "0,5:-"}, full), "stored slices overlap");
  EXPECT_EQ(Covering("", {""}, Shape()), "0 ");
  EXPECT_EQ(Covering("-", {}, Shape({0})), "");
}

TEST(SliceBox, CopiesTheCommonElements) {
  const Shape full({4, 3, 2});
  Tensor whole = Tensor::Make(DT_INT32, full).value();
  for (int i = 0; i < 24; ++i) whole.mutable_data<int32_t>()[i] = i;
  const SliceBox all = BoxOf("-:-:-", full);
  for (const char* text : {"-:-:-", "1,2:-:-", "-:1,2:-", "1,2:0,2:1,1", "3,1:2,1:0,2"}) {
    const SliceBox box = BoxOf(text, full);
    Tensor part = Tensor::Zeros(DT_INT32, Shape::Make(box.size).value()).value();
    CopyCommonElements(all, whole, box, part);
    Tensor back = Tensor::Zeros(DT_INT32, full).value();
    CopyCommonElements(box, part, all, back);
    int at = 0;
    for (int i = 0; i < 4; ++i) {
      for (int j = 0; j < 3; ++j) {
        for (int k = 0; k < 2; ++k) {
          const bool inside = i >= box.start[0] && i < box.start[0] + box.size[0] &&
                              j >= box.start[1] && j < box.start[1] + box.size[1] &&
                              k >= box.start[2] && k < box.start[2] + box.size[2];
          const int linear = (i * 3 + j) * 2 + k;
          if (inside) {
            EXPECT_EQ(part.data<int32_t>()[at++], linear) << text;
          }
          EXPECT_EQ(back.data<int32_t>()[linear], inside ? linear : 0) << text;
        }
      }
    }
  }
}

TEST(SliceBox, CopiesStringsAndScalars) {
  const Tensor from = Tensor::Vector<std::string>({"a", "b", "c"});
  Tensor to = Tensor::Vector<std::string>({"", ""});
  CopyCommonElements(BoxOf("-", Shape({3})), from, BoxOf("1,2", Shape({3})), to);
  EXPECT_EQ(to.data<std::string>()[0], "b");
  EXPECT_EQ(to.data<std::string>()[1], "c");
  Tensor scalar = Tensor::Scalar(0.0f);
  CopyCommonElements(BoxOf("", Shape()), Tensor::Scalar(3.0f), BoxOf("", Shape()), scalar);
  EXPECT_EQ(*scalar.data<float>(), 3.0f);
}

}  // namespace
}  // namespace weir
