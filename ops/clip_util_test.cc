#include "weir/ops/clip_util.h"

#include <cmath>

#include "weir/ops/constant.h"
#include "weir/runtime/session.h"
#include "weir/tests/op_test.h"

namespace weir {
namespace {

// The values of some tensors in a new session.
std::vector<Tensor> Fetch(const Scope& scope, const std::vector<Output>& tensors) {
  const auto session = Session::Create(scope);
  EXPECT_TRUE(session.ok()) << session.status();
  if (!session.ok()) return std::vector<Tensor>(tensors.size(), Tensor::Scalar<float>(NAN));
  const auto ran = session->Run({}, std::vector<TensorRef>(tensors.begin(), tensors.end()), {});
  EXPECT_TRUE(ran.ok()) << ran.status();
  return ran.ok() ? *ran : std::vector<Tensor>(tensors.size(), Tensor::Scalar<float>(NAN));
}

void ExpectValues(const Tensor& got, const std::vector<float>& want) {
  ASSERT_EQ(got.num_elements(), static_cast<int64_t>(want.size()));
  for (size_t i = 0; i < want.size(); ++i) {
    EXPECT_NEAR(got.data<float>()[i], want[i], 1e-5) << "element " << i;
  }
}

TEST(ClipByNorm, ShortensWhatIsTooLong) {
  const Scope s = Scope::Root();
  const Output t = ops::Const(s, Tensor::Of<float>(Shape({2, 2}), {3, 4, 0.3f, 0.4f}));
  const auto got = Fetch(s, {ClipByNorm(s, t, 1.0f), ClipByNorm(s, t, 1.0f, {1}),
                             ClipByNorm(s, ops::Const(s, Tensor::Vector<float>({0, 0})), 1.0f)});
  const float norm = std::sqrt(25.25f);
  ExpectValues(got[0], {3 / norm, 4 / norm, 0.3f / norm, 0.4f / norm});
  ExpectValues(got[1], {0.6f, 0.8f, 0.3f, 0.4f});
  ExpectValues(got[2], {0, 0});
}

TEST(ClipByAverageNorm, CountsElements) {
  const Scope s = Scope::Root();
  const Output t = ops::Const(s, Tensor::Vector<float>({3, 4}));
  const auto got = Fetch(s, {ClipByAverageNorm(s, t, 1.0f), ClipByAverageNorm(s, t, 5.0f)});
  ExpectValues(got[0], {1.2f, 1.6f});
  ExpectValues(got[1], {3, 4});
}

TEST(ClipByGlobalNorm, ScalesAllAlike) {
  const Scope s = Scope::Root();
  const Output a = ops::Const(s, Tensor::Vector<float>({3, 0}));
  const Output b = ops::Const(s, Tensor::Vector<float>({4}));
  const ClippedTensors clipped = ClipByGlobalNorm(s, {a, Output(), b}, 1.0f);
  ASSERT_EQ(clipped.tensors.size(), 3u);
  EXPECT_FALSE(clipped.tensors[1].valid());
  const auto got = Fetch(s, {clipped.tensors[0], clipped.tensors[2], clipped.global_norm});
  ExpectValues(got[0], {0.6f, 0});
  ExpectValues(got[1], {0.8f});
  ExpectValues(got[2], {5});
  const auto loose = Fetch(s, {ClipByGlobalNorm(s, {a, b}, 10.0f).tensors[0]});
  ExpectValues(loose[0], {3, 0});
}

TEST(ClipByGlobalNorm, SpreadsWhatIsNotFinite) {
  const Scope s = Scope::Root();
  const Output a = ops::Const(s, Tensor::Vector<float>({INFINITY, 0}));
  const Output b = ops::Const(s, Tensor::Vector<float>({4}));
  const auto got = Fetch(s, {ClipByGlobalNorm(s, {a, b}, 1.0f).tensors[1]});
  EXPECT_TRUE(std::isnan(*got[0].data<float>()));
}

TEST(ClipByGlobalNorm, KeepsRowsAsRows) {
  const Scope s = Scope::Root();
  Gradient rows;
  rows.slices = IndexedSlices{ops::Const(s, Tensor::Of<float>(Shape({1, 2}), {3, 4})),
                              ops::Const(s, Tensor::Vector<int32_t>({1})), Output()};
  const ClippedGradients clipped = ClipByGlobalNorm(s, {rows, Gradient()}, 1.0f);
  ASSERT_EQ(clipped.gradients.size(), 2u);
  EXPECT_FALSE(clipped.gradients[1].exists());
  ASSERT_TRUE(clipped.gradients[0].slices.has_value());
  ExpectValues(Fetch(s, {clipped.gradients[0].slices->values})[0], {0.6f, 0.8f});
}

}  // namespace
}  // namespace weir
