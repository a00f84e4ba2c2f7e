#include "weir/core/philox.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"

namespace weir {
namespace {

constexpr uint64_t kSeed = 87654321, kSeed2 = 1234;

using Block = Philox::Block;

// The first n values of a distribution with one group of values per block.
template <typename T, typename FromBlock>
std::vector<T> Draw(Philox generator, size_t n, const FromBlock& from_block) {
  std::vector<T> values;
  while (values.size() < n) {
    for (T v : from_block(generator.Next())) {
      if (values.size() < n) values.push_back(v);
    }
  }
  return values;
}

template <typename T>
void ExpectNear(const std::vector<T>& values, const std::vector<double>& expected, double rel) {
  ASSERT_EQ(values.size(), expected.size());
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_NEAR(double(values[i]), expected[i], std::abs(expected[i]) * rel) << i;
  }
}

TEST(Philox, Blocks) {
  EXPECT_EQ(Philox(0, 0).Next(), (Block{0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u}));
  Philox generator(kSeed, kSeed2);
  EXPECT_EQ(generator.Next(), (Block{0xd3ec9553u, 0x75296ac9u, 0x30a741f3u, 0xf288ebecu}));
  EXPECT_EQ(generator.Next(), (Block{0xa3f4f940u, 0x7715d242u, 0xc1244582u, 0x3aad9a46u}));
}

TEST(Philox, SkippingEqualsDrawing) {
  Philox drawn(5, 6), skipped(5, 6);
  for (int i = 0; i < 7; ++i) drawn.Next();
  skipped.Skip(7);
  EXPECT_EQ(drawn.Next(), skipped.Next());
}

TEST(Philox, TheCounterCarriesAcrossAllWords) {
  Philox generator({0xffffffffu, 0xffffffffu, 0xffffffffu, 7}, {1, 2});
  generator.Skip(1);
  EXPECT_EQ(generator.counter(), (Block{0, 0, 0, 8}));
  generator.Skip(0xfffffffffull);
  EXPECT_EQ(generator.counter(), (Block{0xffffffffu, 0xf, 0, 8}));
}

TEST(Philox, StatelessSeeds) {
  const Philox generator = Philox::Stateless(1, 2);
  EXPECT_EQ(generator.key(), (Philox::Key{0x6d2f7fbau, 0x908502c9u}));
  EXPECT_EQ(generator.counter(), (Block{0, 0, 0x619cb60bu, 0xf7734320u}));
}

TEST(Philox, Uniform) {
  const Philox generator(kSeed, kSeed2);
  ExpectNear(Draw<float>(generator, 6, UniformFromBlock<float>),
             {0.848307, 0.32357132, 0.3067001, 0.06969976, 0.9138565, 0.17047906}, 1e-7);
  EXPECT_EQ(Draw<double>(generator, 3, UniformFromBlock<double>),
            (std::vector<double>{0.7864565445549252, 0.45360178699661, 0.3108524944083375}));
  ExpectNear(Draw<Half>(generator, 4, UniformFromBlock<Half>),
             {0.3310546875, 0.6962890625, 0.4873046875, 0.98046875}, 0);
  for (BFloat16 v : Draw<BFloat16>(generator, 100, UniformFromBlock<BFloat16>)) {
    EXPECT_GE(float(v), 0);
    EXPECT_LT(float(v), 1);
  }
}

TEST(Philox, UniformAfterAReservation) {
  // A node that drew 6 values has reserved 6 * 256 blocks.
  Philox generator(kSeed, kSeed2);
  generator.Skip(6 * 256);
  ExpectNear(Draw<float>(generator, 6, UniformFromBlock<float>),
             {0.59211946, 0.19563866, 0.55491555, 0.03586602, 0.18073142, 0.17679763}, 1e-6);
}

TEST(Philox, UniformIntegers) {
  const Philox generator(kSeed, kSeed2);
  const auto int32 = [](const Block& b) { return UniformIntFromBlock<int32_t>(b, 0, 100); };
  EXPECT_EQ(Draw<int32_t>(generator, 8, int32),
            (std::vector<int32_t>{99, 85, 63, 64, 0, 86, 78, 50}));
  const auto int64 = [](const Block& b) { return UniformIntFromBlock<int64_t>(b, 0, 100); };
  EXPECT_EQ(Draw<int64_t>(generator, 4, int64), (std::vector<int64_t>{59, 7, 56, 78}));
  const auto widest = [](const Block& b) {
    return UniformIntFromBlock<int32_t>(b, INT32_MIN, INT32_MAX);
  };
  for (int32_t v : Draw<int32_t>(generator, 100, widest)) EXPECT_LT(v, INT32_MAX);
}

TEST(Philox, Normal) {
  const Philox generator(kSeed, kSeed2);
  ExpectNear(Draw<float>(generator, 6, NormalFromBlock<float>),
             {0.51340485, -0.255814, 0.6519913, 1.3923638, 0.37256798, 0.20336303}, 3e-7);
  ExpectNear(Draw<double>(generator, 3, NormalFromBlock<double>),
             {0.1992184227755242, -0.6638882732840937, 1.5200021071991738}, 1e-14);
  ExpectNear(Draw<Half>(generator, 2, NormalFromBlock<Half>), {0.51340485, -0.255814}, 1e-3);
}

TEST(Philox, TruncatedNormal) {
  std::vector<float> values;
  for (uint64_t group = 0; group < 2; ++group) {
    Philox generator(kSeed, kSeed2);
    generator.Skip(group * 256);
    for (float v : TruncatedNormalGroup<float>(PhiloxWords(generator))) values.push_back(v);
  }
  values.resize(6);
  ExpectNear(values, {0.51340485, -0.255814, 0.6519913, 1.3923638, 0.1662533, -0.9161797}, 1e-6);
  for (uint64_t seed = 0; seed < 200; ++seed) {
    for (double v : TruncatedNormalGroup<double>(PhiloxWords(Philox(seed, 0)))) {
      EXPECT_LT(std::abs(v), 2);
    }
  }
}

TEST(Philox, WordsComeInBlockOrder) {
  Philox blocks(3, 4);
  PhiloxWords words(Philox(3, 4));
  for (int b = 0; b < 3; ++b) {
    for (uint32_t word : blocks.Next()) EXPECT_EQ(words.Next(), word);
  }
}

}  // namespace
}  // namespace weir
