#include "weir/tests/small_cuda.h"

#include "weir/kernels/cpu/standard_kernels.h"
#include "weir/runtime/cuda/cuda_status.h"
#include "weir/runtime/variable_state.h"

namespace weir {
namespace {

enum class Function { kMul, kAdd, kDescend };

__global__ void SmallKernel(Function function, int n, const float* a, const float* b, float* out) {
  for (int i = static_cast<int>(threadIdx.x); i < n; i += static_cast<int>(blockDim.x)) {
    switch (function) {
      case Function::kMul: out[i] = a[i] * b[i]; break;
      case Function::kAdd: out[i] = a[i] + b[i]; break;
      case Function::kDescend: out[i] -= *a * b[i]; break;
    }
  }
}

absl::Status Start(const KernelRun& r, Function function, int64_t n, const float* a, const float* b,
                   float* out) {
  const auto& device = static_cast<const CudaDevice&>(r.device());
  RETURN_IF_ERROR(device.Activate());
  cudaLaunchConfig_t config{};
  config.blockDim = 32;
  config.stream = device.stream();
  return device.Named(
      CudaStatus(cudaLaunchKernelEx(&config, SmallKernel, function, static_cast<int>(n), a, b, out),
                 "the kernel's launch"));
}

template <Function kFunction>
absl::Status PrepareBinary(KernelPrepare& k) {
  if (k.In(0).dtype() != DT_FLOAT || k.In(0).shape() != k.In(1).shape()) {
    return absl::UnimplementedError("float of equal shapes only");
  }
  k.Out(0).SetShape(k.In(0).shape()).MayReuse(0);
  return k.Run([n = k.In(0).shape().num_elements()](KernelRun& r) {
    return Start(r, kFunction, n, r.In<float>(0), r.In<float>(1), r.Out<float>(0));
  });
}

absl::Status PrepareDescend(KernelPrepare& k) {
  if (k.num_outputs() > 0) k.Out(0).SetShape(Shape()).Alias(0);
  return k.Run([](KernelRun& r) -> absl::Status {
    ASSIGN_OR_RETURN(Variable* const variable, r.GetVariable(0));
    return variable->Update(r.memory(), [&](Tensor& value) {
      return Start(r, Function::kDescend, value.num_elements(), r.In<float>(1), r.In<float>(2),
                   value.mutable_data<float>());
    });
  });
}

}  // namespace

const KernelRegistry& SmallCudaKernels() {
  static const KernelRegistry* const kernels = [] {
    auto* both = new KernelRegistry;
    RegisterCpuKernels(*both);
    // Constants are computed on the host; variables are where their initial values can be.
    for (const char* op : {"Const", "Fill"}) {
      both->Add(op, "GPU", both->Find(op, "CPU")[0].prepare);
    }
    both->Add("Mul", "GPU", PrepareBinary<Function::kMul>);
    both->Add("AddV2", "GPU", PrepareBinary<Function::kAdd>);
    for (const char* op : {"ApplyGradientDescent", "ResourceApplyGradientDescent"}) {
      both->Add(op, "GPU", PrepareDescend);
    }
    return both;
  }();
  return *kernels;
}

std::shared_ptr<CudaDevice> MakeSmallCuda(int ordinal) {
  return CudaDevice::Make(ordinal, ordinal, {.release_when_unused = true}, SmallCudaKernels())
      .value();
}

}  // namespace weir
