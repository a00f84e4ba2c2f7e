#ifndef WEIR_CORE_PHILOX_H_
#define WEIR_CORE_PHILOX_H_

// Philox4x32-10, the counter-based generator behind all random ops, and the conversions of its
// words to distributions. All of it reproduces TensorFlow's CPU streams bit by bit (normals up to
// the C library's logf, sinf and cosf).

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "weir/core/half.h"

namespace weir {

// A position in a stream of blocks of four 32-bit words. A cheap value: copy it to fork, Skip to
// jump. Thread rule: none; one thread at a time.
class Philox {
 public:
  using Block = std::array<uint32_t, 4>;
  using Key = std::array<uint32_t, 2>;

  Philox() = default;
  Philox(const Block& counter, const Key& key) : counter_(counter), key_(key) {}
  // The stream of an op's two seeds: `seed` is the key, `seed2` the upper half of the counter.
  Philox(uint64_t seed, uint64_t seed2)
      : counter_{0, 0, Low(seed2), High(seed2)}, key_{Low(seed), High(seed)} {}

  // The stream of a stateless op: both seeds pass through the generator once.
  static Philox Stateless(uint64_t seed0, uint64_t seed1) {
    const Block mix =
        Philox({Low(seed0), High(seed0), Low(seed1), High(seed1)}, {0x3ec8f720u, 0x02461e29u})
            .Next();
    return Philox({0, 0, mix[2], mix[3]}, {mix[0], mix[1]});
  }

  // The next block; advances by one.
  Block Next() {
    Block c = counter_;
    Key k = key_;
    for (int round = 0; round < 10; ++round) {
      const uint64_t a = uint64_t{0xd2511f53u} * c[0];
      const uint64_t b = uint64_t{0xcd9e8d57u} * c[2];
      c = {High(b) ^ c[1] ^ k[0], Low(b), High(a) ^ c[3] ^ k[1], Low(a)};
      k[0] += 0x9e3779b9u;
      k[1] += 0xbb67ae85u;
    }
    Skip(1);
    return c;
  }

  // Advances by `blocks`.
  void Skip(uint64_t blocks) {
    uint64_t low = Join(counter_[0], counter_[1]);
    low += blocks;
    if (low < blocks) {
      const uint64_t high = Join(counter_[2], counter_[3]) + 1;
      counter_[2] = Low(high);
      counter_[3] = High(high);
    }
    counter_[0] = Low(low);
    counter_[1] = High(low);
  }

  const Block& counter() const { return counter_; }
  const Key& key() const { return key_; }

 private:
  static uint32_t Low(uint64_t v) { return static_cast<uint32_t>(v); }
  static uint32_t High(uint64_t v) { return static_cast<uint32_t>(v >> 32); }
  static uint64_t Join(uint32_t low, uint32_t high) { return uint64_t{high} << 32 | low; }

  Block counter_{};
  Key key_{};
};

// The words of a stream one by one.
class PhiloxWords {
 public:
  explicit PhiloxWords(const Philox& generator) : generator_(generator) {}

  uint32_t Next() {
    if (used_ == 4) {
      block_ = generator_.Next();
      used_ = 0;
    }
    return block_[used_++];
  }

 private:
  Philox generator_;
  Philox::Block block_{};
  int used_ = 4;
};

// [0, 1) from the low bits of random words: they become the mantissa of a number in [1, 2).
inline float UniformFloat(uint32_t word) {
  return std::bit_cast<float>(0x3f800000u | (word & 0x7fffffu)) - 1.0f;
}
inline double UniformDouble(uint32_t word0, uint32_t word1) {
  return std::bit_cast<double>(uint64_t{0x3ff0000000000000u} | uint64_t{word0 & 0xfffffu} << 32 |
                               word1) -
         1.0;
}
inline Half UniformHalf(uint32_t word) {
  return Half(float(Half::FromBits(static_cast<uint16_t>(0x3c00u | (word & 0x3ffu)))) - 1.0f);
}
inline BFloat16 UniformBFloat16(uint32_t word) {
  return BFloat16(float(BFloat16::FromBits(static_cast<uint16_t>(0x3f80u | (word & 0x7fu)))) -
                  1.0f);
}

// Box-Muller: two independent standard normals from two words (float) or four (double).
inline std::array<float, 2> NormalFloats(uint32_t word0, uint32_t word1) {
  const float u = std::fmax(UniformFloat(word0), 1.0e-7f);
  // The product is taken in double and rounded once.
  const float angle = static_cast<float>(2.0f * M_PI * UniformFloat(word1));
  const float radius = std::sqrt(-2.0f * std::log(u));
  return {std::sin(angle) * radius, std::cos(angle) * radius};
}
inline std::array<double, 2> NormalDoubles(uint32_t word0, uint32_t word1, uint32_t word2,
                                           uint32_t word3) {
  const double u = std::fmax(UniformDouble(word0, word1), 1.0e-7);
  const double angle = 2.0 * M_PI * UniformDouble(word2, word3);
  const double radius = std::sqrt(-2.0 * std::log(u));
  return {std::sin(angle) * radius, std::cos(angle) * radius};
}

// Values of one type per block: two of 64-bit types, four of narrower ones.
template <typename T>
inline constexpr int kPhiloxValues = sizeof(T) == 8 ? 2 : 4;
template <typename T>
using PhiloxValues = std::array<T, kPhiloxValues<T>>;

// Uniform on [0, 1): Half, BFloat16, float or double.
template <typename T>
PhiloxValues<T> UniformFromBlock(const Philox::Block& b) {
  if constexpr (std::is_same_v<T, double>) {
    return {UniformDouble(b[0], b[1]), UniformDouble(b[2], b[3])};
  } else if constexpr (std::is_same_v<T, float>) {
    return {UniformFloat(b[0]), UniformFloat(b[1]), UniformFloat(b[2]), UniformFloat(b[3])};
  } else if constexpr (std::is_same_v<T, Half>) {
    return {UniformHalf(b[0]), UniformHalf(b[1]), UniformHalf(b[2]), UniformHalf(b[3])};
  } else {
    static_assert(std::is_same_v<T, BFloat16>);
    return {UniformBFloat16(b[0]), UniformBFloat16(b[1]), UniformBFloat16(b[2]),
            UniformBFloat16(b[3])};
  }
}

// Standard normal: Half, BFloat16, float or double.
template <typename T>
PhiloxValues<T> NormalFromBlock(const Philox::Block& b) {
  if constexpr (std::is_same_v<T, double>) {
    return NormalDoubles(b[0], b[1], b[2], b[3]);
  } else {
    const std::array<float, 2> first = NormalFloats(b[0], b[1]);
    const std::array<float, 2> second = NormalFloats(b[2], b[3]);
    return {T(first[0]), T(first[1]), T(second[0]), T(second[1])};
  }
}

// Integers on [low, high): int32_t or int64_t. A remainder, so slightly biased by design.
// REQUIRES: low < high.
template <typename T>
PhiloxValues<T> UniformIntFromBlock(const Philox::Block& b, T low, T high) {
  using U = std::make_unsigned_t<T>;
  const U range = static_cast<U>(high) - static_cast<U>(low);
  const auto value = [&](U bits) { return static_cast<T>(static_cast<U>(low) + bits % range); };
  if constexpr (sizeof(T) == 8) {
    return {value(U{b[1]} << 32 | b[0]), value(U{b[3]} << 32 | b[2])};
  } else {
    return {value(b[0]), value(b[1]), value(b[2]), value(b[3])};
  }
}

// One group of normals cut to (-2, 2) by rejection: pairs of words are drawn until the group is
// full; the second value of the last pair may be left over.
template <typename T>
PhiloxValues<T> TruncatedNormalGroup(PhiloxWords words) {
  PhiloxValues<T> group{};
  for (size_t filled = 0; filled < group.size();) {
    const auto take = [&](auto pair) {
      for (auto v : pair) {
        if (std::abs(v) < 2 && filled < group.size()) group[filled++] = T(v);
      }
    };
    const uint32_t w0 = words.Next(), w1 = words.Next();
    if constexpr (std::is_same_v<T, double>) {
      const uint32_t w2 = words.Next(), w3 = words.Next();
      take(NormalDoubles(w0, w1, w2, w3));
    } else {
      take(NormalFloats(w0, w1));
    }
  }
  return group;
}

}  // namespace weir

#endif  // WEIR_CORE_PHILOX_H_
