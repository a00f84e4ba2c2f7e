#include "weir/io/ordered_code.h"

#include <bit>

namespace weir {
namespace {

// The leading bits of a signed code of n bytes: n ones, spread over its first two bytes.
constexpr uint8_t kHeaders[11][2] = {{0x00, 0x00}, {0x80, 0x00}, {0xc0, 0x00}, {0xe0, 0x00},
                                     {0xf0, 0x00}, {0xf8, 0x00}, {0xfc, 0x00}, {0xfe, 0x00},
                                     {0xff, 0x00}, {0xff, 0x80}, {0xff, 0xc0}};

// The least n with -2^(7n-1) <= value < 2^(7n-1).
int SignedLength(int64_t value) {
  const uint64_t magnitude = static_cast<uint64_t>(value < 0 ? ~value : value);
  return std::bit_width(magnitude) / 7 + 1;
}

}  // namespace

void AppendOrderedUint64(uint64_t value, std::string* out) {
  const int bytes = (std::bit_width(value) + 7) / 8;
  out->push_back(static_cast<char>(bytes));
  for (int i = bytes - 1; i >= 0; --i) out->push_back(static_cast<char>(value >> (8 * i)));
}

bool ReadOrderedUint64(absl::string_view* in, uint64_t* value) {
  if (in->empty()) return false;
  const size_t bytes = static_cast<uint8_t>((*in)[0]);
  if (bytes > 8 || in->size() < 1 + bytes) return false;
  if (bytes > 0 && (*in)[1] == 0) return false;
  *value = 0;
  for (size_t i = 1; i <= bytes; ++i) *value = *value << 8 | static_cast<uint8_t>((*in)[i]);
  in->remove_prefix(1 + bytes);
  return true;
}

void AppendOrderedInt64(int64_t value, std::string* out) {
  const int bytes = SignedLength(value);
  const size_t at = out->size();
  // Two's complement in `bytes` bytes; beyond eight they repeat the sign.
  for (int i = bytes - 1; i >= 0; --i) {
    out->push_back(static_cast<char>(i < 8 ? value >> (8 * i) : value >> 63));
  }
  (*out)[at] ^= static_cast<char>(kHeaders[bytes][0]);
  if (bytes > 1) (*out)[at + 1] ^= static_cast<char>(kHeaders[bytes][1]);
}

bool ReadOrderedInt64(absl::string_view* in, int64_t* value) {
  if (in->empty()) return false;
  const bool negative = ((*in)[0] & 0x80) == 0;
  const uint8_t flip = negative ? 0xff : 0;
  const uint8_t first = static_cast<uint8_t>((*in)[0]) ^ flip;
  int bytes = std::countl_one(first);
  if (bytes == 8 && in->size() > 1) {
    bytes += std::countl_one(static_cast<uint8_t>(static_cast<uint8_t>((*in)[1]) ^ flip));
  }
  if (bytes > 10 || in->size() < static_cast<size_t>(bytes)) return false;
  uint64_t bits = negative ? ~uint64_t{0} : 0;
  for (int i = 0; i < bytes; ++i) {
    const uint8_t header = i < 2 ? kHeaders[bytes][i] : 0;
    bits = bits << 8 | (static_cast<uint8_t>((*in)[i]) ^ header);
  }
  *value = static_cast<int64_t>(bits);
  std::string shortest;
  AppendOrderedInt64(*value, &shortest);
  if (in->substr(0, bytes) != shortest) return false;
  in->remove_prefix(bytes);
  return true;
}

void AppendOrderedString(absl::string_view value, std::string* out) {
  for (const char c : value) {
    out->push_back(c);
    if (c == '\0') out->push_back('\xff');
    if (c == '\xff') out->push_back('\0');
  }
  out->append("\0\1", 2);
}

bool ReadOrderedString(absl::string_view* in, std::string* value) {
  value->clear();
  for (size_t i = 0; i < in->size(); ++i) {
    const char c = (*in)[i];
    if (c != '\0' && c != '\xff') {
      value->push_back(c);
      continue;
    }
    if (++i == in->size()) return false;
    const char next = (*in)[i];
    if (c == '\0' && next == '\1') {
      in->remove_prefix(i + 1);
      return true;
    }
    if (next != (c == '\0' ? '\xff' : '\0')) return false;
    value->push_back(c);
  }
  return false;
}

}  // namespace weir
