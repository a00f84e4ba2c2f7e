#ifndef WEIR_GRAPH_OP_SPEC_H_
#define WEIR_GRAPH_OP_SPEC_H_

// What is known of an op apart from its kernels: signature, shape function, gradient. The signature
// is data, and one validator (signature.h) holds builders, importer and session to it.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "weir/core/dtype.h"
#include "weir/proto/attr_value.pb.h"

namespace weir {

class ShapeContext;     // weir/graph/shape_context.h
class ValueContext;     // weir/graph/shape_context.h
class GradientContext;  // weir/graph/gradients.h
struct PartialInts;     // weir/graph/shape_context.h

// An input or output argument. Exactly one of three forms:
//   one tensor           `type`, or the type attr `type_attr`
//   N tensors of a type  additionally `number_attr`
//   a list of types      `list_attr`, an attr of kind list(type)
// Attrs are named by their index in OpSpec::attrs; -1 means none.
struct ArgSpec {
  std::string name;
  DataType type = DT_INVALID;
  int type_attr = -1;
  int number_attr = -1;
  int list_attr = -1;
  bool is_ref = false;
};

enum class AttrKind { kString, kInt, kFloat, kBool, kType, kShape, kTensor, kFunction };

struct AttrSpec {
  std::string name;
  AttrKind kind = AttrKind::kInt;
  bool is_list = false;
  std::shared_ptr<const AttrValue> default_value;  // Shared by all nodes; nullptr: required.
  std::vector<DataType> allowed_types;             // Empty: all.
  std::vector<std::string> allowed_strings;        // Empty: all.
  std::optional<int64_t> minimum;                  // Of an int's value, or a list's length.
};

using ShapeFn = std::function<absl::Status(ShapeContext&)>;
// What is known before a run of the op's output 0, a small integer tensor; nullopt: nothing.
using ValueFn = std::function<std::optional<PartialInts>(const ValueContext&)>;
using GradientFn = std::function<absl::Status(GradientContext&)>;

enum class GradientKind {
  kMissing,  // Nobody has written it: differentiating through the op is an error.
  kNone,     // By design nothing flows through the op.
  kFunction,
};

struct OpSpec {
  std::string name;
  std::string doc;
  std::vector<ArgSpec> inputs;
  std::vector<ArgSpec> outputs;
  std::vector<AttrSpec> attrs;
  bool is_stateful = false;
  bool is_commutative = false;
  bool is_aggregate = false;
  bool allows_uninitialized_input = false;
  int deprecated_at_producer = 0;  // First GraphDef producer that may not use it; 0: none.

  ShapeFn shape;
  ValueFn value;
  GradientKind gradient_kind = GradientKind::kMissing;
  GradientFn gradient;

  // Index into attrs, or -1.
  int FindAttr(absl::string_view attr) const;
};

// Writes one OpSpec, in the mini language of the op's declaration:
//
//   ops.Add("ConcatV2")
//       .Doc("...")
//       .In("values: N * T").In("axis: Tidx").Out("output: T")
//       .Attr("N: int >= 2").Attr("T: type").Attr("Tidx: {int32, int64} = int32")
//       .Shape(ConcatShape).Gradient(ConcatGradient);
//
// Arguments: "name: float", "name: T" (type attr), "name: N * T", "name: Tlist" (list(type) attr),
// "name: Ref(T)". Attrs: "a: int", "a: int >= 1", "a: float = 0.5", "a: bool = false",
// "a: string = 'NHWC'", "a: {'SAME','VALID'}", "a: type", "T: {float, double} = float", "a: shape",
// "a: tensor", "a: func", "a: list(int) = [1, 1]", "T: list(type) >= 1",
// "T: list({float, int32})". Type names are those of DataTypeName.
// A text that does not parse is kept as the registry's error.
class OpRegistry;
class OpDeclaration {
 public:
  OpDeclaration& Doc(absl::string_view text);
  OpDeclaration& In(absl::string_view arg);
  OpDeclaration& Out(absl::string_view arg);
  OpDeclaration& Attr(absl::string_view attr);
  OpDeclaration& Stateful();
  OpDeclaration& Commutative();
  OpDeclaration& Aggregate();
  OpDeclaration& AllowsUninitializedInput();
  OpDeclaration& DeprecatedAt(int producer);
  OpDeclaration& Shape(ShapeFn fn);
  OpDeclaration& Value(ValueFn fn);
  OpDeclaration& Gradient(GradientFn fn);
  // By design nothing flows through the op.
  OpDeclaration& NotDifferentiable();

 private:
  friend class OpRegistry;
  OpDeclaration(OpRegistry* registry, OpSpec* spec) : registry_(registry), spec_(spec) {}
  OpDeclaration& Arg(absl::string_view text, std::vector<ArgSpec>* args);

  OpRegistry* registry_;
  OpSpec* spec_;
  // Arguments name attrs that are declared after them: resolved when the registry is sealed.
};

// The ops that a graph may use. Filled once, by explicit Register... functions, then sealed and
// constant. Thread rule: const calls from any thread.
class OpRegistry {
 public:
  OpRegistry() = default;
  OpRegistry(const OpRegistry&) = delete;
  OpRegistry& operator=(const OpRegistry&) = delete;

  // Starts the declaration of an op. A second declaration of a name is kept as an error.
  OpDeclaration Add(absl::string_view name);

  // Resolves the arguments' attr names. Call once, after the last Add; returns the first error of
  // all declarations.
  absl::Status Seal();
  // The same error, for whoever did not seal it.
  const absl::Status& status() const { return status_; }

  // nullptr when there is no such op.
  const OpSpec* Find(absl::string_view name) const;
  // In the order of declaration.
  const std::vector<std::unique_ptr<OpSpec>>& ops() const { return ops_; }

 private:
  friend class OpDeclaration;
  struct PendingArg {
    OpSpec* spec;
    bool is_input;
    size_t index;
    std::string type_text;
  };
  void Fail(const OpSpec& spec, absl::string_view text, absl::string_view why);

  std::vector<std::unique_ptr<OpSpec>> ops_;
  absl::flat_hash_map<std::string, OpSpec*> by_name_;
  std::vector<PendingArg> pending_;
  absl::Status status_;
};

}  // namespace weir

#endif  // WEIR_GRAPH_OP_SPEC_H_
