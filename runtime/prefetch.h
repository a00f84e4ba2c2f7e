#ifndef WEIR_RUNTIME_PREFETCH_H_
#define WEIR_RUNTIME_PREFETCH_H_

#include <atomic>
#include <memory>
#include <vector>

#include "weir/core/device_memory.h"
#include "weir/core/mutex.h"
#include "weir/runtime/program.h"

namespace weir {

class Device;

// Feeds of one program that are on their way to devices before the run that is given them.
// Thread rule: safe from any thread.
class Prefetcher {
 public:
  // The feeds of one run. They stay as they are until the run has them.
  struct Feeds {
    std::vector<Tensor> tensors;
    std::vector<std::unique_ptr<DeviceMemory::Inlet>> inlets;  // By Program::feed_copies.
  };

  Prefetcher(const Program& program, absl::Span<Device* const> devices)
      : program_(program), devices_(devices) {}

  // Starts the copies. Of more than kMost prefetches that no run took, the oldest is forgotten.
  absl::Status Prefetch(absl::Span<const Tensor> feeds);
  // What was prefetched of these very tensors, to be given back; nullptr if nothing was.
  std::unique_ptr<Feeds> Take(absl::Span<const Tensor> feeds);
  void GiveBack(std::unique_ptr<Feeds> feeds);

 private:
  // The run at work may be given its feeds before those of the next are prefetched, or after.
  static constexpr size_t kMost = 2;

  absl::StatusOr<std::unique_ptr<Feeds>> Make();

  const Program& program_;
  const absl::Span<Device* const> devices_;
  std::atomic<bool> is_used_{false};
  Mutex mu_;
  std::vector<std::unique_ptr<Feeds>> ready_ ABSL_GUARDED_BY(mu_);  // The oldest first.
  std::vector<std::unique_ptr<Feeds>> spares_ ABSL_GUARDED_BY(mu_);
};

}  // namespace weir

#endif  // WEIR_RUNTIME_PREFETCH_H_
