#ifndef WEIR_OPS_STANDARD_OPS_H_
#define WEIR_OPS_STANDARD_OPS_H_

#include "weir/graph/op_spec.h"

namespace weir {

// The ops of this folder, sealed. Made on first use; lives as long as the process.
const OpRegistry& StandardOps();

}  // namespace weir

#endif  // WEIR_OPS_STANDARD_OPS_H_
