#ifndef WEIR_BENCHMARKS_MEASURE_H_
#define WEIR_BENCHMARKS_MEASURE_H_

#include <cstdint>
#include <functional>
#include <string>

#include "weir/core/status.h"
#include "weir/runtime/device.h"

namespace weir::benchmarks {

// Times of one case, in microseconds per call, and what a steady call costs besides.
struct Measurement {
  double min_us = 0;
  double median_us = 0;
  double p99_us = 0;
  double first_us = 0;     // The first call, which compiles.
  double faults = 0;       // Minor page faults per call.
  double allocations = 0;  // Calls of operator new per call.
  int64_t calls = 0;
};

// Calls `fn` once, then a few times to warm up, then for about `seconds`.
absl::StatusOr<Measurement> Measure(const std::function<absl::Status()>& fn, double seconds);

// What one call has to do at least: `units` > 1 are nodes, or created nodes; the others tell how
// near the time is to the machine's ceilings.
struct Work {
  int64_t units = 1;
  int64_t items = 0;  // Images, for example: their number per second is reported.
  double flops = 0;
  double bytes = 0;       // That pass between memory and the processor.
  double ceiling_us = 0;  // The least time that all this takes, where it is known.
};

// Print a case as a JSON line. `setting` has the fields that tell how it ran: "\"threads\": 1".
void Report(const std::string& name, const std::string& setting, const Measurement& m,
            const Work& work = {});
void ReportError(const std::string& name, const std::string& setting, const absl::Status& error);

// The machine's ceilings, measured now: fp32 FMA rate of one core in GFLOP/s, and the rate at which
// one core copies memory, in GB/s.
double FmaGflops();
double CopyGigabytesPerSecond();

// The rate at which a device copies `bytes` within its memory, in GB/s. Each of them is read and
// written.
absl::StatusOr<double> CopyGigabytesPerSecond(Device& device, int64_t bytes);

}  // namespace weir::benchmarks

#endif  // WEIR_BENCHMARKS_MEASURE_H_
