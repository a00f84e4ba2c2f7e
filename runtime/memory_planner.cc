#include "weir/runtime/memory_planner.h"

#include <map>
#include <queue>
#include <set>
#include <utility>

namespace weir {
namespace {

constexpr size_t kAlign = 64;

// The free parts of an arena that grows at its end.
class FreeList {
 public:
  size_t Take(size_t bytes) {
    const auto fit = by_size_.lower_bound({bytes, 0});
    if (fit != by_size_.end()) {
      const auto [size, offset] = *fit;
      Remove(offset, size);
      if (size > bytes) Insert(offset + bytes, size - bytes);
      return offset;
    }
    // Grow; the free block at the end, if there is one, becomes part of the new block.
    size_t offset = end_;
    if (!by_offset_.empty()) {
      const auto [last_offset, last_size] = *by_offset_.rbegin();
      if (last_offset + last_size == end_) {
        Remove(last_offset, last_size);
        offset = last_offset;
      }
    }
    end_ = offset + bytes;
    return offset;
  }

  void Give(size_t offset, size_t bytes) {
    const auto next = by_offset_.lower_bound(offset);
    if (next != by_offset_.end() && next->first == offset + bytes) {
      const size_t size = next->second;
      Remove(offset + bytes, size);
      bytes += size;
    }
    auto previous = by_offset_.lower_bound(offset);
    if (previous != by_offset_.begin()) {
      --previous;
      const auto [start, size] = *previous;
      if (start + size == offset) {
        Remove(start, size);
        offset = start;
        bytes += size;
      }
    }
    Insert(offset, bytes);
  }

  size_t end() const { return end_; }

 private:
  void Insert(size_t offset, size_t bytes) {
    by_offset_.emplace(offset, bytes);
    by_size_.emplace(bytes, offset);
  }
  void Remove(size_t offset, size_t bytes) {
    by_offset_.erase(offset);
    by_size_.erase({bytes, offset});
  }

  std::map<size_t, size_t> by_offset_;
  std::set<std::pair<size_t, size_t>> by_size_;  // (bytes, offset)
  size_t end_ = 0;
};

}  // namespace

size_t PlanMemory(std::vector<Storage>& storages) {
  using Expiry = std::pair<int32_t, size_t>;  // (last, index)
  std::priority_queue<Expiry, std::vector<Expiry>, std::greater<>> alive;
  FreeList free;
  for (size_t i = 0; i < storages.size(); ++i) {
    Storage& s = storages[i];
    while (!alive.empty() && alive.top().first < s.first) {
      const Storage& done = storages[alive.top().second];
      free.Give(done.offset, done.bytes);
      alive.pop();
    }
    s.bytes = (s.bytes + kAlign - 1) / kAlign * kAlign;
    if (s.bytes == 0) continue;
    s.offset = free.Take(s.bytes);
    alive.emplace(s.last, i);
  }
  return free.end();
}

}  // namespace weir
