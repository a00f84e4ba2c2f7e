#include "weir/runtime/session.h"

#include <algorithm>
#include <new>
#include <thread>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "weir/core/env.h"
#include "weir/core/mutex.h"
#include "weir/core/thread_pool.h"
#include "weir/graph/import.h"
#include "weir/ops/standard_ops.h"
#include "weir/proto/config.pb.h"
#include "weir/runtime/compiler.h"
#include "weir/runtime/device.h"
#include "weir/runtime/executor.h"
#include "weir/runtime/pool_allocator.h"
#include "weir/runtime/resource_store.h"

namespace weir {
namespace {

// Programs of one signature beyond which the next one is compiled for feeds of any shape.
constexpr size_t kMaxPrograms = 32;

int ThreadCount(int asked) {
  if (asked > 0) return asked;
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

// Turns the observer's calls into StepStats.
class Tracer final : public StepObserver {
 public:
  Tracer(Env& env, RunMetadata& metadata)
      : env_(env), device_(*metadata.mutable_step_stats()->add_dev_stats()) {
    device_.set_device("/job:localhost/replica:0/task:0/device:CPU:0");
  }
  void BeforeStep(const Step& step) override {
    NodeExecStats* stats = device_.add_node_stats();
    stats->set_node_name(step.node->name());
    stats->set_timeline_label(absl::StrCat(step.node->name(), " = ", step.node->op().name));
    stats->set_all_start_micros(env_.NowMicros());
  }
  void AfterStep(const Step&) override {
    NodeExecStats* stats = device_.mutable_node_stats(device_.node_stats_size() - 1);
    const int64_t elapsed = env_.NowMicros() - stats->all_start_micros();
    stats->set_op_end_rel_micros(elapsed);
    stats->set_all_end_rel_micros(elapsed);
  }

 private:
  Env& env_;
  DeviceStepStats& device_;
};

// The caller's kernels, or those of the first device that has its own.
const KernelRegistry* KernelsFor(const SessionOptions& options) {
  if (options.kernels != nullptr) return options.kernels;
  for (const std::shared_ptr<Device>& device : options.devices) {
    if (const KernelRegistry* kernels = device->kernels()) return kernels;
  }
  return &StandardKernels();
}

}  // namespace

// The programs of one signature.
class SignatureRunner {
 public:
  SignatureRunner(Signature signature, std::vector<DataType> feed_types)
      : signature_(std::move(signature)), feed_types_(std::move(feed_types)) {}

  const Signature& signature() const { return signature_; }
  DataType feed_type(size_t i) const { return feed_types_[i]; }

  // The program for feeds of these shapes, if it was compiled. No lock: `last_` is one of
  // entries_, whose elements live as long as this object.
  ProgramRunner* Find(absl::Span<const Tensor> feeds) {
    Entry* last = last_.load(std::memory_order_acquire);
    if (last != nullptr && last->Fits(feeds)) return &last->runner;
    MutexLock lock(mu_);
    for (const std::unique_ptr<Entry>& entry : entries_) {
      if (entry->Fits(feeds)) {
        last_.store(entry.get(), std::memory_order_release);
        return &entry->runner;
      }
    }
    return nullptr;
  }

  // Shapes to compile for: those of the feeds, or any, once there are many programs.
  std::vector<std::optional<Shape>> ShapesFor(absl::Span<const Tensor> feeds) const {
    MutexLock lock(mu_);
    std::vector<std::optional<Shape>> shapes(feeds.size());
    if (entries_.size() >= kMaxPrograms) return shapes;
    for (size_t i = 0; i < feeds.size(); ++i) shapes[i] = feeds[i].shape();
    return shapes;
  }

  ProgramRunner* Add(std::vector<std::optional<Shape>> shapes, Program program,
                     const KernelRegistry& kernels, absl::Span<Device* const> devices) {
    MutexLock lock(mu_);
    entries_.push_back(
        std::make_unique<Entry>(std::move(shapes), std::move(program), kernels, devices));
    last_.store(entries_.back().get(), std::memory_order_release);
    return &entries_.back()->runner;
  }

 private:
  struct Entry {
    Entry(std::vector<std::optional<Shape>> feed_shapes, Program program,
          const KernelRegistry& kernels, absl::Span<Device* const> devices)
        : shapes(std::move(feed_shapes)), runner(std::move(program), kernels, devices) {}

    bool Fits(absl::Span<const Tensor> feeds) const {
      for (size_t i = 0; i < feeds.size(); ++i) {
        if (shapes[i].has_value() && *shapes[i] != feeds[i].shape()) return false;
      }
      return true;
    }

    std::vector<std::optional<Shape>> shapes;
    ProgramRunner runner;
  };

  const Signature signature_;
  const std::vector<DataType> feed_types_;
  std::atomic<Entry*> last_{nullptr};
  mutable Mutex mu_;
  std::vector<std::unique_ptr<Entry>> entries_ ABSL_GUARDED_BY(mu_);
};

struct Session::Impl {
  Impl(const Graph& source, const SessionOptions& session_options)
      : options(session_options),
        env(options.env != nullptr ? options.env : &PosixEnv()),
        kernels(KernelsFor(options)),
        allocator(PoolAllocator::Make(options.memory_limit)),
        host(MakeHostDevice(*allocator)),
        devices({host.get()}),
        graph(source) {
    for (const std::shared_ptr<Device>& device : options.devices) devices.push_back(device.get());
    if (options.pool != nullptr) {
      pool = options.pool;
    } else if (const int threads = ThreadCount(options.threads); threads > 1) {
      own_pool = std::make_unique<ThreadPool>(threads);
      pool = own_pool.get();
    }
  }

  ~Impl() { (void)Synchronize(); }  // What devices still do may need what goes.

  absl::Status Synchronize() const {
    absl::Status status;
    for (const std::shared_ptr<Device>& device : options.devices) {
      status.Update(device->Synchronize());
    }
    return status;
  }

  RunState NewRun(const CallOptions& call) const {
    RunState run;
    run.env = env;
    run.resources = &resources;
    run.devices = devices;
    run.device = host.get();
    run.pool = pool;
    run.use_recordings = options.use_recordings;
    run.cancellation = call.cancellation;
    if (call.timeout_ms > 0) run.deadline_micros = DeadlineIn(call.timeout_ms);
    return run;
  }

  // A timeout that is longer than time itself is none.
  int64_t DeadlineIn(int64_t timeout_ms) const {
    const int64_t now = env->NowMicros();
    return timeout_ms < (INT64_MAX - now) / 1000 ? now + timeout_ms * 1000 : 0;
  }

  absl::StatusOr<std::shared_ptr<SignatureRunner>> Bind(absl::Span<const std::string> feeds,
                                                        absl::Span<const std::string> fetches,
                                                        absl::Span<const std::string> targets);
  absl::StatusOr<ProgramRunner*> CompileFor(SignatureRunner& signature,
                                            absl::Span<const Tensor> feeds, RunState& run);
  // In the path of each call; CallError says why not.
  bool MayCall(const SignatureRunner& signature, absl::Span<const Tensor> feeds) const {
    if (closed.load(std::memory_order_relaxed)) return false;
    if (feeds.size() != signature.signature().feeds.size()) return false;
    for (size_t i = 0; i < feeds.size(); ++i) {
      if (feeds[i].dtype() != signature.feed_type(i)) return false;
    }
    return true;
  }
  // Notes that the first `runs` were waited for; false if they all had been before.
  bool WaitedFor(int64_t runs) {
    int64_t waited = runs_waited_for.load();
    while (waited < runs && !runs_waited_for.compare_exchange_weak(waited, runs)) {
    }
    return waited < runs;
  }
  absl::Status CallError(const SignatureRunner& signature, absl::Span<const Tensor> feeds);
  absl::Status CheckFeeds(const SignatureRunner& signature, absl::Span<const Tensor> feeds) const;
  absl::Status RunTraced(ProgramRunner& runner, absl::Span<const Tensor> feeds,
                         absl::Span<Tensor> results, RunState& run, RunMetadata& metadata) const;
  absl::Status Run(SignatureRunner& signature, absl::Span<const Tensor> feeds,
                   absl::Span<Tensor> results, const CallOptions& call, RunMetadata* metadata);

  const SessionOptions options;
  Env* const env;
  const KernelRegistry* const kernels;
  const std::shared_ptr<PoolAllocator> allocator;
  const std::unique_ptr<Device> host;
  std::vector<Device*> devices;  // The host first.
  std::unique_ptr<ThreadPool> own_pool;
  ThreadPool* pool = nullptr;
  mutable ResourceStore resources;
  std::atomic<bool> closed{false};
  // Runs that left work to devices, and how many of them, the first ones, somebody has waited for
  // since: of the others there may be errors that no run has reported.
  std::atomic<int64_t> runs_on_devices{0};
  std::atomic<int64_t> runs_waited_for{0};

  mutable Mutex mu;  // Guards the graph against Extend, and the table of signatures.
  Graph graph;
  absl::flat_hash_map<std::string, std::shared_ptr<SignatureRunner>> signatures;
};

namespace {

absl::Status ClosedError() { return FailedPrecondition("Attempted to use a closed Session."); }

std::string SignatureKey(absl::Span<const std::string> feeds, absl::Span<const std::string> fetches,
                         absl::Span<const std::string> targets) {
  std::string key;
  for (const auto& names : {feeds, fetches, targets}) {
    // With its length in front, no name can pass for two.
    for (const std::string& name : names) absl::StrAppend(&key, name.size(), ":", name);
    key.push_back(';');
  }
  return key;
}

NodeSpec SpecOf(const Node& node) {
  NodeSpec spec;
  spec.name = node.name();
  spec.op = node.op().name;
  spec.inputs.assign(node.inputs().begin(), node.inputs().end());
  spec.control_inputs.assign(node.control_inputs().begin(), node.control_inputs().end());
  spec.device = node.device();
  spec.attrs = node.attrs();
  spec.location = node.location();
  return spec;
}

// Copies the nodes that `source` has and `graph`, an earlier state of it, has not. All or nothing.
absl::Status AppendNodes(const Graph& source, Graph& graph) {
  const int before = graph.num_nodes();
  for (NodeId id = 0; id < before; ++id) {
    if (id < source.num_nodes() && graph.node(id).name() == source.node(id).name() &&
        &graph.node(id).op() == &source.node(id).op()) {
      continue;
    }
    return InvalidArgument("the session's graph, which has ", graph.node(id).Description(),
                           " as node ", id, ", is not the beginning of the scope's");
  }
  for (NodeId id = before; id < source.num_nodes(); ++id) {
    if (absl::Status status = graph.AddNode(SpecOf(source.node(id))).status(); !status.ok()) {
      graph.Truncate(before);
      return status;
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<SignatureRunner>> Session::Impl::Bind(
    absl::Span<const std::string> feeds, absl::Span<const std::string> fetches,
    absl::Span<const std::string> targets) {
  if (closed.load(std::memory_order_relaxed)) return ClosedError();
  if (fetches.empty() && targets.empty()) {
    return InvalidArgument("Must specify at least one target to fetch or execute.");
  }
  const std::string key = SignatureKey(feeds, fetches, targets);
  MutexLock lock(mu);
  if (const auto it = signatures.find(key); it != signatures.end()) return it->second;
  Signature signature;
  std::vector<DataType> feed_types;
  absl::flat_hash_set<Endpoint> seen;
  for (const std::string& name : feeds) {
    absl::StatusOr<Endpoint> e = graph.FindEndpoint(name);
    if (!e.ok()) return Annotate(e.status(), "feed: ");
    if (!seen.insert(*e).second) {
      return InvalidArgument("Endpoint \"", name, "\" fed more than once.");
    }
    signature.feeds.push_back(*e);
    feed_types.push_back(RemoveRef(graph.type(*e)));
  }
  for (const std::string& name : fetches) {
    const Node* node = graph.Find(name);
    if (node != nullptr && node->num_outputs() == 0) {
      return InvalidArgument("Tried to fetch data for '", name,
                             "', which produces no output; run it as a target instead");
    }
    absl::StatusOr<Endpoint> e = graph.FindEndpoint(name);
    if (!e.ok()) return Annotate(e.status(), "fetch: ");
    signature.fetches.push_back(*e);
  }
  for (const std::string& name : targets) {
    const Node* node = graph.Find(name);
    if (node == nullptr) {
      return NotFound("target: the graph has no operation '", name, "'");
    }
    signature.targets.push_back(node->id());
  }
  auto runner = std::make_shared<SignatureRunner>(std::move(signature), std::move(feed_types));
  signatures.emplace(key, runner);
  return runner;
}

absl::Status Session::Impl::CheckFeeds(const SignatureRunner& signature,
                                       absl::Span<const Tensor> feeds) const {
  for (size_t i = 0; i < feeds.size(); ++i) {
    const Endpoint e = signature.signature().feeds[i];
    if (!graph.shape(e).IsCompatibleWith(feeds[i].shape()) && !IsRefType(graph.type(e))) {
      return InvalidArgument("Cannot feed value of shape ", feeds[i].shape().ToString(),
                             " for Tensor '", graph.node(e.node).name(), ":", e.index,
                             "', which has shape '", graph.shape(e).ToString(), "'");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<ProgramRunner*> Session::Impl::CompileFor(SignatureRunner& signature,
                                                         absl::Span<const Tensor> feeds,
                                                         RunState& run) {
  MutexLock lock(mu);
  if (ProgramRunner* found = signature.Find(feeds)) return found;  // Another thread was faster.
  RETURN_IF_ERROR(CheckFeeds(signature, feeds));
  std::vector<std::optional<Shape>> shapes = signature.ShapesFor(feeds);
  CompileOptions compile;
  compile.optimize = options.optimize;
  compile.soft_placement = options.allow_soft_placement;
  compile.log_device_placement = options.log_device_placement;
  absl::StatusOr<Program> program;
  try {
    program = Compile(graph, signature.signature(), shapes, *kernels, run, compile);
  } catch (const std::bad_alloc&) {
    program = ResourceExhausted("the process has no memory left to compile in");
  }
  if (!program.ok()) return program.status();
  return signature.Add(std::move(shapes), *std::move(program), *kernels, devices);
}

absl::Status Session::Impl::CallError(const SignatureRunner& signature,
                                      absl::Span<const Tensor> feeds) {
  if (closed.load(std::memory_order_relaxed)) return ClosedError();
  const Signature& names = signature.signature();
  if (feeds.size() != names.feeds.size()) {
    return InvalidArgument("a call with ", feeds.size(), " feeds, but the signature has ",
                           names.feeds.size());
  }
  size_t i = 0;
  while (feeds[i].dtype() == signature.feed_type(i)) ++i;
  MutexLock lock(mu);
  return InvalidArgument("feed of '", graph.EndpointName(names.feeds[i]), "': expects ",
                         DataTypeName(signature.feed_type(i)), " but ",
                         DataTypeName(feeds[i].dtype()), " is provided");
}

absl::Status Session::Impl::RunTraced(ProgramRunner& runner, absl::Span<const Tensor> feeds,
                                      absl::Span<Tensor> results, RunState& run,
                                      RunMetadata& metadata) const {
  Tracer tracer(*env, metadata);
  return runner.Run(feeds, results, run, &tracer);
}

absl::Status Session::Impl::Run(SignatureRunner& signature, absl::Span<const Tensor> feeds,
                                absl::Span<Tensor> results, const CallOptions& call,
                                RunMetadata* metadata) {
  if (!MayCall(signature, feeds)) return CallError(signature, feeds);
  if (const size_t n = signature.signature().fetches.size(); results.size() != n) {
    return InvalidArgument("a call with ", results.size(), " results, but the signature has ", n);
  }
  RunState run = NewRun(call);
  ProgramRunner* runner = signature.Find(feeds);
  if (runner == nullptr) {
    ASSIGN_OR_RETURN(runner, CompileFor(signature, feeds, run));
  }
  const int64_t runs_before = runs_on_devices.load(std::memory_order_relaxed);
  const absl::Status status = call.trace && metadata != nullptr
                                  ? RunTraced(*runner, feeds, results, run, *metadata)
                                  : runner->Run(feeds, results, run);
  if (runner->program().devices.empty()) return status;
  if (run.has_waited) {
    WaitedFor(runs_before);
  } else {
    runs_on_devices.fetch_add(1, std::memory_order_relaxed);
  }
  return status;
}

struct Callable::Impl {
  std::shared_ptr<Session::Impl> session;
  std::shared_ptr<SignatureRunner> signature;
};

absl::StatusOr<std::vector<Tensor>> Callable::operator()(absl::Span<const Tensor> feeds,
                                                         const CallOptions& options) const {
  if (impl_ == nullptr) return FailedPrecondition("an empty Callable was called");
  std::vector<Tensor> results(impl_->signature->signature().fetches.size());
  RETURN_IF_ERROR(Run(feeds, absl::MakeSpan(results), options));
  return results;
}

absl::Status Callable::Run(absl::Span<const Tensor> feeds, absl::Span<Tensor> results,
                           const CallOptions& options) const {
  if (impl_ == nullptr) return FailedPrecondition("an empty Callable was called");
  return impl_->session->Run(*impl_->signature, feeds, results, options, nullptr);
}

absl::Status Callable::Prefetch(absl::Span<const Tensor> feeds) const {
  if (impl_ == nullptr) return FailedPrecondition("an empty Callable was called");
  Session::Impl& session = *impl_->session;
  if (session.options.devices.empty()) return absl::OkStatus();
  if (!session.MayCall(*impl_->signature, feeds)) {
    return session.CallError(*impl_->signature, feeds);
  }
  ProgramRunner* runner = impl_->signature->Find(feeds);
  if (runner == nullptr) {
    RunState run = session.NewRun({});
    ASSIGN_OR_RETURN(runner, session.CompileFor(*impl_->signature, feeds, run));
  }
  return runner->Prefetch(feeds);
}

Session::Session(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() {
  if (impl_ != nullptr) (void)Close();
}

absl::StatusOr<Session> Session::Create(const Scope& scope, const SessionOptions& options) {
  RETURN_IF_ERROR(scope.status());
  return Create(scope.graph(), options);
}

absl::StatusOr<Session> Session::Create(const Graph& graph, const SessionOptions& options) {
  return Session(std::make_shared<Impl>(graph, options));
}

absl::StatusOr<Session> Session::Create(const GraphDef& graph_def, const SessionOptions& options) {
  Graph graph(StandardOps());
  RETURN_IF_ERROR(ImportGraphDef(graph_def, graph));
  return Create(graph, options);
}

absl::StatusOr<std::vector<Tensor>> Session::Run(std::initializer_list<FeedRef> feeds,
                                                 std::initializer_list<TensorRef> fetches,
                                                 std::initializer_list<TargetRef> targets) const {
  return Run(std::vector<FeedRef>(feeds), std::vector<TensorRef>(fetches),
             std::vector<TargetRef>(targets));
}

absl::StatusOr<std::vector<Tensor>> Session::Run(const std::vector<FeedRef>& feeds,
                                                 const std::vector<TensorRef>& fetches,
                                                 const std::vector<TargetRef>& targets,
                                                 const CallOptions& options,
                                                 RunMetadata* metadata) const {
  std::vector<std::string> feed_names, fetch_names, target_names;
  std::vector<Tensor> values;
  for (const FeedRef& feed : feeds) {
    feed_names.push_back(feed.tensor.name());
    values.push_back(feed.value);
  }
  for (const TensorRef& fetch : fetches) fetch_names.push_back(fetch.name());
  for (const TargetRef& target : targets) target_names.push_back(target.name());
  ASSIGN_OR_RETURN(const std::shared_ptr<SignatureRunner> signature,
                   impl_->Bind(feed_names, fetch_names, target_names));
  std::vector<Tensor> results(fetches.size());
  RETURN_IF_ERROR(impl_->Run(*signature, values, absl::MakeSpan(results), options, metadata));
  return results;
}

absl::StatusOr<Callable> Session::Prepare(const std::vector<TensorRef>& feeds,
                                          const std::vector<TensorRef>& fetches,
                                          const std::vector<TargetRef>& targets) const {
  std::vector<std::string> feed_names, fetch_names, target_names;
  for (const TensorRef& feed : feeds) feed_names.push_back(feed.name());
  for (const TensorRef& fetch : fetches) fetch_names.push_back(fetch.name());
  for (const TargetRef& target : targets) target_names.push_back(target.name());
  Callable callable;
  callable.impl_ = std::make_shared<Callable::Impl>();
  callable.impl_->session = impl_;
  ASSIGN_OR_RETURN(callable.impl_->signature, impl_->Bind(feed_names, fetch_names, target_names));
  return callable;
}

absl::Status Session::Extend(const Scope& scope) {
  RETURN_IF_ERROR(scope.status());
  if (impl_->closed.load()) return ClosedError();
  MutexLock lock(impl_->mu);
  return AppendNodes(scope.graph(), impl_->graph);
}

absl::Status Session::Extend(const GraphDef& graph_def) {
  if (impl_->closed.load()) return ClosedError();
  MutexLock lock(impl_->mu);
  return ImportGraphDef(graph_def, impl_->graph);
}

absl::Status Session::Close() {
  impl_->closed.store(true);
  const int64_t runs = impl_->runs_on_devices.load();
  return impl_->WaitedFor(runs) ? impl_->Synchronize() : absl::OkStatus();
}

const Graph& Session::graph() const { return impl_->graph; }
ResourceStore& Session::resources() const { return impl_->resources; }
Env& Session::env() const { return *impl_->env; }
int64_t Session::peak_bytes() const { return impl_->allocator->peak_bytes(); }

}  // namespace weir
