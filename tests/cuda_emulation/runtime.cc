// Devices, streams, events and memory.

#include <sys/mman.h>

#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "weir/runtime/block_allocator.h"
#include "weir/tests/cuda_emulation/block.h"

namespace cuda_emulation {

class Stream;

namespace {

// Addresses that nobody may touch but while a task of a stream runs.
class Memory final : public weir::RegionSource {
 public:
  explicit Memory(size_t bytes)
      : bytes_(bytes),
        base_(mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)),
        blocks_(*this, {.limit = bytes, .grow = false}) {}
  ~Memory() override { munmap(base_, bytes_); }

  weir::BlockAllocator& blocks() { return blocks_; }

  void Open() {
    std::lock_guard<std::mutex> lock(mu_);
    if (users_++ == 0) mprotect(base_, bytes_, PROT_READ | PROT_WRITE);
  }
  void Shut() {
    std::lock_guard<std::mutex> lock(mu_);
    if (--users_ == 0) mprotect(base_, bytes_, PROT_NONE);
  }
  bool Has(const void* data) const {
    return data >= base_ && data < static_cast<char*>(base_) + bytes_;
  }

  void* Reserve(size_t /*bytes*/) override { return base_; }
  void Release(void* /*region*/, size_t /*bytes*/) override {}

 private:
  const size_t bytes_;
  void* const base_;
  weir::BlockAllocator blocks_;
  std::mutex mu_;
  int users_ = 0;
};

constexpr int kMostDevices = 8;

struct State {
  std::mutex mu;
  Machine machine;
  std::vector<std::unique_ptr<Memory>> memories;
  std::map<std::string, std::pair<int, cudaError_t>> failures;  // Calls to go, and the error.
  std::map<std::string, int> calls;
  std::set<Stream*> live_streams;
  std::atomic<int> graphs{0};
  // What a kernel did wrong: no call for the device succeeds any more.
  std::atomic<cudaError_t> device_errors[kMostDevices] = {};
  std::atomic<cudaError_t> kernel_error{cudaSuccess};
  std::atomic<double> milliseconds{0};
};

State& state() {
  static State* const state = [] {
    auto* made = new State;
    made->memories.push_back(std::make_unique<Memory>(made->machine.bytes));
    return made;
  }();
  return *state;
}

thread_local int current_device = 0;
thread_local cudaError_t last_error = cudaSuccess;

cudaError_t Fail(cudaError_t error) { return last_error = error; }

// The error that a test wants from this call.
cudaError_t Enter(const char* name) {
  State& s = state();
  std::lock_guard<std::mutex> lock(s.mu);
  ++s.calls[name];
  const auto failure = s.failures.find(name);
  if (failure != s.failures.end() && failure->second.first-- == 0) {
    const cudaError_t error = failure->second.second;
    s.failures.erase(failure);
    return Fail(error);
  }
  if (s.machine.driver_version == 0) return Fail(cudaErrorInsufficientDriver);
  if (s.machine.devices == 0) return Fail(cudaErrorNoDevice);
  return cudaSuccess;
}

#define ENTER(name) \
  if (const cudaError_t injected = Enter(name); injected != cudaSuccess) return injected

}  // namespace

// How far an event has come. Work that waits for it may outlive it.
struct Progress {
  std::mutex mu;
  std::condition_variable changed;
  int recorded = 0, reached = 0;
  double milliseconds = 0;  // When it was last reached.

  int Record() {
    std::lock_guard<std::mutex> lock(mu);
    return ++recorded;
  }
  int Recorded() {
    std::lock_guard<std::mutex> lock(mu);
    return recorded;
  }
  void Reach(int count) {
    {
      std::lock_guard<std::mutex> lock(mu);
      reached = std::max(reached, count);
      milliseconds = state().milliseconds;
    }
    changed.notify_all();
  }
  void WaitFor(int count) {
    std::unique_lock<std::mutex> lock(mu);
    changed.wait(lock, [&] { return reached >= count; });
  }
};

struct Event {
  const int device = current_device;
  const std::shared_ptr<Progress> progress = std::make_shared<Progress>();
};

using Tasks = std::vector<std::function<void()>>;

struct Graph {
  Graph() { ++state().graphs; }
  ~Graph() { --state().graphs; }
  Tasks tasks;
};

struct GraphExec {
  explicit GraphExec(Tasks work) : tasks(std::make_shared<const Tasks>(std::move(work))) {
    ++state().graphs;
  }
  ~GraphExec() { --state().graphs; }
  const std::shared_ptr<const Tasks> tasks;  // One at work outlives this.
};

class Stream {
 public:
  explicit Stream(int device) : device_(device), worker_([this] { Work(); }) {
    std::lock_guard<std::mutex> lock(state().mu);
    state().live_streams.insert(this);
  }
  ~Stream() {
    {
      std::lock_guard<std::mutex> lock(mu_);
      stop_ = true;
    }
    changed_.notify_all();
    worker_.join();
    std::lock_guard<std::mutex> lock(state().mu);
    state().live_streams.erase(this);
  }

  int device() const { return device_; }

  // Work on the device's memory, which a broken device leaves out. While the stream is captured it
  // goes into the graph.
  cudaError_t Enqueue(std::function<void()> task) {
    if (capture_ != nullptr) {
      capture_->tasks.push_back(std::move(task));
      return cudaSuccess;
    }
    return Push([device = device_, task = std::move(task)] {
      if (state().device_errors[device] == cudaSuccess) task();
    });
  }

  // What an event has to do with the stream.
  cudaError_t EnqueueMark(std::function<void()> task) {
    if (capture_ != nullptr) return Invalidate();
    return Push(std::move(task));
  }

  cudaError_t Wait() {
    if (capture_ != nullptr) return Invalidate();
    WaitUntilIdle();
    const cudaError_t error = state().device_errors[device_];
    return error == cudaSuccess ? error : Fail(error);
  }

  void WaitUntilIdle() {
    std::unique_lock<std::mutex> lock(mu_);
    changed_.wait(lock, [this] { return queue_.empty() && !busy_; });
  }

  cudaError_t BeginCapture() {
    if (capture_ != nullptr) return Invalidate();
    capture_ = std::make_unique<Graph>();
    is_valid_ = true;
    return cudaSuccess;
  }

  cudaError_t EndCapture(Graph** graph) {
    *graph = nullptr;
    if (capture_ == nullptr) return Fail(cudaErrorInvalidValue);
    const std::unique_ptr<Graph> captured = std::move(capture_);
    if (!is_valid_) return Fail(cudaErrorStreamCaptureInvalidated);
    *graph = new Graph;
    (*graph)->tasks = std::move(captured->tasks);
    return cudaSuccess;
  }

 private:
  cudaError_t Push(std::function<void()> task) {
    if (const cudaError_t error = state().device_errors[device_]; error != cudaSuccess) {
      return Fail(error);
    }
    {
      std::lock_guard<std::mutex> lock(mu_);
      queue_.push_back(std::move(task));
    }
    changed_.notify_all();
    return cudaSuccess;
  }

  cudaError_t Invalidate() {
    is_valid_ = false;
    return Fail(cudaErrorStreamCaptureUnsupported);
  }

  void Work() {
    std::unique_lock<std::mutex> lock(mu_);
    while (true) {
      changed_.wait(lock, [this] { return stop_ || !queue_.empty(); });
      if (queue_.empty()) return;
      const std::function<void()> task = std::move(queue_.front());
      queue_.pop_front();
      busy_ = true;
      lock.unlock();
      for (const auto& memory : state().memories) memory->Open();
      task();
      for (const auto& memory : state().memories) memory->Shut();
      lock.lock();
      busy_ = false;
      changed_.notify_all();
    }
  }

  const int device_;
  std::unique_ptr<Graph> capture_;  // Of the thread that captures.
  bool is_valid_ = true;
  std::mutex mu_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
  bool busy_ = false, stop_ = false;
  std::thread worker_;
};

// As cudaFree does, before it takes memory away that may be in use.
void WaitForDevices() {
  std::lock_guard<std::mutex> lock(state().mu);
  for (Stream* stream : state().live_streams) stream->WaitUntilIdle();
}

cudaError_t Launch(const cudaLaunchConfig_t& config, std::function<void()> thread) {
  ENTER("cudaLaunchKernelEx");
  const dim3 grid = config.gridDim, block = config.blockDim;
  const unsigned threads = block.x * block.y * block.z;
  if (threads == 0 || threads > 1024 || grid.x == 0 || grid.y == 0 || grid.z == 0 ||
      grid.y > 65535 || grid.z > 65535) {
    return Fail(cudaErrorInvalidValue);
  }
  return config.stream->Enqueue([=, device = config.stream->device(), thread = std::move(thread)] {
    const cudaError_t error = state().kernel_error;
    if (error != cudaSuccess) {
      state().device_errors[device] = error;
    } else {
      RunBlocks(grid, block, thread);
    }
  });
}

void PassTime(double milliseconds) { state().milliseconds += milliseconds; }

void SetMachine(const Machine& machine) {
  State& s = state();
  std::lock_guard<std::mutex> lock(s.mu);
  s.machine = machine;
  s.memories.clear();
  for (int i = 0; i < machine.devices; ++i) {
    s.memories.push_back(std::make_unique<Memory>(machine.bytes));
  }
  s.failures.clear();
  s.calls.clear();
  s.kernel_error = cudaSuccess;
  for (auto& error : s.device_errors) error = cudaSuccess;
}

size_t BytesInUse() {
  size_t bytes = 0;
  for (const auto& memory : state().memories) bytes += memory->blocks().stats().in_use;
  return bytes;
}

int StreamsInUse() {
  std::lock_guard<std::mutex> lock(state().mu);
  return static_cast<int>(state().live_streams.size());
}

int GraphsInUse() { return state().graphs; }

int Calls(const char* name) {
  std::lock_guard<std::mutex> lock(state().mu);
  return state().calls[name];
}

void FailCall(const char* name, int n, cudaError_t error) {
  std::lock_guard<std::mutex> lock(state().mu);
  state().failures[name] = {n, error};
}

void FailKernels(cudaError_t error) { state().kernel_error = error; }

}  // namespace cuda_emulation

using cuda_emulation::current_device;
using cuda_emulation::Enter;
using cuda_emulation::Fail;
using cuda_emulation::last_error;
using cuda_emulation::state;

const char* cudaGetErrorName(cudaError_t error) {
  switch (error) {
    case cudaSuccess: return "cudaSuccess";
    case cudaErrorInvalidValue: return "cudaErrorInvalidValue";
    case cudaErrorMemoryAllocation: return "cudaErrorMemoryAllocation";
    case cudaErrorInsufficientDriver: return "cudaErrorInsufficientDriver";
    case cudaErrorNoDevice: return "cudaErrorNoDevice";
    case cudaErrorInvalidDevice: return "cudaErrorInvalidDevice";
    case cudaErrorIllegalAddress: return "cudaErrorIllegalAddress";
    case cudaErrorPeerAccessAlreadyEnabled: return "cudaErrorPeerAccessAlreadyEnabled";
    case cudaErrorLaunchFailure: return "cudaErrorLaunchFailure";
    case cudaErrorStreamCaptureUnsupported: return "cudaErrorStreamCaptureUnsupported";
    case cudaErrorStreamCaptureInvalidated: return "cudaErrorStreamCaptureInvalidated";
  }
  return "unknown error";
}

const char* cudaGetErrorString(cudaError_t error) {
  switch (error) {
    case cudaSuccess: return "no error";
    case cudaErrorInvalidValue: return "invalid argument";
    case cudaErrorMemoryAllocation: return "out of memory";
    case cudaErrorInsufficientDriver:
      return "CUDA driver version is insufficient for CUDA runtime version";
    case cudaErrorNoDevice: return "no CUDA-capable device is detected";
    case cudaErrorInvalidDevice: return "invalid device ordinal";
    case cudaErrorIllegalAddress: return "an illegal memory access was encountered";
    case cudaErrorPeerAccessAlreadyEnabled: return "peer access is already enabled";
    case cudaErrorLaunchFailure: return "unspecified launch failure";
    case cudaErrorStreamCaptureUnsupported:
      return "operation not permitted when stream is capturing";
    case cudaErrorStreamCaptureInvalidated:
      return "operation failed due to a previous error during capture";
  }
  return "unrecognized error code";
}

cudaError_t cudaGetLastError() { return std::exchange(last_error, cudaSuccess); }

cudaError_t cudaDriverGetVersion(int* version) {
  *version = state().machine.driver_version;
  return cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}
cudaError_t cudaGetDeviceCount(int* count) {
  *count = 0;
  ENTER("cudaGetDeviceCount");
  *count = state().machine.devices;
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int device) {
  ENTER("cudaSetDevice");
  if (device < 0 || device >= state().machine.devices) return Fail(cudaErrorInvalidDevice);
  current_device = device;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device) {
  ENTER("cudaDeviceGetAttribute");
  const cuda_emulation::Machine& machine = state().machine;
  if (device < 0 || device >= machine.devices) return Fail(cudaErrorInvalidDevice);
  switch (attribute) {
    case cudaDevAttrComputeCapabilityMajor: *value = machine.major; return cudaSuccess;
    case cudaDevAttrComputeCapabilityMinor: *value = machine.minor; return cudaSuccess;
  }
  return Fail(cudaErrorInvalidValue);
}
cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  ENTER("cudaMemGetInfo");
  *total = state().machine.bytes;
  *free = *total - state().machine.context_bytes -
          state().memories[current_device]->blocks().stats().in_use;
  return cudaSuccess;
}
cudaError_t cudaDeviceEnablePeerAccess(int device, unsigned /*flags*/) {
  ENTER("cudaDeviceEnablePeerAccess");
  return device < state().machine.devices ? cudaSuccess : Fail(cudaErrorInvalidDevice);
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned /*flags*/) {
  ENTER("cudaStreamCreateWithFlags");
  *stream = new cuda_emulation::Stream(current_device);
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  delete stream;
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  ENTER("cudaStreamSynchronize");
  return stream->Wait();
}
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned /*flags*/) {
  ENTER("cudaStreamWaitEvent");
  return stream->EnqueueMark([progress = event->progress, count = event->progress->Recorded()] {
    progress->WaitFor(count);
  });
}
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned /*flags*/) {
  ENTER("cudaEventCreateWithFlags");
  *event = new cuda_emulation::Event;
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  ENTER("cudaEventRecord");
  if (stream->device() != event->device) return Fail(cudaErrorInvalidValue);
  const auto progress = event->progress;
  const int count = progress->Record();
  const cudaError_t error = stream->EnqueueMark([=] { progress->Reach(count); });
  if (error != cudaSuccess) progress->Reach(count);  // Nobody need wait for it.
  return error;
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  ENTER("cudaEventSynchronize");
  event->progress->WaitFor(event->progress->Recorded());
  const cudaError_t error = state().device_errors[event->device];
  return error == cudaSuccess ? error : Fail(error);
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode /*mode*/) {
  ENTER("cudaStreamBeginCapture");
  return stream->BeginCapture();
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  const cudaError_t error = stream->EndCapture(graph);
  if (error != cudaSuccess) return error;
  if (const cudaError_t injected = Enter("cudaStreamEndCapture"); injected != cudaSuccess) {
    delete std::exchange(*graph, nullptr);  // The capture is over all the same.
    return injected;
  }
  return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph,
                                 unsigned long long /*flags*/) {
  ENTER("cudaGraphInstantiate");
  *exec = new cuda_emulation::GraphExec(graph->tasks);
  return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
  ENTER("cudaGraphLaunch");
  return stream->Enqueue([tasks = exec->tasks] {
    for (const auto& task : *tasks) task();
  });
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
  delete exec;
  return cudaSuccess;
}
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin, cudaEvent_t end) {
  ENTER("cudaEventElapsedTime");
  *milliseconds = static_cast<float>(end->progress->milliseconds - begin->progress->milliseconds);
  return cudaSuccess;
}

cudaError_t cudaMalloc(void** data, size_t bytes) {
  ENTER("cudaMalloc");
  *data = state().memories[current_device]->blocks().Allocate(bytes);
  return *data == nullptr ? Fail(cudaErrorMemoryAllocation) : cudaSuccess;
}
cudaError_t cudaFree(void* data) {
  cuda_emulation::WaitForDevices();
  for (const auto& memory : state().memories) {
    if (memory->Has(data)) memory->blocks().Deallocate(data);
  }
  return cudaSuccess;
}
cudaError_t cudaHostAlloc(void** data, size_t bytes, unsigned /*flags*/) {
  ENTER("cudaHostAlloc");
  *data = std::aligned_alloc(64, (bytes + 63) / 64 * 64);
  return *data == nullptr ? Fail(cudaErrorMemoryAllocation) : cudaSuccess;
}
cudaError_t cudaFreeHost(void* data) {
  std::free(data);
  return cudaSuccess;
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind /*kind*/,
                            cudaStream_t stream) {
  ENTER("cudaMemcpyAsync");
  return stream->Enqueue([=] { std::memmove(to, from, bytes); });
}
cudaError_t cudaMemcpyPeerAsync(void* to, int to_device, const void* from, int from_device,
                                size_t bytes, cudaStream_t stream) {
  ENTER("cudaMemcpyPeerAsync");
  if (!state().memories[to_device]->Has(to) || !state().memories[from_device]->Has(from)) {
    return Fail(cudaErrorInvalidValue);
  }
  return stream->Enqueue([=] { std::memmove(to, from, bytes); });
}
cudaError_t cudaMemsetAsync(void* data, int value, size_t bytes, cudaStream_t stream) {
  ENTER("cudaMemsetAsync");
  return stream->Enqueue([=] { std::memset(data, value, bytes); });
}
