#include "weir/runtime/block_allocator.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "absl/strings/str_cat.h"

namespace weir {

std::string BlockAllocator::Stats::ToString() const {
  const std::string most = limit > 0 ? absl::StrCat(" of at most ", limit) : "";
  return absl::StrCat("in use ", in_use, " bytes (peak ", peak, "), reserved ", reserved, most,
                      ", largest free block ", largest_free);
}

BlockAllocator::BlockAllocator(RegionSource& source, const Options& options)
    : source_(source), options_(options), next_region_(options.first_region) {}

BlockAllocator::~BlockAllocator() {
  MutexLock lock(mu_);
  for (const auto& [region, bytes] : regions_) source_.Release(region, bytes);
}

void* BlockAllocator::Allocate(size_t bytes) {
  if (bytes > std::numeric_limits<size_t>::max() / 2) return nullptr;
  const size_t rounded = (std::max<size_t>(bytes, 1) + kAlignment - 1) / kAlignment * kAlignment;
  MutexLock lock(mu_);
  void* block = TakeBestFit(rounded);
  if (block == nullptr && Grow(rounded)) block = TakeBestFit(rounded);
  if (block == nullptr) return nullptr;
  in_use_ += rounded;
  peak_ = std::max(peak_, in_use_);
  return block;
}

void* BlockAllocator::TakeBestFit(size_t bytes) {
  const auto fit = free_.lower_bound({bytes, nullptr});
  if (fit == free_.end()) return nullptr;
  const auto block = blocks_.find(fit->second);
  free_.erase(fit);
  block->second.free = false;
  if (const size_t rest = block->second.bytes - bytes; rest > 0) {
    block->second.bytes = bytes;
    MarkFree(blocks_.emplace(block->first + bytes, Block{rest}).first);
  }
  return block->first;
}

void BlockAllocator::Deallocate(void* data) {
  MutexLock lock(mu_);
  auto block = blocks_.find(static_cast<char*>(data));
  in_use_ -= block->second.bytes;
  MarkFree(block);
  const auto next = std::next(block);
  if (next != blocks_.end() && next->second.free && !next->second.first_of_region) {
    Join(block, next);
  }
  if (!block->second.first_of_region && std::prev(block)->second.free) {
    Join(std::prev(block), block);
  }
  if (in_use_ == 0 && options_.release_when_unused) {
    ReleaseUnusedLocked();
    next_region_ = options_.first_region;
  }
}

void BlockAllocator::MarkFree(Blocks::iterator block) {
  block->second.free = true;
  free_.emplace(block->second.bytes, block->first);
}

void BlockAllocator::Join(Blocks::iterator block, Blocks::iterator next) {
  free_.erase({block->second.bytes, block->first});
  free_.erase({next->second.bytes, next->first});
  block->second.bytes += next->second.bytes;
  free_.emplace(block->second.bytes, block->first);
  blocks_.erase(next);
}

bool BlockAllocator::Grow(size_t bytes) {
  if (!options_.grow)
    return regions_.empty() && bytes <= options_.limit && AddRegion(options_.limit);
  const size_t wanted = std::max(bytes, next_region_);
  if (AddRegion(wanted)) {
    next_region_ = wanted * 2;
    return true;
  }
  // Then what is needed alone, and once more with what lies unused.
  if (AddRegion(bytes)) return true;
  ReleaseUnusedLocked();
  return AddRegion(bytes);
}

bool BlockAllocator::AddRegion(size_t bytes) {
  if (options_.limit > 0 && bytes > options_.limit - std::min(options_.limit, reserved_)) {
    return false;
  }
  char* region = static_cast<char*>(source_.Reserve(bytes));
  if (region == nullptr) return false;
  reserved_ += bytes;
  regions_.emplace(region, bytes);
  MarkFree(blocks_.emplace(region, Block{bytes, false, true}).first);
  return true;
}

void BlockAllocator::ReleaseUnused() {
  MutexLock lock(mu_);
  ReleaseUnusedLocked();
}

void BlockAllocator::ReleaseUnusedLocked() {
  for (auto region = regions_.begin(); region != regions_.end();) {
    const auto block = blocks_.find(region->first);
    if (!block->second.free || block->second.bytes != region->second) {
      ++region;
      continue;
    }
    free_.erase({block->second.bytes, block->first});
    blocks_.erase(block);
    source_.Release(region->first, region->second);
    reserved_ -= region->second;
    region = regions_.erase(region);
  }
}

BlockAllocator::Stats BlockAllocator::stats() const {
  MutexLock lock(mu_);
  return {in_use_, peak_, reserved_, free_.empty() ? 0 : free_.rbegin()->first, options_.limit};
}

}  // namespace weir
