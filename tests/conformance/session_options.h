#ifndef WEIR_TESTS_CONFORMANCE_SESSION_OPTIONS_H_
#define WEIR_TESTS_CONFORMANCE_SESSION_OPTIONS_H_

#include "weir/runtime/session.h"

namespace weir::conformance {

// What the cases run with: one thread, on the device that --device names. Not before the workers
// are forked: a device has a thread of its own. The error of MakeGpus when the GPU is not to be
// had.
absl::StatusOr<SessionOptions> CaseOptions();

}  // namespace weir::conformance

#endif  // WEIR_TESTS_CONFORMANCE_SESSION_OPTIONS_H_
