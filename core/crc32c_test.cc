#include "weir/core/crc32c.h"

#include <string>

#include "gtest/gtest.h"

namespace weir {
namespace {

TEST(Crc32c, KnownValues) {
  EXPECT_EQ(Crc32c(""), 0u);
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aau);
}

TEST(Crc32c, MaskIsARotationAndAnOffset) {
  EXPECT_EQ(MaskCrc(0xe3069283u), 0xc78ab0e5u);
  EXPECT_EQ(MaskCrc(0), 0xa282ead8u);
  for (uint32_t crc : {0u, 1u, 0xe3069283u, 0xffffffffu}) EXPECT_EQ(UnmaskCrc(MaskCrc(crc)), crc);
}

TEST(Crc32c, ExtendingInPartsEqualsTheWhole) {
  std::string text;
  for (int i = 0; i < 100; ++i) text.push_back(static_cast<char>(i * 37));
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    const uint32_t head = Crc32c(text.substr(0, cut));
    EXPECT_EQ(ExtendCrc32c(head, text.data() + cut, text.size() - cut), Crc32c(text));
  }
}

TEST(Crc32c, ImplementationsAgreeAtEveryLengthAndAlignment) {
  std::string text;
  for (int i = 0; i < 80; ++i) text.push_back(static_cast<char>(i * i + 11));
  for (size_t begin = 0; begin < 9; ++begin) {
    for (size_t size = 0; begin + size <= text.size(); ++size) {
      EXPECT_EQ(ExtendCrc32c(7, text.data() + begin, size),
                internal::ExtendCrc32cPortable(7, text.data() + begin, size));
    }
  }
}

}  // namespace
}  // namespace weir
