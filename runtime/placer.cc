#include "weir/runtime/placer.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "weir/runtime/equal_nodes.h"

namespace weir {
namespace {

constexpr uint8_t kHost = 0;

absl::Status MergeError(absl::string_view what, absl::string_view a, absl::string_view b) {
  return InvalidArgument("Cannot merge devices with incompatible ", what, ": '", a, "' and '", b,
                         "'");
}

// Adds the fields of `more` to `name`. Where both have one and they differ: an error, or, if soft,
// the type goes with the id, or the id alone.
absl::Status Merge(const DeviceName& more, bool soft, DeviceName* name) {
  const DeviceName before = *name;
  const auto differ = [](const auto& a, const auto& b) { return a && b && *a != *b; };
  const auto fail = [&](absl::string_view what) {
    return MergeError(what, before.ToString(), more.ToString());
  };
  if (differ(name->job, more.job)) return fail("jobs");
  if (differ(name->replica, more.replica)) return fail("replicas");
  if (differ(name->task, more.task)) return fail("tasks");
  const bool types = differ(name->type, more.type), ids = differ(name->id, more.id);
  if (types && !soft) return fail("types");
  if (ids && !soft) return fail("ids");
  name->FillFrom(more);
  if (types) name->type.reset();
  if (types || ids) name->id.reset();
  return absl::OkStatus();
}

bool Matches(const DeviceName& device, const DeviceName& wanted) {
  const auto agree = [](const auto& is, const auto& want) { return !want || *is == *want; };
  return agree(device.job, wanted.job) && agree(device.replica, wanted.replica) &&
         agree(device.task, wanted.task) && agree(device.type, wanted.type) &&
         agree(device.id, wanted.id);
}

// Whether the node works on a variable of strings, which are on the host alone.
bool UsesStrings(const Node& node) {
  bool variable = false, strings = false;
  for (int i = 0; i < node.num_inputs(); ++i) {
    variable |= IsReference(node.input_type(i));
    strings |= RemoveRef(node.input_type(i)) == DT_STRING;
  }
  return variable && strings;
}

// Nodes that go to one device.
struct Group {
  NodeId first = -1;
  NodeId asked = -1;  // The first that names a device.
  DeviceName wanted;
  std::vector<bool> has_kernels;  // By device.
  bool stays_on_host = true;      // See StaysOnHost.
};

// Whether the node computes with int32, and conditions on them, alone. As in TensorFlow that is
// done on the host, whatever device was asked for: such numbers are mostly shapes, axes and
// counters, and the host needs them to start what follows.
bool StaysOnHost(const Node& node) {
  bool has_int32 = false;
  const auto is_host_type = [&has_int32](DataType type) {
    has_int32 = has_int32 || type == DT_INT32;
    return type == DT_INT32 || type == DT_BOOL;
  };
  for (int i = 0; i < node.num_inputs(); ++i) {
    if (!is_host_type(node.input_type(i))) return false;
  }
  for (int i = 0; i < node.num_outputs(); ++i) {
    if (!is_host_type(node.output_type(i))) return false;
  }
  return has_int32;
}

// The device that the node names.
absl::StatusOr<DeviceName> WantedBy(const Node& node) {
  absl::StatusOr<DeviceName> wanted = DeviceName::Parse(node.device());
  if (wanted.ok()) return wanted;
  return InvalidArgument("Cannot assign a device for operation ", node.name(), ": ",
                         wanted.status().message());
}

class Placer {
 public:
  Placer(const Graph& graph, const std::vector<bool>& needed, absl::Span<Device* const> devices,
         const KernelRegistry& kernels, const PlacementOptions& options)
      : graph_(graph), needed_(needed), devices_(devices), kernels_(kernels), options_(options) {}

  absl::StatusOr<Placement> Run() {
    group_of_.resize(graph_.num_nodes());
    std::iota(group_of_.begin(), group_of_.end(), 0);
    // All that use a variable have a say, whether this program needs them or not: it is in one
    // place for all programs.
    for (NodeId id = 0; id < graph_.num_nodes(); ++id) Colocate(graph_.node(id));
    std::map<NodeId, Group> groups;
    for (NodeId id = 0; id < graph_.num_nodes(); ++id) {
      if (needed_[id]) groups[Find(id)];
    }
    for (NodeId id = 0; id < graph_.num_nodes(); ++id) {
      const auto group = groups.find(Find(id));
      if (group == groups.end()) continue;
      const absl::Status status = Join(graph_.node(id), &group->second);
      if (needed_[id]) RETURN_IF_ERROR(status);
    }
    std::map<NodeId, uint8_t> chosen;
    for (const auto& [root, group] : groups) {
      ASSIGN_OR_RETURN(chosen[root], Choose(group));
    }
    Placement placement(graph_.num_nodes(), kHost);
    for (NodeId id = 0; id < graph_.num_nodes(); ++id) {
      if (needed_[id]) placement[id] = chosen[Find(id)];
    }
    return placement;
  }

 private:
  NodeId Find(NodeId id) {
    while (group_of_[id] != id) id = group_of_[id] = group_of_[group_of_[id]];
    return id;
  }
  void Unite(NodeId a, NodeId b) {
    a = Find(a);
    b = Find(b);
    group_of_[std::max(a, b)] = std::min(a, b);
  }

  void Colocate(const Node& node) {
    for (int i = 0; i < node.num_inputs(); ++i) {
      const Endpoint e = node.inputs()[i];
      if (IsReference(node.input_type(i))) Unite(node.id(), e.node);
    }
    const absl::StatusOr<std::vector<std::string>> names =
        node.attrs().Get<std::vector<std::string>>("_class");
    if (!names.ok()) return;
    for (absl::string_view name : *names) {
      if (!absl::ConsumePrefix(&name, "loc:@")) continue;
      const Node* other = graph_.Find(name);
      if (other != nullptr) Unite(node.id(), other->id());
    }
  }

  absl::Status Join(const Node& node, Group* group) const {
    if (group->first < 0) {
      group->first = node.id();
      group->has_kernels.assign(devices_.size(), true);
    }
    const bool stays = StaysOnHost(node);
    group->stays_on_host = group->stays_on_host && stays;
    for (size_t d = 1; d < devices_.size() && !stays; ++d) {
      if (kernels_.Find(node.op().name, devices_[d]->type()).empty() || UsesStrings(node)) {
        group->has_kernels[d] = false;
      }
    }
    if (node.device().empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(const DeviceName wanted, WantedBy(node));
    if (absl::Status status = Merge(wanted, options_.soft, &group->wanted); !status.ok()) {
      return InvalidArgument("Cannot colocate nodes '", graph_.node(group->asked).name(), "' and '",
                             node.name(), "': ", status.message());
    }
    if (group->asked < 0) group->asked = node.id();
    return absl::OkStatus();
  }

  // The device for a specification, or -1: the first with kernels that is not the host.
  int FirstMatch(const Group& group, const DeviceName& wanted) const {
    for (size_t d = 1; d < devices_.size(); ++d) {
      if (group.has_kernels[d] && Matches(devices_[d]->parts(), wanted)) return static_cast<int>(d);
    }
    return Matches(devices_[kHost]->parts(), wanted) ? kHost : -1;
  }

  absl::StatusOr<uint8_t> Choose(const Group& group) const {
    DeviceName wanted = group.wanted;
    int device = FirstMatch(group, wanted);
    if (device < 0 && options_.soft) {
      wanted.id.reset();
      device = FirstMatch(group, wanted);
      if (device < 0) device = FirstMatch(group, DeviceName());
    }
    if (device >= 0) return group.stays_on_host ? kHost : static_cast<uint8_t>(device);
    return InvalidArgument("Cannot assign a device for operation ", graph_.node(group.asked).name(),
                           ": Could not satisfy explicit device specification '",
                           group.wanted.ToString(), "' because ", WhyNot(group));
  }

  std::string WhyNot(const Group& group) const {
    std::vector<std::string> names;
    for (Device* device : devices_) {
      if (Matches(device->parts(), group.wanted)) {
        return absl::StrCat("no supported kernel for ", device->type(), " devices is available.");
      }
      names.push_back(device->name());
    }
    return absl::StrCat(
        "no devices matching that specification are registered in this process; available "
        "devices: ",
        absl::StrJoin(names, ", "));
  }

  const Graph& graph_;
  const std::vector<bool>& needed_;
  const absl::Span<Device* const> devices_;
  const KernelRegistry& kernels_;
  const PlacementOptions& options_;
  std::vector<NodeId> group_of_;  // Union-find: the smallest node stands for its group.
};

}  // namespace

absl::StatusOr<Placement> Place(const Graph& graph, const std::vector<bool>& needed,
                                absl::Span<Device* const> devices, const KernelRegistry& kernels,
                                const PlacementOptions& options) {
  // With the host alone there is nothing to find out, but for names that are none.
  if (devices.size() == 1 && options.soft) {
    for (NodeId id = 0; id < graph.num_nodes(); ++id) {
      if (needed[id]) RETURN_IF_ERROR(WantedBy(graph.node(id)).status());
    }
    return Placement(graph.num_nodes(), kHost);
  }
  return Placer(graph, needed, devices, kernels, options).Run();
}

}  // namespace weir
