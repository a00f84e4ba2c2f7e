#ifndef WEIR_RUNTIME_KERNEL_H_
#define WEIR_RUNTIME_KERNEL_H_

// The kernel interface. A kernel has two phases.
//
// Prepare runs once per shape signature: it checks attrs and shapes, chooses the implementation,
// states the outputs' shapes and workspace, and ends by handing over a function with k.Run(fn).
// Run computes, over resolved buffers; it allocates nothing unless an output's size was unknown.
//
//   absl::Status PrepareSoftmax(KernelPrepare& k) {
//     const Shape& x = k.In(0).shape();
//     if (x.rank() < 1) return k.InvalidInput(0, "needs rank >= 1");
//     k.Out(0).SetShape(x).MayReuse(0);
//     return k.ForType<float, double>("T", [&]<typename T>() {
//       return k.Run([=](KernelRun& r) { ... r.In<T>(0) ... r.Out<T>(0) ...; return OkStatus(); });
//     });
//   }
//
// Thread rule: a prepared function is called from any number of threads at once, each with its own
// KernelRun; it captures by value and keeps no mutable state outside NodeState.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "weir/core/dtype.h"
#include "weir/core/tensor.h"
#include "weir/graph/attrs.h"

namespace weir {

class Device;
class DeviceMemory;
class Env;
class Node;
class ResourceStore;  // weir/runtime/resource_store.h
class RunState;
class ThreadPool;
class Variable;  // weir/runtime/variable_state.h

// One call of a prepared kernel.
class KernelRun {
 public:
  // Tensors of the step; kernels see them by argument position.
  KernelRun(Tensor* slots, const uint32_t* inputs, const uint32_t* outputs, char* workspace,
            RunState* state)
      : slots_(slots), inputs_(inputs), outputs_(outputs), workspace_(workspace), state_(state) {}

  const Tensor& In(int i) const { return slots_[inputs_[i]]; }
  template <typename T>
  const T* In(int i) const {
    return slots_[inputs_[i]].data<T>();
  }
  // Output i. Its buffer is there unless Prepare called Unsized().
  Tensor& Out(int i) const { return slots_[outputs_[i]]; }
  template <typename T>
  T* Out(int i) const {
    return slots_[outputs_[i]].mutable_data<T>();
  }

  // For outputs declared Unsized(): gives output i a buffer, or a tensor made elsewhere.
  absl::Status AllocateOutput(int i, DataType dtype, const Shape& shape);
  void SetOutput(int i, Tensor value) { slots_[outputs_[i]] = std::move(value); }

  // The scratch memory asked for with KernelPrepare::Workspace, by its offset.
  template <typename T>
  T* Workspace(size_t offset = 0) const {
    return reinterpret_cast<T*>(workspace_ + offset);
  }

  // Calls fn(begin, end) over disjoint blocks that cover [0, n), maybe on several threads, and
  // returns when all are done. `cost` is the rough number of simple operations per unit. Block
  // bounds depend on n and cost alone, never on the number of threads, so that sums per block
  // give the same bits everywhere. Of a run that is cancelled or past its deadline, a node without
  // other effects leaves out the blocks that have not begun.
  void ParallelFor(int64_t n, double cost, absl::FunctionRef<void(int64_t, int64_t)> fn) const;

  // The variable behind resource (or reference) input i; InvalidArgument when it is not one.
  absl::StatusOr<Variable*> GetVariable(int i) const;

  // True once the call is cancelled or past its deadline; long loops ask now and then.
  bool cancelled() const;

  Env& env() const;
  ResourceStore& resources() const;
  // Where the kernel runs, and where the memory of its outputs comes from.
  Device& device() const;
  Allocator& allocator() const;
  // The memory that its kernels work on; nullptr on the host.
  DeviceMemory* memory() const;
  const std::string& node_name() const;

 private:
  friend class Executor;
  void RunBlocks(int64_t n, int64_t block, absl::FunctionRef<void(int64_t, int64_t)> fn) const;

  Tensor* slots_;
  const uint32_t* inputs_;
  const uint32_t* outputs_;
  char* workspace_;
  RunState* state_;
};

using KernelFn = std::function<absl::Status(KernelRun&)>;
// Several calls at once, at least one.
using KernelGroupFn = std::function<absl::Status(absl::Span<KernelRun>)>;

// What Prepare sees and says.
class KernelPrepare {
 public:
  struct InputInfo {
    Shape shape_value;
    DataType dtype_value = DT_INVALID;
    const Tensor* value = nullptr;  // When it is known at this moment.

    const Shape& shape() const { return shape_value; }
    DataType dtype() const { return dtype_value; }
  };

  class OutputInfo {
   public:
    OutputInfo& SetShape(const Shape& s) {
      shape = s;
      sized = true;
      return *this;
    }
    // The kernel reads input i before it writes the same element, so both may share memory if
    // sizes in bytes agree and nobody else needs the input.
    OutputInfo& MayReuse(int i) {
      reuse.push_back(i);
      return *this;
    }
    // The output is input i's buffer under the output's shape and type; the kernel need not run.
    OutputInfo& Alias(int i) {
      alias = i;
      return *this;
    }
    // The size shows only while running: the function calls AllocateOutput or SetOutput.
    OutputInfo& Unsized() {
      sized = false;
      return *this;
    }
    // The function calls SetOutput with a tensor of the shape set by SetShape.
    OutputInfo& Provided() {
      provided = true;
      return *this;
    }

    DataType dtype = DT_INVALID;
    Shape shape;
    bool sized = false;
    bool provided = false;
    int alias = -1;
    std::vector<int> reuse;
  };

  KernelPrepare(const Node& node, std::vector<InputInfo> inputs, ResourceStore* resources,
                absl::Span<Device* const> devices, uint8_t device);

  const Node& node() const { return *node_; }
  int num_inputs() const { return static_cast<int>(inputs_.size()); }
  int num_outputs() const { return static_cast<int>(outputs_.size()); }
  const InputInfo& In(int i) const { return inputs_[i]; }
  OutputInfo& Out(int i) { return outputs_[i]; }
  DataType OutType(int i) const { return outputs_[i].dtype; }

  template <typename T>
  T Attr(absl::string_view name) const {
    return attrs_->Value<T>(name);
  }

  // The elements of input i on the host, for arguments such as axes and shapes: the preparation is
  // then good for exactly this value, and the function does not look at the input again. When it is
  // not known yet, returns an error that the kernel must pass on; Prepare is called again when the
  // value is there.
  absl::StatusOr<Tensor> Value(int i);
  absl::StatusOr<int64_t> IntValue(int i);  // One int32 or int64.
  absl::StatusOr<Dims> IntValues(int i);    // A vector (or scalar) of them.
  absl::StatusOr<Shape> ShapeValue(int i);  // A shape: nothing negative.
  bool needs_value() const { return needs_value_; }
  const std::vector<int>& values_used() const { return values_used_; }

  // Bytes of scratch memory, 64-byte aligned; returns its offset for KernelRun::Workspace.
  size_t Workspace(size_t bytes);
  size_t workspace_bytes() const { return workspace_bytes_; }

  // Says that the outputs depend on the inputs' shapes, not their elements.
  void DependsOnShapesOnly() { shapes_only_ = true; }
  bool shapes_only() const { return shapes_only_; }

  // Says of a kernel with effects besides its outputs that each run gives the device the same work
  // all the same: its state is in the device's memory.
  void KeepsStateOnDevice() { state_on_device_ = true; }
  bool state_on_device() const { return state_on_device_; }

  // Says that the function waits for the device, whose work is then never given to it as a whole.
  void WaitsForDevice() { waits_ = true; }
  bool waits() const { return waits_; }

  // Per session and node, made on first use, shared by all programs: generator states, counters.
  template <typename T>
  std::shared_ptr<T> NodeState(const std::function<std::shared_ptr<T>()>& make) {
    return std::static_pointer_cast<T>(
        NodeStateImpl([&]() -> std::shared_ptr<Resource> { return make(); }));
  }
  ResourceStore& resources() const { return *resources_; }
  Device& device() const { return *devices_[device_]; }
  // The host's memory, for tensors that the preparation keeps.
  Allocator& host() const;

  // Calls `f.template operator()<T>()` for the T among Ts that the type attr `attr` names.
  template <typename... Ts, typename F>
  absl::Status ForType(absl::string_view attr, F&& f) {
    return DispatchType<Ts...>(Attr<DataType>(attr),
                               [&]<typename T>(TypeTag<T>) { return f.template operator()<T>(); });
  }

  // Hands over the function. Always OK, so that Prepare can end with it.
  absl::Status Run(KernelFn fn) {
    fn_ = std::move(fn);
    return absl::OkStatus();
  }
  // The same with a function that computes any number of nodes in one call: they are of this op and
  // device, have equal attrs, and are independent of each other. It captures what op and attrs say,
  // nothing of shapes, and has no workspace. By InvalidArgument and FailedPrecondition it says that
  // it has done nothing; it is then called for one node after the other, to learn whose error that
  // is.
  absl::Status RunInGroups(KernelGroupFn fn) {
    group_fn_ = std::move(fn);
    return Run([fn = group_fn_](KernelRun& r) { return fn(absl::MakeSpan(&r, 1)); });
  }
  // For kernels whose outputs are all aliases.
  absl::Status NothingToRun() { return absl::OkStatus(); }
  KernelFn& fn() { return fn_; }
  KernelGroupFn& group_fn() { return group_fn_; }

  // "input 0 ('logits') needs rank >= 1, but has shape []"
  absl::Status InvalidInput(int i, absl::string_view what) const;

 private:
  std::shared_ptr<Resource> NodeStateImpl(const std::function<std::shared_ptr<Resource>()>& make);

  const Node* node_;
  const AttrMap* attrs_;
  std::vector<InputInfo> inputs_;
  std::vector<OutputInfo> outputs_;
  std::vector<int> values_used_;
  ResourceStore* resources_;
  absl::Span<Device* const> devices_;
  uint8_t device_;
  size_t workspace_bytes_ = 0;
  bool needs_value_ = false;
  bool shapes_only_ = false;
  bool state_on_device_ = false;
  bool waits_ = false;
  KernelFn fn_;
  KernelGroupFn group_fn_;
};

using PrepareFn = std::function<absl::Status(KernelPrepare&)>;

// One implementation of an op on a device.
struct Kernel {
  std::string name;  // What --explain_kernels calls it: "reference", "onednn", ...
  PrepareFn prepare;
};

// The device type of kernels that any device runs: they touch no tensor's elements, such as those
// that pass a buffer on.
inline constexpr char kAnyDevice[] = "*";

// Kernels by op and device type ("CPU", "GPU"). Filled once by explicit Register... functions, then
// constant.
//
// An op may have several kernels on a device: an ordered list. The first whose Prepare does not
// answer Unimplemented is taken; the Unimplemented messages are the printable reasons why the
// others were not. "Not on this device" is the answer when the list is empty.
class KernelRegistry {
 public:
  // Appends to the op's list: kernels added earlier are asked first.
  void Add(absl::string_view op, absl::string_view device_type, PrepareFn prepare,
           absl::string_view name = "reference");

  // The op's kernels for the device type, or else those for any device.
  absl::Span<const Kernel> Find(absl::string_view op, absl::string_view device_type) const;

  // Prepares with the first kernel for k.device() that accepts. Unimplemented, with all reasons,
  // when none does.
  absl::Status Prepare(KernelPrepare& k) const;

 private:
  absl::flat_hash_map<std::string, std::vector<Kernel>> kernels_;  // Key "device/op".
};

}  // namespace weir

#endif  // WEIR_RUNTIME_KERNEL_H_
