#ifndef WEIR_RUNTIME_RUN_STATE_H_
#define WEIR_RUNTIME_RUN_STATE_H_

#include <atomic>
#include <cstdint>

#include "weir/core/allocator.h"
#include "weir/core/status.h"

namespace weir {

class CancellationToken;
class Env;
class Node;
class ResourceStore;
class ThreadPool;

// What one run of a program shares with its kernels.
class RunState {
 public:
  Env* env = nullptr;
  ResourceStore* resources = nullptr;
  Allocator* allocator = nullptr;
  ThreadPool* pool = nullptr;  // nullptr: everything on the caller's thread.
  const CancellationToken* cancellation = nullptr;
  int64_t deadline_micros = 0;  // 0: none.
  const Node* node = nullptr;   // The node that is running.

  bool interruptible() const { return cancellation != nullptr || deadline_micros != 0; }
  bool cancelled() const;
  // Cancelled or DeadlineExceeded when that is so.
  absl::Status Check() const;
};

}  // namespace weir

#endif  // WEIR_RUNTIME_RUN_STATE_H_
