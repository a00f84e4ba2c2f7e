#ifndef WEIR_RUNTIME_RUN_STATE_H_
#define WEIR_RUNTIME_RUN_STATE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/types/span.h"
#include "weir/core/status.h"

namespace weir {

class CancellationToken;
class Device;
class Env;
class Node;
class Resource;
class ResourceStore;
class ThreadPool;

// What one run of a program shares with its kernels.
class RunState {
 public:
  Env* env = nullptr;
  ResourceStore* resources = nullptr;
  absl::Span<Device* const> devices;  // devices[0] is the host.
  ThreadPool* pool = nullptr;         // nullptr: everything on the caller's thread.
  const CancellationToken* cancellation = nullptr;
  int64_t deadline_micros = 0;  // 0: none.
  // The step has no effect but its outputs: cut short, it leaves nothing half done.
  bool may_stop = false;
  const Node* node = nullptr;  // The node that is running,
  Device* device = nullptr;    // and where.
  bool use_recordings = true;  // See SessionOptions::use_recordings.
  bool has_waited = false;     // The run failed, and its devices have nothing left to do.

  // A variable that a kernel asked for, and the buffer that it then had (Variable::generation).
  struct VariableUse {
    std::shared_ptr<Resource> variable;
    int64_t generation = 0;
  };
  // Where those are noted, while that is asked for.
  std::vector<VariableUse>* variable_uses = nullptr;

  bool interruptible() const { return cancellation != nullptr || deadline_micros != 0; }
  bool cancelled() const;
  // Cancelled or DeadlineExceeded when that is so.
  absl::Status Check() const;
};

}  // namespace weir

#endif  // WEIR_RUNTIME_RUN_STATE_H_
