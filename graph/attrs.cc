#include "weir/graph/attrs.h"

#include <algorithm>
#include <limits>

#include "weir/proto/attr_value.pb.h"

namespace weir {
namespace {

absl::string_view CaseName(const AttrValue& value) {
  switch (value.value_case()) {
    case AttrValue::kS: return "string";
    case AttrValue::kI: return "int";
    case AttrValue::kF: return "float";
    case AttrValue::kB: return "bool";
    case AttrValue::kType: return "type";
    case AttrValue::kShape: return "shape";
    case AttrValue::kTensor: return "tensor";
    case AttrValue::kList: return "list";
    case AttrValue::kFunc: return "func";
    case AttrValue::kPlaceholder: return "placeholder";
    case AttrValue::VALUE_NOT_SET: return "nothing";
  }
  return "nothing";
}

absl::Status Mismatch(const AttrValue& value, absl::string_view wanted) {
  return InvalidArgument("holds a ", CaseName(value), ", not a ", wanted);
}

template <typename T>
struct Reader;

#define WEIR_SCALAR_READER(T, case_name, text, expr)        \
  template <>                                               \
  struct Reader<T> {                                        \
    static absl::StatusOr<T> Read(const AttrValue& value) { \
      if (value.value_case() != AttrValue::case_name) {     \
        return Mismatch(value, text);                       \
      }                                                     \
      return expr;                                          \
    }                                                       \
  };
WEIR_SCALAR_READER(int64_t, kI, "int", value.i())
WEIR_SCALAR_READER(float, kF, "float", value.f())
WEIR_SCALAR_READER(bool, kB, "bool", value.b())
WEIR_SCALAR_READER(std::string, kS, "string", value.s())
WEIR_SCALAR_READER(DataType, kType, "type", value.type())
WEIR_SCALAR_READER(PartialShape, kShape, "shape", PartialShape::FromProto(value.shape()))
WEIR_SCALAR_READER(Tensor, kTensor, "tensor", TensorFromProto(value.tensor()))
#undef WEIR_SCALAR_READER

template <>
struct Reader<int> {
  static absl::StatusOr<int> Read(const AttrValue& value) {
    ASSIGN_OR_RETURN(const int64_t i, Reader<int64_t>::Read(value));
    if (i < std::numeric_limits<int>::min() || i > std::numeric_limits<int>::max()) {
      return InvalidArgument("holds ", i, ", which does not fit in 32 bits");
    }
    return static_cast<int>(i);
  }
};

#define WEIR_LIST_READER(T, text, field, item)                           \
  template <>                                                            \
  struct Reader<std::vector<T>> {                                        \
    static absl::StatusOr<std::vector<T>> Read(const AttrValue& value) { \
      if (value.value_case() != AttrValue::kList) {                      \
        return Mismatch(value, "list(" text ")");                        \
      }                                                                  \
      std::vector<T> out;                                                \
      out.reserve(value.list().field##_size());                          \
      for (const auto& v : value.list().field()) {                       \
        item;                                                            \
      }                                                                  \
      return out;                                                        \
    }                                                                    \
  };
WEIR_LIST_READER(int64_t, "int", i, out.push_back(v))
WEIR_LIST_READER(int, "int", i, out.push_back(static_cast<int>(v)))
WEIR_LIST_READER(float, "float", f, out.push_back(v))
WEIR_LIST_READER(bool, "bool", b, out.push_back(v))
WEIR_LIST_READER(std::string, "string", s, out.push_back(v))
WEIR_LIST_READER(DataType, "type", type, out.push_back(static_cast<DataType>(v)))
WEIR_LIST_READER(PartialShape, "shape", shape,
                 ASSIGN_OR_RETURN(PartialShape p, PartialShape::FromProto(v));
                 out.push_back(std::move(p)))
WEIR_LIST_READER(Tensor, "tensor", tensor, ASSIGN_OR_RETURN(Tensor t, TensorFromProto(v));
                 out.push_back(std::move(t)))
#undef WEIR_LIST_READER

}  // namespace

const AttrValue* AttrMap::Find(absl::string_view name) const {
  const auto it = std::lower_bound(entries_.begin(), entries_.end(), name,
                                   [](const Entry& e, absl::string_view n) { return e.first < n; });
  return it == entries_.end() || it->first != name ? nullptr : it->second.get();
}

void AttrMap::Set(absl::string_view name, AttrValue value) {
  Set(name, std::make_shared<const AttrValue>(std::move(value)));
}

void AttrMap::Set(absl::string_view name, std::shared_ptr<const AttrValue> value) {
  const auto it = std::lower_bound(entries_.begin(), entries_.end(), name,
                                   [](const Entry& e, absl::string_view n) { return e.first < n; });
  if (it != entries_.end() && it->first == name) {
    it->second = std::move(value);
  } else {
    entries_.emplace(it, std::string(name), std::move(value));
  }
}

void AttrMap::Erase(absl::string_view name) {
  entries_.erase(std::remove_if(entries_.begin(), entries_.end(),
                                [&](const Entry& e) { return e.first == name; }),
                 entries_.end());
}

template <typename T>
absl::StatusOr<T> AttrMap::Get(absl::string_view name) const {
  const AttrValue* value = Find(name);
  if (value == nullptr) return InvalidArgument("attr '", name, "' is missing");
  absl::StatusOr<T> read = Reader<T>::Read(*value);
  if (!read.ok()) return Annotate(read.status(), absl::StrCat("attr '", name, "': "));
  return read;
}

#define WEIR_INSTANTIATE(T)                                            \
  template absl::StatusOr<T> AttrMap::Get<T>(absl::string_view) const; \
  template absl::StatusOr<std::vector<T>> AttrMap::Get<std::vector<T>>(absl::string_view) const;
WEIR_INSTANTIATE(int64_t)
WEIR_INSTANTIATE(int)
WEIR_INSTANTIATE(float)
WEIR_INSTANTIATE(bool)
WEIR_INSTANTIATE(std::string)
WEIR_INSTANTIATE(DataType)
WEIR_INSTANTIATE(PartialShape)
WEIR_INSTANTIATE(Tensor)
#undef WEIR_INSTANTIATE

#define WEIR_MAKE_ATTR(T, stmt) \
  AttrValue MakeAttr(T value) { \
    AttrValue attr;             \
    stmt;                       \
    return attr;                \
  }
WEIR_MAKE_ATTR(int64_t, attr.set_i(value))
WEIR_MAKE_ATTR(int, attr.set_i(value))
WEIR_MAKE_ATTR(float, attr.set_f(value))
WEIR_MAKE_ATTR(double, attr.set_f(static_cast<float>(value)))
WEIR_MAKE_ATTR(bool, attr.set_b(value))
WEIR_MAKE_ATTR(DataType, attr.set_type(value))
WEIR_MAKE_ATTR(const char*, attr.set_s(value))
WEIR_MAKE_ATTR(absl::string_view, attr.set_s(std::string(value)))
WEIR_MAKE_ATTR(const std::string&, attr.set_s(value))
WEIR_MAKE_ATTR(const PartialShape&, value.ToProto(attr.mutable_shape()))
WEIR_MAKE_ATTR(const Shape&, value.ToProto(attr.mutable_shape()))
// A tensor that has no message form stays empty and fails the signature's check.
WEIR_MAKE_ATTR(const Tensor&, (void)TensorToProto(value, attr.mutable_tensor()))
#undef WEIR_MAKE_ATTR

#define WEIR_MAKE_LIST(T, stmt)                     \
  AttrValue MakeAttr(const std::vector<T>& value) { \
    AttrValue attr;                                 \
    auto* list = attr.mutable_list();               \
    for (const auto& v : value) {                   \
      stmt;                                         \
    }                                               \
    return attr;                                    \
  }
WEIR_MAKE_LIST(int64_t, list->add_i(v))
WEIR_MAKE_LIST(int, list->add_i(v))
WEIR_MAKE_LIST(float, list->add_f(v))
WEIR_MAKE_LIST(std::string, list->add_s(v))
WEIR_MAKE_LIST(DataType, list->add_type(v))
WEIR_MAKE_LIST(PartialShape, v.ToProto(list->add_shape()))
#undef WEIR_MAKE_LIST

AttrValue MakeAttr(const std::vector<bool>& value) {
  AttrValue attr;
  for (bool v : value) attr.mutable_list()->add_b(v);
  return attr;
}

}  // namespace weir
