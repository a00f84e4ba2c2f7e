#include "weir/tests/fake_gpu.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <future>
#include <utility>

#include "weir/graph/graph.h"
#include "weir/ops/standard_ops.h"
#include "weir/runtime/run_state.h"
#include "weir/runtime/session.h"

namespace weir {
namespace {

// The device whose task this thread runs.
thread_local const FakeGpu* running = nullptr;

}  // namespace

// The device's memory: addresses of this process that nobody may touch but while a task runs.
class FakeGpu::Mapping final : public RegionSource {
 public:
  explicit Mapping(size_t bytes)
      : bytes_(bytes),
        base_(mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)) {
  }
  ~Mapping() override { munmap(base_, bytes_); }

  void* Reserve(size_t /*bytes*/) override { return base_; }
  void Release(void* /*region*/, size_t /*bytes*/) override {}
  void Protect(bool locked) {
    mprotect(base_, bytes_, locked ? PROT_NONE : PROT_READ | PROT_WRITE);
  }

 private:
  const size_t bytes_;
  void* const base_;
};

class FakeGpu::Memory final : public DeviceMemory {
 public:
  explicit Memory(FakeGpu& gpu) : gpu_(gpu) {}

  void* Allocate(size_t bytes) override {
    ++gpu_.allocations_;
    if (gpu_.failing_allocation_ >= 0 && gpu_.failing_allocation_-- == 0) return nullptr;
    return gpu_.blocks_.Allocate(bytes);
  }
  void Deallocate(void* data, size_t /*bytes*/) override { gpu_.blocks_.Deallocate(data); }

  const std::string& name() const override { return gpu_.name(); }

  absl::Status CopyIn(void* to, const void* host, size_t bytes) override {
    RETURN_IF_ERROR(CountCopy());
    std::string content(static_cast<const char*>(host), bytes);
    gpu_.Enqueue([to, content = std::move(content)] {
      std::memcpy(to, content.data(), content.size());
      return absl::OkStatus();
    });
    return absl::OkStatus();
  }
  absl::Status CopyOut(void* host, const void* from, size_t bytes) override {
    RETURN_IF_ERROR(CountCopy());
    return gpu_.RunNow([=] {
      std::memcpy(host, from, bytes);
      return absl::OkStatus();
    });
  }
  absl::Status CopyWithin(void* to, const void* from, size_t bytes) override {
    RETURN_IF_ERROR(CountCopy());
    gpu_.Enqueue([=] {
      std::memmove(to, from, bytes);
      return absl::OkStatus();
    });
    return absl::OkStatus();
  }

  absl::Status CopyFrom(DeviceMemory& source, void* to, const void* from, size_t bytes) override {
    auto* const other = dynamic_cast<Memory*>(&source);
    if (other == nullptr) return DeviceMemory::CopyFrom(source, to, from, bytes);
    RETURN_IF_ERROR(CountCopy());
    auto content = std::make_shared<std::promise<std::string>>();
    other->gpu_.Enqueue([=] {
      content->set_value(std::string(static_cast<const char*>(from), bytes));
      return absl::OkStatus();
    });
    gpu_.Enqueue([=] {
      std::memcpy(to, content->get_future().get().data(), bytes);
      return absl::OkStatus();
    });
    return absl::OkStatus();
  }

  absl::StatusOr<std::unique_ptr<DeviceMemory::Inlet>> MakeInlet(size_t bytes) override {
    ASSIGN_OR_RETURN(Tensor block, Tensor::Make(DT_UINT8, Shape({int64_t(bytes)}), *this));
    return std::unique_ptr<DeviceMemory::Inlet>(
        std::make_unique<BlockInlet>(*this, std::move(block)));
  }

 private:
  class BlockInlet final : public DeviceMemory::Inlet {
   public:
    BlockInlet(Memory& memory, Tensor block) : memory_(memory), block_(std::move(block)) {}
    absl::Status Fill(const void* host) override {
      return memory_.CopyIn(block_.mutable_raw_data(), host, block_.bytes());
    }
    absl::Status Take(void* to) override {
      return memory_.CopyWithin(to, block_.raw_data(), block_.bytes());
    }

   private:
    Memory& memory_;
    Tensor block_;
  };

  absl::Status CountCopy() {
    ++gpu_.copies_;
    if (gpu_.failing_copy_ >= 0 && gpu_.failing_copy_-- == 0) {
      return Internal(gpu_.name(), ": a copy failed");
    }
    return absl::OkStatus();
  }

  FakeGpu& gpu_;
};

FakeGpu::FakeGpu(const Options& options)
    : Device("GPU", options.id),
      mapping_(std::make_unique<Mapping>(options.bytes)),
      blocks_(*mapping_, {.limit = options.bytes, .grow = false}),
      memory_(std::make_unique<Memory>(*this)),
      worker_([this] { Work(); }) {}

FakeGpu::~FakeGpu() {
  {
    std::lock_guard<std::mutex> lock(mu_);
    stop_ = true;
  }
  changed_.notify_all();
  worker_.join();
}

Allocator& FakeGpu::allocator() { return *memory_; }

void FakeGpu::Enqueue(std::function<absl::Status()> task) {
  if (running == this) {  // A task that copies is in its own order already.
    (void)task();
    return;
  }
  {
    std::lock_guard<std::mutex> lock(mu_);
    queue_.push_back(std::move(task));
  }
  changed_.notify_all();
}

void FakeGpu::Work() {
  std::unique_lock<std::mutex> lock(mu_);
  while (true) {
    changed_.wait(lock, [this] { return stop_ || !queue_.empty(); });
    if (queue_.empty()) return;
    const std::function<absl::Status()> task = std::move(queue_.front());
    queue_.pop_front();
    busy_ = true;
    lock.unlock();
    const absl::Status status = RunUnlocked(task);
    lock.lock();
    busy_ = false;
    error_.Update(status);
    changed_.notify_all();
  }
}

absl::Status FakeGpu::WaitUntilIdle() {
  std::unique_lock<std::mutex> lock(mu_);
  changed_.wait(lock, [this] { return queue_.empty() && !busy_; });
  return std::exchange(error_, absl::OkStatus());
}

absl::Status FakeGpu::Synchronize() { return WaitUntilIdle(); }

absl::Status FakeGpu::RunNow(const std::function<absl::Status()>& task) {
  if (running == this) return task();
  RETURN_IF_ERROR(WaitUntilIdle());
  return RunUnlocked(task);
}

absl::Status FakeGpu::RunUnlocked(const std::function<absl::Status()>& task) {
  {
    std::lock_guard<std::mutex> lock(mu_);
    if (unlocked_++ == 0) mapping_->Protect(/*locked=*/false);
  }
  const FakeGpu* const outer = std::exchange(running, this);
  const absl::Status status = task();
  running = outer;
  std::lock_guard<std::mutex> lock(mu_);
  if (--unlocked_ == 0) mapping_->Protect(/*locked=*/true);
  return status;
}

namespace {

// A kernel of the CPU on a FakeGpu.
class Borrowed {
 public:
  Borrowed(KernelPrepare& k, KernelFn fn)
      : fn_(std::move(fn)), node_(k.node()), values_(k.values_used()) {
    for (int i = 0; i < k.num_inputs(); ++i) inputs_.push_back(k.In(i).dtype());
    for (int i = 0; i < k.num_outputs(); ++i) outputs_.push_back(k.Out(i));
  }

  absl::Status Run(KernelRun& r) const {
    auto& gpu = static_cast<FakeGpu&>(r.device());
    RETURN_IF_ERROR(CheckInputs(r));
    if (!IsPlainWork()) return RunNow(gpu, r);
    // The slots may be another step's before it is this one's turn.
    std::vector<Tensor> tensors;
    for (size_t i = 0; i < inputs_.size(); ++i) tensors.push_back(r.In(static_cast<int>(i)));
    for (size_t i = 0; i < outputs_.size(); ++i) tensors.push_back(r.Out(static_cast<int>(i)));
    RunState state;
    state.env = &r.env();
    state.resources = &r.resources();
    state.node = &node_;
    state.device = &gpu;
    gpu.Enqueue([fn = fn_, tensors = std::move(tensors), n = inputs_.size(),
                 workspace = r.Workspace<char>(), state]() mutable {
      std::vector<uint32_t> numbers(tensors.size());
      for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<uint32_t>(i);
      KernelRun run(tensors.data(), numbers.data(), numbers.data() + n, workspace, &state);
      return Annotate(fn(run), absl::StrCat(state.node->Description(), ": "));
    });
    return absl::OkStatus();
  }

 private:
  // Tensors that only the device can read must be there, and stay there.
  absl::Status CheckInputs(const KernelRun& r) const {
    for (int i = 0; i < static_cast<int>(inputs_.size()); ++i) {
      if (!IsPlainType(inputs_[i])) continue;
      if (std::find(values_.begin(), values_.end(), i) != values_.end()) continue;
      if (r.In(i).device_memory() != r.allocator().device_memory()) {
        return Internal("input ", i, " is not in the memory of ", r.device().name());
      }
    }
    return absl::OkStatus();
  }

  // Reads tensors, writes tensors, and nothing else.
  bool IsPlainWork() const {
    const auto is_plain = [](const KernelPrepare::OutputInfo& out) {
      return IsPlainType(out.dtype) && out.sized && !out.provided;
    };
    return std::all_of(inputs_.begin(), inputs_.end(), IsPlainType) &&
           std::all_of(outputs_.begin(), outputs_.end(), is_plain);
  }

  absl::Status RunNow(FakeGpu& gpu, KernelRun& r) const {
    RETURN_IF_ERROR(gpu.RunNow([&] { return fn_(r); }));
    for (int i = 0; i < static_cast<int>(outputs_.size()); ++i) {
      if (!IsPlainType(outputs_[i].dtype) || r.Out(i).device_memory() != nullptr) continue;
      ASSIGN_OR_RETURN(r.Out(i), r.Out(i).Clone(r.allocator()));
    }
    return absl::OkStatus();
  }

  const KernelFn fn_;
  const Node& node_;
  const std::vector<int> values_;
  std::vector<DataType> inputs_;
  std::vector<KernelPrepare::OutputInfo> outputs_;
};

PrepareFn Borrow(PrepareFn prepare) {
  return [prepare = std::move(prepare)](KernelPrepare& k) -> absl::Status {
    RETURN_IF_ERROR(prepare(k));
    if (k.fn() == nullptr) return absl::OkStatus();
    auto borrowed = std::make_shared<Borrowed>(k, std::move(k.fn()));
    return k.Run([borrowed](KernelRun& r) { return borrowed->Run(r); });
  };
}

}  // namespace

const KernelRegistry& FakeGpuKernels() {
  static const KernelRegistry* const kernels = [] {
    auto* both = new KernelRegistry;
    for (const std::unique_ptr<OpSpec>& op : StandardOps().ops()) {
      for (const Kernel& kernel : StandardKernels().Find(op->name, "CPU")) {
        both->Add(op->name, "CPU", kernel.prepare, kernel.name);
        both->Add(op->name, "GPU", Borrow(kernel.prepare), kernel.name);
      }
    }
    return both;
  }();
  return *kernels;
}

}  // namespace weir
