#include "weir/runtime/block_allocator.h"

#include <cstdint>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace weir {
namespace {

constexpr size_t kUnit = BlockAllocator::kAlignment;

// Addresses without memory behind them: the allocator must not touch it.
class Addresses final : public RegionSource {
 public:
  explicit Addresses(size_t capacity = SIZE_MAX) : left_(capacity) {}

  void* Reserve(size_t bytes) override {
    if (bytes > left_) return nullptr;
    left_ -= bytes;
    ++regions_;
    const uintptr_t at = next_;
    next_ += bytes;  // Regions touch: blocks must not be joined across.
    return reinterpret_cast<void*>(at);
  }
  void Release(void* /*region*/, size_t bytes) override {
    left_ += bytes;
    --regions_;
  }
  int regions() const { return regions_; }

 private:
  size_t left_;
  int regions_ = 0;
  uintptr_t next_ = uintptr_t{1} << 40;
};

TEST(BlockAllocator, TakesTheSmallestBlockThatIsLargeEnough) {
  Addresses source;
  BlockAllocator allocator(source, {.first_region = 100 * kUnit});
  void* a = allocator.Allocate(4 * kUnit);
  void* wall = allocator.Allocate(1);
  void* b = allocator.Allocate(2 * kUnit);
  (void)allocator.Allocate(1);
  allocator.Deallocate(a);
  allocator.Deallocate(b);
  EXPECT_EQ(allocator.Allocate(2 * kUnit - 3), b);
  EXPECT_EQ(allocator.Allocate(3 * kUnit), a);
  EXPECT_EQ(allocator.Allocate(kUnit), static_cast<char*>(a) + 3 * kUnit);
  allocator.Deallocate(wall);
}

TEST(BlockAllocator, JoinsFreeNeighbours) {
  Addresses source;
  BlockAllocator allocator(source, {.limit = 3 * kUnit, .first_region = 3 * kUnit});
  void* blocks[3];
  for (void*& block : blocks) block = allocator.Allocate(kUnit);
  EXPECT_EQ(allocator.Allocate(1), nullptr);
  allocator.Deallocate(blocks[0]);
  allocator.Deallocate(blocks[2]);
  EXPECT_EQ(allocator.stats().largest_free, kUnit);
  EXPECT_EQ(allocator.Allocate(2 * kUnit), nullptr);
  allocator.Deallocate(blocks[1]);
  EXPECT_EQ(allocator.stats().largest_free, 3 * kUnit);
  EXPECT_EQ(allocator.Allocate(3 * kUnit), blocks[0]);
}

TEST(BlockAllocator, DoesNotJoinAcrossRegions) {
  Addresses source;
  BlockAllocator allocator(source, {.first_region = kUnit});
  void* a = allocator.Allocate(kUnit);
  void* b = allocator.Allocate(2 * kUnit);
  allocator.Deallocate(a);
  allocator.Deallocate(b);
  EXPECT_EQ(allocator.stats().largest_free, 2 * kUnit);
  allocator.ReleaseUnused();
  EXPECT_EQ(source.regions(), 0);
  EXPECT_EQ(allocator.stats().reserved, 0u);
}

TEST(BlockAllocator, HoldsToTheLimitAndGrowsByWhatIsNeededNearIt) {
  Addresses source;
  BlockAllocator allocator(source, {.limit = 5 * kUnit, .first_region = 4 * kUnit});
  void* a = allocator.Allocate(4 * kUnit);
  void* b = allocator.Allocate(kUnit);  // The next region would have been of eight.
  ASSERT_NE(b, nullptr);
  EXPECT_EQ(allocator.Allocate(1), nullptr);
  EXPECT_EQ(allocator.stats().ToString(),
            "in use 1280 bytes (peak 1280), reserved 1280 of at most 1280, largest free block 0");
  allocator.Deallocate(a);
  allocator.Deallocate(b);
  // No region has five units: the unused ones make room for one that has.
  EXPECT_NE(allocator.Allocate(5 * kUnit), nullptr);
  EXPECT_EQ(source.regions(), 1);
}

TEST(BlockAllocator, WithoutGrowthOneRegionIsAll) {
  Addresses source;
  BlockAllocator allocator(source, {.limit = 8 * kUnit, .grow = false});
  EXPECT_EQ(source.regions(), 0);
  ASSERT_NE(allocator.Allocate(1), nullptr);
  EXPECT_EQ(allocator.stats().reserved, 8 * kUnit);
  EXPECT_EQ(allocator.Allocate(8 * kUnit), nullptr);
  EXPECT_EQ(source.regions(), 1);
}

TEST(BlockAllocator, GivesEverythingBackWithTheLastBlock) {
  Addresses source;
  BlockAllocator allocator(source, {.release_when_unused = true});
  void* a = allocator.Allocate(kUnit);
  void* b = allocator.Allocate(kUnit);
  allocator.Deallocate(a);
  EXPECT_EQ(source.regions(), 1);
  allocator.Deallocate(b);
  EXPECT_EQ(source.regions(), 0);
  EXPECT_EQ(allocator.stats().reserved, 0u);
  allocator.Deallocate(allocator.Allocate(kUnit));
}

TEST(BlockAllocator, ImpossibleSizesAreRefused) {
  Addresses source(4 * kUnit);
  BlockAllocator allocator(source, {});
  EXPECT_EQ(allocator.Allocate(SIZE_MAX), nullptr);
  EXPECT_EQ(allocator.Allocate(5 * kUnit), nullptr);
  EXPECT_NE(allocator.Allocate(4 * kUnit), nullptr);
}

TEST(BlockAllocator, RandomUseNeverOverlapsAndEndsWhole) {
  Addresses source;
  BlockAllocator allocator(source, {.first_region = 64 * kUnit});
  std::mt19937 random(7);
  std::map<char*, size_t> live;
  for (int i = 0; i < 20'000; ++i) {
    if (live.size() < 50 && random() % 2 == 0) {
      const size_t bytes = 1 + random() % (20 * kUnit);
      char* block = static_cast<char*>(allocator.Allocate(bytes));
      ASSERT_NE(block, nullptr);
      const auto next = live.lower_bound(block);
      if (next != live.end()) {
        ASSERT_LE(block + bytes, next->first);
      }
      if (next != live.begin()) {
        const auto previous = std::prev(next);
        ASSERT_LE(previous->first + previous->second, block);
      }
      live.emplace(block, bytes);
    } else if (!live.empty()) {
      const auto it = std::next(live.begin(), random() % live.size());
      allocator.Deallocate(it->first);
      live.erase(it);
    }
  }
  for (const auto& [block, bytes] : live) allocator.Deallocate(block);
  EXPECT_EQ(allocator.stats().in_use, 0u);
  allocator.ReleaseUnused();
  EXPECT_EQ(source.regions(), 0);
}

}  // namespace
}  // namespace weir
