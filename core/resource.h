#ifndef WEIR_CORE_RESOURCE_H_
#define WEIR_CORE_RESOURCE_H_

// Elements of resource and variant tensors: shared handles to objects that live beside the graph
// (variables, tables, queues) or inside a value (tensor lists).

#include <memory>
#include <string>

namespace weir {

// An object that kernels share through a handle. Thread rule: implementations synchronise
// themselves. `type_name` is what error messages call it, e.g. "Variable".
class Resource {
 public:
  virtual ~Resource() = default;
  virtual const char* type_name() const = 0;
};

// One element of a DT_RESOURCE tensor. Copies share the object.
struct ResourceHandle {
  std::string container;
  std::string name;
  std::shared_ptr<Resource> object;
};

// What a variant element holds. Values are immutable once stored.
class VariantValue {
 public:
  virtual ~VariantValue() = default;
  virtual const char* type_name() const = 0;
};

// One element of a DT_VARIANT tensor; empty when `value` is null.
struct Variant {
  std::shared_ptr<const VariantValue> value;
};

}  // namespace weir

#endif  // WEIR_CORE_RESOURCE_H_
