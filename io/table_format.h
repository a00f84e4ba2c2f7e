#ifndef WEIR_IO_TABLE_FORMAT_H_
#define WEIR_IO_TABLE_FORMAT_H_

// Constants of the sorted table's layout, shared by its reader and its builder.

#include <cstddef>
#include <cstdint>

namespace weir {

inline constexpr uint64_t kTableMagic = 0xdb4775248b80fb57u;
inline constexpr size_t kTableFooterBytes = 48;
// Behind the contents of a block: the type and a masked checksum.
inline constexpr size_t kTableTrailerBytes = 5;
inline constexpr size_t kTableBlockBytes = 256 << 10;
// Offsets inside a block have 32 bits.
inline constexpr size_t kMaxTableEntryBytes = size_t{1} << 31;

enum TableBlockType : uint8_t { kTableBlockPlain = 0, kTableBlockSnappy = 1 };

}  // namespace weir

#endif  // WEIR_IO_TABLE_FORMAT_H_
