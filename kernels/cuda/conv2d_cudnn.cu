// Convolutions (ops/conv2d.cc) through cuDNN. Its filters lie the other way round, [out, ...] where
// ours are [..., out], so they are moved to the workspace or from there. It pads both sides of an
// image alike: where one side needs more, the image gets that in a copy.

#include <algorithm>
#include <array>
#include <vector>

#include "weir/kernels/common/fused_ops.h"
#include "weir/kernels/cuda/conv_util.h"
#include "weir/kernels/cuda/library_util.h"
#include "weir/runtime/cuda/cuda_libraries.h"

namespace weir {
namespace {

// Filters, [height * width, in, out] for us, in the library's order: [out, height * width, in] with
// channels last, or else [out, in, height * width].
struct FilterOrder {
  int64_t taps, ins, outs;
  bool channels_last;

  int64_t size() const { return taps * ins * outs; }
  __device__ int64_t Theirs(int64_t ours) const {
    const int64_t out = ours % outs, row = ours / outs, in = row % ins, tap = row / ins;
    return channels_last ? (out * taps + tap) * ins + in : (out * ins + in) * taps + tap;
  }
};

template <typename U>
struct FilterToLibrary {
  FilterOrder order;
  const U* ours;
  U* theirs;
  __device__ void operator()(int64_t i) const { theirs[order.Theirs(i)] = ours[i]; }
};

template <typename U>
struct FilterFromLibrary {
  FilterOrder order;
  const U* theirs;
  U* ours;
  __device__ void operator()(int64_t i) const { ours[i] = theirs[order.Theirs(i)]; }
};

// An image within a larger one: [outer, height, width, inner], where inner are the channels if they
// are last.
struct Frame {
  int64_t outer, inner;
  std::array<int64_t, 2> size, framed, before;  // Height and width.

  int64_t image_size() const { return outer * size[0] * size[1] * inner; }
  int64_t framed_size() const { return outer * framed[0] * framed[1] * inner; }
  bool is_needed() const { return size != framed; }
};

// A frame as a kernel takes it.
struct FramePlace {
  int64_t height, width, framed_height, framed_width, top, left, inner;

  explicit FramePlace(const Frame& f)
      : height(f.size[0]),
        width(f.size[1]),
        framed_height(f.framed[0]),
        framed_width(f.framed[1]),
        top(f.before[0]),
        left(f.before[1]),
        inner(f.inner) {}

  // Where element i of the framed image is in the image; -1 when it is of the frame.
  __device__ int64_t InImage(int64_t i) const {
    const int64_t c = i % inner, point = i / inner;
    const int64_t x = point % framed_width - left, row = point / framed_width;
    const int64_t y = row % framed_height - top, n = row / framed_height;
    if (x < 0 || x >= width || y < 0 || y >= height) return -1;
    return ((n * height + y) * width + x) * inner + c;
  }
  __device__ int64_t InFramed(int64_t i) const {
    const int64_t c = i % inner, point = i / inner;
    const int64_t x = point % width + left, row = point / width;
    const int64_t y = row % height + top, n = row / height;
    return ((n * framed_height + y) * framed_width + x) * inner + c;
  }
};

template <typename U>
struct PutFrame {
  FramePlace place;
  const U* image;
  U* framed;
  __device__ void operator()(int64_t i) const {
    const int64_t from = place.InImage(i);
    framed[i] = from < 0 ? U(0) : image[from];
  }
};

template <typename U>
struct TakeFrameAway {
  FramePlace place;
  const U* framed;
  U* image;
  __device__ void operator()(int64_t i) const { image[i] = framed[place.InFramed(i)]; }
};

struct CudnnConv {
  Cudnn* dnn;
  std::shared_ptr<const CudnnPlan> plan;
  ConvPass pass;
  bool with_bias;  // Input 2, which the plan adds.
  FilterOrder filter;
  Frame frame;
  size_t filter_at, frame_at, workspace_at;  // In the workspace.
};

// U: an unsigned integer of the elements' size.
template <typename U>
absl::Status RunConv(const CudnnConv& c, const KernelRun& r) {
  const bool forward = c.pass == ConvPass::kForward, to_image = c.pass == ConvPass::kBackpropInput,
             to_filter = c.pass == ConvPass::kBackpropFilter;
  const auto in = [&r](int i) { return reinterpret_cast<const U*>(r.In(i).raw_data()); };
  U* const out = reinterpret_cast<U*>(r.Out(0).mutable_raw_data());
  U* const filter = r.Workspace<U>(c.filter_at);
  U* const framed = r.Workspace<U>(c.frame_at);
  if (!to_filter) {
    RETURN_IF_ERROR(ForEach(r, c.filter.size(), FilterToLibrary<U>{c.filter, in(1), filter}));
  }
  if (!to_image && c.frame.is_needed()) {
    RETURN_IF_ERROR(
        ForEach(r, c.frame.framed_size(), PutFrame<U>{FramePlace(c.frame), in(0), framed}));
  }
  // The library's pointers are not const, even those that it only reads.
  U* const image = c.frame.is_needed() ? framed : to_image ? out : const_cast<U*>(in(0));
  U* const output = forward ? out : const_cast<U*>(in(2));
  std::vector<void*> tensors = {image, filter, output};
  if (c.with_bias) tensors.push_back(const_cast<U*>(in(2)));
  RETURN_IF_ERROR(c.dnn->Enqueue(*c.plan, tensors, LibraryWorkspace(r, c.workspace_at)));
  if (to_filter) {
    return ForEach(r, c.filter.size(), FilterFromLibrary<U>{c.filter, filter, out});
  }
  if (to_image && c.frame.is_needed()) {
    return ForEach(r, c.frame.image_size(), TakeFrameAway<U>{FramePlace(c.frame), framed, out});
  }
  return absl::OkStatus();
}

absl::StatusOr<cudnnDataType_t> TypeOf(DataType type) {
  switch (type) {
    case DT_HALF: return CUDNN_DATA_HALF;
    case DT_BFLOAT16: return CUDNN_DATA_BFLOAT16;
    case DT_FLOAT: return CUDNN_DATA_FLOAT;
    case DT_DOUBLE: return CUDNN_DATA_DOUBLE;
    default: return Unimplemented("cuDNN has no convolutions of ", DataTypeName(type));
  }
}

// The frame that makes the padding the same on both sides.
Frame FrameOf(const ConvGeometry& g) {
  Frame f{};
  f.outer = g.channels_first ? g.batch * g.in_depth : g.batch;
  f.inner = g.channels_first ? 1 : g.in_depth;
  for (int i = 0; i < 2; ++i) {
    const WindowDim& w = g.window[kMaxSpatialDims - 2 + i];
    const int64_t both = std::min(w.before, w.after);
    f.size[i] = w.input;
    f.before[i] = w.before - both;
    f.framed[i] = w.input + w.before + w.after - 2 * both;
  }
  return f;
}

absl::StatusOr<ConvolutionProblem> ProblemOf(const ConvGeometry& g, ConvPass pass, DataType type,
                                             const Frame& frame, Float32Math math) {
  ConvolutionProblem p;
  p.pass = pass == ConvPass::kForward         ? ConvolutionProblem::kForward
           : pass == ConvPass::kBackpropInput ? ConvolutionProblem::kBackwardData
                                              : ConvolutionProblem::kBackwardFilter;
  ASSIGN_OR_RETURN(p.type, TypeOf(type));
  p.tensor_cores = type != DT_FLOAT || math != Float32Math::kFloat32;
  p.half_factors = type == DT_FLOAT && math == Float32Math::kFloat16;
  p.channels_last = !g.channels_first;
  const WindowDim& y = g.window[kMaxSpatialDims - 2];
  const WindowDim& x = g.window[kMaxSpatialDims - 1];
  p.image = {g.batch, g.in_depth, frame.framed[0], frame.framed[1]};
  p.filter = {g.out_depth, g.group_in(), y.kernel, x.kernel};
  p.output = {g.batch, g.out_depth, y.output, x.output};
  p.strides = {y.stride, x.stride};
  p.dilations = {y.dilation, x.dilation};
  p.padding = {std::min(y.before, y.after), std::min(x.before, x.after)};
  return p;
}

absl::Status PrepareConv(KernelPrepare& k, ConvPass pass,
                         ConvolutionProblem::Epilogue epilogue = ConvolutionProblem::kNone) {
  ASSIGN_OR_RETURN(const ConvGeometry g, ReadConvGeometry(k, {2, false, pass}));
  if (g.input.num_elements() == 0 || g.filter.num_elements() == 0 || g.output.num_elements() == 0) {
    return absl::UnimplementedError("cuDNN has no empty tensors");
  }
  auto& device = static_cast<CudaDevice&>(k.device());
  const DataType type = k.Attr<DataType>("T");
  CudnnConv c{};
  c.pass = pass;
  c.with_bias = epilogue != ConvolutionProblem::kNone;
  c.filter = {g.taps(), g.group_in(), g.out_depth, !g.channels_first};
  c.frame = FrameOf(g);
  ASSIGN_OR_RETURN(ConvolutionProblem problem,
                   ProblemOf(g, pass, type, c.frame, device.float32_math()));
  problem.epilogue = epilogue;
  ASSIGN_OR_RETURN(c.dnn, device.libraries().cudnn());
  ASSIGN_OR_RETURN(c.plan, c.dnn->Plan(problem));
  const size_t element = DataTypeSize(type);
  c.filter_at = k.Workspace(static_cast<size_t>(c.filter.size()) * element);
  if (c.frame.is_needed()) {
    c.frame_at = k.Workspace(static_cast<size_t>(c.frame.framed_size()) * element);
  }
  c.workspace_at = AskForLibraryWorkspace(k, c.plan->workspace_bytes);
  k.Out(0).SetShape(pass == ConvPass::kForward         ? g.output
                    : pass == ConvPass::kBackpropInput ? g.input
                                                       : g.filter);
  switch (element) {
    case 2: return k.Run([c](KernelRun& r) { return RunConv<uint16_t>(c, r); });
    case 4: return k.Run([c](KernelRun& r) { return RunConv<uint32_t>(c, r); });
    default: return k.Run([c](KernelRun& r) { return RunConv<uint64_t>(c, r); });
  }
}

// Where the library has no engine for all of it, ours does the rest.
absl::Status PrepareFusedConv(KernelPrepare& k) {
  ASSIGN_OR_RETURN(const ConvGeometry g, ReadConvGeometry(k, {2, false, ConvPass::kForward}));
  ASSIGN_OR_RETURN(const bool relu, ReadBiasAndRelu(k, g.out_depth));
  const absl::Status fused = PrepareConv(
      k, ConvPass::kForward, relu ? ConvolutionProblem::kBiasRelu : ConvolutionProblem::kBias);
  if (!absl::IsUnimplemented(fused)) return fused;
  RETURN_IF_ERROR(PrepareConv(k, ConvPass::kForward));
  return RunBiasAndRelu(k);
}

void AddConv(KernelRegistry& registry, const char* op, ConvPass pass) {
  registry.Add(op, "GPU", [pass](KernelPrepare& k) { return PrepareConv(k, pass); }, "cudnn");
}

}  // namespace

void RegisterConv2dCudnnCudaKernels(KernelRegistry& registry) {
  AddConv(registry, "Conv2D", ConvPass::kForward);
  AddConv(registry, "Conv2DBackpropInput", ConvPass::kBackpropInput);
  AddConv(registry, "Conv2DBackpropFilter", ConvPass::kBackpropFilter);
  registry.Add("_FusedConv2D", "GPU", PrepareFusedConv, "cudnn");
}

}  // namespace weir
