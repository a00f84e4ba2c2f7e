#include "weir/benchmarks/suite.h"

#include <cstdio>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "weir/graph/device_name.h"
#include "weir/runtime/gpu.h"

namespace weir::benchmarks {
namespace {

std::string SettingOf(const SuiteOptions& options) {
  std::string setting = absl::StrCat("\"threads\": ", options.threads);
  if (!options.device.empty()) absl::StrAppend(&setting, ", \"device\": \"", options.device, "\"");
  if (options.allow_tf32) setting += ", \"tf32\": true";
  if (options.small) setting += ", \"small\": true";
  return setting;
}

}  // namespace

absl::StatusOr<Suite> Suite::Start(const SuiteOptions& options) {
  Suite suite;
  suite.options_ = options;
  suite.setting_ = SettingOf(options);
  suite.session_options_.threads = options.threads;
  GpuOptions gpu;
  if (options.allow_tf32) gpu.float32_math = Float32Math::kTf32;
  ASSIGN_OR_RETURN(auto devices, DevicesFor(options.device, gpu));
  if (devices.empty()) {
    std::printf("{\"ceiling\": true, \"fma_gflops\": %.1f, \"copy_gb_s\": %.2f}\n", FmaGflops(),
                CopyGigabytesPerSecond());
    return suite;
  }
  ASSIGN_OR_RETURN(const DeviceName name, DeviceName::Parse(options.device));
  suite.device_ = devices[name.id.value_or(0)];
  // Nodes that ask for none go to the first.
  suite.session_options_.devices = {suite.device_};
  ASSIGN_OR_RETURN(suite.copy_gb_s_,
                   CopyGigabytesPerSecond(*suite.device_, suite.Size(int64_t{256} << 20, 1 << 20)));
  std::printf("{\"ceiling\": true, \"device\": \"%s\", \"copy_gb_s\": %.2f}\n",
              options.device.c_str(), suite.copy_gb_s_);
  return suite;
}

void Suite::Run(const std::string& name, absl::FunctionRef<absl::Status()> fn) {
  bool wanted = options_.prefixes.empty();
  for (const std::string& prefix : options_.prefixes) {
    wanted = wanted || absl::StartsWith(name, prefix);
  }
  if (!wanted) return;
  const absl::Status status = fn();
  if (status.ok()) return;
  ReportError(name, setting_, status);
  failed_ = true;
}

absl::Status Suite::Time(const std::string& name, const Callable& step,
                         const std::vector<Tensor>& feeds, size_t num_results,
                         const Work& work) const {
  std::vector<Tensor> results(num_results);
  const auto call = [&] { return step.Run(feeds, absl::MakeSpan(results)); };
  const auto call_and_wait = [&]() -> absl::Status {
    RETURN_IF_ERROR(call());
    return device_->Synchronize();
  };
  ASSIGN_OR_RETURN(const Measurement m,
                   Measure(on_device() ? std::function<absl::Status()>(call_and_wait) : call,
                           options_.small ? 0 : options_.seconds));
  Work told = work;
  // A copy passes each byte twice.
  if (on_device() && work.flops == 0) told.ceiling_us = work.bytes / 2 / (copy_gb_s_ * 1e3);
  Report(name, setting_, m, told);
  return absl::OkStatus();
}

absl::Status Suite::Time(const std::string& name, const std::function<absl::Status()>& fn,
                         const Work& work) const {
  ASSIGN_OR_RETURN(const Measurement m, Measure(fn, options_.small ? 0 : options_.seconds / 4));
  Report(name, setting_, m, work);
  return absl::OkStatus();
}

}  // namespace weir::benchmarks
