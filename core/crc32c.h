#ifndef WEIR_CORE_CRC32C_H_
#define WEIR_CORE_CRC32C_H_

// CRC-32C (Castagnoli), the checksum of checkpoints, records and event files. The processor's own
// instruction is used where it has one; the choice is made when the program runs.

#include <bit>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace weir {

// The checksum of A followed by `data`, where `crc` is the checksum of A (0 for an empty A).
uint32_t ExtendCrc32c(uint32_t crc, const void* data, size_t bytes);

inline uint32_t Crc32c(absl::string_view data) { return ExtendCrc32c(0, data.data(), data.size()); }

// Files store checksums masked: the checksum of bytes that hold a checksum of themselves is a poor
// one.
inline uint32_t MaskCrc(uint32_t crc) { return std::rotr(crc, 15) + 0xa282ead8u; }
inline uint32_t UnmaskCrc(uint32_t masked) { return std::rotl(masked - 0xa282ead8u, 15); }

namespace internal {
// The implementation without special instructions, for tests.
uint32_t ExtendCrc32cPortable(uint32_t crc, const void* data, size_t bytes);
}  // namespace internal

}  // namespace weir

#endif  // WEIR_CORE_CRC32C_H_
