#ifndef WEIR_RUNTIME_SESSION_H_
#define WEIR_RUNTIME_SESSION_H_

// Running a graph.
//
// A Session owns a copy of a graph, its variables and other named objects, and compiled programs:
// one per signature (feeds with their shapes, fetches, targets). The first Run with a new signature
// compiles; later ones only compute.
//
// Thread rule: every call is safe from any thread, at any time. Programs share the variables.

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "weir/core/tensor.h"
#include "weir/graph/scope.h"

namespace weir {

class Device;
class Env;
class GraphDef;
class KernelRegistry;
class ResourceStore;
class RunMetadata;
class ThreadPool;

// The kernels that the program is linked with (defined beside them, in kernels/cpu).
const KernelRegistry& StandardKernels();

// Settings of a session. The defaults suit a program that trusts its own graphs.
struct SessionOptions {
  // Threads that share the work of one op, the caller's included. 0: one per core. With 1, no
  // thread is ever started.
  int threads = 0;
  // A pool to use instead, owned by the caller; it outlives the session.
  ThreadPool* pool = nullptr;
  // Where files and the clock come from; nullptr: the machine's own. Outlives the session.
  Env* env = nullptr;
  // Where kernels come from; nullptr: the standard kernels.
  const KernelRegistry* kernels = nullptr;
  // The largest number of bytes of the host that tensors may take at once; 0: no limit.
  int64_t memory_limit = 0;
  // Devices besides the CPU (weir/runtime/device.h). Nodes that name none go to the first that has
  // kernels for them.
  std::vector<std::shared_ptr<Device>> devices = {};
  // A node that asks for a device or kernel which is not there goes where it can. Otherwise that is
  // an error, as in TensorFlow.
  bool allow_soft_placement = true;
  // Writes a line per node to standard error when a program is compiled.
  bool log_device_placement = false;
  // Steps that a device can record, as a GPU does in CUDA graphs, are started together from the
  // third run on. Results are the same bits.
  bool use_recordings = true;
  // Compute constant expressions once, merge equal nodes, and give devices several nodes at once
  // where one kernel computes them; off for debugging. Results are the same bits.
  bool optimize = true;
};

// Cancels the runs that were given it. Thread rule: any thread.
class CancellationToken {
 public:
  void Cancel() { cancelled_.store(true, std::memory_order_relaxed); }
  bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> cancelled_{false};
};

struct CallOptions {
  int64_t timeout_ms = 0;  // 0: none. Past it: DeadlineExceeded.
  const CancellationToken* cancellation = nullptr;
  // Records the time of every step into the metadata passed to Run.
  bool trace = false;
};

using Feed = std::pair<std::string, Tensor>;  // "x" or "x:0", value

// Names or handles of tensors, wherever one is asked for.
class TensorRef {
 public:
  TensorRef(const char* name) : name_(name) {}                                     // NOLINT
  TensorRef(std::string name) : name_(std::move(name)) {}                          // NOLINT
  TensorRef(const Output& output) : name_(output.valid() ? output.name() : "") {}  // NOLINT
  template <typename T>
    requires(std::is_convertible_v<const T&, Output> && !std::is_same_v<T, Output>)
  TensorRef(const T& source) : TensorRef(static_cast<Output>(source)) {}  // NOLINT
  const std::string& name() const { return name_; }

 private:
  std::string name_;
};

class TargetRef {
 public:
  TargetRef(const char* name) : name_(name) {}                            // NOLINT
  TargetRef(std::string name) : name_(std::move(name)) {}                 // NOLINT
  TargetRef(const Operation& op) : name_(op.valid() ? op.name() : "") {}  // NOLINT
  const std::string& name() const { return name_; }

 private:
  std::string name_;
};

struct FeedRef {
  FeedRef(TensorRef tensor_ref, Tensor tensor)
      : tensor(std::move(tensor_ref)), value(std::move(tensor)) {}
  TensorRef tensor;
  Tensor value;
};

// A compiled signature with positional feeds and fetches. Copies share the program; valid while
// its session is open, and an error (FailedPrecondition) afterwards.
// Thread rule: any number of threads may call at once.
class Callable {
 public:
  Callable() = default;

  // `feeds` in the order of Session::Prepare; the result in the order of its fetches.
  absl::StatusOr<std::vector<Tensor>> operator()(absl::Span<const Tensor> feeds,
                                                 const CallOptions& options = {}) const;
  absl::StatusOr<std::vector<Tensor>> operator()(std::initializer_list<Tensor> feeds,
                                                 const CallOptions& options = {}) const {
    return (*this)(absl::MakeConstSpan(feeds.begin(), feeds.size()), options);
  }
  // The same into `results`, whose size is the number of fetches and whose buffers are used again
  // when nobody shares them: a steady call allocates nothing.
  absl::Status Run(absl::Span<const Tensor> feeds, absl::Span<Tensor> results,
                   const CallOptions& options = {}) const;

  // Starts to copy the feeds to the devices that need them, while these work on earlier calls. A
  // later call that is given the very same tensors, unchanged, finds them there; any other call
  // runs as ever. Up to two sets of feeds wait for their calls; a third takes the oldest one's
  // place. A loop calls it with the next step's feeds before it runs the present step. Without
  // devices it does nothing.
  absl::Status Prefetch(absl::Span<const Tensor> feeds) const;
  absl::Status Prefetch(std::initializer_list<Tensor> feeds) const {
    return Prefetch(absl::MakeConstSpan(feeds.begin(), feeds.size()));
  }

 private:
  friend class Session;
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

class Session {
 public:
  // A session on a copy of the graph under construction; reports the first error kept in it.
  static absl::StatusOr<Session> Create(const Scope& scope, const SessionOptions& options = {});
  static absl::StatusOr<Session> Create(const Graph& graph, const SessionOptions& options = {});
  // Imports the GraphDef over the standard ops.
  static absl::StatusOr<Session> Create(const GraphDef& graph_def,
                                        const SessionOptions& options = {});

  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  // Runs what the fetches and targets need. Any tensor may be fed. Results in the order of
  // `fetches`. Returns when they are there; devices besides the CPU may still be at work on the
  // rest, and an error of theirs is one of the next run that waits for them, or of Close.
  absl::StatusOr<std::vector<Tensor>> Run(std::initializer_list<FeedRef> feeds,
                                          std::initializer_list<TensorRef> fetches,
                                          std::initializer_list<TargetRef> targets = {}) const;
  absl::StatusOr<std::vector<Tensor>> Run(const std::vector<FeedRef>& feeds,
                                          const std::vector<TensorRef>& fetches,
                                          const std::vector<TargetRef>& targets,
                                          const CallOptions& options = {},
                                          RunMetadata* metadata = nullptr) const;

  // A callable for the signature. Names are checked now; programs are compiled per feed shapes.
  absl::StatusOr<Callable> Prepare(const std::vector<TensorRef>& feeds,
                                   const std::vector<TensorRef>& fetches,
                                   const std::vector<TargetRef>& targets = {}) const;

  // Takes over the nodes that the graph under construction (the same one that Create saw) has
  // gained since, all or, on an error, none. InvalidArgument for another graph.
  absl::Status Extend(const Scope& scope);
  // Adds the nodes of `graph_def`, all or, on an error, none; AlreadyExists for a name that is
  // taken.
  absl::Status Extend(const GraphDef& graph_def);

  // Ends the session: later calls answer FailedPrecondition "Attempted to use a closed Session.";
  // runs under way finish. An error of a device's work that no run has reported comes out here.
  absl::Status Close();

  // The session's graph. REQUIRES: no concurrent Extend.
  const Graph& graph() const;
  ResourceStore& resources() const;
  Env& env() const;
  // Bytes that the tensors of runs took at most at one time, arenas included; variables aside.
  int64_t peak_bytes() const;

 private:
  friend class Callable;
  struct Impl;
  explicit Session(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace weir

#endif  // WEIR_RUNTIME_SESSION_H_
