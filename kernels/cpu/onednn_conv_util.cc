// Convolutions through oneDNN. The batch is cut into a number of chunks that does not depend on the
// number of threads, so that sums over the batch give the same bits everywhere; each chunk runs on
// one thread.

#include <algorithm>
#include <atomic>
#include <memory>

#include "oneapi/dnnl/dnnl.hpp"
#include "weir/kernels/cpu/conv_util.h"
#include "weir/kernels/cpu/onednn_util.h"

namespace weir {
namespace {

using dnnl::memory;

constexpr int64_t kMaxChunks = 8;
constexpr double kChunkOperations = 4e6;  // Below that a chunk costs more than it gives.
constexpr int64_t kMaxPartialBytes = INT64_C(64) << 20;  // Of all chunks' filter gradients.

// A convolution of a chunk of the batch.
struct ChunkConv {
  int64_t batch = 0;
  dnnl::primitive primitive;
  memory::desc image, filter, output, scratch;
};

// How filters get from the graph's layout to the primitive's, or back.
struct Reorder {
  bool needed = false;
  dnnl::reorder primitive;
  memory::desc scratch;
};

struct ConvPlan {
  dnnl::engine engine;
  ConvPass pass = ConvPass::kForward;
  int64_t batch = 0;
  int64_t chunks = 1;
  double chunk_cost = 0;
  ChunkConv larger, smaller;  // The first batch % chunks chunks are one example larger.
  memory::desc filter;        // In the graph's layout.
  Reorder reorder;
  int64_t image_example = 0;  // Elements per example.
  int64_t output_example = 0;
  size_t filter_bytes = 0;   // Of one filter in the primitive's layout, rounded up.
  size_t scratch_bytes = 0;  // Of one chunk, rounded up.
  size_t filter_offset = 0, scratch_offset = 0, reorder_offset = 0;

  // A chunk's first example and its primitive.
  int64_t FirstExample(int64_t chunk) const {
    const int64_t small = batch / chunks, larger_chunks = batch % chunks;
    return chunk * small + std::min(chunk, larger_chunks);
  }
  const ChunkConv& Conv(int64_t chunk) const { return chunk < batch % chunks ? larger : smaller; }
};

int64_t CountChunks(const ConvGeometry& g, ConvPass pass, double operations) {
  int64_t chunks = std::min(kMaxChunks, g.batch);
  chunks = std::min(chunks, static_cast<int64_t>(operations / kChunkOperations) + 1);
  if (pass == ConvPass::kBackpropFilter) {
    const int64_t bytes = std::max<int64_t>(1, g.filter.num_elements() * 4);
    chunks = std::min(chunks, std::max<int64_t>(1, kMaxPartialBytes / bytes));
  }
  return chunks;
}

// Primitives whose scratch memory the caller provides, so that threads can share them.
dnnl::primitive_attr CallerScratchpad() {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attr;
}

memory::desc ImageDesc(const ConvGeometry& g, int64_t batch, bool output) {
  memory::dims dims = {batch, output ? g.out_depth : g.in_depth};
  for (int d = kMaxSpatialDims - g.spatial; d < kMaxSpatialDims; ++d) {
    dims.push_back(output ? g.window[d].output : g.window[d].input);
  }
  using tag = memory::format_tag;
  const tag layout = g.spatial == 2 ? (g.channels_first ? tag::nchw : tag::nhwc)
                                    : (g.channels_first ? tag::ncdhw : tag::ndhwc);
  return memory::desc(dims, memory::data_type::f32, layout);
}

// In the graph's layout, [spatial..., input channels, output channels], or in any.
memory::desc FilterDesc(const ConvGeometry& g, bool any) {
  memory::dims dims;
  if (g.groups > 1) dims.push_back(g.groups);
  dims.push_back(g.group_out());
  dims.push_back(g.group_in());
  for (int d = kMaxSpatialDims - g.spatial; d < kMaxSpatialDims; ++d) {
    dims.push_back(g.window[d].kernel);
  }
  using tag = memory::format_tag;
  const tag layout = g.spatial == 2 ? (g.groups > 1 ? tag::hwigo : tag::hwio)
                                    : (g.groups > 1 ? tag::dhwigo : tag::dhwio);
  return memory::desc(dims, memory::data_type::f32, any ? tag::any : layout);
}

// The primitive for `batch` examples. `filter`: the layout to use, maybe any.
ChunkConv MakeChunk(const ConvGeometry& g, ConvPass pass, const dnnl::engine& engine, int64_t batch,
                    const memory::desc& filter, std::string* name) {
  memory::dims strides, dilations, before, after;
  for (int d = kMaxSpatialDims - g.spatial; d < kMaxSpatialDims; ++d) {
    strides.push_back(g.window[d].stride);
    dilations.push_back(g.window[d].dilation - 1);
    before.push_back(g.window[d].before);
    after.push_back(g.window[d].after);
  }
  const memory::desc image = ImageDesc(g, batch, false), output = ImageDesc(g, batch, true);
  const auto algorithm = dnnl::algorithm::convolution_direct;
  const dnnl::primitive_attr attr = CallerScratchpad();
  const dnnl::convolution_forward::primitive_desc forward(
      {dnnl::prop_kind::forward_training, algorithm, image, filter, output, strides, dilations,
       before, after},
      attr, engine);
  ChunkConv chunk;
  chunk.batch = batch;
  chunk.image = image;
  chunk.output = output;
  if (pass == ConvPass::kForward) {
    chunk.primitive = dnnl::convolution_forward(forward);
    chunk.filter = forward.weights_desc();
    chunk.scratch = forward.scratchpad_desc();
    *name = forward.impl_info_str();
  } else if (pass == ConvPass::kBackpropInput) {
    const dnnl::convolution_backward_data::primitive_desc desc(
        {algorithm, image, filter, output, strides, dilations, before, after}, attr, engine,
        forward);
    chunk.primitive = dnnl::convolution_backward_data(desc);
    chunk.filter = desc.weights_desc();
    chunk.scratch = desc.scratchpad_desc();
    *name = desc.impl_info_str();
  } else {
    const dnnl::convolution_backward_weights::primitive_desc desc(
        {algorithm, image, filter, output, strides, dilations, before, after}, attr, engine,
        forward);
    chunk.primitive = dnnl::convolution_backward_weights(desc);
    chunk.filter = desc.diff_weights_desc();
    chunk.scratch = desc.scratchpad_desc();
    *name = desc.impl_info_str();
  }
  return chunk;
}

size_t RoundedUp(size_t bytes) { return (bytes + 63) / 64 * 64; }

// Throws dnnl::error, also by intention: `name` says that the choice is no better than ours.
ConvPlan MakePlan(const ConvGeometry& g, ConvPass pass, std::string* name) {
  const OneOpenMpThread one_thread;
  ConvPlan plan;
  plan.engine = dnnl::engine(dnnl::engine::kind::cpu, 0);
  plan.pass = pass;
  plan.batch = g.batch;
  const double operations = 2.0 * static_cast<double>(g.filter.num_elements()) *
                            static_cast<double>(g.batch * g.output_points());
  plan.chunks = CountChunks(g, pass, operations);
  plan.chunk_cost = operations / static_cast<double>(plan.chunks) / 8;
  plan.image_example = g.input.num_elements() / g.batch;
  plan.output_example = g.output.num_elements() / g.batch;

  const int64_t small = g.batch / plan.chunks;
  plan.smaller = MakeChunk(g, pass, plan.engine, small, FilterDesc(g, true), name);
  plan.scratch_bytes = RoundedUp(plan.smaller.scratch.get_size());
  if (g.batch % plan.chunks != 0) {
    plan.larger = MakeChunk(g, pass, plan.engine, small + 1, plan.smaller.filter, name);
    plan.scratch_bytes = std::max(plan.scratch_bytes, RoundedUp(plan.larger.scratch.get_size()));
  }
  plan.filter = FilterDesc(g, false);
  plan.filter_bytes = RoundedUp(plan.smaller.filter.get_size());
  plan.reorder.needed = plan.filter != plan.smaller.filter;
  if (plan.reorder.needed) {
    const bool back = pass == ConvPass::kBackpropFilter;
    const dnnl::reorder::primitive_desc desc(plan.engine, back ? plan.smaller.filter : plan.filter,
                                             plan.engine, back ? plan.filter : plan.smaller.filter,
                                             CallerScratchpad());
    plan.reorder.primitive = dnnl::reorder(desc);
    plan.reorder.scratch = desc.scratchpad_desc();
  }
  return plan;
}

// oneDNN's arguments are not const, even those that it only reads.
memory Wrap(const memory::desc& desc, const ConvPlan& plan, const void* data) {
  return memory(desc, plan.engine, const_cast<void*>(data));
}

void ReorderFilter(const ConvPlan& plan, KernelRun& r, const void* from, void* to) {
  const OneOpenMpThread one_thread;
  const bool back = plan.pass == ConvPass::kBackpropFilter;
  dnnl::stream stream(plan.engine);
  plan.reorder.primitive.execute(
      stream, {{DNNL_ARG_FROM, Wrap(back ? plan.smaller.filter : plan.filter, plan, from)},
               {DNNL_ARG_TO, Wrap(back ? plan.filter : plan.smaller.filter, plan, to)},
               {DNNL_ARG_SCRATCHPAD,
                Wrap(plan.reorder.scratch, plan, r.Workspace<char>(plan.reorder_offset))}});
}

void RunChunk(const ConvPlan& plan, KernelRun& r, int64_t chunk, const void* filter) {
  const OneOpenMpThread one_thread;
  const ChunkConv& conv = plan.Conv(chunk);
  const int64_t first = plan.FirstExample(chunk);
  const bool forward = plan.pass == ConvPass::kForward;
  const bool to_image = plan.pass == ConvPass::kBackpropInput;
  const float* image = to_image ? r.Out<float>(0) : r.In<float>(0);
  const float* output = forward ? r.Out<float>(0) : r.In<float>(2);
  const bool to_filter = plan.pass == ConvPass::kBackpropFilter;
  dnnl::stream stream(plan.engine);
  conv.primitive.execute(
      stream,
      {{to_image ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC,
        Wrap(conv.image, plan, image + first * plan.image_example)},
       {to_filter ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS, Wrap(conv.filter, plan, filter)},
       {forward ? DNNL_ARG_DST : DNNL_ARG_DIFF_DST,
        Wrap(conv.output, plan, output + first * plan.output_example)},
       {DNNL_ARG_SCRATCHPAD,
        Wrap(conv.scratch, plan,
             r.Workspace<char>(plan.scratch_offset +
                               static_cast<size_t>(chunk) * plan.scratch_bytes))}});
}

// Runs all chunks; `filter(chunk)` is each one's filter, read or written.
template <typename Filter>
absl::Status RunChunks(const ConvPlan& plan, KernelRun& r, Filter filter) {
  std::atomic<bool> failed = false;
  r.ParallelFor(plan.chunks, plan.chunk_cost, [&](int64_t begin, int64_t end) {
    for (int64_t chunk = begin; chunk < end; ++chunk) {
      try {
        RunChunk(plan, r, chunk, filter(chunk));
      } catch (const dnnl::error&) {
        failed = true;
      }
    }
  });
  return failed ? Internal("oneDNN failed to run a convolution") : absl::OkStatus();
}

absl::Status RunWithFilter(const ConvPlan& plan, KernelRun& r) {
  const float* filter = r.In<float>(1);
  if (plan.reorder.needed) {
    float* packed = r.Workspace<float>(plan.filter_offset);
    ReorderFilter(plan, r, filter, packed);
    filter = packed;
  }
  return RunChunks(plan, r, [&](int64_t) { return filter; });
}

// Each chunk's filter gradient goes to the workspace; then they are added up in order.
absl::Status RunToFilter(const ConvPlan& plan, KernelRun& r) {
  const bool direct = !plan.reorder.needed && plan.chunks == 1;
  const int64_t stride = static_cast<int64_t>(plan.filter_bytes / sizeof(float));
  float* partials = direct ? r.Out<float>(0) : r.Workspace<float>(plan.filter_offset);
  RETURN_IF_ERROR(RunChunks(plan, r, [&](int64_t chunk) { return partials + chunk * stride; }));
  if (direct) return absl::OkStatus();
  if (plan.chunks > 1) {
    const int64_t n = static_cast<int64_t>(plan.smaller.filter.get_size() / sizeof(float));
    float* sum = plan.reorder.needed ? partials : r.Out<float>(0);
    r.ParallelFor(n, static_cast<double>(plan.chunks), [&](int64_t begin, int64_t end) {
      if (sum != partials) std::copy(partials + begin, partials + end, sum + begin);
      for (int64_t chunk = 1; chunk < plan.chunks; ++chunk) {
        const float* partial = partials + chunk * stride;
        for (int64_t i = begin; i < end; ++i) sum[i] += partial[i];
      }
    });
  }
  if (plan.reorder.needed) ReorderFilter(plan, r, partials, r.Out<float>(0));
  return absl::OkStatus();
}

}  // namespace

absl::Status PrepareConvOneDnn(KernelPrepare& k, const ConvKind& kind) {
  if (k.Attr<DataType>("T") != DT_FLOAT) return Unimplemented("float only");
  ASSIGN_OR_RETURN(const ConvGeometry g, ReadConvGeometry(k, kind));
  if (g.input.num_elements() == 0 || g.filter.num_elements() == 0 || g.output.num_elements() == 0) {
    return Unimplemented("no empty tensors");
  }
  auto plan = std::make_shared<ConvPlan>();
  try {
    std::string name;
    *plan = MakePlan(g, kind.pass, &name);
    if (absl::string_view(name).find("ref") != absl::string_view::npos) {
      return Unimplemented("oneDNN has only '", name, "'");
    }
  } catch (const dnnl::error& e) {
    return Unimplemented("oneDNN: ", e.message);
  }
  const bool to_filter = kind.pass == ConvPass::kBackpropFilter;
  if (plan->reorder.needed || to_filter) {
    plan->filter_offset =
        k.Workspace(plan->filter_bytes * static_cast<size_t>(to_filter ? plan->chunks : 1));
  }
  if (plan->reorder.needed) plan->reorder_offset = k.Workspace(plan->reorder.scratch.get_size());
  plan->scratch_offset = k.Workspace(plan->scratch_bytes * static_cast<size_t>(plan->chunks));
  k.Out(0).SetShape(kind.pass == ConvPass::kForward         ? g.output
                    : kind.pass == ConvPass::kBackpropInput ? g.input
                                                            : g.filter);
  return k.Run([plan = std::shared_ptr<const ConvPlan>(plan)](KernelRun& r) -> absl::Status {
    try {
      return plan->pass == ConvPass::kBackpropFilter ? RunToFilter(*plan, r)
                                                     : RunWithFilter(*plan, r);
    } catch (const dnnl::error& e) {
      return Internal("oneDNN: ", e.message);
    }
  });
}

}  // namespace weir
