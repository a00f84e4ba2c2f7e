#ifndef WEIR_GRAPH_ATTRS_H_
#define WEIR_GRAPH_ATTRS_H_

// Attributes of a node, by name, and typed access to them.

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "weir/core/tensor.h"

namespace weir {

class AttrValue;

// A small map from name to AttrValue, sorted by name. Values are shared between copies.
class AttrMap {
 public:
  using Entry = std::pair<std::string, std::shared_ptr<const AttrValue>>;

  // nullptr when absent.
  const AttrValue* Find(absl::string_view name) const;
  void Set(absl::string_view name, AttrValue value);
  void Set(absl::string_view name, std::shared_ptr<const AttrValue> value);
  void Erase(absl::string_view name);
  const std::vector<Entry>& entries() const { return entries_; }

  // The value as a T; InvalidArgument when absent or of another kind. T is one of int64_t, int,
  // float, bool, std::string, DataType, PartialShape, Tensor, or a std::vector of these.
  template <typename T>
  absl::StatusOr<T> Get(absl::string_view name) const;

  // For attrs that the op's signature declares, which validation has shown to be there and of the
  // right kind: the value, or T() if the name is not declared (a programming error).
  template <typename T>
  T Value(absl::string_view name) const {
    absl::StatusOr<T> value = Get<T>(name);
    return value.ok() ? *std::move(value) : T();
  }

 private:
  std::vector<Entry> entries_;
};

// AttrValue from a C++ value; the types are those of AttrMap::Get, and string literals.
AttrValue MakeAttr(int64_t value);
AttrValue MakeAttr(int value);
AttrValue MakeAttr(float value);
AttrValue MakeAttr(double value);
AttrValue MakeAttr(bool value);
AttrValue MakeAttr(DataType value);
AttrValue MakeAttr(const char* value);
AttrValue MakeAttr(absl::string_view value);
AttrValue MakeAttr(const std::string& value);
AttrValue MakeAttr(const PartialShape& value);
AttrValue MakeAttr(const Shape& value);
AttrValue MakeAttr(const Tensor& value);
AttrValue MakeAttr(const std::vector<int64_t>& value);
AttrValue MakeAttr(const std::vector<int>& value);
AttrValue MakeAttr(const std::vector<float>& value);
AttrValue MakeAttr(const std::vector<bool>& value);
AttrValue MakeAttr(const std::vector<std::string>& value);
AttrValue MakeAttr(const std::vector<DataType>& value);
AttrValue MakeAttr(const std::vector<PartialShape>& value);

}  // namespace weir

#endif  // WEIR_GRAPH_ATTRS_H_
