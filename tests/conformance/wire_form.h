#ifndef WEIR_TESTS_CONFORMANCE_WIRE_FORM_H_
#define WEIR_TESTS_CONFORMANCE_WIRE_FORM_H_

// What serialized messages say, whoever wrote them.

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace weir::conformance {

// `bytes`, a message of type `type`, in the one form that equal messages share: fields by number,
// map entries by key, numbers unpacked, implicit defaults left out. Fields that the type does not
// know keep their bytes and order. Made from the bytes alone, without the parser and serializer
// under test. nullopt when the bytes are not a message.
std::optional<std::string> CanonicalWireForm(absl::string_view bytes,
                                             const google::protobuf::Descriptor& type);

// The number of fields in `message`, and in the messages within it, that its type does not know.
int CountUnknown(const google::protobuf::Message& message);

}  // namespace weir::conformance

#endif  // WEIR_TESTS_CONFORMANCE_WIRE_FORM_H_
