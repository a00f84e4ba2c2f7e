#ifndef WEIR_CORE_PHILOX_H_
#define WEIR_CORE_PHILOX_H_

// Philox4x32-10, the counter-based generator behind all random ops, and the conversions of its
// words to distributions. All of it reproduces TensorFlow's CPU streams bit by bit (normals up to
// the C library's logf, sinf and cosf). The functions are constexpr, which lets a compiler for a
// device take them as they are.

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

  constexpr Philox() = default;
  constexpr Philox(const Block& counter, const Key& key) : counter_(counter), key_(key) {}
  // The stream of an op's two seeds: `seed` is the key, `seed2` the upper half of the counter.
  constexpr Philox(uint64_t seed, uint64_t seed2)
      : counter_{0, 0, Low(seed2), High(seed2)}, key_{Low(seed), High(seed)} {}

  // The stream of a stateless op: both seeds pass through the generator once.
  static constexpr Philox Stateless(uint64_t seed0, uint64_t seed1) {
    const Block mix =
        Philox({Low(seed0), High(seed0), Low(seed1), High(seed1)}, {0x3ec8f720u, 0x02461e29u})
            .Next();
    return Philox({0, 0, mix[2], mix[3]}, {mix[0], mix[1]});
  }

  // The next block; advances by one.
  constexpr Block Next() {
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
  constexpr void Skip(uint64_t blocks) {
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

  constexpr const Block& counter() const { return counter_; }
  constexpr const Key& key() const { return key_; }

 private:
  static constexpr uint32_t Low(uint64_t v) { return static_cast<uint32_t>(v); }
  static constexpr uint32_t High(uint64_t v) { return static_cast<uint32_t>(v >> 32); }
  static constexpr uint64_t Join(uint32_t low, uint32_t high) { return uint64_t{high} << 32 | low; }

  Block counter_{};
  Key key_{};
};

// The words of a stream one by one.
class PhiloxWords {
 public:
  constexpr explicit PhiloxWords(const Philox& generator) : generator_(generator) {}

  constexpr uint32_t Next() {
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
constexpr float UniformFloat(uint32_t word) {
  return std::bit_cast<float>(0x3f800000u | (word & 0x7fffffu)) - 1.0f;
}
constexpr double UniformDouble(uint32_t word0, uint32_t word1) {
  return std::bit_cast<double>(uint64_t{0x3ff0000000000000u} | uint64_t{word0 & 0xfffffu} << 32 |
                               word1) -
         1.0;
}
constexpr Half UniformHalf(uint32_t word) {
  return Half(float(Half::FromBits(static_cast<uint16_t>(0x3c00u | (word & 0x3ffu)))) - 1.0f);
}
constexpr BFloat16 UniformBFloat16(uint32_t word) {
  return BFloat16(float(BFloat16::FromBits(static_cast<uint16_t>(0x3f80u | (word & 0x7fu)))) -
                  1.0f);
}

// Box-Muller: two independent standard normals from two words (float) or four (double).
template <typename F>
constexpr std::array<F, 2> NormalPair(const std::array<uint32_t, sizeof(F) / 2>& words) {
  F u, angle;
  if constexpr (sizeof(F) == 8) {
    u = UniformDouble(words[0], words[1]);
    angle = 2.0 * M_PI * UniformDouble(words[2], words[3]);
  } else {
    u = UniformFloat(words[0]);
    // The product is taken in double and rounded once.
    angle = static_cast<float>(2.0f * M_PI * UniformFloat(words[1]));
  }
  if (u < F(1.0e-7)) u = F(1.0e-7);
  const F radius = std::sqrt(F(-2) * std::log(u));
  return {std::sin(angle) * radius, std::cos(angle) * radius};
}

// Values of one type per block: two of 64-bit types, four of narrower ones.
template <typename T>
inline constexpr int kPhiloxValues = sizeof(T) == 8 ? 2 : 4;
template <typename T>
using PhiloxValues = std::array<T, kPhiloxValues<T>>;

// Uniform on [0, 1): Half, BFloat16, float or double.
template <typename T>
constexpr PhiloxValues<T> UniformFromBlock(const Philox::Block& b) {
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
constexpr PhiloxValues<T> NormalFromBlock(const Philox::Block& b) {
  if constexpr (std::is_same_v<T, double>) {
    return NormalPair<double>(b);
  } else {
    const std::array<float, 2> first = NormalPair<float>({b[0], b[1]});
    const std::array<float, 2> second = NormalPair<float>({b[2], b[3]});
    return {T(first[0]), T(first[1]), T(second[0]), T(second[1])};
  }
}

// Integers on [low, high): int32_t or int64_t. A remainder, so slightly biased by design.
// REQUIRES: low < high.
template <typename T>
constexpr T UniformIntFromBits(std::make_unsigned_t<T> bits, T low, T high) {
  using U = std::make_unsigned_t<T>;
  const U range = static_cast<U>(high) - static_cast<U>(low);
  return static_cast<T>(static_cast<U>(low) + bits % range);
}
template <typename T>
constexpr PhiloxValues<T> UniformIntFromBlock(const Philox::Block& b, T low, T high) {
  if constexpr (sizeof(T) == 8) {
    return {UniformIntFromBits(uint64_t{b[1]} << 32 | b[0], low, high),
            UniformIntFromBits(uint64_t{b[3]} << 32 | b[2], low, high)};
  } else {
    return {UniformIntFromBits(b[0], low, high), UniformIntFromBits(b[1], low, high),
            UniformIntFromBits(b[2], low, high), UniformIntFromBits(b[3], low, high)};
  }
}

// One group of normals cut to (-2, 2) by rejection: pairs of words are drawn until the group is
// full; the second value of the last pair may be left over.
template <typename T>
constexpr PhiloxValues<T> TruncatedNormalGroup(PhiloxWords words) {
  using F = std::conditional_t<std::is_same_v<T, double>, double, float>;
  PhiloxValues<T> group{};
  for (int filled = 0; filled < kPhiloxValues<T>;) {
    std::array<uint32_t, sizeof(F) / 2> drawn{};
    for (uint32_t& word : drawn) word = words.Next();
    for (const F v : NormalPair<F>(drawn)) {
      if (std::abs(v) < 2 && filled < kPhiloxValues<T>) group[filled++] = T(v);
    }
  }
  return group;
}

}  // namespace weir

#endif  // WEIR_CORE_PHILOX_H_
