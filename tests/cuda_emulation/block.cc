#include "weir/tests/cuda_emulation/block.h"

#include <setjmp.h>
#include <ucontext.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

thread_local uint3 threadIdx, blockIdx;
thread_local dim3 blockDim, gridDim;

namespace cuda_emulation {
namespace {

constexpr size_t kStackBytes = size_t{64} << 10;
constexpr unsigned kWarp = 32;

enum class State { kRunning, kAtBlockBarrier, kAtWarpBarrier, kDone };

// A place to run threads of a block on. One that ends gives its place to the next.
struct Fiber {
  std::unique_ptr<char[]> stack = std::make_unique<char[]>(kStackBytes);
  jmp_buf context;
  State state = State::kDone;
  uint3 thread;
  unsigned number = 0;  // Of the thread in the block.
};

// One block at work.
class Block {
 public:
  void Run(dim3 size, const std::function<void()>& thread) {
    thread_ = &thread;
    size_ = size;
    count_ = size.x * size.y * size.z;
    started_ = 0;
    exchange_.resize((count_ + kWarp - 1) / kWarp * kWarp);
    while (started_ < count_) Start(Spare());
    while (ReleaseWaiting()) {
    }
  }

  void Wait(State barrier) {
    Fiber* const fiber = current_;
    fiber->state = barrier;
    if (_setjmp(fiber->context) == 0) _longjmp(scheduler_, 1);
  }

  unsigned number() const { return current_->number; }
  uint64_t& exchange(unsigned lane) { return exchange_[number() / kWarp * kWarp + lane]; }

 private:
  Fiber& Spare() {
    for (const auto& fiber : fibers_) {
      if (fiber->state == State::kDone) return *fiber;
    }
    fibers_.push_back(std::make_unique<Fiber>());
    return *fibers_.back();
  }

  // Contexts are for the first step onto a fiber's stack alone: they ask the kernel each time,
  // which jumps do not.
  void Start(Fiber& fiber) {
    current_ = &fiber;
    fiber.state = State::kRunning;
    ucontext_t first;
    getcontext(&first);
    first.uc_stack.ss_sp = fiber.stack.get();
    first.uc_stack.ss_size = kStackBytes;
    first.uc_link = nullptr;
    makecontext(&first, &RunThreads, 0);
    if (_setjmp(scheduler_) == 0) setcontext(&first);
  }

  void Resume(Fiber& fiber) {
    current_ = &fiber;
    fiber.state = State::kRunning;
    threadIdx = fiber.thread;
    if (_setjmp(scheduler_) == 0) _longjmp(fiber.context, 1);
  }

  // Warps go first: their threads may have to meet before they come to the block's barrier.
  bool ReleaseWaiting() {
    return Release(State::kAtWarpBarrier) || Release(State::kAtBlockBarrier);
  }

  bool Release(State barrier) {
    std::vector<Fiber*> waiting;
    for (const auto& fiber : fibers_) {
      if (fiber->state == barrier) waiting.push_back(fiber.get());
    }
    for (Fiber* fiber : waiting) Resume(*fiber);
    return !waiting.empty();
  }

  static void RunThreads();

  const std::function<void()>* thread_ = nullptr;
  dim3 size_;
  unsigned count_ = 0, started_ = 0;
  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::vector<uint64_t> exchange_;
  jmp_buf scheduler_;
  Fiber* current_ = nullptr;
};

thread_local Block block;

void Block::RunThreads() {
  Fiber& fiber = *block.current_;
  while (block.started_ < block.count_) {
    const unsigned i = block.started_++;
    fiber.number = i;
    fiber.thread = {i % block.size_.x, i / block.size_.x % block.size_.y,
                    i / block.size_.x / block.size_.y};
    threadIdx = fiber.thread;
    (*block.thread_)();
  }
  fiber.state = State::kDone;
  _longjmp(block.scheduler_, 1);
}

}  // namespace

void WaitForBlock() { block.Wait(State::kAtBlockBarrier); }
void WaitForWarp() { block.Wait(State::kAtWarpBarrier); }
unsigned Lane() { return block.number() % kWarp; }
uint64_t& Exchange(unsigned lane) { return block.exchange(lane); }

void RunBlocks(dim3 grid, dim3 block_size, const std::function<void()>& thread) {
  gridDim = grid;
  blockDim = block_size;
  for (unsigned z = 0; z < grid.z; ++z) {
    for (unsigned y = 0; y < grid.y; ++y) {
      for (unsigned x = 0; x < grid.x; ++x) {
        blockIdx = {x, y, z};
        block.Run(block_size, thread);
      }
    }
  }
}

}  // namespace cuda_emulation
