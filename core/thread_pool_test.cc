#include "weir/core/thread_pool.h"

#include <atomic>
#include <limits>
#include <mutex>
#include <new>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace weir {
namespace {

using Blocks = std::set<std::pair<int64_t, int64_t>>;

Blocks BlocksOf(ThreadPool& pool, int64_t n, int64_t block) {
  std::mutex mu;
  Blocks blocks;
  pool.ParallelFor(n, block, [&](int64_t begin, int64_t end) {
    std::lock_guard<std::mutex> lock(mu);
    EXPECT_TRUE(blocks.emplace(begin, end).second);
  });
  return blocks;
}

TEST(ThreadPool, BlocksAreTheSameForEveryNumberOfThreads) {
  ThreadPool one(1), three(3);
  EXPECT_EQ(one.threads(), 1);
  EXPECT_EQ(three.threads(), 3);
  const Blocks expected = {{0, 4}, {4, 8}, {8, 10}};
  EXPECT_EQ(BlocksOf(one, 10, 4), expected);
  EXPECT_EQ(BlocksOf(three, 10, 4), expected);
  EXPECT_EQ(BlocksOf(three, 10, 10), (Blocks{{0, 10}}));
  EXPECT_EQ(BlocksOf(three, 10, 100), (Blocks{{0, 10}}));
  EXPECT_TRUE(BlocksOf(three, 0, 4).empty());
  EXPECT_TRUE(BlocksOf(three, -3, 4).empty());
}

TEST(ThreadPool, HugeRangesDoNotOverflow) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  ThreadPool pool(2);
  EXPECT_EQ(BlocksOf(pool, kMax, kMax - 1), (Blocks{{0, kMax - 1}, {kMax - 1, kMax}}));
  ThreadPool one(1);
  EXPECT_EQ(BlocksOf(one, kMax, kMax - 1), (Blocks{{0, kMax - 1}, {kMax - 1, kMax}}));
}

TEST(ThreadPool, OneThreadRunsOnTheCaller) {
  ThreadPool pool(1);
  const std::thread::id caller = std::this_thread::get_id();
  pool.ParallelFor(100, 1,
                   [&](int64_t, int64_t) { EXPECT_EQ(std::this_thread::get_id(), caller); });
}

TEST(ThreadPool, WorkersHelp) {
  ThreadPool pool(2);
  // Both blocks must be under way at once for the loop to end.
  std::atomic<int> arrived{0};
  pool.ParallelFor(2, 1, [&](int64_t, int64_t) {
    ++arrived;
    while (arrived.load() < 2) std::this_thread::yield();
  });
  EXPECT_EQ(arrived.load(), 2);
}

TEST(ThreadPool, ManySmallLoopsGiveEveryElementOnce) {
  ThreadPool pool(4);
  std::vector<int> counts(257);
  for (int round = 0; round < 2000; ++round) {
    pool.ParallelFor(257, 16, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) ++counts[i];
    });
  }
  for (int count : counts) EXPECT_EQ(count, 2000);
}

TEST(ThreadPool, ManyCallersShareThePool) {
  ThreadPool pool(3);
  std::vector<std::thread> callers;
  std::atomic<int64_t> total{0};
  for (int c = 0; c < 20; ++c) {  // More callers than the pool helps at once.
    callers.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        std::atomic<int64_t> sum{0};
        pool.ParallelFor(100, 3, [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i) sum += i;
        });
        EXPECT_EQ(sum.load(), 4950);
        total += sum.load();
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(total.load(), 20 * 50 * 4950);
}

TEST(ThreadPool, NestedCallsRunOnTheirThread) {
  ThreadPool pool(3);
  std::atomic<int> inner{0};
  pool.ParallelFor(6, 1, [&](int64_t, int64_t) {
    const std::thread::id outer = std::this_thread::get_id();
    pool.ParallelFor(5, 1, [&](int64_t, int64_t) {
      EXPECT_EQ(std::this_thread::get_id(), outer);
      ++inner;
    });
  });
  EXPECT_EQ(inner.load(), 30);
}

TEST(ThreadPool, APoolInsideAnotherPoolsLoopStillHelps) {
  ThreadPool outer(2), inner(2);
  std::atomic<int> calls{0};
  outer.ParallelFor(
      4, 1, [&](int64_t, int64_t) { inner.ParallelFor(4, 1, [&](int64_t, int64_t) { ++calls; }); });
  EXPECT_EQ(calls.load(), 16);
}

TEST(ThreadPool, WhatAWorkerThrowsReachesTheCaller) {
  ThreadPool pool(3);
  const std::thread::id caller = std::this_thread::get_id();
  for (int round = 0; round < 200; ++round) {
    std::atomic<int> arrived{0}, running{0};
    // All three blocks are under way at once, and those of the workers throw.
    EXPECT_THROW(pool.ParallelFor(3, 1,
                                  [&](int64_t, int64_t) {
                                    ++running;
                                    ++arrived;
                                    while (arrived.load() < 3) std::this_thread::yield();
                                    --running;
                                    if (std::this_thread::get_id() != caller)
                                      throw std::bad_alloc();
                                  }),
                 std::bad_alloc);
    EXPECT_EQ(running.load(), 0);
  }
}

TEST(ThreadPool, AfterAnExceptionBlocksAreSkippedAndThePoolGoesOn) {
  for (int threads : {1, 3}) {
    ThreadPool pool(threads);
    std::atomic<int64_t> calls{0};
    EXPECT_THROW(pool.ParallelFor(1'000'000'000'000, 1,
                                  [&](int64_t, int64_t) {
                                    ++calls;
                                    throw std::bad_alloc();
                                  }),
                 std::bad_alloc);
    EXPECT_LE(calls.load(), threads);
    EXPECT_EQ(BlocksOf(pool, 10, 4), (Blocks{{0, 4}, {4, 8}, {8, 10}}));
    // No thread takes itself to be inside the loop still: both blocks must be under way at once.
    std::atomic<int> arrived{0};
    if (threads == 1) continue;
    pool.ParallelFor(2, 1, [&](int64_t, int64_t) {
      ++arrived;
      while (arrived.load() < 2) std::this_thread::yield();
    });
  }
}

TEST(ThreadPool, StartsAndStopsWithoutWork) {
  for (int i = 0; i < 20; ++i) ThreadPool pool(3);
}

}  // namespace
}  // namespace weir
