#include "weir/graph/op_spec.h"

#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "weir/core/tensor.h"
#include "weir/graph/attrs.h"

namespace weir {
namespace {

constexpr absl::string_view kKinds[] = {"string", "int",   "float",  "bool",
                                        "type",   "shape", "tensor", "func"};

bool ParseKind(absl::string_view text, AttrKind* kind) {
  for (int i = 0; i < 8; ++i) {
    if (text == kKinds[i]) {
      *kind = static_cast<AttrKind>(i);
      return true;
    }
  }
  return false;
}

std::string Unquote(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  if (absl::ConsumePrefix(&text, "'")) absl::ConsumeSuffix(&text, "'");
  return std::string(text);
}

// "{'SAME', 'VALID'}" or "{float, int32}": fills the allowed values and the kind.
bool ParseAllowed(absl::string_view text, AttrSpec* attr) {
  if (!absl::ConsumePrefix(&text, "{") || !absl::ConsumeSuffix(&text, "}")) return false;
  const bool strings = absl::StrContains(text, "'");
  attr->kind = strings ? AttrKind::kString : AttrKind::kType;
  for (absl::string_view item : absl::StrSplit(text, ',')) {
    if (strings) {
      attr->allowed_strings.push_back(Unquote(item));
    } else {
      const DataType type = DataTypeFromName(absl::StripAsciiWhitespace(item));
      if (type == DT_INVALID) return false;
      attr->allowed_types.push_back(type);
    }
  }
  return true;
}

bool ParseShapeText(absl::string_view text, PartialShape* shape) {
  if (text == "<unknown>") {
    *shape = PartialShape();
    return true;
  }
  if (!absl::ConsumePrefix(&text, "[") || !absl::ConsumeSuffix(&text, "]")) return false;
  Dims dims;
  for (absl::string_view item : absl::StrSplit(text, ',', absl::SkipWhitespace())) {
    int64_t d = PartialShape::kUnknown;
    item = absl::StripAsciiWhitespace(item);
    if (item != "?" && !absl::SimpleAtoi(item, &d)) return false;
    dims.push_back(d);
  }
  *shape = PartialShape(absl::MakeConstSpan(dims));
  return true;
}

bool ParseScalarDefault(absl::string_view text, AttrKind kind, AttrValue* value) {
  text = absl::StripAsciiWhitespace(text);
  switch (kind) {
    case AttrKind::kString: value->set_s(Unquote(text)); return true;
    case AttrKind::kInt: {
      int64_t i;
      if (!absl::SimpleAtoi(text, &i)) return false;
      value->set_i(i);
      return true;
    }
    case AttrKind::kFloat: {
      float f;
      if (!absl::SimpleAtof(text, &f)) return false;
      value->set_f(f);
      return true;
    }
    case AttrKind::kBool: {
      bool b;
      if (!absl::SimpleAtob(text, &b)) return false;
      value->set_b(b);
      return true;
    }
    case AttrKind::kType: {
      const DataType type = DataTypeFromName(text);
      value->set_type(type);
      return type != DT_INVALID;
    }
    case AttrKind::kShape: {
      PartialShape shape;
      if (!ParseShapeText(text, &shape)) return false;
      shape.ToProto(value->mutable_shape());
      return true;
    }
    case AttrKind::kTensor:
    case AttrKind::kFunction: return false;
  }
  return false;
}

// A list's items: appends the single value that `item` holds.
void AppendItem(const AttrValue& item, AttrKind kind, AttrValue::ListValue* list) {
  switch (kind) {
    case AttrKind::kString: list->add_s(item.s()); break;
    case AttrKind::kInt: list->add_i(item.i()); break;
    case AttrKind::kFloat: list->add_f(item.f()); break;
    case AttrKind::kBool: list->add_b(item.b()); break;
    case AttrKind::kType: list->add_type(item.type()); break;
    case AttrKind::kShape: *list->add_shape() = item.shape(); break;
    case AttrKind::kTensor: *list->add_tensor() = item.tensor(); break;
    case AttrKind::kFunction: *list->add_func() = item.func(); break;
  }
}

bool ParseDefault(absl::string_view text, AttrSpec* attr) {
  AttrValue value;
  text = absl::StripAsciiWhitespace(text);
  if (!attr->is_list) {
    if (!ParseScalarDefault(text, attr->kind, &value)) return false;
  } else {
    if (!absl::ConsumePrefix(&text, "[") || !absl::ConsumeSuffix(&text, "]")) return false;
    value.mutable_list();
    for (absl::string_view item : absl::StrSplit(text, ',', absl::SkipWhitespace())) {
      AttrValue one;
      if (!ParseScalarDefault(item, attr->kind, &one)) return false;
      AppendItem(one, attr->kind, value.mutable_list());
    }
  }
  attr->default_value = std::make_shared<const AttrValue>(std::move(value));
  return true;
}

// "kind", "kind >= n", "kind = default", "kind >= n = default".
bool ParseAttr(absl::string_view text, AttrSpec* attr) {
  absl::string_view default_text;
  bool has_default = false;
  if (const size_t at = text.find(" = "); at != absl::string_view::npos) {
    default_text = text.substr(at + 3);
    text = text.substr(0, at);
    has_default = true;
  }
  if (const size_t at = text.find(">="); at != absl::string_view::npos) {
    int64_t minimum;
    if (!absl::SimpleAtoi(text.substr(at + 2), &minimum)) return false;
    attr->minimum = minimum;
    text = text.substr(0, at);
  }
  text = absl::StripAsciiWhitespace(text);
  if (absl::ConsumePrefix(&text, "list(")) {
    if (!absl::ConsumeSuffix(&text, ")")) return false;
    attr->is_list = true;
  }
  if (!ParseKind(text, &attr->kind) && !ParseAllowed(text, attr)) return false;
  return !has_default || ParseDefault(default_text, attr);
}

// Resolves "float", "T", "N * T", "Tlist", "Ref(...)".
bool ResolveArg(const OpSpec& spec, absl::string_view text, ArgSpec* arg) {
  text = absl::StripAsciiWhitespace(text);
  if (absl::ConsumePrefix(&text, "Ref(")) {
    if (!absl::ConsumeSuffix(&text, ")")) return false;
    arg->is_ref = true;
  }
  if (const size_t at = text.find('*'); at != absl::string_view::npos) {
    arg->number_attr = spec.FindAttr(absl::StripAsciiWhitespace(text.substr(0, at)));
    if (arg->number_attr < 0) return false;
    text = absl::StripAsciiWhitespace(text.substr(at + 1));
  }
  if (const int attr = spec.FindAttr(text); attr >= 0) {
    if (spec.attrs[attr].kind != AttrKind::kType) return false;
    (spec.attrs[attr].is_list ? arg->list_attr : arg->type_attr) = attr;
    return true;
  }
  arg->type = DataTypeFromName(text);
  return arg->type != DT_INVALID;
}

}  // namespace

int OpSpec::FindAttr(absl::string_view attr) const {
  for (size_t i = 0; i < attrs.size(); ++i) {
    if (attrs[i].name == attr) return static_cast<int>(i);
  }
  return -1;
}

OpDeclaration& OpDeclaration::Doc(absl::string_view text) {
  spec_->doc = std::string(text);
  return *this;
}

OpDeclaration& OpDeclaration::Arg(absl::string_view text, std::vector<ArgSpec>* args) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits(':', 1));
  args->push_back({});
  args->back().name = std::string(absl::StripAsciiWhitespace(parts.first));
  registry_->pending_.push_back(
      {spec_, args == &spec_->inputs, args->size() - 1, std::string(parts.second)});
  return *this;
}

OpDeclaration& OpDeclaration::In(absl::string_view arg) { return Arg(arg, &spec_->inputs); }
OpDeclaration& OpDeclaration::Out(absl::string_view arg) { return Arg(arg, &spec_->outputs); }

OpDeclaration& OpDeclaration::Attr(absl::string_view text) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits(':', 1));
  AttrSpec attr;
  attr.name = std::string(absl::StripAsciiWhitespace(parts.first));
  if (!ParseAttr(absl::StripAsciiWhitespace(parts.second), &attr)) {
    registry_->Fail(*spec_, text, "is not an attr declaration");
  }
  spec_->attrs.push_back(std::move(attr));
  return *this;
}

OpDeclaration& OpDeclaration::Stateful() {
  spec_->is_stateful = true;
  return *this;
}
OpDeclaration& OpDeclaration::Commutative() {
  spec_->is_commutative = true;
  return *this;
}
OpDeclaration& OpDeclaration::Aggregate() {
  spec_->is_aggregate = true;
  return *this;
}
OpDeclaration& OpDeclaration::AllowsUninitializedInput() {
  spec_->allows_uninitialized_input = true;
  return *this;
}
OpDeclaration& OpDeclaration::DeprecatedAt(int producer) {
  spec_->deprecated_at_producer = producer;
  return *this;
}
OpDeclaration& OpDeclaration::Shape(ShapeFn fn) {
  spec_->shape = std::move(fn);
  return *this;
}
OpDeclaration& OpDeclaration::Value(ValueFn fn) {
  spec_->value = std::move(fn);
  return *this;
}
OpDeclaration& OpDeclaration::Gradient(GradientFn fn) {
  spec_->gradient = std::move(fn);
  spec_->gradient_kind = GradientKind::kFunction;
  return *this;
}
OpDeclaration& OpDeclaration::NotDifferentiable() {
  spec_->gradient_kind = GradientKind::kNone;
  return *this;
}

OpDeclaration OpRegistry::Add(absl::string_view name) {
  ops_.push_back(std::make_unique<OpSpec>());
  OpSpec* spec = ops_.back().get();
  spec->name = std::string(name);
  if (!by_name_.emplace(spec->name, spec).second) Fail(*spec, name, "is declared twice");
  return OpDeclaration(this, spec);
}

absl::Status OpRegistry::Seal() {
  for (const PendingArg& p : pending_) {
    ArgSpec& arg = (p.is_input ? p.spec->inputs : p.spec->outputs)[p.index];
    if (!ResolveArg(*p.spec, p.type_text, &arg)) {
      Fail(*p.spec, absl::StrCat(arg.name, ":", p.type_text), "is not an argument declaration");
    }
  }
  pending_.clear();
  return status_;
}

const OpSpec* OpRegistry::Find(absl::string_view name) const {
  const auto it = by_name_.find(name);
  return it == by_name_.end() ? nullptr : it->second;
}

void OpRegistry::Fail(const OpSpec& spec, absl::string_view text, absl::string_view why) {
  if (status_.ok()) status_ = InvalidArgument("op ", spec.name, ": '", text, "' ", why);
}

}  // namespace weir
