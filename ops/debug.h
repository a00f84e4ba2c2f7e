#ifndef WEIR_OPS_DEBUG_H_
#define WEIR_OPS_DEBUG_H_

// Looking at tensors and insisting on conditions while a graph runs. These ops run only when
// something that is fetched or run depends on them.

#include <cstdint>
#include <string>
#include <vector>

#include "weir/graph/scope.h"

namespace weir::ops {

// InvalidArgument "assertion failed: [...] [...]", with up to `summarize` elements of each of
// `data` (all of them when negative), when the bool scalar `condition` is false.
Operation Assert(const OpScope& scope, const Input& condition, const std::vector<Input>& data,
                 int64_t summarize = 3);

struct PrintOptions {
  std::string message = "";
  int64_t first_n = -1;  // Print only so many times; negative: always.
  int64_t summarize = 3;
};
// `input`, after writing the message and the data to standard error. Differentiable through
// `input`.
Output Print(const OpScope& scope, const Input& input, const std::vector<Input>& data,
             const PrintOptions& options = {});

struct PrintV2Options {
  // "stderr", "stdout", "log(info)", "log(warning)", "log(error)" (all to standard error), or
  // "file://path", to which the text is appended.
  std::string output_stream = "stderr";
  std::string end = "\n";
};
// Writes a string scalar.
Operation PrintV2(const OpScope& scope, const Input& input, const PrintV2Options& options = {});

}  // namespace weir::ops

#endif  // WEIR_OPS_DEBUG_H_
