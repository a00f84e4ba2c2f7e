#include "weir/runtime/pool_allocator.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace weir {
namespace {

constexpr int64_t kMaxKept = int64_t{1} << 30;

}  // namespace

std::shared_ptr<PoolAllocator> PoolAllocator::Make(int64_t limit) {
  return std::shared_ptr<PoolAllocator>(new PoolAllocator(limit));
}

PoolAllocator::~PoolAllocator() {
  MutexLock lock(mu_);
  ReleaseKept();
}

// Four classes per power of two: at most a quarter of a block is unused.
size_t PoolAllocator::SizeClass(size_t bytes) {
  if (bytes <= 256) return (std::max<size_t>(bytes, 1) + 63) / 64 * 64;
  const size_t step = std::bit_floor(bytes - 1) / 4;
  return (bytes + step - 1) / step * step;
}

void* PoolAllocator::Allocate(size_t bytes) {
  if (bytes > static_cast<size_t>(std::numeric_limits<int64_t>::max()) / 2) return nullptr;
  const size_t size = SizeClass(bytes);
  const int64_t signed_size = static_cast<int64_t>(size);
  MutexLock lock(mu_);
  if (limit_ > 0 && in_use_ + signed_size > limit_) return nullptr;
  void* data = nullptr;
  if (auto it = kept_.find(size); it != kept_.end() && !it->second.empty()) {
    data = it->second.back();
    it->second.pop_back();
    kept_bytes_ -= signed_size;
  } else {
    if (limit_ > 0 && in_use_ + kept_bytes_ + signed_size > limit_) ReleaseKept();
    data = HeapAllocator().Allocate(size);
    if (data == nullptr) {
      ReleaseKept();
      data = HeapAllocator().Allocate(size);
    }
    if (data == nullptr) return nullptr;
  }
  in_use_ += signed_size;
  peak_ = std::max(peak_, in_use_);
  return data;
}

void PoolAllocator::Deallocate(void* data, size_t bytes) {
  const size_t size = SizeClass(bytes);
  const int64_t signed_size = static_cast<int64_t>(size);
  MutexLock lock(mu_);
  in_use_ -= signed_size;
  if (kept_bytes_ + signed_size > kMaxKept) {
    HeapAllocator().Deallocate(data, size);
    return;
  }
  kept_[size].push_back(data);
  kept_bytes_ += signed_size;
}

bool PoolAllocator::Charge(size_t bytes) {
  if (bytes > static_cast<size_t>(std::numeric_limits<int64_t>::max()) / 2) return false;
  MutexLock lock(mu_);
  if (limit_ > 0 && in_use_ + static_cast<int64_t>(bytes) > limit_) return false;
  in_use_ += static_cast<int64_t>(bytes);
  peak_ = std::max(peak_, in_use_);
  return true;
}

void PoolAllocator::Credit(size_t bytes) {
  MutexLock lock(mu_);
  in_use_ -= static_cast<int64_t>(bytes);
}

int64_t PoolAllocator::bytes_in_use() const {
  MutexLock lock(mu_);
  return in_use_;
}

int64_t PoolAllocator::peak_bytes() const {
  MutexLock lock(mu_);
  return peak_;
}

void PoolAllocator::ReleaseKept() {
  for (auto& [size, blocks] : kept_) {
    for (void* block : blocks) HeapAllocator().Deallocate(block, size);
    blocks.clear();
  }
  kept_bytes_ = 0;
}

}  // namespace weir
