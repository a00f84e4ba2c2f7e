#ifndef WEIR_OPS_ROLL_H_
#define WEIR_OPS_ROLL_H_

#include "weir/graph/scope.h"

namespace weir::ops {

// x shifted cyclically: along axis[k], element j moves to (j + shift[k]) mod extent. `shift` and
// `axis` are scalars or vectors of one length; shifts of a repeated axis add up.
Output Roll(const OpScope& scope, const Input& x, const Input& shift, const Input& axis);

}  // namespace weir::ops

#endif  // WEIR_OPS_ROLL_H_
