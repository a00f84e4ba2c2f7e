#include <algorithm>

#include "weir/core/crc32c.h"
#include "weir/io/coding.h"
#include "weir/io/table.h"
#include "weir/io/table_format.h"

namespace weir {
namespace {

// The shortest string in [last, next) of the kind the format asks for: cut and incremented at the
// first difference, if that stays below `next`.
std::string Separator(absl::string_view last, absl::string_view next) {
  const size_t common = std::min(last.size(), next.size());
  const size_t at =
      std::mismatch(last.begin(), last.begin() + common, next.begin()).first - last.begin();
  if (at < common) {
    const uint8_t a = static_cast<uint8_t>(last[at]), b = static_cast<uint8_t>(next[at]);
    if (a < 0xff && a + 1 < b) {
      std::string cut(last.substr(0, at + 1));
      cut.back() = static_cast<char>(a + 1);
      return cut;
    }
  }
  return std::string(last);
}

// A short string >= `last`: the first byte that can be is incremented, and the rest cut.
std::string Successor(absl::string_view last) {
  for (size_t i = 0; i < last.size(); ++i) {
    if (last[i] == '\xff') continue;
    std::string cut(last.substr(0, i + 1));
    cut.back() = static_cast<char>(static_cast<uint8_t>(last[i]) + 1);
    return cut;
  }
  return std::string(last);
}

}  // namespace

void TableBlockBuilder::Add(absl::string_view key, absl::string_view value) {
  size_t shared = 0;
  if (since_restart_ < restart_interval_) {
    const size_t common = std::min(key.size(), last_key_.size());
    while (shared < common && key[shared] == last_key_[shared]) ++shared;
  } else {
    restarts_.push_back(static_cast<uint32_t>(contents_.size()));
    since_restart_ = 0;
  }
  ++since_restart_;
  AppendVarint(shared, &contents_);
  AppendVarint(key.size() - shared, &contents_);
  AppendVarint(value.size(), &contents_);
  contents_.append(key.data() + shared, key.size() - shared);
  contents_.append(value.data(), value.size());
  last_key_.assign(key.data(), key.size());
}

std::string TableBlockBuilder::Finish() {
  for (const uint32_t restart : restarts_) AppendInt(restart, &contents_);
  AppendInt(static_cast<uint32_t>(restarts_.size()), &contents_);
  std::string block = std::move(contents_);
  contents_.clear();
  restarts_ = {0};
  since_restart_ = 0;
  last_key_.clear();
  return block;
}

void TableBuilder::Handle::AppendTo(std::string* out) const {
  AppendVarint(offset, out);
  AppendVarint(size, out);
}

absl::Status TableBuilder::Add(absl::string_view key, absl::string_view value) {
  if (status_.ok()) status_ = AddImpl(key, value);
  return status_;
}

absl::Status TableBuilder::Finish() {
  if (status_.ok()) {
    status_ = FinishImpl();
    if (status_.ok()) {
      status_ = FailedPrecondition("the table '", file_.path(), "' is finished");
      return absl::OkStatus();
    }
  }
  return status_;
}

absl::Status TableBuilder::AddImpl(absl::string_view key, absl::string_view value) {
  if (key.size() + value.size() > kMaxTableEntryBytes) {
    return InvalidArgument("a table entry of ", key.size() + value.size(), " bytes is too large");
  }
  if (any_) {
    if (key <= absl::string_view(last_key_)) {
      return InvalidArgument("table keys must increase, but a key of ", key.size(),
                             " bytes is not above the one before");
    }
    if (key.size() + value.size() >= 2 * kTableBlockBytes) RETURN_IF_ERROR(FlushDataBlock());
  }
  if (pending_index_entry_) AddIndexEntry(Separator(last_key_, key));
  data_.Add(key, value);
  last_key_.assign(key.data(), key.size());
  any_ = true;
  if (data_.EstimatedSize() >= kTableBlockBytes) return FlushDataBlock();
  return absl::OkStatus();
}

absl::Status TableBuilder::FinishImpl() {
  RETURN_IF_ERROR(FlushDataBlock());
  Handle metaindex, index;
  TableBlockBuilder empty(16);
  RETURN_IF_ERROR(WriteBlock(empty, &metaindex));
  if (pending_index_entry_) AddIndexEntry(Successor(last_key_));
  RETURN_IF_ERROR(WriteBlock(index_, &index));
  std::string footer;
  metaindex.AppendTo(&footer);
  index.AppendTo(&footer);
  footer.resize(kTableFooterBytes - 8);
  AppendInt(kTableMagic, &footer);
  return file_.Append(footer);
}

absl::Status TableBuilder::FlushDataBlock() {
  if (data_.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(WriteBlock(data_, &pending_));
  pending_index_entry_ = true;
  return absl::OkStatus();
}

absl::Status TableBuilder::WriteBlock(TableBlockBuilder& block, Handle* handle) {
  std::string bytes = block.Finish();
  *handle = {offset_, bytes.size()};
  bytes.push_back(static_cast<char>(kTableBlockPlain));
  AppendInt(MaskCrc(Crc32c(bytes)), &bytes);
  offset_ += bytes.size();
  return file_.Append(bytes);
}

void TableBuilder::AddIndexEntry(absl::string_view separator) {
  std::string handle;
  pending_.AppendTo(&handle);
  index_.Add(separator, handle);
  pending_index_entry_ = false;
}

}  // namespace weir
