#ifndef WEIR_OPS_DECODE_RAW_H_
#define WEIR_OPS_DECODE_RAW_H_

#include "weir/graph/scope.h"

namespace weir::ops {

struct DecodeRawOptions {
  bool little_endian = true;  // The order of an element's bytes in the string.
};

// Reads each string as an array of `out_type`; the output has one dimension more than the input.
// InvalidArgument unless all strings have one length, a multiple of the element's size.
Output DecodeRaw(const OpScope& scope, const Input& bytes, DataType out_type,
                 const DecodeRawOptions& options = {});

}  // namespace weir::ops

#endif  // WEIR_OPS_DECODE_RAW_H_
