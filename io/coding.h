#ifndef WEIR_IO_CODING_H_
#define WEIR_IO_CODING_H_

// Fixed-width little-endian integers and base-128 varints, as files hold them.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/strings/string_view.h"

namespace weir {

// The integer at `data`, in the given byte order. REQUIRES: sizeof(T) readable bytes.
template <typename T>
T LoadInt(const char* data, std::endian order = std::endian::little) {
  using U = std::make_unsigned_t<T>;
  U value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) {
    const size_t at = order == std::endian::little ? sizeof(T) - 1 - i : i;
    value = static_cast<U>(static_cast<U>(value << 8) | static_cast<uint8_t>(data[at]));
  }
  return static_cast<T>(value);
}
template <>
inline uint8_t LoadInt<uint8_t>(const char* data, std::endian) {
  return static_cast<uint8_t>(*data);
}

// Appends the bytes of `value`, lowest first.
template <typename T>
void AppendInt(T value, std::string* out) {
  for (size_t i = 0; i < sizeof(T); ++i) {
    out->push_back(static_cast<char>(static_cast<std::make_unsigned_t<T>>(value) >> (8 * i)));
  }
}

inline void AppendVarint(uint64_t value, std::string* out) {
  for (; value >= 0x80; value >>= 7) out->push_back(static_cast<char>(value | 0x80));
  out->push_back(static_cast<char>(value));
}

// Takes a varint from the front of `in`; false when it is cut or does not fit in T.
template <typename T>
[[nodiscard]] bool ReadVarint(absl::string_view* in, T* value) {
  static_assert(std::is_unsigned_v<T>);
  constexpr int kBits = 8 * sizeof(T);
  T result = 0;
  for (int shift = 0, i = 0; shift < kBits; shift += 7, ++i) {
    if (static_cast<size_t>(i) >= in->size()) return false;
    const uint8_t byte = static_cast<uint8_t>((*in)[i]);
    const T part = byte & 0x7f;
    if (shift + 7 > kBits && (part >> (kBits - shift)) != 0) return false;
    result |= static_cast<T>(part << shift);
    if (byte < 0x80) {
      in->remove_prefix(i + 1);
      *value = result;
      return true;
    }
  }
  return false;
}

// Reverses the bytes of each of `count` units of `width` bytes.
inline void SwapBytes(char* data, size_t width, size_t count) {
  for (size_t i = 0; i < count; ++i, data += width) {
    for (size_t a = 0, b = width - 1; a < b; ++a, --b) std::swap(data[a], data[b]);
  }
}

}  // namespace weir

#endif  // WEIR_IO_CODING_H_
