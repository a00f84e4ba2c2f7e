#include "weir/tools/run_graph/output.h"

#include <cmath>
#include <limits>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "weir/io/npy_format.h"

namespace weir::run_graph {
namespace {

// Bytes that are not printable ASCII are written as \u00XX, so that any string has a JSON form.
std::string Quoted(absl::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (byte < 0x20 || byte >= 0x7f) {
      out += absl::StrFormat("\\u%04x", byte);
    } else {
      out.push_back(c);
    }
  }
  return out + "\"";
}

template <typename T>
std::string JsonValue(const T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    return Quoted(value);
  } else if constexpr (std::is_same_v<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::is_same_v<T, Complex64> || std::is_same_v<T, Complex128>) {
    return absl::StrCat("[", JsonValue(value.real()), ",", JsonValue(value.imag()), "]");
  } else if constexpr (std::is_integral_v<T>) {
    return absl::StrCat(value);
  } else {
    const double wide = static_cast<double>(value);
    if (std::isnan(wide)) return "\"NaN\"";
    if (std::isinf(wide)) return wide > 0 ? "\"Infinity\"" : "\"-Infinity\"";
    if (wide == 0 && std::signbit(wide)) return "-0.0";  // Many parsers read -0 as the integer.
    return absl::StrFormat("%.*g", std::is_same_v<T, double> ? 17 : 9, wide);
  }
}

void AppendJsonValues(const Tensor& tensor, std::string* out) {
  const absl::Status status =
      DispatchType<float, double, Half, BFloat16, Complex64, Complex128, int8_t, int16_t, int32_t,
                   int64_t, uint8_t, uint16_t, uint32_t, uint64_t, bool, std::string>(
          tensor.dtype(), [&]<typename T>(TypeTag<T>) {
            const char* separator = "";
            for (const T& value : tensor.values<T>()) {
              absl::StrAppend(out, separator, JsonValue(value));
              separator = ",";
            }
            return absl::OkStatus();
          });
  if (!status.ok()) absl::StrAppend(out, Quoted(tensor.ToString()));
}

}  // namespace

std::string Printable(absl::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // UTF-8 has a second row of control characters, U+0080 to U+009F, which terminals obey too.
    const bool second_row =
        byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    const size_t bytes = second_row ? 2 : 1;
    const absl::string_view piece = text.substr(i, bytes);
    absl::StrAppend(&out,
                    second_row || byte < 0x20 || byte == 0x7f ? absl::CHexEscape(piece) : piece);
    i += bytes - 1;
  }
  return out;
}

std::string FileNameFor(const std::string& fetch) {
  std::string name = fetch;
  for (char& c : name) {
    if (c == '/' || c == ':') c = '_';
  }
  return name + ".npy";
}

std::string ResultsAsText(const std::vector<std::string>& names,
                          const std::vector<Tensor>& values) {
  std::string out;
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string value = values[i].ToString(std::numeric_limits<int64_t>::max());
    absl::StrAppend(&out, Printable(names[i]), ": ", Printable(value), "\n");
  }
  return out;
}

std::string ResultsAsJson(const std::vector<std::string>& names, const std::vector<Tensor>& values,
                          const StepTimes* times) {
  std::string out = "{";
  if (times != nullptr) {
    out += absl::StrFormat(
        "\"--benchmark\": {\"steps\": %d, \"min_us\": %.1f, \"median_us\": %.1f, \"p99_us\": %.1f, "
        "\"first_us\": %.1f, \"compile_us\": %.1f, \"peak_bytes\": %d, \"faults_per_step\": %.2f}",
        times->steps, times->min, times->median, times->p99, times->first, times->compile,
        times->peak_bytes, times->faults_per_step);
  }
  absl::flat_hash_set<absl::string_view> seen;
  for (size_t i = 0; i < names.size(); ++i) {
    if (!seen.insert(names[i]).second) continue;
    absl::StrAppend(&out, out.size() > 1 ? ",\n " : "", Quoted(names[i]), ": {\"dtype\": \"",
                    DataTypeName(values[i].dtype()), "\", \"shape\": [",
                    absl::StrJoin(values[i].shape().dims(), ","), "], \"values\": [");
    AppendJsonValues(values[i], &out);
    out += "]}";
  }
  return out + "}\n";
}

absl::StatusOr<std::string> ResultsAsNpy(const std::vector<std::string>& names,
                                         const std::vector<Tensor>& values) {
  std::string out, storage;
  for (size_t i = 0; i < names.size(); ++i) {
    const absl::StatusOr<std::string> header = NpyHeader(values[i]);
    if (!header.ok()) return Annotate(header.status(), absl::StrCat(names[i], ": "));
    absl::StrAppend(&out, *header, NpyData(values[i], &storage));
  }
  return out;
}

std::string TimesAsText(const StepTimes& times) {
  return absl::StrFormat(
      "steps %d  min %.1f us  median %.1f us  p99 %.1f us  first %.1f us (compile %.1f us)\n"
      "peak %d bytes  faults per step %.2f\n",
      times.steps, times.min, times.median, times.p99, times.first, times.compile, times.peak_bytes,
      times.faults_per_step);
}

std::string TraceJson(const RunMetadata& metadata) {
  std::vector<std::string> events;
  for (const DeviceStepStats& device : metadata.step_stats().dev_stats()) {
    for (const NodeExecStats& node : device.node_stats()) {
      events.push_back(absl::StrFormat(
          "{\"name\": %s, \"cat\": \"op\", \"ph\": \"X\", \"pid\": 0, \"tid\": 0, \"ts\": %d, "
          "\"dur\": %d, \"args\": {\"label\": %s}}",
          Quoted(node.node_name()), node.all_start_micros(), node.op_end_rel_micros(),
          Quoted(node.timeline_label())));
    }
  }
  return absl::StrCat("{\"traceEvents\": [\n", absl::StrJoin(events, ",\n"), "\n]}\n");
}

}  // namespace weir::run_graph
