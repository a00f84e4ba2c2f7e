#include "weir/core/half.h"

#include <cmath>
#include <limits>

#include "gtest/gtest.h"

namespace weir {
namespace {

// Every finite value of a 16-bit type, the points half-way between neighbours, and the floats next
// to those: conversion rounds to nearest, ties to even. `largest` is the bits of the largest finite
// value, behind which infinity lies at the distance that another step would be.
template <typename T>
void ExpectNearestEven(uint16_t largest) {
  for (uint16_t bits = 0; bits <= largest; ++bits) {
    const T value = T::FromBits(bits);
    const float f = float(value);
    ASSERT_EQ(T(f).bits, bits);
    ASSERT_EQ(T(-f).bits, bits | 0x8000);
    const float next =
        bits == largest ? 2 * f - float(T::FromBits(bits - 1)) : float(T::FromBits(bits + 1));
    const float middle = f / 2 + next / 2;
    ASSERT_EQ(T(middle).bits, bits % 2 == 0 ? bits : bits + 1) << bits;
    ASSERT_EQ(T(std::nextafter(middle, 0.0f)).bits, bits) << bits;
    ASSERT_EQ(T(std::nextafter(middle, HUGE_VALF)).bits, bits + 1) << bits;
  }
}

TEST(Half, RoundsToNearestEven) { ExpectNearestEven<Half>(0x7bff); }

TEST(BFloat16, RoundsToNearestEven) {
  // Below the normal range, points between neighbours are no floats of full precision.
  for (uint32_t bits = 0x80; bits < 0x7f7f; ++bits) {
    const float f = float(BFloat16::FromBits(static_cast<uint16_t>(bits)));
    const float next = float(BFloat16::FromBits(static_cast<uint16_t>(bits + 1)));
    const float middle = f / 2 + next / 2;
    ASSERT_EQ(BFloat16(f).bits, bits);
    ASSERT_EQ(BFloat16(middle).bits, bits % 2 == 0 ? bits : bits + 1) << bits;
    ASSERT_EQ(BFloat16(std::nextafter(middle, 0.0f)).bits, bits) << bits;
    ASSERT_EQ(BFloat16(std::nextafter(middle, HUGE_VALF)).bits, bits + 1) << bits;
  }
}

template <typename T>
void ExpectSpecialValues() {
  const float inf = std::numeric_limits<float>::infinity();
  EXPECT_EQ(float(T(inf)), inf);
  EXPECT_EQ(float(T(-inf)), -inf);
  EXPECT_EQ(float(T(std::numeric_limits<float>::max())), inf);
  EXPECT_TRUE(std::isnan(float(T(std::nanf("")))));
  EXPECT_TRUE(std::signbit(float(T(-0.0f))));
  EXPECT_EQ(float(std::numeric_limits<T>::infinity()), inf);
  EXPECT_TRUE(std::isnan(float(std::numeric_limits<T>::quiet_NaN())));
  EXPECT_EQ(T(float(std::numeric_limits<T>::max())).bits, std::numeric_limits<T>::max().bits);
  EXPECT_EQ(float(std::numeric_limits<T>::lowest()), -float(std::numeric_limits<T>::max()));
}

TEST(Half, SpecialValues) {
  ExpectSpecialValues<Half>();
  EXPECT_EQ(float(std::numeric_limits<Half>::max()), 65504.0f);
  EXPECT_EQ(float(Half::FromBits(1)), 0x1p-24f);
  EXPECT_EQ(Half(0x1p-26f).bits, 0);
  // A NaN whose payload lies in the dropped bits stays one.
  EXPECT_TRUE(std::isnan(float(Half(std::bit_cast<float>(0x7f800001u)))));
}

TEST(BFloat16, SpecialValues) {
  ExpectSpecialValues<BFloat16>();
  EXPECT_TRUE(std::isnan(float(BFloat16(std::bit_cast<float>(0x7f800001u)))));
}

TEST(Half, ArithmeticRoundsOncePerOperation) {
  Half h = 2048.0f;
  h += 1.0f;
  EXPECT_EQ(float(h), 2048.0f);
  h -= 2.0f;
  EXPECT_EQ(float(h), 2046.0f);
  h *= 0.5f;
  EXPECT_EQ(float(h), 1023.0f);
  h /= 3.0f;
  EXPECT_EQ(float(h), 341.0f);
}

}  // namespace
}  // namespace weir
