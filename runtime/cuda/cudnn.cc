#include "weir/runtime/cuda/cudnn.h"

#include <algorithm>

#include "weir/runtime/cuda/cuda_device.h"
#include "weir/runtime/cuda/fastest.h"
#include "weir/runtime/cuda/shared_library.h"

namespace weir {
namespace {

constexpr char kFile[] = "libcudnn.so.9";
// The tensors of a graph: those that Enqueue is given, in that order, and what lies between
// operations and is never in memory.
enum TensorNumber { kImage, kFilter, kOutput, kBias, kConvolved, kBiased };
constexpr std::array<int64_t, 6> kTensorIds = {1, 2, 3, 4, 5, 6};
// Engines to ask for, and to make ready: the first ones are expected to be the fastest.
constexpr size_t kMostConfigs = 16, kMostCandidates = 4;
constexpr size_t kMostWorkspace = size_t{256} << 20;
constexpr size_t kMostNotes = CUDNN_NUMERICAL_NOTE_TYPE_COUNT;
// As for products: multiplications from which on the engines are tried.
constexpr double kLarge = 1 << 24;

using Dims4 = std::array<int64_t, 4>;

struct OperationAttributes {
  cudnnBackendDescriptorType_t type;
  cudnnBackendAttributeName_t convolution, image, filter, output, alpha, beta;
};

// By ConvolutionProblem::Pass.
constexpr OperationAttributes kOperations[] = {
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA},
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA},
    {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA},
};

Dims4 StridesOf(const Dims4& dims, bool channels_last) {
  const auto [n, c, h, w] = dims;
  return channels_last ? Dims4{h * w * c, 1, w * c, c} : Dims4{c * h * w, h * w, w, 1};
}

size_t BytesOf(const Dims4& dims, cudnnDataType_t type) {
  const size_t element = type == CUDNN_DATA_DOUBLE ? 8 : type == CUDNN_DATA_FLOAT ? 4 : 2;
  return static_cast<size_t>(dims[0] * dims[1] * dims[2] * dims[3]) * element;
}

// Of sums.
cudnnDataType_t ComputeTypeOf(cudnnDataType_t type) {
  return type == CUDNN_DATA_DOUBLE ? CUDNN_DATA_DOUBLE : CUDNN_DATA_FLOAT;
}

const Dims4& DimsOf(const ConvolutionProblem& p, TensorNumber number) {
  return number == kImage ? p.image : number == kFilter ? p.filter : p.output;
}

absl::StatusOr<CudnnDescriptor> MakeTensor(const CudnnFunctions& dnn, const ConvolutionProblem& p,
                                           TensorNumber number) {
  const bool is_virtual = number == kConvolved || number == kBiased;
  const Dims4 dims = number == kBias ? Dims4{1, p.output[1], 1, 1} : DimsOf(p, number);
  CudnnDescriptor tensor(dnn, CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  tensor.Set(CUDNN_ATTR_TENSOR_UNIQUE_ID, kTensorIds[number])
      .Set(CUDNN_ATTR_TENSOR_DATA_TYPE, is_virtual ? ComputeTypeOf(p.type) : p.type)
      .Set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, static_cast<int64_t>(Allocator::kAlignment))
      .Set(CUDNN_ATTR_TENSOR_DIMENSIONS, dims)
      .Set(CUDNN_ATTR_TENSOR_STRIDES, StridesOf(dims, p.channels_last))
      .Set(CUDNN_ATTR_TENSOR_IS_VIRTUAL, is_virtual);
  RETURN_IF_ERROR(tensor.Finalize());
  return tensor;
}

using Descriptors = std::vector<CudnnDescriptor>;

absl::Status Add(absl::StatusOr<CudnnDescriptor> made, Descriptors* to) {
  if (!made.ok()) return made.status();
  to->push_back(*std::move(made));
  return absl::OkStatus();
}

// By their numbers, as many as the problem has.
absl::StatusOr<Descriptors> MakeTensors(const CudnnFunctions& dnn, const ConvolutionProblem& p) {
  Descriptors tensors;
  const int most = p.epilogue == ConvolutionProblem::kNone ? kOutput : kBiased;
  for (int number = 0; number <= most; ++number) {
    RETURN_IF_ERROR(Add(MakeTensor(dnn, p, static_cast<TensorNumber>(number)), &tensors));
  }
  return tensors;
}

absl::StatusOr<CudnnDescriptor> MakeConvolution(const CudnnFunctions& dnn,
                                                const ConvolutionProblem& p) {
  CudnnDescriptor convolution(dnn, CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  convolution.Set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, ComputeTypeOf(p.type))
      .Set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_CROSS_CORRELATION)
      .Set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, int64_t{2})
      .Set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, p.strides)
      .Set(CUDNN_ATTR_CONVOLUTION_DILATIONS, p.dilations)
      .Set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, p.padding)
      .Set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, p.padding);
  RETURN_IF_ERROR(convolution.Finalize());
  return convolution;
}

// The pass itself.
absl::StatusOr<CudnnDescriptor> MakePass(const CudnnFunctions& dnn, const ConvolutionProblem& p,
                                         const Descriptors& tensors, TensorNumber output) {
  ASSIGN_OR_RETURN(const CudnnDescriptor convolution, MakeConvolution(dnn, p));
  const OperationAttributes& names = kOperations[p.pass];
  CudnnDescriptor operation(dnn, names.type);
  operation.Set(names.convolution, convolution)
      .Set(names.image, tensors[kImage])
      .Set(names.filter, tensors[kFilter])
      .Set(names.output, tensors[output]);
  if (p.type == CUDNN_DATA_DOUBLE) {
    operation.Set(names.alpha, 1.0).Set(names.beta, 0.0);
  } else {
    operation.Set(names.alpha, 1.0f).Set(names.beta, 0.0f);
  }
  RETURN_IF_ERROR(operation.Finalize());
  return operation;
}

// to = mode(from), or mode(from, the bias) when it adds.
absl::StatusOr<CudnnDescriptor> MakePointwise(const CudnnFunctions& dnn,
                                              const ConvolutionProblem& p,
                                              const Descriptors& tensors, cudnnPointwiseMode_t mode,
                                              TensorNumber from, TensorNumber to) {
  CudnnDescriptor pointwise(dnn, CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
  RETURN_IF_ERROR(pointwise.Set(CUDNN_ATTR_POINTWISE_MODE, mode)
                      .Set(CUDNN_ATTR_POINTWISE_MATH_PREC, ComputeTypeOf(p.type))
                      .Finalize());
  CudnnDescriptor operation(dnn, CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
  operation.Set(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, pointwise)
      .Set(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, tensors[from])
      .Set(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, tensors[to]);
  if (mode == CUDNN_POINTWISE_ADD) {
    operation.Set(CUDNN_ATTR_OPERATION_POINTWISE_BDESC, tensors[kBias]);
  }
  RETURN_IF_ERROR(operation.Finalize());
  return operation;
}

absl::StatusOr<Descriptors> MakeOperations(const CudnnFunctions& dnn, const ConvolutionProblem& p) {
  ASSIGN_OR_RETURN(const Descriptors tensors, MakeTensors(dnn, p));
  const bool with_bias = p.epilogue != ConvolutionProblem::kNone;
  const bool with_relu = p.epilogue == ConvolutionProblem::kBiasRelu;
  Descriptors operations;
  RETURN_IF_ERROR(Add(MakePass(dnn, p, tensors, with_bias ? kConvolved : kOutput), &operations));
  if (with_bias) {
    RETURN_IF_ERROR(Add(MakePointwise(dnn, p, tensors, CUDNN_POINTWISE_ADD, kConvolved,
                                      with_relu ? kBiased : kOutput),
                        &operations));
  }
  if (with_relu) {
    RETURN_IF_ERROR(Add(MakePointwise(dnn, p, tensors, CUDNN_POINTWISE_RELU_FWD, kBiased, kOutput),
                        &operations));
  }
  return operations;
}

double Multiplications(const ConvolutionProblem& p) {
  double product = 1;
  for (const int64_t extent : p.filter) product *= static_cast<double>(extent);
  for (const int d : {0, 2, 3}) product *= static_cast<double>(p.output[d]);
  return product;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Cudnn>> Cudnn::Open(CudaDevice& device) {
  ASSIGN_OR_RETURN(const SharedLibrary library, SharedLibrary::Open(kFile));
  CudnnFunctions functions;
  RETURN_IF_ERROR(functions.Find(library));
  RETURN_IF_ERROR(device.Activate());
  std::unique_ptr<Cudnn> dnn(new Cudnn(device, functions));
  const absl::Status created = functions.StatusOf(functions.Create(&dnn->handle_), "cudnnCreate");
  if (!created.ok()) return Unimplemented(kFile, ": ", created.message());
  return dnn;
}

Cudnn::~Cudnn() {
  plans_.Clear();
  if (handle_ != nullptr) (void)dnn_.Destroy(handle_);
}

absl::StatusOr<std::shared_ptr<const CudnnPlan>> Cudnn::Plan(const ConvolutionProblem& problem) {
  return plans_.Get(problem, [&] { return MakePlan(problem); });
}

absl::StatusOr<std::shared_ptr<const CudnnPlan>> Cudnn::MakePlan(
    const ConvolutionProblem& problem) {
  RETURN_IF_ERROR(device_.Activate());
  absl::StatusOr<std::vector<CudnnPlan>> plans;
  {
    MutexLock lock(handle_mu_);
    plans = Candidates(problem);
  }
  if (!plans.ok()) return absl::UnimplementedError(plans.status().message());
  if (plans->size() == 1 || Multiplications(problem) < kLarge) {
    return std::make_shared<const CudnnPlan>(std::move(plans->front()));
  }
  ASSIGN_OR_RETURN(CudnnPlan fastest, TakeFastest(*std::move(plans), problem));
  return std::make_shared<const CudnnPlan>(std::move(fastest));
}

absl::StatusOr<Cudnn::Graph> Cudnn::MakeGraph(const ConvolutionProblem& p) const {
  ASSIGN_OR_RETURN(const Descriptors operations, MakeOperations(dnn_, p));
  auto graph = std::make_shared<CudnnDescriptor>(dnn_, CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  RETURN_IF_ERROR(graph->Set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, handle_)
                      .Set(CUDNN_ATTR_OPERATIONGRAPH_OPS, operations)
                      .Finalize());
  return graph;
}

absl::StatusOr<std::vector<CudnnPlan>> Cudnn::Candidates(const ConvolutionProblem& problem) const {
  ASSIGN_OR_RETURN(const Graph graph, MakeGraph(problem));
  auto plans = CandidatesOf(problem, graph, CUDNN_HEUR_MODE_A);
  if (!plans.ok() || plans->empty()) {
    plans = CandidatesOf(problem, graph, CUDNN_HEUR_MODE_FALLBACK);
  }
  if (plans.ok() && plans->empty())
    return Internal("cuDNN has no engine that computes as it should");
  return plans;
}

absl::StatusOr<std::vector<CudnnPlan>> Cudnn::CandidatesOf(const ConvolutionProblem& problem,
                                                           const Graph& graph,
                                                           cudnnBackendHeurMode_t mode) const {
  std::vector<CudnnPlan> plans;
  CudnnDescriptor heuristics(dnn_, CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  RETURN_IF_ERROR(heuristics.Set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, *graph)
                      .Set(CUDNN_ATTR_ENGINEHEUR_MODE, mode)
                      .Finalize());
  ASSIGN_OR_RETURN(std::vector<CudnnDescriptor> configs,
                   heuristics.Get(CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR,
                                  kMostConfigs));
  for (CudnnDescriptor& config : configs) {
    if (plans.size() == kMostCandidates) break;
    absl::StatusOr<CudnnPlan> plan = MakeCandidate(problem, graph, std::move(config));
    if (plan.ok()) plans.push_back(*std::move(plan));
  }
  return plans;
}

absl::StatusOr<CudnnPlan> Cudnn::MakeCandidate(const ConvolutionProblem& problem,
                                               const Graph& graph, CudnnDescriptor config) const {
  ASSIGN_OR_RETURN(const std::vector<CudnnDescriptor> engines,
                   config.Get(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_BACKEND_ENGINE_DESCRIPTOR, 1));
  if (engines.empty()) return Internal("a configuration without an engine");
  ASSIGN_OR_RETURN(
      const std::vector<cudnnBackendNumericalNote_t> notes,
      engines[0].Get<cudnnBackendNumericalNote_t>(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, kMostNotes));
  for (const cudnnBackendNumericalNote_t note : notes) {
    if (note == CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC ||
        note == CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION ||
        (note == CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS && !problem.half_factors) ||
        (note == CUDNN_NUMERICAL_NOTE_TENSOR_CORE && !problem.tensor_cores)) {
      return Internal("the engine does not compute as it should");
    }
  }
  CudnnDescriptor engine(dnn_, CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  RETURN_IF_ERROR(engine.Set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, handle_)
                      .Set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, config)
                      .Finalize());
  ASSIGN_OR_RETURN(const std::vector<int64_t> workspace,
                   engine.Get<int64_t>(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, 1));
  const size_t bytes = workspace.empty() ? 0 : static_cast<size_t>(workspace[0]);
  if (bytes > kMostWorkspace) return Internal("the engine wants ", bytes, " bytes of workspace");
  return CudnnPlan{graph, std::move(config), std::move(engine), bytes};
}

absl::StatusOr<CudnnPlan> Cudnn::TakeFastest(std::vector<CudnnPlan> plans,
                                             const ConvolutionProblem& p) {
  size_t workspace = 0;
  for (const CudnnPlan& plan : plans) workspace = std::max(workspace, plan.workspace_bytes);
  const DeviceScratch scratch(
      device_, {BytesOf(p.image, p.type), BytesOf(p.filter, p.type), BytesOf(p.output, p.type),
                BytesOf({1, p.output[1], 1, 1}, p.type), workspace});
  if (!scratch.ok()) {  // The library's first choice, then.
    plans[0].is_final = false;
    return std::move(plans[0]);
  }
  std::vector<void*> tensors = {scratch[0], scratch[1], scratch[2]};
  if (p.epilogue != ConvolutionProblem::kNone) tensors.push_back(scratch[3]);
  ASSIGN_OR_RETURN(const size_t fastest, FindFastest(device_, plans.size(), [&](size_t i) {
                     return Enqueue(plans[i], tensors, scratch[4]);
                   }));
  return std::move(plans[fastest]);
}

absl::Status Cudnn::Enqueue(const CudnnPlan& plan, absl::Span<void* const> tensors,
                            void* workspace) {
  RETURN_IF_ERROR(device_.Activate());
  CudnnDescriptor pack(dnn_, CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  const auto ids = absl::MakeConstSpan(kTensorIds).first(tensors.size());
  RETURN_IF_ERROR(device_.Named(pack.Set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, ids)
                                    .Set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, tensors)
                                    .Set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, workspace)
                                    .Finalize()));
  MutexLock lock(handle_mu_);
  RETURN_IF_ERROR(
      device_.Named(dnn_.StatusOf(dnn_.SetStream(handle_, device_.stream()), "cudnnSetStream")));
  return device_.Named(
      dnn_.StatusOf(dnn_.Execute(handle_, plan.engine.get(), pack.get()), "cudnnBackendExecute"));
}

}  // namespace weir
