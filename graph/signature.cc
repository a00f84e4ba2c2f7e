#include "weir/graph/signature.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"

namespace weir {
namespace {

constexpr int64_t kMaxArguments = 1'000'000;

AttrValue::ValueCase CaseOf(AttrKind kind) {
  switch (kind) {
    case AttrKind::kString: return AttrValue::kS;
    case AttrKind::kInt: return AttrValue::kI;
    case AttrKind::kFloat: return AttrValue::kF;
    case AttrKind::kBool: return AttrValue::kB;
    case AttrKind::kType: return AttrValue::kType;
    case AttrKind::kShape: return AttrValue::kShape;
    case AttrKind::kTensor: return AttrValue::kTensor;
    case AttrKind::kFunction: return AttrValue::kFunc;
  }
  return AttrValue::VALUE_NOT_SET;
}

int ListSize(const AttrValue::ListValue& list, AttrKind kind) {
  switch (kind) {
    case AttrKind::kString: return list.s_size();
    case AttrKind::kInt: return list.i_size();
    case AttrKind::kFloat: return list.f_size();
    case AttrKind::kBool: return list.b_size();
    case AttrKind::kType: return list.type_size();
    case AttrKind::kShape: return list.shape_size();
    case AttrKind::kTensor: return list.tensor_size();
    case AttrKind::kFunction: return list.func_size();
  }
  return 0;
}

int TotalSize(const AttrValue::ListValue& list) {
  int total = 0;
  for (int kind = 0; kind < 8; ++kind) total += ListSize(list, static_cast<AttrKind>(kind));
  return total;
}

absl::Status CheckType(const AttrSpec& spec, DataType type) {
  if (!IsValidDataType(type)) {
    return InvalidArgument("attr '", spec.name, "' holds the unknown type ", DataTypeName(type));
  }
  const auto& allowed = spec.allowed_types;
  if (allowed.empty() || std::find(allowed.begin(), allowed.end(), type) != allowed.end()) {
    return absl::OkStatus();
  }
  return InvalidArgument("attr '", spec.name, "' is ", DataTypeName(type), ", but must be one of ",
                         absl::StrJoin(allowed, ", ", [](std::string* out, DataType t) {
                           absl::StrAppend(out, DataTypeName(t));
                         }));
}

absl::Status CheckString(const AttrSpec& spec, const std::string& value) {
  const auto& allowed = spec.allowed_strings;
  if (allowed.empty() || std::find(allowed.begin(), allowed.end(), value) != allowed.end()) {
    return absl::OkStatus();
  }
  return InvalidArgument("attr '", spec.name, "' is '", value, "', but must be one of '",
                         absl::StrJoin(allowed, "', '"), "'");
}

absl::Status CheckListAttr(const AttrSpec& spec, const AttrValue& value) {
  // An empty list may carry no field at all.
  if (value.value_case() != AttrValue::kList ||
      TotalSize(value.list()) != ListSize(value.list(), spec.kind)) {
    return InvalidArgument("attr '", spec.name, "' is not the list that the op declares");
  }
  const int size = ListSize(value.list(), spec.kind);
  if (spec.minimum.has_value() && size < *spec.minimum) {
    return InvalidArgument("attr '", spec.name, "' has ", size, " entries, but needs at least ",
                           *spec.minimum);
  }
  for (int type : value.list().type()) {
    RETURN_IF_ERROR(CheckType(spec, static_cast<DataType>(type)));
  }
  for (const std::string& s : value.list().s()) RETURN_IF_ERROR(CheckString(spec, s));
  for (const auto& shape : value.list().shape()) {
    RETURN_IF_ERROR(PartialShape::FromProto(shape).status());
  }
  return absl::OkStatus();
}

absl::Status CheckAttr(const AttrSpec& spec, const AttrValue& value) {
  if (spec.is_list) return CheckListAttr(spec, value);
  if (value.value_case() != CaseOf(spec.kind)) {
    return InvalidArgument("attr '", spec.name, "' is not of the kind that the op declares");
  }
  switch (spec.kind) {
    case AttrKind::kType: return CheckType(spec, value.type());
    case AttrKind::kString: return CheckString(spec, value.s());
    case AttrKind::kShape: return PartialShape::FromProto(value.shape()).status();
    case AttrKind::kInt:
      if (spec.minimum.has_value() && value.i() < *spec.minimum) {
        return InvalidArgument("attr '", spec.name, "' is ", value.i(), ", but must be at least ",
                               *spec.minimum);
      }
      return absl::OkStatus();
    default: return absl::OkStatus();
  }
}

absl::Status CheckAttrs(const OpSpec& op, AttrMap& attrs) {
  for (const AttrSpec& spec : op.attrs) {
    const AttrValue* value = attrs.Find(spec.name);
    if (value != nullptr) {
      RETURN_IF_ERROR(CheckAttr(spec, *value));
    } else if (spec.default_value != nullptr) {
      attrs.Set(spec.name, spec.default_value);
    } else {
      return InvalidArgument("attr '", spec.name, "' is missing");
    }
  }
  for (const auto& [name, value] : attrs.entries()) {
    if (!absl::StartsWith(name, "_") && op.FindAttr(name) < 0) {
      return InvalidArgument("the op has no attr '", name, "'");
    }
  }
  return absl::OkStatus();
}

// Appends the types of one argument.
absl::Status ExpandArg(const OpSpec& op, const ArgSpec& arg, const AttrMap& attrs,
                       std::vector<DataType>* types) {
  const auto append = [&](DataType type) { types->push_back(arg.is_ref ? MakeRef(type) : type); };
  if (arg.list_attr >= 0) {
    for (int type : attrs.Find(op.attrs[arg.list_attr].name)->list().type()) {
      append(static_cast<DataType>(type));
    }
    return absl::OkStatus();
  }
  int64_t count = 1;
  if (arg.number_attr >= 0) count = attrs.Find(op.attrs[arg.number_attr].name)->i();
  if (count < 0 || count > kMaxArguments) {
    return InvalidArgument("argument '", arg.name, "' cannot have ", count, " tensors");
  }
  const DataType type =
      arg.type_attr >= 0 ? attrs.Find(op.attrs[arg.type_attr].name)->type() : arg.type;
  for (int64_t i = 0; i < count; ++i) append(type);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<BoundSignature> BindSignature(const OpSpec& op,
                                             absl::Span<const DataType> input_types,
                                             AttrMap& attrs) {
  RETURN_IF_ERROR(CheckAttrs(op, attrs));
  BoundSignature bound;
  for (const ArgSpec& arg : op.inputs) {
    RETURN_IF_ERROR(ExpandArg(op, arg, attrs, &bound.inputs));
  }
  for (const ArgSpec& arg : op.outputs) {
    RETURN_IF_ERROR(ExpandArg(op, arg, attrs, &bound.outputs));
  }
  if (bound.inputs.size() != input_types.size()) {
    return InvalidArgument("needs ", bound.inputs.size(), " inputs, but has ", input_types.size());
  }
  for (size_t i = 0; i < input_types.size(); ++i) {
    const DataType want = bound.inputs[i], got = input_types[i];
    if (got != want && !(IsRefType(got) && RemoveRef(got) == want)) {
      return InvalidArgument("input ", i, " must be ", DataTypeName(want), ", but is ",
                             DataTypeName(got));
    }
  }
  return bound;
}

}  // namespace weir
