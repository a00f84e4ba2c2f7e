#ifndef WEIR_IO_TEXT_PROTO_H_
#define WEIR_IO_TEXT_PROTO_H_

// Protocol buffers in text form.

#include <string>

#include "weir/core/status.h"

namespace google::protobuf {
class Message;
}

namespace weir {

// Parses `text` into `message`, nested no deeper than binary messages may be. DataLoss with the
// place of the first error, "3:14: Expected identifier."; nothing goes to standard error.
absl::Status ParseTextProto(const std::string& text, google::protobuf::Message* message);

}  // namespace weir

#endif  // WEIR_IO_TEXT_PROTO_H_
