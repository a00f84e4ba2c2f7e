#ifndef WEIR_OPS_STRING_H_
#define WEIR_OPS_STRING_H_

#include <string>

#include "weir/graph/scope.h"

namespace weir::ops {

// Ops on tensors of strings. Strings are bytes; where a `unit` is asked for, "UTF8_CHAR" counts
// characters instead.

struct StringJoinOptions {
  std::string separator = "";
};
// Joins strings element by element; scalars go with every element.
Output StringJoin(const OpScope& scope, absl::Span<const Output> inputs,
                  const StringJoinOptions& options = {});

struct ReduceJoinOptions {
  bool keep_dims = false;
  std::string separator = "";
};
// Joins the strings along the given dimensions, of which the first named runs fastest.
Output ReduceJoin(const OpScope& scope, const Input& inputs, const Input& reduction_indices,
                  const ReduceJoinOptions& options = {});

struct AsStringOptions {
  int64_t precision = -1;   // Digits after the decimal point; -1: six.
  bool scientific = false;  // "%e"
  bool shortest = false;    // "%g"
  int64_t width = -1;       // Least number of characters.
  std::string fill = "";    // How to fill up to it: "", " ", "0", "-" (on the right) or "+".
};
// Numbers and booleans as printf would write them.
Output AsString(const OpScope& scope, const Input& input, const AsStringOptions& options = {});

struct StringUnitOptions {
  std::string unit = "BYTE";
};
// `len` characters from `pos` on, fewer at the end of the string; pos counts from the end when
// negative. The three inputs broadcast. InvalidArgument "pos % out of range for string".
Output Substr(const OpScope& scope, const Input& input, const Input& pos, const Input& len,
              const StringUnitOptions& options = {});
Output StringLength(const OpScope& scope, const Input& input,
                    const StringUnitOptions& options = {});

// The pieces of a vector of strings as a sparse matrix: values[i] is piece indices[i, 1] of string
// indices[i, 0]; `shape` is [number of strings, most pieces].
struct StringPieces {
  Output indices;
  Output values;
  Output shape;
};
struct StringSplitOptions {
  bool skip_empty = true;
};
// Every byte of `delimiter` separates; an empty one separates all bytes.
StringPieces StringSplit(const OpScope& scope, const Input& input, const Input& delimiter,
                         const StringSplitOptions& options = {});
struct StringSplitV2Options {
  int64_t maxsplit = -1;
};
// As Python's str.split: `sep` as a whole separates; an empty one stands for runs of white space.
StringPieces StringSplitV2(const OpScope& scope, const Input& input, const Input& sep,
                           const StringSplitV2Options& options = {});

// Parses float, double, int32 or int64 numbers. InvalidArgument for other strings.
Output StringToNumber(const OpScope& scope, const Input& string_tensor,
                      DataType out_type = DT_FLOAT);

// ASCII letters in lower or upper case; strings without white space at their ends.
Output StringLower(const OpScope& scope, const Input& input);
Output StringUpper(const OpScope& scope, const Input& input);
Output StringStrip(const OpScope& scope, const Input& input);

}  // namespace weir::ops

#endif  // WEIR_OPS_STRING_H_
