// Reading of sorted tables; their building is in table_builder.cc.

#include "weir/io/table.h"

#include <snappy.h>

#include <algorithm>
#include <initializer_list>

#include "absl/strings/escaping.h"
#include "weir/core/crc32c.h"
#include "weir/io/coding.h"
#include "weir/io/table_format.h"

namespace weir {
namespace {

bool ReadHandle(absl::string_view* in, uint64_t* offset, uint64_t* size) {
  return ReadVarint(in, offset) && ReadVarint(in, size);
}

// What a footer has before its magic number. No checksum covers it, but there is one way to write
// it: any other is damage.
std::string FooterHandles(std::initializer_list<uint64_t> handles) {
  std::string bytes;
  for (const uint64_t value : handles) AppendVarint(value, &bytes);
  bytes.resize(kTableFooterBytes - 8);
  return bytes;
}

// Three bytes of a Snappy stream stand for at most 64: a larger claim is false, and refused before
// memory is taken for it.
bool PlausibleSnappySize(size_t packed, size_t unpacked) { return unpacked / 22 <= packed; }

}  // namespace

uint32_t Table::Block::restart(uint32_t i) const {
  return LoadInt<uint32_t>(contents.data() + entries_end + 4 * size_t{i});
}

// A position among the entries of a block.
class Table::Iterator::Cursor {
 public:
  Cursor(const Table& table, std::shared_ptr<const Block> block)
      : table_(table), block_(std::move(block)) {}

  bool valid() const { return valid_; }
  absl::string_view key() const { return key_; }
  absl::string_view value() const { return value_; }

  absl::Status SeekToFirst() {
    next_ = 0;
    valid_ = false;
    key_.clear();
    return Advance();
  }

  absl::Status Seek(absl::string_view target) {
    // The last restart point whose key is below the target.
    uint32_t low = 0, high = block_->restarts;
    while (high - low > 1) {
      const uint32_t middle = low + (high - low) / 2;
      RETURN_IF_ERROR(GoToRestart(middle));
      if (!valid_) return Damaged("a restart point at the end of the entries");
      (absl::string_view(key_) < target ? low : high) = middle;
    }
    RETURN_IF_ERROR(GoToRestart(low));
    while (valid_ && absl::string_view(key_) < target) RETURN_IF_ERROR(Advance());
    return absl::OkStatus();
  }

  // To the entry at next_.
  absl::Status Advance() {
    const bool had_key = valid_;
    valid_ = false;
    if (next_ == block_->entries_end) return absl::OkStatus();
    const absl::string_view entries(block_->contents.data(), block_->entries_end);
    absl::string_view in = entries.substr(next_);
    uint32_t shared, own, value_size;
    if (!ReadVarint(&in, &shared) || !ReadVarint(&in, &own) || !ReadVarint(&in, &value_size) ||
        shared > key_.size() || own > in.size() || value_size > in.size() - own) {
      return Damaged("an entry that does not fit");
    }
    const absl::string_view suffix = in.substr(0, own);
    if (had_key && suffix <= absl::string_view(key_).substr(shared)) {
      return Damaged("keys out of order");
    }
    key_.resize(shared);
    key_.append(suffix.data(), suffix.size());
    value_ = in.substr(own, value_size);
    next_ = static_cast<uint32_t>(value_.data() + value_.size() - entries.data());
    valid_ = true;
    return absl::OkStatus();
  }

  absl::Status Damaged(absl::string_view what) const {
    return table_.Damaged(block_->offset, absl::StrCat("corrupted block: ", what));
  }

 private:
  absl::Status GoToRestart(uint32_t i) {
    next_ = block_->restart(i);
    if (next_ > block_->entries_end) return Damaged("a restart point outside the entries");
    valid_ = false;
    key_.clear();  // The entry must share nothing with the one before.
    return Advance();
  }

  const Table& table_;
  const std::shared_ptr<const Block> block_;
  uint32_t next_ = 0;
  bool valid_ = false;
  std::string key_;
  absl::string_view value_;
};

absl::StatusOr<std::shared_ptr<const Table>> Table::Open(Env& env, const std::string& path) {
  std::shared_ptr<Table> table(new Table);
  ASSIGN_OR_RETURN(table->file_, env.NewRandomAccessFile(path));
  ASSIGN_OR_RETURN(table->file_size_, env.FileSize(path));
  if (table->file_size_ < kTableFooterBytes) {
    return DataLoss("'", path, "' is not a sorted table: it has only ", table->file_size_,
                    " bytes");
  }
  const uint64_t footer_at = table->file_size_ - kTableFooterBytes;
  char footer[kTableFooterBytes];
  RETURN_IF_ERROR(table->file_->ReadExactly(footer_at, sizeof(footer), footer));
  if (LoadInt<uint64_t>(footer + kTableFooterBytes - 8) != kTableMagic) {
    return DataLoss("'", path, "' is not a sorted table (bad magic number)");
  }
  const absl::string_view handles(footer, kTableFooterBytes - 8);
  absl::string_view in = handles;
  uint64_t meta_offset, meta_size, offset, size;
  if (!ReadHandle(&in, &meta_offset, &meta_size) || !ReadHandle(&in, &offset, &size) ||
      handles != FooterHandles({meta_offset, meta_size, offset, size})) {
    return table->Damaged(footer_at, "bad footer");
  }
  ASSIGN_OR_RETURN(table->index_, table->ReadBlock(offset, size));
  // Nobody needs the metaindex, but its checksum tells damage.
  RETURN_IF_ERROR(table->ReadBlock(meta_offset, meta_size).status());
  return std::shared_ptr<const Table>(std::move(table));
}

absl::StatusOr<std::string> Table::Find(const std::shared_ptr<const Table>& table,
                                        absl::string_view key) {
  Iterator it(table);
  RETURN_IF_ERROR(it.Seek(key));
  if (it.valid() && it.key() == key) return std::string(it.value());
  return NotFound("'", table->path(), "' has no key '", absl::CHexEscape(key), "'");
}

absl::Status Table::Damaged(uint64_t offset, absl::string_view what) const {
  return DataLoss("'", path(), "' at byte ", offset, ": ", what);
}

absl::StatusOr<std::shared_ptr<const Table::Block>> Table::ReadBlock(uint64_t offset,
                                                                     uint64_t size) const {
  const uint64_t room = file_size_ - kTableFooterBytes;
  if (offset > room || size > room - offset || room - offset - size < kTableTrailerBytes) {
    return Damaged(
        offset, absl::StrCat("truncated block read: a block of ", size, " bytes leaves the file"));
  }
  std::string bytes(size + kTableTrailerBytes, '\0');
  RETURN_IF_ERROR(file_->ReadExactly(offset, bytes.size(), bytes.data()));
  const uint32_t stored = UnmaskCrc(LoadInt<uint32_t>(bytes.data() + size + 1));
  if (Crc32c(absl::string_view(bytes).substr(0, size + 1)) != stored) {
    return Damaged(offset, "block checksum mismatch");
  }
  auto block = std::make_shared<Block>();
  block->offset = offset;
  switch (static_cast<uint8_t>(bytes[size])) {
    case kTableBlockPlain:
      bytes.resize(size);
      block->contents = std::move(bytes);
      break;
    case kTableBlockSnappy: {
      size_t unpacked = 0;
      if (!snappy::GetUncompressedLength(bytes.data(), size, &unpacked) ||
          !PlausibleSnappySize(size, unpacked) ||
          !snappy::Uncompress(bytes.data(), size, &block->contents)) {
        return Damaged(offset, "corrupted compressed block contents");
      }
      break;
    }
    default: return Damaged(offset, "bad block type");
  }
  const size_t total = block->contents.size();
  if (total < 8 || total > 0xffffffffu) return Damaged(offset, "corrupted block: bad size");
  block->restarts = LoadInt<uint32_t>(block->contents.data() + total - 4);
  if (block->restarts == 0 || block->restarts > (total - 4) / 4) {
    return Damaged(offset, "corrupted block: bad number of restart points");
  }
  block->entries_end = static_cast<uint32_t>(total - 4 - 4 * size_t{block->restarts});
  return std::shared_ptr<const Block>(std::move(block));
}

absl::StatusOr<std::shared_ptr<const Table::Block>> Table::ReadDataBlock(
    absl::string_view handle) const {
  uint64_t offset, size;
  if (!ReadHandle(&handle, &offset, &size)) {
    return Damaged(index_->offset, "corrupted index: bad block handle");
  }
  {
    MutexLock lock(mutex_);
    if (last_ != nullptr && last_->offset == offset) return last_;
  }
  ASSIGN_OR_RETURN(std::shared_ptr<const Block> block, ReadBlock(offset, size));
  MutexLock lock(mutex_);
  last_ = block;
  return block;
}

Table::Iterator::Iterator(std::shared_ptr<const Table> table)
    : table_(std::move(table)), index_(std::make_unique<Cursor>(*table_, table_->index_)) {}
Table::Iterator::~Iterator() = default;
Table::Iterator::Iterator(Iterator&&) noexcept = default;

bool Table::Iterator::valid() const { return data_ != nullptr && data_->valid(); }
absl::string_view Table::Iterator::key() const { return data_->key(); }
absl::string_view Table::Iterator::value() const { return data_->value(); }

absl::Status Table::Iterator::LoadData() {
  data_.reset();
  if (!index_->valid()) return absl::OkStatus();
  ASSIGN_OR_RETURN(std::shared_ptr<const Block> block, table_->ReadDataBlock(index_->value()));
  data_ = std::make_unique<Cursor>(*table_, std::move(block));
  return absl::OkStatus();
}

absl::Status Table::Iterator::SkipEmptyBlocks() {
  while (data_ != nullptr && !data_->valid()) {
    RETURN_IF_ERROR(index_->Advance());
    RETURN_IF_ERROR(LoadData());
    if (data_ != nullptr) RETURN_IF_ERROR(data_->SeekToFirst());
  }
  return absl::OkStatus();
}

absl::Status Table::Iterator::SeekToFirst() {
  RETURN_IF_ERROR(index_->SeekToFirst());
  RETURN_IF_ERROR(LoadData());
  if (data_ != nullptr) RETURN_IF_ERROR(data_->SeekToFirst());
  return SkipEmptyBlocks();
}

absl::Status Table::Iterator::Seek(absl::string_view target) {
  data_.reset();
  RETURN_IF_ERROR(index_->Seek(target));
  RETURN_IF_ERROR(LoadData());
  if (data_ != nullptr) RETURN_IF_ERROR(data_->Seek(target));
  return SkipEmptyBlocks();
}

absl::Status Table::Iterator::Next() {
  RETURN_IF_ERROR(data_->Advance());
  if (data_->valid()) return absl::OkStatus();
  const std::string last(data_->key());
  RETURN_IF_ERROR(SkipEmptyBlocks());
  if (valid() && key() <= absl::string_view(last)) {
    const absl::Status status = data_->Damaged("keys out of order");
    data_.reset();
    return status;
  }
  return absl::OkStatus();
}

}  // namespace weir
