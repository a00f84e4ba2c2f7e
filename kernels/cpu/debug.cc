// Assertions and printing.

#include <atomic>
#include <charconv>
#include <cstdio>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "weir/core/env.h"
#include "weir/runtime/kernel.h"

namespace weir {
namespace {

template <typename T>
std::string ElementText(const T& value) {
  if constexpr (std::is_same_v<T, Complex64> || std::is_same_v<T, Complex128>) {
    return absl::StrCat("(", ElementText(value.real()), ",", ElementText(value.imag()), ")");
  } else if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>) {
    return ElementText(static_cast<float>(value));
  } else if constexpr (std::is_floating_point_v<T>) {
    char text[32];
    return std::string(text, std::to_chars(text, text + sizeof(text), value).ptr);
  } else if constexpr (std::is_same_v<T, std::string>) {
    return absl::CEscape(value);
  } else {
    return absl::StrCat(static_cast<std::conditional_t<(sizeof(T) < 4), int, T>>(value));
  }
}

// Writes the first elements of a tensor: rows in brackets but for the outermost, elements apart by
// blanks, "..." for what is left out.
template <typename T>
class Summary {
 public:
  Summary(const Tensor& tensor, int64_t limit)
      : tensor_(tensor), data_(tensor.data<T>()), limit_(limit) {}

  std::string Text() {
    if (tensor_.rank() == 0) {
      if (limit_ > 0) text_ = ElementText(data_[0]);
    } else {
      AppendDimension(0);
    }
    if (tensor_.num_elements() > limit_) text_ += "...";
    return std::move(text_);
  }

 private:
  // REQUIRES: dimension < rank. Ranks are bounded, and so is the recursion.
  void AppendDimension(int dimension) {
    const int64_t size = tensor_.dim(dimension);
    if (dimension == tensor_.rank() - 1) {
      AppendRow(size, dimension > 0);
      return;
    }
    for (int64_t i = 0; i < size && next_ < limit_; ++i) {
      text_ += "[";
      AppendDimension(dimension + 1);
      text_ += "]";
    }
  }

  void AppendRow(int64_t size, bool is_inner) {
    for (int64_t i = 0; i < size; ++i) {
      if (next_ >= limit_) {
        if (is_inner) text_ += "...";
        return;
      }
      if (i > 0) text_ += " ";
      text_ += ElementText(data_[next_++]);
    }
  }

  const Tensor& tensor_;
  const T* const data_;
  const int64_t limit_;
  int64_t next_ = 0;
  std::string text_;
};

std::string Summarize(const Tensor& tensor, int64_t max_elements) {
  const int64_t n = tensor.num_elements();
  const int64_t limit = max_elements < 0 ? n : std::min(n, max_elements);
  if (n == 0) return "";
  std::string text;
  const absl::Status status =
      DispatchType<Half, BFloat16, float, double, int8_t, int16_t, int32_t, int64_t, uint8_t,
                   uint16_t, uint32_t, uint64_t, bool, Complex64, Complex128, std::string>(
          tensor.dtype(), [&]<typename T>(TypeTag<T>) {
            text = Summary<T>(tensor, limit).Text();
            return absl::OkStatus();
          });
  return status.ok() ? text : absl::StrCat("?", DataTypeName(tensor.dtype()));
}

absl::Status PrepareAssert(KernelPrepare& k) {
  if (k.In(0).shape().num_elements() != 1) return k.InvalidInput(0, "must be a scalar");
  const int inputs = k.num_inputs();
  const int64_t summarize = k.Attr<int64_t>("summarize");
  return k.Run([=](KernelRun& r) -> absl::Status {
    if (*r.In<bool>(0)) return absl::OkStatus();
    std::string message = "assertion failed:";
    for (int i = 1; i < inputs; ++i) {
      absl::StrAppend(&message, " [", Summarize(r.In(i), summarize), "]");
    }
    return InvalidArgument(message);
  });
}

class PrintCount final : public Resource {
 public:
  const char* type_name() const override { return "PrintCount"; }
  std::atomic<int64_t> printed{0};
};

void Write(FILE* stream, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stream);
  std::fflush(stream);
}

absl::Status PreparePrint(KernelPrepare& k) {
  k.Out(0).SetShape(k.In(0).shape()).Alias(0);
  const int inputs = k.num_inputs();
  const std::string message = k.Attr<std::string>("message");
  const int64_t first_n = k.Attr<int64_t>("first_n");
  const int64_t summarize = k.Attr<int64_t>("summarize");
  const auto count = k.NodeState<PrintCount>([] { return std::make_shared<PrintCount>(); });
  return k.Run([=](KernelRun& r) {
    if (first_n >= 0 && count->printed.fetch_add(1, std::memory_order_relaxed) >= first_n) {
      return absl::OkStatus();
    }
    std::string text = message;
    for (int i = 1; i < inputs; ++i) {
      absl::StrAppend(&text, "[", Summarize(r.In(i), summarize), "]");
    }
    Write(stderr, text + "\n");
    return absl::OkStatus();
  });
}

absl::Status PreparePrintV2(KernelPrepare& k) {
  if (k.In(0).shape().num_elements() != 1) return k.InvalidInput(0, "must be a scalar");
  const std::string end = k.Attr<std::string>("end");
  const std::string stream = k.Attr<std::string>("output_stream");
  absl::string_view path = stream;
  if (absl::ConsumePrefix(&path, "file://")) {
    return k.Run([end, path = std::string(path)](KernelRun& r) -> absl::Status {
      ASSIGN_OR_RETURN(const std::unique_ptr<WritableFile> file, r.env().NewAppendableFile(path));
      RETURN_IF_ERROR(file->Append(*r.In<std::string>(0) + end));
      return file->Close();
    });
  }
  const bool to_stdout = stream == "stdout";
  if (!to_stdout && stream != "stderr" && stream != "log(info)" && stream != "log(warning)" &&
      stream != "log(error)") {
    return InvalidArgument("Unknown output stream: ", stream);
  }
  return k.Run([end, to_stdout](KernelRun& r) {
    Write(to_stdout ? stdout : stderr, *r.In<std::string>(0) + end);
    return absl::OkStatus();
  });
}

}  // namespace

void RegisterDebugKernels(KernelRegistry& kernels) {
  kernels.Add("Assert", "CPU", PrepareAssert);
  kernels.Add("Print", "CPU", PreparePrint);
  kernels.Add("PrintV2", "CPU", PreparePrintV2);
}

}  // namespace weir
