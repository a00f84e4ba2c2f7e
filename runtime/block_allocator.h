#ifndef WEIR_RUNTIME_BLOCK_ALLOCATOR_H_
#define WEIR_RUNTIME_BLOCK_ALLOCATOR_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "weir/core/mutex.h"

namespace weir {

// Where a BlockAllocator has its regions from: the driver's memory of a device.
class RegionSource {
 public:
  virtual ~RegionSource() = default;
  // `bytes` bytes aligned to 256, or nullptr.
  virtual void* Reserve(size_t bytes) = 0;
  virtual void Release(void* region, size_t bytes) = 0;
};

// Hands out blocks of a few large regions: the smallest free block that is large enough, split, and
// joined with its free neighbours when it comes back (best fit with coalescing). It keeps its books
// beside the memory, which it never touches.
//
// Thread rule: all calls are safe from any thread.
class BlockAllocator {
 public:
  static constexpr size_t kAlignment = 256;

  struct Options {
    size_t limit = 0;  // Bytes of all regions together; 0: none.
    // Regions double in size from here on; with `grow` false, one region of `limit` bytes is
    // reserved at the first call.
    size_t first_region = size_t{1} << 20;
    bool grow = true;
    // Gives all regions back when the last block comes back.
    bool release_when_unused = false;
  };

  struct Stats {
    size_t in_use = 0;    // Of blocks handed out, in multiples of kAlignment.
    size_t peak = 0;      // The largest in_use so far.
    size_t reserved = 0;  // Of all regions.
    size_t largest_free = 0;
    size_t limit = 0;

    // "in use 12 bytes (peak 24), reserved 1048576 of at most 2097152, largest free block 1048320"
    std::string ToString() const;
  };

  // REQUIRES: `source` outlives the allocator.
  BlockAllocator(RegionSource& source, const Options& options);
  ~BlockAllocator();  // Gives all regions back.

  // A block of at least `bytes` bytes, or nullptr when neither the free blocks nor the limit allow.
  void* Allocate(size_t bytes);
  // REQUIRES: `block` is from Allocate and was not given back.
  void Deallocate(void* block);

  // Gives back the regions of which nothing is in use.
  void ReleaseUnused();

  Stats stats() const;

 private:
  struct Block {
    size_t bytes = 0;
    bool free = false;
    bool first_of_region = false;  // Blocks of different regions are not joined.
  };
  using Blocks = std::map<char*, Block>;

  bool Grow(size_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool AddRegion(size_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ReleaseUnusedLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void* TakeBestFit(size_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void MarkFree(Blocks::iterator block) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Appends `next`, which follows in the same region and is free too, to `block`.
  void Join(Blocks::iterator block, Blocks::iterator next) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  RegionSource& source_;
  const Options options_;
  mutable Mutex mu_;
  Blocks blocks_ ABSL_GUARDED_BY(mu_);
  std::set<std::pair<size_t, char*>> free_ ABSL_GUARDED_BY(mu_);  // By size, then address.
  std::map<char*, size_t> regions_ ABSL_GUARDED_BY(mu_);
  size_t next_region_ ABSL_GUARDED_BY(mu_);
  size_t in_use_ ABSL_GUARDED_BY(mu_) = 0;
  size_t peak_ ABSL_GUARDED_BY(mu_) = 0;
  size_t reserved_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace weir

#endif  // WEIR_RUNTIME_BLOCK_ALLOCATOR_H_
