#include "weir/runtime/equal_nodes.h"

#include "weir/graph/op_spec.h"
#include "weir/proto/attr_value.pb.h"

namespace weir {
namespace {

constexpr size_t kLongKey = 1024;

template <typename T>
void AppendBytes(const T& value, std::string* key) {
  key->append(reinterpret_cast<const char*>(&value), sizeof(T));
}

}  // namespace

bool IsReference(DataType type) { return IsRefType(type) || type == DT_RESOURCE; }

bool IsPure(const Node& node) {
  if (node.op().is_stateful || node.num_outputs() == 0) return false;
  for (int i = 0; i < node.num_inputs(); ++i) {
    if (IsReference(node.input_type(i))) return false;
  }
  for (int i = 0; i < node.num_outputs(); ++i) {
    if (IsReference(node.output_type(i))) return false;
  }
  return true;
}

bool AppendKind(const Node& node, uint8_t device, std::string* key) {
  AppendBytes(reinterpret_cast<uintptr_t>(&node.op()), key);
  AppendBytes(device, key);
  for (const auto& [name, value] : node.attrs().entries()) {
    if (name[0] == '_') continue;
    const size_t bytes = value->ByteSizeLong();
    if (key->size() + bytes > kLongKey) return false;
    AppendBytes(bytes, key);  // Names need not be told: the op has them all, in one order.
    value->AppendToString(key);
  }
  return true;
}

NodeId EqualNodes::FirstEqual(const Node& node, NodeId place, uint8_t device,
                              absl::Span<const uint32_t> input_slots) {
  if (!IsPure(node)) return place;
  std::string key;
  AppendBytes(input_slots.size(), &key);
  for (uint32_t slot : input_slots) AppendBytes(slot, &key);
  if (!AppendKind(node, device, &key)) return place;
  return first_by_key_.try_emplace(std::move(key), place).first->second;
}

}  // namespace weir
