#ifndef WEIR_BENCHMARKS_CASES_H_
#define WEIR_BENCHMARKS_CASES_H_

#include "weir/benchmarks/suite.h"

namespace weir::benchmarks {

// What the runtime itself costs: calls, nodes, building graphs.
void RunGraphCases(Suite& suite);
// Small networks, whose inputs are fed from the host.
void RunNetworkCases(Suite& suite);
// For GPUs; inputs stay on the device.
void RunGpuCases(Suite& suite);

}  // namespace weir::benchmarks

#endif  // WEIR_BENCHMARKS_CASES_H_
