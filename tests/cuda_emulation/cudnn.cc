#include "weir/tests/cuda_emulation/cudnn.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <vector>

#include "weir/core/dtype.h"
#include "weir/tests/cuda_emulation/libraries.h"

#define ENTER(name)                                                             \
  if (const int injected = cuda_emulation::InjectedStatus(name); injected != 0) \
  return static_cast<cudnnStatus_t>(injected)

#define REQUIRE(condition) \
  if (!(condition)) return CUDNN_STATUS_BAD_PARAM

struct cudnnContext {
  cudaStream_t stream = nullptr;
};

namespace {

using Dims2 = std::array<int64_t, 2>;
using Dims4 = std::array<int64_t, 4>;

struct Tensor {
  int64_t id = 0;
  cudnnDataType_t type = CUDNN_DATA_FLOAT;
  int64_t alignment = 0;
  bool is_virtual = false;
  Dims4 dims{}, strides{};
};

struct Convolution {
  cudnnDataType_t compute = CUDNN_DATA_FLOAT;
  Dims2 strides{}, dilations{}, before{}, after{};
};

struct Pointwise {
  cudnnPointwiseMode_t mode = CUDNN_POINTWISE_ADD;
  cudnnDataType_t compute = CUDNN_DATA_FLOAT;
};

// An operation of a graph: the tensors are image, filter and output, or x, the bias and y.
struct Operation {
  cudnnBackendDescriptorType_t type = CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR;
  Convolution convolution;
  Pointwise pointwise;
  std::array<Tensor, 3> tensors;
};

// Graphs are chains.
using Graph = std::vector<Operation>;

struct Engine {
  std::vector<cudnnBackendNumericalNote_t> notes;
  size_t workspace;
  double milliseconds;
  bool works;

  bool has_tensor_cores() const {
    return std::count(notes.begin(), notes.end(), CUDNN_NUMERICAL_NOTE_TENSOR_CORE) > 0;
  }
};

// In the order in which the heuristics propose them.
const std::vector<Engine>& Engines() {
  static const auto* const engines = new std::vector<Engine>{
      {{}, 0, 1, false},
      {{CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC}, 0, 1, true},
      {{CUDNN_NUMERICAL_NOTE_TENSOR_CORE, CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS}, 0, 1, true},
      {{CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION}, 0, 1, true},
      {{CUDNN_NUMERICAL_NOTE_TENSOR_CORE}, 0, 2, true},
      {{}, 0, 5, true},
      {{}, size_t{32} << 10, 4, true},
  };
  return *engines;
}

struct Attribute {
  cudnnBackendAttributeType_t type;
  std::vector<char> bytes;
};

struct Descriptor {
  explicit Descriptor(cudnnBackendDescriptorType_t descriptor_type) : type(descriptor_type) {}

  const cudnnBackendDescriptorType_t type;
  bool is_final = false;
  std::map<cudnnBackendAttributeName_t, Attribute> attributes;
  // What it is once it is final, by its type.
  Tensor tensor;
  Convolution convolution;
  Pointwise pointwise;
  Operation operation;
  Graph graph;
  size_t engine = 0;

  template <typename T>
  bool Get(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t attribute_type,
           T* value) const {
    const auto found = attributes.find(name);
    if (found == attributes.end() || found->second.type != attribute_type ||
        found->second.bytes.size() != sizeof(T)) {
      return false;
    }
    std::memcpy(value, found->second.bytes.data(), sizeof(T));
    return true;
  }
  // A final descriptor that is an attribute of this one.
  const Descriptor* Part(cudnnBackendAttributeName_t name,
                         cudnnBackendDescriptorType_t part_type) const {
    cudnnBackendDescriptor_t part = nullptr;
    if (!Get(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, &part)) return nullptr;
    const auto* descriptor = static_cast<const Descriptor*>(part);
    return descriptor->type == part_type && descriptor->is_final ? descriptor : nullptr;
  }
};

size_t BytesOf(cudnnBackendAttributeType_t type) {
  switch (type) {
    case CUDNN_TYPE_BOOLEAN: return 1;
    case CUDNN_TYPE_DATA_TYPE:
    case CUDNN_TYPE_FLOAT:
    case CUDNN_TYPE_POINTWISE_MODE:
    case CUDNN_TYPE_CONVOLUTION_MODE:
    case CUDNN_TYPE_HEUR_MODE:
    case CUDNN_TYPE_NUMERICAL_NOTE: return 4;
    default: return 8;
  }
}

cudnnStatus_t FinalizeTensor(Descriptor& d) {
  Tensor& t = d.tensor;
  REQUIRE(d.Get(CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, &t.id));
  REQUIRE(d.Get(CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, &t.type));
  REQUIRE(d.Get(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, &t.alignment));
  REQUIRE(d.Get(CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, &t.dims));
  REQUIRE(d.Get(CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, &t.strides));
  REQUIRE(d.Get(CUDNN_ATTR_TENSOR_IS_VIRTUAL, CUDNN_TYPE_BOOLEAN, &t.is_virtual));
  for (int i = 0; i < 4; ++i) REQUIRE(t.dims[i] > 0 && t.strides[i] > 0);
  REQUIRE(t.alignment > 0);
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t FinalizeConvolution(Descriptor& d) {
  Convolution& c = d.convolution;
  cudnnConvolutionMode_t mode;
  int64_t spatial = 0;
  REQUIRE(d.Get(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, &c.compute));
  REQUIRE(d.Get(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, &mode));
  REQUIRE(d.Get(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, CUDNN_TYPE_INT64, &spatial));
  REQUIRE(d.Get(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, CUDNN_TYPE_INT64, &c.strides));
  REQUIRE(d.Get(CUDNN_ATTR_CONVOLUTION_DILATIONS, CUDNN_TYPE_INT64, &c.dilations));
  REQUIRE(d.Get(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, CUDNN_TYPE_INT64, &c.before));
  REQUIRE(d.Get(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, CUDNN_TYPE_INT64, &c.after));
  REQUIRE(mode == CUDNN_CROSS_CORRELATION && spatial == 2);
  for (int i = 0; i < 2; ++i) REQUIRE(c.strides[i] > 0 && c.dilations[i] > 0 && c.before[i] >= 0);
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t FinalizePointwise(Descriptor& d) {
  REQUIRE(d.Get(CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, &d.pointwise.mode));
  REQUIRE(d.Get(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE, &d.pointwise.compute));
  return CUDNN_STATUS_SUCCESS;
}

// Whether the tensors of the operation belong together.
cudnnStatus_t CheckShapes(const Operation& o) {
  const auto& [image, filter, output] = o.tensors;
  const Convolution& c = o.convolution;
  REQUIRE(image.type == filter.type);
  REQUIRE(output.type == (output.is_virtual ? c.compute : image.type));
  REQUIRE((image.type == CUDNN_DATA_DOUBLE) == (c.compute == CUDNN_DATA_DOUBLE));
  REQUIRE(c.compute == CUDNN_DATA_DOUBLE || c.compute == CUDNN_DATA_FLOAT);
  REQUIRE(image.dims[0] == output.dims[0] && output.dims[1] == filter.dims[0]);
  REQUIRE(image.dims[1] % filter.dims[1] == 0);
  REQUIRE(filter.dims[0] % (image.dims[1] / filter.dims[1]) == 0);
  for (int i = 0; i < 2; ++i) {
    const int64_t window = (filter.dims[i + 2] - 1) * c.dilations[i] + 1;
    const int64_t room = image.dims[i + 2] + c.before[i] + c.after[i] - window;
    REQUIRE(room >= 0 && output.dims[i + 2] == room / c.strides[i] + 1);
    if (c.before[i] != c.after[i]) return CUDNN_STATUS_NOT_SUPPORTED;
  }
  return CUDNN_STATUS_SUCCESS;
}

struct OperationNames {
  cudnnBackendAttributeName_t convolution, tensors[3], alpha, beta;
};
OperationNames NamesOf(cudnnBackendDescriptorType_t type) {
  switch (type) {
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR:
      return {
          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
          {CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
           CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y},
          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA};
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR:
      return {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
              {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
               CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
               CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY},
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA};
    default:
      return {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
              {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
               CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
               CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY},
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA};
  }
}

cudnnStatus_t FinalizeOperation(Descriptor& d) {
  Operation& o = d.operation;
  const OperationNames names = NamesOf(d.type);
  o.type = d.type;
  const Descriptor* convolution = d.Part(names.convolution, CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  REQUIRE(convolution != nullptr);
  o.convolution = convolution->convolution;
  for (int i = 0; i < 3; ++i) {
    const Descriptor* tensor = d.Part(names.tensors[i], CUDNN_BACKEND_TENSOR_DESCRIPTOR);
    REQUIRE(tensor != nullptr);
    o.tensors[i] = tensor->tensor;
  }
  if (o.convolution.compute == CUDNN_DATA_DOUBLE) {
    double alpha = 0, beta = 1;
    REQUIRE(d.Get(names.alpha, CUDNN_TYPE_DOUBLE, &alpha) && alpha == 1);
    REQUIRE(d.Get(names.beta, CUDNN_TYPE_DOUBLE, &beta) && beta == 0);
  } else {
    float alpha = 0, beta = 1;
    REQUIRE(d.Get(names.alpha, CUDNN_TYPE_FLOAT, &alpha) && alpha == 1);
    REQUIRE(d.Get(names.beta, CUDNN_TYPE_FLOAT, &beta) && beta == 0);
  }
  return CheckShapes(o);
}

cudnnStatus_t FinalizePointwiseOperation(Descriptor& d) {
  Operation& o = d.operation;
  o.type = d.type;
  const Descriptor* pointwise =
      d.Part(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
  const Descriptor* x =
      d.Part(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  const Descriptor* y =
      d.Part(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  REQUIRE(pointwise != nullptr && x != nullptr && y != nullptr);
  o.pointwise = pointwise->pointwise;
  o.tensors[0] = x->tensor;
  o.tensors[2] = y->tensor;
  REQUIRE(x->tensor.dims == y->tensor.dims && x->tensor.strides == y->tensor.strides);
  const Descriptor* bias =
      d.Part(CUDNN_ATTR_OPERATION_POINTWISE_BDESC, CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  REQUIRE((bias != nullptr) == (o.pointwise.mode == CUDNN_POINTWISE_ADD));
  if (bias == nullptr) return CUDNN_STATUS_SUCCESS;
  o.tensors[1] = bias->tensor;
  REQUIRE((bias->tensor.dims == Dims4{1, y->tensor.dims[1], 1, 1}));
  return CUDNN_STATUS_SUCCESS;
}

bool HasHandle(const Descriptor& d, cudnnBackendAttributeName_t name) {
  cudnnHandle_t handle = nullptr;
  return d.Get(name, CUDNN_TYPE_HANDLE, &handle) && handle != nullptr;
}

// Whether the operations are a chain of a convolution, a bias and a Relu, of which only the end is
// in memory.
cudnnStatus_t CheckChain(const Graph& graph) {
  REQUIRE(!graph.empty() && graph.size() <= 3 && !graph.back().tensors[2].is_virtual);
  REQUIRE(graph[0].type != CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
  const cudnnPointwiseMode_t modes[] = {CUDNN_POINTWISE_ADD, CUDNN_POINTWISE_RELU_FWD};
  for (size_t i = 1; i < graph.size(); ++i) {
    const Tensor &from = graph[i - 1].tensors[2], &x = graph[i].tensors[0];
    REQUIRE(graph[i].type == CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
    REQUIRE(graph[i].pointwise.mode == modes[i - 1]);
    REQUIRE(graph[i].pointwise.compute == graph[0].convolution.compute);
    REQUIRE(from.id == x.id && from.is_virtual && from.type == graph[0].convolution.compute);
  }
  const bool forward = graph[0].type == CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR;
  REQUIRE(graph.size() == 1 || (forward && graph[1].tensors[1].type == graph[0].tensors[0].type));
  REQUIRE(graph.back().tensors[2].type == graph[0].tensors[0].type);
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t FinalizeGraph(Descriptor& d) {
  REQUIRE(HasHandle(d, CUDNN_ATTR_OPERATIONGRAPH_HANDLE));
  const auto found = d.attributes.find(CUDNN_ATTR_OPERATIONGRAPH_OPS);
  REQUIRE(found != d.attributes.end() && found->second.type == CUDNN_TYPE_BACKEND_DESCRIPTOR);
  std::vector<const Descriptor*> operations(found->second.bytes.size() / sizeof(void*));
  std::memcpy(operations.data(), found->second.bytes.data(), found->second.bytes.size());
  for (const Descriptor* operation : operations) {
    REQUIRE(operation->is_final);
    d.graph.push_back(operation->operation);
  }
  return CheckChain(d.graph);
}

cudnnStatus_t FinalizeHeuristics(Descriptor& d) {
  const Descriptor* graph =
      d.Part(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  cudnnBackendHeurMode_t mode;
  REQUIRE(graph != nullptr && d.Get(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, &mode));
  d.graph = graph->graph;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t FinalizePlan(Descriptor& d) {
  REQUIRE(HasHandle(d, CUDNN_ATTR_EXECUTION_PLAN_HANDLE));
  const Descriptor* config =
      d.Part(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
  REQUIRE(config != nullptr);
  d.graph = config->graph;
  d.engine = config->engine;
  const Engine& engine = Engines()[d.engine];
  const bool can = engine.works && (d.graph.size() == 1 || engine.has_tensor_cores());
  return can ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_NOT_SUPPORTED;
}

cudnnStatus_t Finalize(Descriptor& d) {
  switch (d.type) {
    case CUDNN_BACKEND_TENSOR_DESCRIPTOR: return FinalizeTensor(d);
    case CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR: return FinalizeConvolution(d);
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR:
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR:
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR: return FinalizeOperation(d);
    case CUDNN_BACKEND_POINTWISE_DESCRIPTOR: return FinalizePointwise(d);
    case CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR: return FinalizePointwiseOperation(d);
    case CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR: return FinalizeGraph(d);
    case CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR: return FinalizeHeuristics(d);
    case CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR: return FinalizePlan(d);
    case CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR: return CUDNN_STATUS_SUCCESS;
    default: return CUDNN_STATUS_BAD_PARAM;  // Others are the library's to make.
  }
}

// Fills in descriptors of the caller's with configurations, or with the engine of one.
cudnnStatus_t GetConfigs(const Descriptor& heuristics, int64_t requested, int64_t* count,
                         cudnnBackendDescriptor_t* results) {
  *count = std::min<int64_t>(requested, static_cast<int64_t>(Engines().size()));
  for (int64_t i = 0; i < *count; ++i) {
    auto& config = *static_cast<Descriptor*>(results[i]);
    REQUIRE(config.type == CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
    config.is_final = true;
    config.graph = heuristics.graph;
    config.engine = static_cast<size_t>(i);
  }
  cuda_emulation::Record("cudnn configs", *count);
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t GetEngine(const Descriptor& config, int64_t requested, int64_t* count,
                        cudnnBackendDescriptor_t* results) {
  REQUIRE(requested == 1);
  auto& engine = *static_cast<Descriptor*>(results[0]);
  REQUIRE(engine.type == CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  engine.is_final = true;
  engine.engine = config.engine;
  *count = 1;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t GetNotes(const Descriptor& engine, int64_t requested, int64_t* count,
                       cudnnBackendNumericalNote_t* results) {
  const auto& notes = Engines()[engine.engine].notes;
  *count = static_cast<int64_t>(notes.size());
  std::copy_n(notes.begin(), std::min(*count, requested), results);
  return CUDNN_STATUS_SUCCESS;
}

template <typename T>
struct Sum {
  using Type = T;
};
template <>
struct Sum<weir::Half> : Sum<float> {};
template <>
struct Sum<weir::BFloat16> : Sum<float> {};

// What follows the convolution's sums; `bias` may be null.
template <typename T, typename S>
void ComputePointwise(const Graph& graph, const T* bias, std::vector<S>* sums) {
  const Tensor& y = graph.back().tensors[2];
  for (size_t i = 0; i < sums->size(); ++i) {
    const int64_t channel = static_cast<int64_t>(i) / y.strides[1] % y.dims[1];
    S& sum = (*sums)[i];
    if (graph.size() > 1) sum += static_cast<S>(bias[channel]);
    if (graph.size() > 2 && sum < S(0)) sum = S(0);
  }
}

// The plain loops of all three passes: each element of the result is the sum of products of the two
// others' elements that meet there. The data are image, filter, output and bias.
template <typename T>
void Compute(const Graph& graph, const std::array<void*, 4>& data) {
  const Operation& o = graph[0];
  using S = typename Sum<T>::Type;
  const auto& [image, filter, output] = o.tensors;
  const int to = o.type == CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR         ? 2
                 : o.type == CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR ? 0
                                                                                          : 1;
  const auto offset = [](const Tensor& t, int64_t a, int64_t b, int64_t c, int64_t d) {
    return a * t.strides[0] + b * t.strides[1] + c * t.strides[2] + d * t.strides[3];
  };
  const Tensor& result = o.tensors[to];  // Without gaps. What nothing meets is zero.
  std::vector<S> sums(result.dims[0] * result.dims[1] * result.dims[2] * result.dims[3], S(0));
  const Convolution& v = o.convolution;
  const int64_t group_in = filter.dims[1];
  const int64_t group_out = filter.dims[0] / (image.dims[1] / group_in);
  const auto* const x = static_cast<const T*>(data[0]);
  const auto* const w = static_cast<const T*>(data[1]);
  const auto* const y = static_cast<const T*>(data[2]);
  const auto meet = [&](int64_t n, int64_t k, int64_t p, int64_t q, int64_t i, int64_t r,
                        int64_t s) {
    const int64_t h = p * v.strides[0] - v.before[0] + r * v.dilations[0];
    const int64_t l = q * v.strides[1] - v.before[1] + s * v.dilations[1];
    if (h < 0 || h >= image.dims[2] || l < 0 || l >= image.dims[3]) return;
    const int64_t at[] = {offset(image, n, k / group_out * group_in + i, h, l),
                          offset(filter, k, i, r, s), offset(output, n, k, p, q)};
    const S factors[] = {to == 0 ? S(1) : static_cast<S>(x[at[0]]),
                         to == 1 ? S(1) : static_cast<S>(w[at[1]]),
                         to == 2 ? S(1) : static_cast<S>(y[at[2]])};
    sums[at[to]] += factors[0] * factors[1] * factors[2];
  };
  for (int64_t n = 0; n < output.dims[0]; ++n) {
    for (int64_t k = 0; k < output.dims[1]; ++k) {
      for (int64_t p = 0; p < output.dims[2]; ++p) {
        for (int64_t q = 0; q < output.dims[3]; ++q) {
          for (int64_t i = 0; i < group_in; ++i) {
            for (int64_t r = 0; r < filter.dims[2]; ++r) {
              for (int64_t s = 0; s < filter.dims[3]; ++s) meet(n, k, p, q, i, r, s);
            }
          }
        }
      }
    }
  }
  ComputePointwise(graph, static_cast<const T*>(data[3]), &sums);
  for (size_t i = 0; i < sums.size(); ++i) static_cast<T*>(data[to])[i] = T(sums[i]);
}

void Compute(const Graph& graph, const std::array<void*, 4>& data) {
  switch (graph[0].tensors[0].type) {
    case CUDNN_DATA_FLOAT: return Compute<float>(graph, data);
    case CUDNN_DATA_DOUBLE: return Compute<double>(graph, data);
    case CUDNN_DATA_HALF: return Compute<weir::Half>(graph, data);
    case CUDNN_DATA_BFLOAT16: return Compute<weir::BFloat16>(graph, data);
  }
}

// Where the pack says that the tensor is.
cudnnStatus_t FindData(const Descriptor& pack, const Tensor& tensor, void** data) {
  const auto ids = pack.attributes.find(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS);
  const auto pointers = pack.attributes.find(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS);
  REQUIRE(ids != pack.attributes.end() && ids->second.type == CUDNN_TYPE_INT64);
  REQUIRE(pointers != pack.attributes.end() && pointers->second.type == CUDNN_TYPE_VOID_PTR);
  REQUIRE(ids->second.bytes.size() == pointers->second.bytes.size());
  for (size_t at = 0; at < ids->second.bytes.size(); at += sizeof(int64_t)) {
    int64_t id = 0;
    std::memcpy(&id, &ids->second.bytes[at], sizeof(id));
    if (id != tensor.id) continue;
    std::memcpy(data, &pointers->second.bytes[at], sizeof(*data));
    REQUIRE(reinterpret_cast<uintptr_t>(*data) % tensor.alignment == 0);
    return CUDNN_STATUS_SUCCESS;
  }
  return CUDNN_STATUS_BAD_PARAM;
}

// Image, filter, output and bias, if there is one.
cudnnStatus_t FindAllData(const Descriptor& pack, const Graph& graph, std::array<void*, 4>* data) {
  const Tensor* const tensors[] = {&graph[0].tensors[0], &graph[0].tensors[1],
                                   &graph.back().tensors[2],
                                   graph.size() > 1 ? &graph[1].tensors[1] : nullptr};
  for (size_t i = 0; i < data->size(); ++i) {
    if (tensors[i] == nullptr) continue;
    const cudnnStatus_t found = FindData(pack, *tensors[i], &(*data)[i]);
    if (found != CUDNN_STATUS_SUCCESS) return found;
  }
  return CUDNN_STATUS_SUCCESS;
}

}  // namespace

const char* cudnnGetErrorString(cudnnStatus_t status) {
  switch (status) {
    case CUDNN_STATUS_SUCCESS: return "CUDNN_STATUS_SUCCESS";
    case CUDNN_STATUS_NOT_INITIALIZED: return "CUDNN_STATUS_NOT_INITIALIZED";
    case CUDNN_STATUS_BAD_PARAM: return "CUDNN_STATUS_BAD_PARAM";
    case CUDNN_STATUS_NOT_SUPPORTED: return "CUDNN_STATUS_NOT_SUPPORTED";
    case CUDNN_STATUS_INTERNAL_ERROR: return "CUDNN_STATUS_INTERNAL_ERROR";
    case CUDNN_STATUS_EXECUTION_FAILED: return "CUDNN_STATUS_EXECUTION_FAILED";
  }
  return "unknown status";
}

cudnnStatus_t cudnnCreate(cudnnHandle_t* handle) {
  ENTER("cudnnCreate");
  *handle = new cudnnContext;
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnDestroy(cudnnHandle_t handle) {
  delete handle;
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, cudaStream_t stream) {
  ENTER("cudnnSetStream");
  handle->stream = stream;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendCreateDescriptor(cudnnBackendDescriptorType_t type,
                                           cudnnBackendDescriptor_t* descriptor) {
  ENTER("cudnnBackendCreateDescriptor");
  *descriptor = new Descriptor(type);
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnBackendDestroyDescriptor(cudnnBackendDescriptor_t descriptor) {
  delete static_cast<Descriptor*>(descriptor);
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnBackendFinalize(cudnnBackendDescriptor_t descriptor) {
  ENTER("cudnnBackendFinalize");
  auto& d = *static_cast<Descriptor*>(descriptor);
  REQUIRE(!d.is_final);
  const cudnnStatus_t status = Finalize(d);
  d.is_final = status == CUDNN_STATUS_SUCCESS;
  return status;
}
cudnnStatus_t cudnnBackendSetAttribute(cudnnBackendDescriptor_t descriptor,
                                       cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t type, int64_t count,
                                       const void* values) {
  ENTER("cudnnBackendSetAttribute");
  auto& d = *static_cast<Descriptor*>(descriptor);
  REQUIRE(!d.is_final && count > 0 && values != nullptr);
  const auto* const bytes = static_cast<const char*>(values);
  d.attributes[name] = {type, {bytes, bytes + static_cast<size_t>(count) * BytesOf(type)}};
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnBackendGetAttribute(cudnnBackendDescriptor_t descriptor,
                                       cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t type, int64_t requested,
                                       int64_t* count, void* values) {
  ENTER("cudnnBackendGetAttribute");
  const auto& d = *static_cast<const Descriptor*>(descriptor);
  REQUIRE(d.is_final);
  switch (name) {
    case CUDNN_ATTR_ENGINEHEUR_RESULTS:
      REQUIRE(type == CUDNN_TYPE_BACKEND_DESCRIPTOR);
      return GetConfigs(d, requested, count, static_cast<cudnnBackendDescriptor_t*>(values));
    case CUDNN_ATTR_ENGINECFG_ENGINE:
      REQUIRE(type == CUDNN_TYPE_BACKEND_DESCRIPTOR);
      return GetEngine(d, requested, count, static_cast<cudnnBackendDescriptor_t*>(values));
    case CUDNN_ATTR_ENGINE_NUMERICAL_NOTE:
      REQUIRE(type == CUDNN_TYPE_NUMERICAL_NOTE);
      return GetNotes(d, requested, count, static_cast<cudnnBackendNumericalNote_t*>(values));
    case CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE:
      REQUIRE(type == CUDNN_TYPE_INT64 && requested == 1);
      *static_cast<int64_t*>(values) = static_cast<int64_t>(Engines()[d.engine].workspace);
      *count = 1;
      return CUDNN_STATUS_SUCCESS;
    default: return CUDNN_STATUS_BAD_PARAM;
  }
}

cudnnStatus_t cudnnBackendExecute(cudnnHandle_t handle, cudnnBackendDescriptor_t plan,
                                  cudnnBackendDescriptor_t pack) {
  ENTER("cudnnBackendExecute");
  const auto &p = *static_cast<const Descriptor*>(plan), &v = *static_cast<const Descriptor*>(pack);
  REQUIRE(p.type == CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR && p.is_final);
  REQUIRE(v.type == CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR && v.is_final);
  std::array<void*, 4> data{};
  if (const cudnnStatus_t found = FindAllData(v, p.graph, &data); found != CUDNN_STATUS_SUCCESS) {
    return found;
  }
  void* workspace = nullptr;
  REQUIRE(v.Get(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, &workspace));
  const Engine& engine = Engines()[p.engine];
  REQUIRE(engine.workspace == 0 || workspace != nullptr);
  cuda_emulation::Record("cudnn engine", static_cast<int64_t>(p.engine));
  cuda_emulation::Record("cudnn operations", static_cast<int64_t>(p.graph.size()));
  cuda_emulation::Record("cudnn compute", p.graph[0].convolution.compute);
  cuda_emulation::Record("cudnn type", p.graph[0].tensors[0].type);
  cudaLaunchConfig_t config{};
  config.stream = handle->stream;
  const cudaError_t launched =
      cuda_emulation::Launch(config, [graph = p.graph, data, workspace, engine] {
        if (engine.workspace > 0) std::memset(workspace, 0xff, engine.workspace);
        Compute(graph, data);
        cuda_emulation::PassTime(engine.milliseconds);
      });
  return launched == cudaSuccess ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_EXECUTION_FAILED;
}

const cuda_emulation::Symbols& cuda_emulation::CudnnSymbols() {
#define SYMBOL(name) {#name, reinterpret_cast<void*>(&name)}
  static const Symbols* const symbols = new Symbols{
      SYMBOL(cudnnCreate),
      SYMBOL(cudnnDestroy),
      SYMBOL(cudnnGetErrorString),
      SYMBOL(cudnnSetStream),
      SYMBOL(cudnnBackendCreateDescriptor),
      SYMBOL(cudnnBackendDestroyDescriptor),
      SYMBOL(cudnnBackendExecute),
      SYMBOL(cudnnBackendFinalize),
      SYMBOL(cudnnBackendGetAttribute),
      SYMBOL(cudnnBackendSetAttribute),
  };
#undef SYMBOL
  return *symbols;
}
