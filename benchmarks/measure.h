#ifndef WEIR_BENCHMARKS_MEASURE_H_
#define WEIR_BENCHMARKS_MEASURE_H_

#include <cstdint>
#include <functional>
#include <string>

#include "weir/core/status.h"

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
  double flops = 0;
  double bytes = 0;  // That pass between memory and the processor.
};

// Prints the case as a JSON line.
void Report(const std::string& name, int threads, const Measurement& m, const Work& work = {});

// The machine's ceilings, measured now: fp32 FMA rate of one core in GFLOP/s, and the rate at which
// one core copies memory, in GB/s.
double FmaGflops();
double CopyGigabytesPerSecond();

}  // namespace weir::benchmarks

#endif  // WEIR_BENCHMARKS_MEASURE_H_
