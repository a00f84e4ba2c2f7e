#include "weir/tests/conformance/wire_form.h"

#include <algorithm>
#include <map>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/unknown_field_set.h"

namespace weir::conformance {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

enum WireType { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

// Reads wire primitives off the front of `bytes`; false when they end too early.
class Reader {
 public:
  explicit Reader(absl::string_view bytes) : bytes_(bytes) {}

  bool done() const { return bytes_.empty(); }
  bool ReadVarint(uint64_t* value) {
    *value = 0;
    for (int shift = 0; shift < 64 && !bytes_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes_[0]);
      bytes_.remove_prefix(1);
      *value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return true;
    }
    return false;
  }
  bool ReadBytes(uint64_t size, std::string* value) {
    if (size > bytes_.size()) return false;
    *value = std::string(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
    return true;
  }
  // The value's own bytes, without tag and length.
  bool ReadValue(uint64_t wire_type, std::string* value) {
    uint64_t n;
    switch (wire_type) {
      case kVarint: return ReadVarint(&n) && (*value = Varint(n), true);
      case kFixed64: return ReadBytes(8, value);
      case kFixed32: return ReadBytes(4, value);
      case kBytes: return ReadVarint(&n) && ReadBytes(n, value);
      default: return false;
    }
  }
  static std::string Varint(uint64_t n) {
    std::string text;
    for (; n >= 0x80; n >>= 7) text.push_back(static_cast<char>(n | 0x80));
    text.push_back(static_cast<char>(n));
    return text;
  }

 private:
  absl::string_view bytes_;
};

uint64_t ElementWireType(const FieldDescriptor& field) {
  switch (field.type()) {
    case FieldDescriptor::TYPE_DOUBLE:
    case FieldDescriptor::TYPE_FIXED64:
    case FieldDescriptor::TYPE_SFIXED64: return kFixed64;
    case FieldDescriptor::TYPE_FLOAT:
    case FieldDescriptor::TYPE_FIXED32:
    case FieldDescriptor::TYPE_SFIXED32: return kFixed32;
    case FieldDescriptor::TYPE_STRING:
    case FieldDescriptor::TYPE_BYTES:
    case FieldDescriptor::TYPE_MESSAGE: return kBytes;
    default: return kVarint;
  }
}

bool IsDefault(const FieldDescriptor& field, const std::string& value) {
  if (ElementWireType(field) == kBytes) return value.empty();
  return std::all_of(value.begin(), value.end(), [](char c) { return c == 0; });
}

// Appends the values of one occurrence of `field` in canonical form.
bool AppendValues(const FieldDescriptor* field, uint64_t wire_type, std::string value,
                  std::vector<std::string>* values) {
  if (field == nullptr) {
    values->push_back(std::move(value));
    return true;
  }
  if (field->message_type() != nullptr) {
    std::optional<std::string> inner = CanonicalWireForm(value, *field->message_type());
    if (inner.has_value()) values->push_back(*std::move(inner));
    return inner.has_value();
  }
  const uint64_t element = ElementWireType(*field);
  if (wire_type != kBytes || element == kBytes) {
    values->push_back(std::move(value));
    return true;
  }
  for (Reader packed(value); !packed.done();) {
    values->emplace_back();
    if (!packed.ReadValue(element, &values->back())) return false;
  }
  return true;
}

}  // namespace

std::optional<std::string> CanonicalWireForm(absl::string_view bytes, const Descriptor& type) {
  std::map<uint64_t, std::vector<std::string>> fields;
  for (Reader reader(bytes); !reader.done();) {
    uint64_t tag;
    std::string value;
    if (!reader.ReadVarint(&tag) || !reader.ReadValue(tag & 7, &value)) return std::nullopt;
    const FieldDescriptor* field = type.FindFieldByNumber(static_cast<int>(tag >> 3));
    if (!AppendValues(field, tag & 7, std::move(value), &fields[tag >> 3])) return std::nullopt;
  }
  std::string form;
  for (auto& [number, values] : fields) {
    const FieldDescriptor* field = type.FindFieldByNumber(static_cast<int>(number));
    if (field != nullptr && field->is_map()) std::sort(values.begin(), values.end());
    const bool last_counts = field != nullptr && !field->is_repeated();
    // A map entry's zeros are written by some, and left out by others.
    const bool implicit = last_counts && (!field->has_presence() || type.options().map_entry());
    if (implicit && IsDefault(*field, values.back())) continue;
    for (size_t i = last_counts ? values.size() - 1 : 0; i < values.size(); ++i) {
      form += Reader::Varint(number) + Reader::Varint(values[i].size()) + values[i];
    }
  }
  return form;
}

int CountUnknown(const google::protobuf::Message& message) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  int count = reflection.GetUnknownFields(message).field_count();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->message_type() == nullptr) continue;
    if (!field->is_repeated()) {
      count += CountUnknown(reflection.GetMessage(message, field));
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      count += CountUnknown(reflection.GetRepeatedMessage(message, field, i));
    }
  }
  return count;
}

}  // namespace weir::conformance
