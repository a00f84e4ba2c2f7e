#ifndef WEIR_IO_TABLE_H_
#define WEIR_IO_TABLE_H_

// Immutable sorted tables of byte strings, the container of checkpoint indexes (docs/formats.md,
// "Sorted table"): blocks of prefix-compressed entries, each with a checksum, and an index of the
// blocks.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "weir/core/env.h"
#include "weir/core/mutex.h"
#include "weir/core/status.h"

namespace weir {

// One block being written: entries and their restart points.
class TableBlockBuilder {
 public:
  // Every `restart_interval`th key is stored whole.
  explicit TableBlockBuilder(int restart_interval) : restart_interval_(restart_interval) {}

  void Add(absl::string_view key, absl::string_view value);
  // The bytes of the block; the builder is then empty.
  std::string Finish();

  bool empty() const { return contents_.empty(); }
  size_t EstimatedSize() const { return contents_.size() + 4 * restarts_.size() + 4; }

 private:
  const int restart_interval_;
  std::string contents_;
  std::vector<uint32_t> restarts_ = {0};
  int since_restart_ = 0;
  std::string last_key_;
};

// Writes a table, uncompressed, in the layout of checkpoint indexes. After an error every call
// returns it.
class TableBuilder {
 public:
  // `file` is empty, and outlives the builder.
  explicit TableBuilder(WritableFile& file) : file_(file) {}

  // InvalidArgument unless `key` is greater than all keys before.
  absl::Status Add(absl::string_view key, absl::string_view value);

  // Writes what is pending, the index and the footer. The caller syncs and closes the file.
  absl::Status Finish();

 private:
  struct Handle {
    uint64_t offset = 0;
    uint64_t size = 0;
    void AppendTo(std::string* out) const;
  };

  absl::Status WriteBlock(TableBlockBuilder& block, Handle* handle);
  absl::Status FlushDataBlock();
  absl::Status AddImpl(absl::string_view key, absl::string_view value);
  absl::Status FinishImpl();
  void AddIndexEntry(absl::string_view separator);

  WritableFile& file_;
  absl::Status status_;
  uint64_t offset_ = 0;
  bool any_ = false;
  std::string last_key_;
  TableBlockBuilder data_{16};
  TableBlockBuilder index_{1};
  // The last block written, until the next key shows where it ends.
  bool pending_index_entry_ = false;
  Handle pending_;
};

// An open table. Blocks are read when needed, and checked: any damage is DataLoss naming file and
// offset. Thread rule: safe from any thread; an Iterator belongs to one thread.
class Table {
 public:
  static absl::StatusOr<std::shared_ptr<const Table>> Open(Env& env, const std::string& path);

  // A position in the table. Keeps the table alive.
  class Iterator {
   public:
    explicit Iterator(std::shared_ptr<const Table> table);
    ~Iterator();
    Iterator(Iterator&&) noexcept;

    absl::Status SeekToFirst();
    // To the first key >= `target`.
    absl::Status Seek(absl::string_view target);
    // REQUIRES: valid().
    absl::Status Next();

    // False at the end, after an error and before the first seek.
    bool valid() const;
    // REQUIRES: valid(). Good until the next call that moves.
    absl::string_view key() const;
    absl::string_view value() const;

   private:
    class Cursor;
    absl::Status LoadData();
    absl::Status SkipEmptyBlocks();

    std::shared_ptr<const Table> table_;
    std::unique_ptr<Cursor> index_;
    std::unique_ptr<Cursor> data_;
  };

  // The value of a key; NotFound, quoting the key, when it is not there.
  static absl::StatusOr<std::string> Find(const std::shared_ptr<const Table>& table,
                                          absl::string_view key);

  const std::string& path() const { return file_->path(); }
  uint64_t file_size() const { return file_size_; }

 private:
  // The entries of one block, and where its restart points begin.
  struct Block {
    std::string contents;
    uint64_t offset = 0;  // In the file, for messages.
    uint32_t entries_end = 0;
    uint32_t restarts = 0;

    uint32_t restart(uint32_t i) const;
  };

  Table() = default;
  absl::StatusOr<std::shared_ptr<const Block>> ReadBlock(uint64_t offset, uint64_t size) const;
  absl::StatusOr<std::shared_ptr<const Block>> ReadDataBlock(absl::string_view handle) const;
  absl::Status Damaged(uint64_t offset, absl::string_view what) const;

  std::unique_ptr<RandomAccessFile> file_;
  uint64_t file_size_ = 0;
  std::shared_ptr<const Block> index_;
  // Successive look-ups mostly hit the same block.
  mutable Mutex mutex_;
  mutable std::shared_ptr<const Block> last_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace weir

#endif  // WEIR_IO_TABLE_H_
