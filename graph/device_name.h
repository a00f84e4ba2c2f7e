#ifndef WEIR_GRAPH_DEVICE_NAME_H_
#define WEIR_GRAPH_DEVICE_NAME_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "weir/core/status.h"

namespace weir {

// A device specification, of which any part may be left open: "/job:ps/task:1/device:GPU:0",
// "/cpu:0", "/device:GPU:*", "".
struct DeviceName {
  std::optional<std::string> job;
  std::optional<int> replica;
  std::optional<int> task;
  std::optional<std::string> type;  // "CPU", "GPU"
  std::optional<int> id;

  // InvalidArgument naming the text when it does not follow the grammar.
  static absl::StatusOr<DeviceName> Parse(absl::string_view text);

  // Fills the fields that are still open from `outer`.
  void FillFrom(const DeviceName& outer);

  // The canonical form: set parts only; a type without id prints ":*".
  std::string ToString() const;
};

}  // namespace weir

#endif  // WEIR_GRAPH_DEVICE_NAME_H_
