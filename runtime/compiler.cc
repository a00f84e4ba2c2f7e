#include "weir/runtime/compiler.h"

#include <algorithm>
#include <cstdio>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "weir/runtime/device.h"
#include "weir/runtime/equal_nodes.h"
#include "weir/runtime/fused_nodes.h"
#include "weir/runtime/placer.h"
#include "weir/runtime/program_layout.h"
#include "weir/runtime/resource_store.h"
#include "weir/runtime/step_order.h"
#include "weir/runtime/variable_state.h"

namespace weir {
namespace {

class Compiler {
 public:
  Compiler(const Graph& graph, const Signature& signature, const KernelRegistry& kernels,
           RunState& context, const CompileOptions& options)
      : graph_(graph),
        signature_(signature),
        kernels_(kernels),
        context_(context),
        options_(options) {}

  absl::StatusOr<Program> Run(absl::Span<const std::optional<Shape>> feed_shapes) {
    BindFeeds(feed_shapes);
    const std::vector<bool> needed = Prune();
    ASSIGN_OR_RETURN(placement_, Place(graph_, needed, context_.devices, kernels_,
                                       {.soft = options_.soft_placement}));
    if (options_.optimize && context_.devices.size() > 1) FuseNodes(needed);
    FindUnvalidatedAssigns(needed);
    first_slot_.assign(graph_.num_nodes(), Program::kNoSlot);
    const absl::Status lowered = LowerAll(needed);
    if (options_.log_device_placement) LogPlacement(needed);
    RETURN_IF_ERROR(lowered);
    if (context_.devices.size() > 1) OrderSteps(graph_, needed, fused_, draft_);
    RETURN_IF_ERROR(BindFetches());
    LayOut(context_.devices.size(), draft_);
    FindDevices();
    return std::move(program_);
  }

 private:
  // ---- What is needed ----

  void BindFeeds(absl::Span<const std::optional<Shape>> feed_shapes) {
    for (size_t i = 0; i < signature_.feeds.size(); ++i) {
      const Endpoint e = signature_.feeds[i];
      const uint32_t slot = AddSlot(SlotKind::kRun, RemoveRef(graph_.type(e)));
      if (feed_shapes[i].has_value()) SetShape(slot, *feed_shapes[i]);
      fed_.emplace(e, slot);
      program_.feeds.push_back(slot);
    }
  }

  // The nodes from which a fetch or target can be reached backwards without passing a feed.
  std::vector<bool> Prune() const {
    std::vector<bool> needed(graph_.num_nodes(), false);
    std::vector<NodeId> stack;
    const auto need = [&](NodeId id) {
      if (!needed[id]) {
        needed[id] = true;
        stack.push_back(id);
      }
    };
    const auto need_output = [&](Endpoint e) {
      if (!fed_.contains(e)) need(e.node);
    };
    for (const Endpoint& e : signature_.fetches) need_output(e);
    for (NodeId id : signature_.targets) need(id);
    while (!stack.empty()) {
      const Node& node = graph_.node(stack.back());
      stack.pop_back();
      for (const Endpoint& e : node.inputs()) need_output(e);
      for (NodeId control : node.control_inputs()) {
        const bool fed_placeholder = graph_.node(control).num_inputs() == 0 &&
                                     graph_.node(control).num_outputs() == 1 &&
                                     fed_.contains({control, 0});
        if (!fed_placeholder) need(control);
      }
    }
    return needed;
  }

  // A reference variable that such an assignment may reshape has no static shape.
  void FindUnvalidatedAssigns(const std::vector<bool>& needed) {
    for (NodeId id = 0; id < graph_.num_nodes() && reference_shapes_are_static_; ++id) {
      if (!needed[id] || graph_.node(id).op().name != "Assign") continue;
      if (!graph_.node(id).attrs().Value<bool>("validate_shape")) {
        reference_shapes_are_static_ = false;
      }
    }
  }

  void FuseNodes(const std::vector<bool>& needed) {
    absl::flat_hash_set<NodeId> visible(signature_.targets.begin(), signature_.targets.end());
    for (const Endpoint& e : signature_.feeds) visible.insert(e.node);
    for (const Endpoint& e : signature_.fetches) visible.insert(e.node);
    fused_.Find(graph_, needed, visible, placement_, context_.devices, kernels_);
    program_.fused_nodes = fused_.nodes();
  }

  // The devices that a step runs on or a tensor is on.
  void FindDevices() {
    std::vector<bool> used(context_.devices.size(), false);
    for (const Step& step : program_.steps) used[step.device] = true;
    for (const Slot& slot : program_.slots) used[slot.device] = true;
    for (size_t d = 1; d < used.size(); ++d) {
      if (used[d]) program_.devices.push_back(static_cast<uint8_t>(d));
    }
  }

  void LogPlacement(const std::vector<bool>& needed) const {
    for (NodeId id = 0; id < graph_.num_nodes(); ++id) {
      if (!needed[id]) continue;
      const Node& node = graph_.node(id);
      std::fprintf(stderr, "%s: (%s): %s\n", node.name().c_str(), node.op().name.c_str(),
                   context_.devices[placement_[id]]->name().c_str());
    }
  }

  // ---- Slots ----

  // Elements with constructors live on the host, whoever made them.
  uint32_t AddSlot(SlotKind kind, DataType dtype, uint8_t device = kHost) {
    program_.slots.push_back({kind, IsPlainType(dtype) ? device : kHost, dtype, Shape(), Tensor()});
    facts_.emplace_back();
    return static_cast<uint32_t>(program_.slots.size() - 1);
  }

  void SetShape(uint32_t slot, const Shape& shape) {
    program_.slots[slot].shape = shape;
    facts_[slot].has_shape = true;
  }

  void MakeConstant(uint32_t slot, Tensor value) {
    SetShape(slot, value.shape());
    program_.slots[slot].kind = SlotKind::kConstant;
    program_.slots[slot].constant = std::move(value);
  }

  uint32_t SlotOf(Endpoint e) const {
    const auto fed = fed_.find(e);
    return fed != fed_.end() ? fed->second : first_slot_[e.node] + e.index;
  }

  bool IsConstant(uint32_t slot) const { return program_.slots[slot].kind == SlotKind::kConstant; }

  // ---- Devices ----

  // A slot with what `slot` has, in the memory of `device`; `slot` itself if it is there.
  absl::StatusOr<uint32_t> Located(uint32_t slot, uint8_t device, const Node& reader) {
    if (program_.slots[slot].device == device || !IsPlainType(program_.slots[slot].dtype)) {
      return slot;
    }
    const auto [it, is_new] = copies_.try_emplace({slot, device}, 0);
    if (!is_new) return it->second;
    const uint32_t copy = it->second = AddSlot(SlotKind::kRun, program_.slots[slot].dtype, device);
    if (IsConstant(slot)) {
      Allocator& allocator = context_.devices[device]->allocator();
      ASSIGN_OR_RETURN(Tensor value, program_.slots[slot].constant.Clone(allocator));
      MakeConstant(copy, std::move(value));
      return copy;
    }
    Step step;
    step.node = &reader;
    step.device = device;
    if (facts_[slot].has_shape) {
      RETURN_IF_ERROR(PlanBuffer(copy, program_.slots[slot].shape));
      if (slot < program_.feeds.size()) {
        step.kind = StepKind::kFeedCopy;
        step.index = static_cast<uint32_t>(program_.feed_copies.size());
        program_.feed_copies.push_back({slot, copy});
      }
      step.fn = [](KernelRun& r) { return CopyTensor(r.In(0), r.Out(0)); };
    } else {
      step.fn = [](KernelRun& r) -> absl::Status {
        ASSIGN_OR_RETURN(r.Out(0), r.In(0).Clone(r.allocator()));
        return absl::OkStatus();
      };
    }
    AddStep(std::move(step), {slot}, {copy});
    return copy;
  }

  absl::StatusOr<std::vector<uint32_t>> AllLocated(absl::Span<const uint32_t> slots, uint8_t device,
                                                   const std::vector<int>& stay,
                                                   const Node& reader) {
    std::vector<uint32_t> located(slots.begin(), slots.end());
    for (size_t i = 0; i < slots.size(); ++i) {
      if (std::find(stay.begin(), stay.end(), static_cast<int>(i)) != stay.end()) continue;
      ASSIGN_OR_RETURN(located[i], Located(slots[i], device, reader));
    }
    return located;
  }

  // ---- Steps ----

  void AddStep(Step step, absl::Span<const uint32_t> inputs, absl::Span<const uint32_t> outputs,
               size_t workspace = 0) {
    step.is_pure = IsPure(*step.node);
    draft_.AddStep(std::move(step), inputs, outputs, workspace);
  }

  // A slot with the value that the variable behind a reference has at this point.
  absl::StatusOr<uint32_t> ReadReference(uint32_t handle, Endpoint e, const Node& reader) {
    const uint8_t device = placement_[e.node];
    const uint32_t value = AddSlot(SlotKind::kRun, RemoveRef(graph_.type(e)), device);
    const PartialShape& declared = graph_.shape(e);
    const bool is_static = reference_shapes_are_static_ && declared.IsFullyDefined();
    if (is_static) SetShape(value, declared.ToShape());
    Step step;
    step.node = &reader;
    step.device = device;
    if (!IsOfTheHost(RemoveRef(graph_.type(e)))) step.record = RecordKind::kAlways;
    step.fn = [is_static, declared,
               name = graph_.node(e.node).name()](KernelRun& r) -> absl::Status {
      ASSIGN_OR_RETURN(Variable * variable, r.GetVariable(0));
      absl::StatusOr<Tensor> read = variable->ReadIn(r.memory());
      if (absl::IsFailedPrecondition(read.status())) {
        return FailedPrecondition("Attempting to use uninitialized value ", name);
      }
      RETURN_IF_ERROR(read.status());
      if (is_static && !declared.IsCompatibleWith(read->shape())) {
        return FailedPrecondition("variable ", name, " has shape ", read->shape().ToString(),
                                  ", but was declared as ", declared.ToString());
      }
      r.SetOutput(0, *std::move(read));
      return absl::OkStatus();
    };
    AddStep(std::move(step), {handle}, {value});
    return value;
  }

  bool IsReference(Endpoint e) const { return IsRefType(graph_.type(e)) && !fed_.contains(e); }

  // The slot that `node` reads its input i from.
  absl::StatusOr<uint32_t> Operand(const Node& node, int i) {
    const Endpoint e = node.inputs()[i];
    if (IsReference(e)) {
      if (IsRefType(node.input_type(i))) return SlotOf(e);
      return ReadReference(SlotOf(e), e, node);
    }
    const auto read = reads_.find(e.node);
    if (read == reads_.end() || fed_.contains(e)) return SlotOf(e);
    // TensorFlow's Identity of a reference ("v/read") hands out the variable's buffer: who looks at
    // it after an update sees the update.
    if (read->second.updates != updates_) {
      const Endpoint variable = graph_.node(e.node).inputs()[0];
      ASSIGN_OR_RETURN(read->second.slot, ReadReference(SlotOf(variable), variable, node));
      read->second.updates = updates_;
    }
    return read->second.slot;
  }

  absl::Status LowerAll(const std::vector<bool>& needed) {
    for (NodeId id = 0; id < graph_.num_nodes(); ++id) {
      if (!needed[id]) continue;
      const Node& node = graph_.node(id);
      if (absl::Status status = Lower(node); !status.ok()) {
        return Annotate(status, absl::StrCat(node.Description(), ": "));
      }
    }
    return absl::OkStatus();
  }

  absl::Status Lower(const Node& node) {
    std::vector<uint32_t> inputs, outputs;
    for (int i = 0; i < node.num_inputs(); ++i) {
      if (const auto chain = chain_inputs_.find(node.inputs()[i].node);
          chain != chain_inputs_.end()) {
        inputs.insert(inputs.begin(), chain->second.begin(), chain->second.end());
        continue;
      }
      ASSIGN_OR_RETURN(const uint32_t slot, Operand(node, i));
      inputs.push_back(slot);
      if (IsRefType(node.input_type(i))) ++updates_;
    }
    if (fused_.IsInside(node.id())) {
      chain_inputs_.emplace(node.id(), std::move(inputs));
      return absl::OkStatus();
    }
    if (node.op().name == "Identity" && IsReference(node.inputs()[0])) {
      first_slot_[node.id()] = inputs[0];
      reads_[node.id()] = {inputs[0], updates_};
      return absl::OkStatus();
    }
    const Node& computed = fused_.ComputedAt(node);
    if (options_.optimize) {
      const NodeId first =
          equal_nodes_.FirstEqual(computed, node.id(), placement_[node.id()], inputs);
      if (first != node.id()) {
        first_slot_[node.id()] = first_slot_[first];
        return absl::OkStatus();
      }
    }
    for (int i = 0; i < node.num_outputs(); ++i) {
      const DataType type = node.output_type(i);
      outputs.push_back(
          AddSlot(SlotKind::kRun, IsRefType(type) ? DT_RESOURCE : type, placement_[node.id()]));
    }
    first_slot_[node.id()] = outputs.empty() ? Program::kNoSlot : outputs[0];
    if (IsVariable(node)) facts_[outputs[0]].variable = VariableNumber(node);
    if (std::all_of(inputs.begin(), inputs.end(),
                    [&](uint32_t slot) { return facts_[slot].has_shape; })) {
      return LowerWithShapes(computed, inputs, outputs);
    }
    return AddDynamic(computed, inputs, outputs, {});
  }

  // Whether the node's output is a handle of what has the node's name in the session, and nothing
  // else.
  static bool IsVariable(const Node& node) {
    return node.num_inputs() == 0 && node.num_outputs() == 1 &&
           weir::IsReference(node.output_type(0)) && node.attrs().Find("shared_name") != nullptr;
  }

  // The same for all nodes that stand for one variable.
  int VariableNumber(const Node& node) {
    const std::string shared = node.attrs().Value<std::string>("shared_name");
    const std::string name = absl::StrCat(node.attrs().Value<std::string>("container"), "/",
                                          shared.empty() ? node.name() : shared);
    return variable_numbers_.try_emplace(name, static_cast<int>(variable_numbers_.size()))
        .first->second;
  }

  // Where the node, which may stand for a chain, is placed.
  uint8_t& PlacementOf(const Node& node) { return placement_[fused_.PlaceOf(node)]; }

  // `values`: the inputs whose values the preparation asks for, on the host.
  absl::Status AddDynamic(const Node& node, absl::Span<const uint32_t> inputs,
                          absl::Span<const uint32_t> outputs, const std::vector<int>& values) {
    Step step;
    step.kind = StepKind::kDynamic;
    step.node = &node;
    step.device = PlacementOf(node);
    step.index = program_.num_dynamic++;
    step.may_move = MayMoveToHost(node);
    ASSIGN_OR_RETURN(std::vector<uint32_t> located, AllLocated(inputs, step.device, values, node));
    for (int i : values) {
      ASSIGN_OR_RETURN(located[i], Located(located[i], kHost, node));
    }
    AddStep(std::move(step), located, outputs);
    return absl::OkStatus();
  }

  absl::Status LowerWithShapes(const Node& node, absl::Span<const uint32_t> inputs,
                               absl::Span<const uint32_t> outputs) {
    std::vector<KernelPrepare::InputInfo> infos;
    for (uint32_t slot : inputs) {
      const Slot& s = program_.slots[slot];
      infos.push_back({s.shape, s.dtype, IsConstant(slot) ? &s.constant : nullptr});
    }
    // For a second try on the host.
    std::vector<KernelPrepare::InputInfo> again;
    if (PlacementOf(node) != kHost) again = infos;
    KernelPrepare k(node, std::move(infos), context_.resources, context_.devices,
                    PlacementOf(node));
    absl::Status status = kernels_.Prepare(k);
    if (absl::IsUnimplemented(status) && MayMoveToHost(node)) {
      MoveToHost(node, outputs);
      k = KernelPrepare(node, again, context_.resources, context_.devices, PlacementOf(node));
      status = kernels_.Prepare(k);
    }
    if (k.needs_value()) return AddDynamic(node, inputs, outputs, k.values_used());
    RETURN_IF_ERROR(status);
    if (!CanFold(node, k, inputs)) return AddPrepared(node, k, inputs, outputs);
    const uint8_t placed = PlacementOf(node);
    if (IsPure(node) && PlacementOf(node) != kHost) {  // The compiler computes on the host.
      MoveToHost(node, outputs);
      k = KernelPrepare(node, again, context_.resources, context_.devices, PlacementOf(node));
      RETURN_IF_ERROR(kernels_.Prepare(k));
    }
    RETURN_IF_ERROR(Fold(node, k, inputs, outputs));
    PlacementOf(node) = placed;  // Which is what is told of it.
    return absl::OkStatus();
  }

  // True where a kernel of the host may stand in for one that its device lacks.
  bool MayMoveToHost(const Node& node) {
    if (PlacementOf(node) == kHost) return false;
    if (!options_.soft_placement && !node.device().empty()) return false;
    for (int i = 0; i < node.num_inputs(); ++i) {  // The variable stays where it is.
      if (weir::IsReference(node.input_type(i))) return false;
    }
    return true;
  }

  void MoveToHost(const Node& node, absl::Span<const uint32_t> outputs) {
    PlacementOf(node) = kHost;
    for (uint32_t slot : outputs) program_.slots[slot].device = kHost;
  }

  // ---- Constant expressions ----

  bool CanFold(const Node& node, KernelPrepare& k, absl::Span<const uint32_t> inputs) {
    if (k.shapes_only()) return true;
    if (!IsPure(node)) return false;
    for (uint32_t slot : inputs) {
      if (!IsConstant(slot)) return false;
    }
    size_t bytes = 0;
    for (int i = 0; i < node.num_outputs(); ++i) {
      if (node.output_type(i) == DT_VARIANT) return false;
      const absl::StatusOr<size_t> size = Tensor::ByteSize(k.Out(i).dtype, k.Out(i).shape);
      if (!size.ok()) return false;
      bytes += *size;
    }
    // A node without inputs is a constant as it stands.
    if (node.num_inputs() == 0) return true;
    if (!options_.optimize || bytes > options_.fold_limit_bytes ||
        bytes > options_.fold_total_bytes - folded_bytes_) {
      return false;
    }
    folded_bytes_ += bytes;
    return true;
  }

  Allocator& host() const { return context_.devices[kHost]->allocator(); }

  absl::Status Fold(const Node& node, KernelPrepare& k, absl::Span<const uint32_t> inputs,
                    absl::Span<const uint32_t> outputs) {
    std::vector<Tensor> tensors;
    std::vector<uint32_t> in_args, out_args;
    for (uint32_t slot : inputs) {
      in_args.push_back(static_cast<uint32_t>(tensors.size()));
      const Slot& s = program_.slots[slot];
      if (IsConstant(slot)) {
        tensors.push_back(s.constant);
      } else {  // Only the shape is looked at.
        tensors.push_back(Tensor::View(s.dtype, s.shape, nullptr, nullptr));
      }
    }
    for (int i = 0; i < node.num_outputs(); ++i) {
      out_args.push_back(static_cast<uint32_t>(tensors.size()));
      const KernelPrepare::OutputInfo& out = k.Out(i);
      tensors.emplace_back();
      if (out.alias >= 0) {
        tensors.back() = tensors[out.alias].Reinterpreted(out.dtype, out.shape);
      } else if (out.sized && !out.provided) {
        ASSIGN_OR_RETURN(tensors.back(), Tensor::Make(out.dtype, out.shape, host()));
      }
    }
    if (k.fn() != nullptr) {
      context_.may_stop = context_.interruptible();
      ASSIGN_OR_RETURN(
          Tensor workspace,
          Tensor::Make(DT_UINT8, Shape({static_cast<int64_t>(k.workspace_bytes())}), host()));
      context_.node = &node;
      KernelRun run(tensors.data(), in_args.data(), out_args.data(), workspace.mutable_raw_data(),
                    &context_);
      RETURN_IF_ERROR(k.fn()(run));
      RETURN_IF_ERROR(context_.Check());
    }
    for (int i = 0; i < node.num_outputs(); ++i) {
      MakeConstant(outputs[i], std::move(tensors[out_args[i]]));
    }
    return absl::OkStatus();
  }

  // ---- Prepared steps ----

  absl::Status AddPrepared(const Node& node, KernelPrepare& k, absl::Span<const uint32_t> sources,
                           absl::Span<const uint32_t> outputs) {
    const uint8_t device = PlacementOf(node);
    absl::Span<const uint32_t> inputs = sources;
    std::vector<uint32_t> located;
    if (context_.devices.size() > 1) {
      ASSIGN_OR_RETURN(located, AllLocated(sources, device, k.values_used(), node));
      inputs = located;
    }
    std::vector<std::pair<uint32_t, uint32_t>> aliases;  // (input slot, output slot) of run slots.
    for (int i = 0; i < node.num_outputs(); ++i) {
      const KernelPrepare::OutputInfo& out = k.Out(i);
      if (out.alias >= 0) {
        if (!AliasSlot(inputs[out.alias], outputs[i], out.shape)) {
          aliases.emplace_back(inputs[out.alias], outputs[i]);
        }
        continue;
      }
      if (!out.sized) continue;
      if (out.provided) {
        SetShape(outputs[i], out.shape);
        continue;
      }
      RETURN_IF_ERROR(PlanBuffer(outputs[i], out.shape));
      for (int r : out.reuse) facts_[outputs[i]].reusable.push_back(inputs[r]);
    }
    for (const auto& [from, to] : aliases) AddAliasStep(node, from, to);
    if (k.fn() == nullptr) return absl::OkStatus();
    Step step;
    step.node = &node;
    step.device = device;
    step.fn = std::move(k.fn());
    if (device != kHost) step.record = RecordKindOf(node, k);
    if (k.group_fn() != nullptr && options_.optimize) {
      NoteGroupable(node, std::move(k.group_fn()), device);
    }
    AddStep(std::move(step), inputs, outputs, k.workspace_bytes());
    return absl::OkStatus();
  }

  // Says of the step that is added next that `fn` computes it with others like it.
  void NoteGroupable(const Node& node, KernelGroupFn fn, uint8_t device) {
    ProgramDraft::Groupable groupable{.kind = "", .fn = std::move(fn)};
    if (!AppendKind(node, device, &groupable.kind)) return;
    draft_.groupable.emplace(static_cast<uint32_t>(program_.steps.size()), std::move(groupable));
  }

  // Elements that a step of any device works on at once, on the host.
  static bool IsOfTheHost(DataType type) { return !IsPlainType(type) && type != DT_RESOURCE; }

  // Kernels of devices only start work. What they do on the host besides is to a state of their own
  // or to the variables behind their handles.
  static RecordKind RecordKindOf(const Node& node, KernelPrepare& k) {
    if (k.waits()) return RecordKind::kNever;
    for (int i = 0; i < node.num_outputs(); ++i) {
      const KernelPrepare::OutputInfo& out = k.Out(i);
      if ((out.alias < 0 && !out.sized) || IsOfTheHost(out.dtype)) return RecordKind::kNever;
    }
    bool has_variable = false;
    for (int i = 0; i < node.num_inputs(); ++i) {
      if (IsOfTheHost(RemoveRef(node.input_type(i)))) return RecordKind::kNever;
      has_variable = has_variable || weir::IsReference(node.input_type(i));
    }
    if (IsPure(node) || k.state_on_device()) return RecordKind::kAlways;
    return has_variable ? RecordKind::kWithVariables : RecordKind::kNever;
  }

  // Gives the slot memory from the next step on.
  absl::Status PlanBuffer(uint32_t index, const Shape& shape) {
    SetShape(index, shape);
    Slot& slot = program_.slots[index];
    ASSIGN_OR_RETURN(const size_t bytes, Tensor::ByteSize(slot.dtype, shape));
    if (!IsPlainType(slot.dtype)) {
      slot.kind = SlotKind::kObject;
      slot.object = program_.num_objects++;
      return absl::OkStatus();
    }
    slot.kind = SlotKind::kArena;
    facts_[index].storage = static_cast<int>(draft_.storages.size());
    const int32_t step = static_cast<int32_t>(program_.steps.size());
    draft_.storages.push_back({bytes, step, step, 0});
    draft_.storage_device.push_back(slot.device);
    return absl::OkStatus();
  }

  // Makes `to` share what `from` is; false when that is only known while running.
  bool AliasSlot(uint32_t from, uint32_t to, const Shape& shape) {
    SetShape(to, shape);
    facts_[to].variable = facts_[from].variable;
    const Slot& source = program_.slots[from];
    Slot& slot = program_.slots[to];
    slot.device = source.device;
    switch (source.kind) {
      case SlotKind::kConstant:
        MakeConstant(to, source.constant.Reinterpreted(slot.dtype, shape));
        return true;
      case SlotKind::kArena:
      case SlotKind::kObject:
        slot.kind = source.kind;
        slot.object = source.object;
        facts_[to].storage = facts_[from].storage;
        return true;
      case SlotKind::kRun: return false;
    }
    return false;
  }

  void AddAliasStep(const Node& node, uint32_t from, uint32_t to) {
    Step step;
    step.node = &node;
    // A handle is the host's, but of no concern to it.
    step.device =
        IsPlainType(program_.slots[to].dtype) ? program_.slots[to].device : placement_[node.id()];
    step.record = RecordKind::kAlways;
    step.fn = [dtype = program_.slots[to].dtype, shape = program_.slots[to].shape](KernelRun& r) {
      r.SetOutput(0, r.In(0).Reinterpreted(dtype, shape));
      return absl::OkStatus();
    };
    AddStep(std::move(step), {from}, {to});
  }

  // ---- After the last step ----

  absl::Status BindFetches() {
    for (const Endpoint& e : signature_.fetches) {
      uint32_t slot = SlotOf(e);
      if (IsReference(e)) {
        ASSIGN_OR_RETURN(slot, ReadReference(slot, e, graph_.node(e.node)));
      }
      draft_.Use(slot, ProgramDraft::kEnd);
      program_.fetches.push_back(slot);
    }
    return absl::OkStatus();
  }

  const Graph& graph_;
  const Signature& signature_;
  const KernelRegistry& kernels_;
  RunState& context_;
  const CompileOptions& options_;

  ProgramDraft draft_;
  Program& program_ = draft_.program;
  std::vector<ProgramDraft::SlotFacts>& facts_ = draft_.facts;  // By slot.
  absl::flat_hash_map<Endpoint, uint32_t> fed_;
  std::vector<uint32_t> first_slot_;  // By node: its output slots are consecutive.
  Placement placement_;
  FusedNodes fused_;
  absl::flat_hash_map<NodeId, std::vector<uint32_t>> chain_inputs_;  // By nodes inside of chains.
  // Where else a slot's content is: by slot and device.
  absl::flat_hash_map<std::pair<uint32_t, uint8_t>, uint32_t> copies_;
  EqualNodes equal_nodes_;
  // The nodes that read a reference for others, with the slot of the last read and how many ops
  // that may update a variable came before it.
  struct Read {
    uint32_t slot = 0;
    int64_t updates = 0;
  };
  absl::flat_hash_map<NodeId, Read> reads_;
  absl::flat_hash_map<std::string, int> variable_numbers_;
  int64_t updates_ = 0;
  size_t folded_bytes_ = 0;
  bool reference_shapes_are_static_ = true;
};

}  // namespace

absl::StatusOr<Program> Compile(const Graph& graph, const Signature& signature,
                                absl::Span<const std::optional<Shape>> feed_shapes,
                                const KernelRegistry& kernels, RunState& context,
                                const CompileOptions& options) {
  return Compiler(graph, signature, kernels, context, options).Run(feed_shapes);
}

}  // namespace weir
