#include "weir/core/crc32c.h"

#include <array>
#include <cstring>

namespace weir {
namespace {

using Tables = std::array<std::array<uint32_t, 256>, 8>;

// tables[k][b] is the effect of byte b followed by k zero bytes.
constexpr Tables MakeTables() {
  Tables tables{};
  for (uint32_t b = 0; b < 256; ++b) {
    uint32_t crc = b;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) ? 0x82f63b78u : 0u);
    tables[0][b] = crc;
  }
  for (uint32_t b = 0; b < 256; ++b) {
    for (int k = 1; k < 8; ++k) {
      const uint32_t before = tables[k - 1][b];
      tables[k][b] = (before >> 8) ^ tables[0][before & 0xff];
    }
  }
  return tables;
}

constexpr Tables kTables = MakeTables();

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) uint32_t ExtendWithInstruction(uint32_t crc, const void* data,
                                                                 size_t bytes) {
  const char* p = static_cast<const char*>(data);
  uint64_t state = ~crc;
  for (; bytes >= 8; p += 8, bytes -= 8) {
    uint64_t word;
    std::memcpy(&word, p, 8);
    state = __builtin_ia32_crc32di(state, word);
  }
  uint32_t tail = static_cast<uint32_t>(state);
  for (; bytes > 0; ++p, --bytes) {
    tail = __builtin_ia32_crc32qi(tail, static_cast<unsigned char>(*p));
  }
  return ~tail;
}

#endif

using ExtendFn = uint32_t (*)(uint32_t, const void*, size_t);

ExtendFn ChooseImplementation() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2")) return ExtendWithInstruction;
#endif
  return internal::ExtendCrc32cPortable;
}

}  // namespace

namespace internal {

uint32_t ExtendCrc32cPortable(uint32_t crc, const void* data, size_t bytes) {
  const uint8_t* p = static_cast<const uint8_t*>(data);
  uint32_t state = ~crc;
  for (; bytes >= 8; p += 8, bytes -= 8) {
    state ^= static_cast<uint32_t>(p[0]) | static_cast<uint32_t>(p[1]) << 8 |
             static_cast<uint32_t>(p[2]) << 16 | static_cast<uint32_t>(p[3]) << 24;
    state = kTables[7][state & 0xff] ^ kTables[6][(state >> 8) & 0xff] ^
            kTables[5][(state >> 16) & 0xff] ^ kTables[4][state >> 24] ^ kTables[3][p[4]] ^
            kTables[2][p[5]] ^ kTables[1][p[6]] ^ kTables[0][p[7]];
  }
  for (; bytes > 0; ++p, --bytes) state = (state >> 8) ^ kTables[0][(state ^ *p) & 0xff];
  return ~state;
}

}  // namespace internal

uint32_t ExtendCrc32c(uint32_t crc, const void* data, size_t bytes) {
  static const ExtendFn extend = ChooseImplementation();
  return extend(crc, data, bytes);
}

}  // namespace weir
