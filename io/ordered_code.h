#ifndef WEIR_IO_ORDERED_CODE_H_
#define WEIR_IO_ORDERED_CODE_H_

// Byte codes whose bytewise order is the order of what they encode. Codes concatenate.
//
// The Read functions take a code from the front of `in` and remove it; false, with `in`
// unspecified, when it is not there or is not the shortest form.

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace weir {

// The number of bytes that follow, then the value, big-endian without leading zeros.
void AppendOrderedUint64(uint64_t value, std::string* out);
[[nodiscard]] bool ReadOrderedUint64(absl::string_view* in, uint64_t* value);

// 1 to 10 bytes; as in UTF-8, the leading bits tell how many. [-64, 64) takes one byte.
void AppendOrderedInt64(int64_t value, std::string* out);
[[nodiscard]] bool ReadOrderedInt64(absl::string_view* in, int64_t* value);

// 00 becomes 00 ff, ff becomes ff 00; 00 01 ends the string.
void AppendOrderedString(absl::string_view value, std::string* out);
[[nodiscard]] bool ReadOrderedString(absl::string_view* in, std::string* value);

}  // namespace weir

#endif  // WEIR_IO_ORDERED_CODE_H_
