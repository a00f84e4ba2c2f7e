#ifndef WEIR_TESTS_FAKE_GPU_H_
#define WEIR_TESTS_FAKE_GPU_H_

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "weir/runtime/block_allocator.h"
#include "weir/runtime/device.h"
#include "weir/runtime/kernel.h"

namespace weir {

// A device of type "GPU" for tests on any machine: a memory that the host cannot touch (it faults),
// and a thread that works off kernels and copies in their order, after the call that gave them has
// returned. Its kernels are those of the CPU.
class FakeGpu final : public Device {
 public:
  struct Options {
    int id = 0;
    size_t bytes = size_t{64} << 20;
  };

  FakeGpu() : FakeGpu(Options()) {}
  explicit FakeGpu(const Options& options);
  ~FakeGpu() override;

  Allocator& allocator() override;
  absl::Status Synchronize() override;

  BlockAllocator::Stats memory() const { return blocks_.stats(); }

  // The nth allocation, or copy, from now on fails, 0 being the next; -1: none does.
  void FailAllocation(int n) { failing_allocation_ = n; }
  void FailCopy(int n) { failing_copy_ = n; }
  // How many there were.
  int allocations() const { return allocations_; }
  int copies() const { return copies_; }

  // For its kernels: runs the task after all that was enqueued before; its error comes out of
  // Synchronize or a copy to the host.
  void Enqueue(std::function<absl::Status()> task);
  // The same on this thread, when all of that is done.
  absl::Status RunNow(const std::function<absl::Status()>& task);

 private:
  class Memory;
  class Mapping;

  void Work();
  absl::Status WaitUntilIdle();
  // Runs the task while the memory may be touched.
  absl::Status RunUnlocked(const std::function<absl::Status()>& task);

  std::unique_ptr<Mapping> mapping_;
  BlockAllocator blocks_;
  std::unique_ptr<Memory> memory_;
  std::atomic<int> failing_allocation_{-1}, failing_copy_{-1}, allocations_{0}, copies_{0};

  std::mutex mu_;
  std::condition_variable changed_;
  std::deque<std::function<absl::Status()>> queue_;
  bool busy_ = false, stop_ = false;
  absl::Status error_;
  int unlocked_ = 0;  // How many tasks touch the memory now.
  std::thread worker_;
};

// The CPU's kernels, for "CPU" as they are and for "GPU" as a FakeGpu runs them.
const KernelRegistry& FakeGpuKernels();

}  // namespace weir

#endif  // WEIR_TESTS_FAKE_GPU_H_
