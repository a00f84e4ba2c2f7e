#include "weir/core/thread_pool.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <exception>
#include <system_error>
#include <utility>

namespace weir {
namespace {

// Turns of the waiting loop before a thread sleeps: some 10 to 20 microseconds, about what waking
// it again costs.
constexpr int kSpins = 400;

inline void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

// The pool whose block this thread is running, if any.
thread_local const ThreadPool* inside = nullptr;

// Waits until `value` differs from `old`.
void WaitWhileEqual(const std::atomic<uint32_t>& value, uint32_t old) {
  for (int i = 0; i < kSpins; ++i) {
    if (value.load(std::memory_order_acquire) != old) return;
    Pause();
  }
  value.wait(old, std::memory_order_acquire);
}

void RunInline(int64_t n, int64_t block, absl::FunctionRef<void(int64_t, int64_t)> fn) {
  for (int64_t begin = 0; begin < n;) {
    const int64_t end = n - begin > block ? begin + block : n;
    fn(begin, end);
    begin = end;
  }
}

}  // namespace

struct ThreadPool::Job {
  const absl::FunctionRef<void(int64_t, int64_t)> fn;
  const int64_t n;
  const int64_t block;
  const int64_t blocks;
  alignas(64) std::atomic<int64_t> next{0};
  std::atomic<bool> failed{false};
  std::exception_ptr error = nullptr;  // Of the thread that set `failed`; read when all have left.

  // Takes blocks until none is left.
  void Work() {
    for (;;) {
      const int64_t i = next.fetch_add(1, std::memory_order_relaxed);
      if (i >= blocks) return;
      const int64_t begin = i * block;
      fn(begin, i + 1 == blocks ? n : begin + block);
    }
  }

  // The same; what a block throws is kept for the owner, and ends the loop for everyone.
  void WorkAndCatch() {
    try {
      Work();
    } catch (...) {
      next.store(blocks, std::memory_order_relaxed);
      if (!failed.exchange(true)) error = std::current_exception();
    }
  }
};

ThreadPool::ThreadPool(int threads) {
  if (threads <= 1) return;
  workers_.reserve(static_cast<size_t>(threads) - 1);
  try {
    for (int i = 1; i < threads; ++i) workers_.emplace_back([this] { WorkerMain(); });
  } catch (const std::system_error&) {
    // The system has no more threads: go on with those that started.
  }
}

ThreadPool::~ThreadPool() {
  stopping_.store(true);
  epoch_.fetch_add(1);
  epoch_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::ParallelFor(int64_t n, int64_t block,
                             absl::FunctionRef<void(int64_t, int64_t)> fn) {
  if (n <= 0) return;
  const int64_t blocks = (n - 1) / block + 1;
  Slot* slot = nullptr;
  if (blocks > 1 && !workers_.empty() && inside != this) slot = TakeSlot();
  if (slot == nullptr) return RunInline(n, block, fn);

  Job job{fn, n, block, blocks};
  slot->job.store(&job);
  Wake(blocks - 1);
  const ThreadPool* const outer = inside;
  inside = this;
  job.WorkAndCatch();
  inside = outer;
  // Every block is taken. Those that workers still run are waited for here.
  slot->job.store(nullptr);
  for (uint32_t visitors; (visitors = slot->visitors.load()) != 0;) {
    WaitWhileEqual(slot->visitors, visitors);
  }
  slot->taken.store(false, std::memory_order_release);
  if (job.error != nullptr) std::rethrow_exception(std::move(job.error));
}

ThreadPool::Slot* ThreadPool::TakeSlot() {
  for (Slot& slot : slots_) {
    if (!slot.taken.load(std::memory_order_relaxed) &&
        !slot.taken.exchange(true, std::memory_order_acquire)) {
      return &slot;
    }
  }
  return nullptr;
}

void ThreadPool::Wake(int64_t helpers) {
  epoch_.fetch_add(1);
  if (helpers >= static_cast<int64_t>(workers_.size())) {
    epoch_.notify_all();
  } else {
    for (int64_t i = 0; i < helpers; ++i) epoch_.notify_one();
  }
}

bool ThreadPool::HelpOnce() {
  bool helped = false;
  for (Slot& slot : slots_) {
    if (slot.job.load(std::memory_order_relaxed) == nullptr) continue;
    slot.visitors.fetch_add(1);
    if (Job* job = slot.job.load(); job != nullptr) {
      job->WorkAndCatch();
      helped = true;
    }
    // The owner may go on as soon as the count falls: the slot belongs to the pool, so notifying
    // afterwards is safe.
    if (slot.visitors.fetch_sub(1) == 1) slot.visitors.notify_all();
  }
  return helped;
}

void ThreadPool::WorkerMain() {
  // Signals are the application's: they are delivered to its own threads.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  inside = this;
  for (;;) {
    // Read before looking: whatever is published later changes it, so the wait below ends.
    const uint32_t seen = epoch_.load();
    if (stopping_.load()) return;
    if (!HelpOnce()) WaitWhileEqual(epoch_, seen);
  }
}

}  // namespace weir
