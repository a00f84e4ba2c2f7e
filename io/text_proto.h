#ifndef WEIR_IO_TEXT_PROTO_H_
#define WEIR_IO_TEXT_PROTO_H_

// Protocol buffers in text form.

#include <string>

#include "weir/core/status.h"

namespace google::protobuf {
class Message;
}

namespace weir {

// What becomes of fields that the message does not have.
enum class UnknownFields {
  kRefuse,
  kSkip,  // As the binary parser does: newer writers have more fields.
};

// Parses `text` into `message`, nested no deeper than binary messages may be. DataLoss with the
// place of the first error, "3:14: Expected identifier."; nothing goes to standard error. A text
// of unknown fields alone is an error in any case: it is something else.
absl::Status ParseTextProto(const std::string& text, google::protobuf::Message* message,
                            UnknownFields unknown = UnknownFields::kRefuse);

}  // namespace weir

#endif  // WEIR_IO_TEXT_PROTO_H_
