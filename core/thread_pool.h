#ifndef WEIR_CORE_THREAD_POOL_H_
#define WEIR_CORE_THREAD_POOL_H_

// The threads that share the work of single operations.

#include <array>
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"

namespace weir {

// A fixed set of workers. Idle workers look for work for a few microseconds, then sleep.
//
// Thread rule: ParallelFor may be called from any number of threads at once. The pool must outlive
// every call.
class ThreadPool {
 public:
  // `threads` counts the thread that calls ParallelFor: threads - 1 workers are started, none for
  // 1 or less. When the system refuses a thread, the pool stays as large as it got.
  explicit ThreadPool(int threads);
  // Joins the workers. REQUIRES: no call is under way.
  ~ThreadPool();

  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // The caller plus the workers.
  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  // Calls fn once for each block [0, block), [block, 2 * block), ... of [0, n), the last one cut at
  // n; returns when all calls have. The blocks are the same for every number of threads; which
  // thread takes which is not said. The caller works too. Nothing is allocated. A call from within
  // `fn` of the same pool runs on its thread alone. What `fn` throws, on whichever thread, is
  // thrown here once no thread runs `fn` any more: the first exception; blocks not yet begun are
  // skipped. REQUIRES: block > 0.
  void ParallelFor(int64_t n, int64_t block, absl::FunctionRef<void(int64_t, int64_t)> fn);

 private:
  // A loop under way; lives on its caller's stack.
  struct Job;

  // Where workers find a job. A worker may touch the job only while it is counted in `visitors`
  // and has read the pointer after counting itself; the owner clears the pointer and then waits
  // for the count to fall to zero before the job's memory ends. All four accesses are sequentially
  // consistent, so either the worker reads null or the owner sees the worker.
  struct alignas(64) Slot {
    std::atomic<bool> taken{false};
    std::atomic<Job*> job{nullptr};
    std::atomic<uint32_t> visitors{0};
  };
  // Loops at once that workers help with; further ones run on their callers alone.
  static constexpr int kSlots = 16;

  void WorkerMain();
  // Helps with every job in sight; true when there was one.
  bool HelpOnce();
  Slot* TakeSlot();
  void Wake(int64_t helpers);

  std::array<Slot, kSlots> slots_;
  // Counts published jobs: a worker that saw none sleeps until the number changes.
  alignas(64) std::atomic<uint32_t> epoch_{0};
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> workers_;
};

}  // namespace weir

#endif  // WEIR_CORE_THREAD_POOL_H_
