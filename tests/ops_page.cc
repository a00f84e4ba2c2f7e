// Prints docs/ops.md: bazel run //tests:ops_page > docs/ops.md

#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "weir/graph/op_spec.h"
#include "weir/kernels/cuda/standard_kernels.h"
#include "weir/ops/standard_ops.h"

namespace weir {
namespace {

void PrintPage(std::ostream& out) {
  std::vector<std::string> lines;
  int on_cpu = 0, on_gpu = 0;
  for (const auto& op : StandardOps().ops()) {
    const bool cpu = !CudaKernels().Find(op->name, "CPU").empty();
    const bool gpu = !CudaKernels().Find(op->name, "GPU").empty();
    on_cpu += cpu;
    on_gpu += gpu;
    lines.push_back("| " + op->name + " | " + (cpu ? "x" : "") + " | " + (gpu ? "x" : "") + " |");
  }
  std::sort(lines.begin(), lines.end());
  out << "# Ops and their devices\n\n"
      << lines.size() << " ops; " << on_cpu << " have kernels for the CPU, " << on_gpu
      << " for the GPU. What the GPU has no kernel for, or none for an element type,\n"
      << "runs on the CPU. `bazel run //tests:ops_page > docs/ops.md` writes this page.\n\n"
      << "| op | CPU | GPU |\n|---|---|---|\n";
  for (const std::string& line : lines) out << line << "\n";
}

}  // namespace
}  // namespace weir

int main() { weir::PrintPage(std::cout); }
