#include "weir/runtime/memory_planner.h"

#include <random>

#include "gtest/gtest.h"

namespace weir {
namespace {

void ExpectDisjoint(const std::vector<Storage>& blocks, size_t arena) {
  for (size_t i = 0; i < blocks.size(); ++i) {
    EXPECT_EQ(blocks[i].offset % 64, 0u);
    EXPECT_LE(blocks[i].offset + blocks[i].bytes, arena);
    for (size_t j = 0; j < i; ++j) {
      const bool same_time = blocks[i].first <= blocks[j].last && blocks[j].first <= blocks[i].last;
      const bool same_place = blocks[i].offset < blocks[j].offset + blocks[j].bytes &&
                              blocks[j].offset < blocks[i].offset + blocks[i].bytes;
      EXPECT_FALSE(same_time && same_place) << i << " and " << j;
    }
  }
}

TEST(PlanMemory, AChainNeedsTwoBlocks) {
  std::vector<Storage> blocks;
  for (int i = 0; i < 100; ++i) blocks.push_back({1024, i, i + 1, 0});
  EXPECT_EQ(PlanMemory(blocks), 2048u);
  ExpectDisjoint(blocks, 2048);
}

TEST(PlanMemory, RandomLifetimesNeverOverlap) {
  std::mt19937 random(5);
  for (int round = 0; round < 50; ++round) {
    std::vector<Storage> blocks;
    int32_t first = 0;
    for (int i = 0; i < 60; ++i) {
      first += static_cast<int32_t>(random() % 2);
      blocks.push_back({random() % 5000, first, first + static_cast<int32_t>(random() % 20), 0});
    }
    const size_t arena = PlanMemory(blocks);
    ExpectDisjoint(blocks, arena);
  }
}

TEST(PlanMemory, NothingNeedsNothing) {
  std::vector<Storage> none, empty = {{0, 0, 5, 0}};
  EXPECT_EQ(PlanMemory(none), 0u);
  EXPECT_EQ(PlanMemory(empty), 0u);
}

}  // namespace
}  // namespace weir
