// Kernels of the GPU that move elements, over the emulated CUDA runtime: arrays large enough for
// tiles, packs and pieces, against what the CPU's kernels make of them.

#include <cuda_runtime.h>

#include "gtest/gtest.h"
#include "weir/ops/constant.h"
#include "weir/runtime/gpu.h"
#include "weir/runtime/session.h"

namespace weir {
namespace {

template <typename T>
Tensor Counted(const Shape& shape) {
  Tensor tensor = Tensor::Make(kDTypeOf<T>, shape).value();
  for (int64_t i = 0; i < tensor.num_elements(); ++i) {
    tensor.mutable_data<T>()[i] = static_cast<T>(i % 251);
  }
  return tensor;
}

class CudaMovingTest : public testing::Test {
 protected:
  void SetUp() override { cuda_emulation::SetMachine({}); }

  // Feeds `values`, and expects the outputs of both devices to agree to the byte.
  static void ExpectSame(const Scope& scope, const std::vector<Output>& inputs,
                         const std::vector<Tensor>& values, const std::vector<Output>& outputs) {
    std::vector<FeedRef> feeds;
    for (size_t i = 0; i < inputs.size(); ++i) feeds.emplace_back(inputs[i], values[i]);
    SessionOptions options;
    options.threads = 1;
    options.devices = MakeGpus({}).value();
    options.allow_soft_placement = false;
    const Session gpu = Session::Create(scope, options).value();
    const Session cpu = Session::Create(scope, {.threads = 1}).value();
    const std::vector<TensorRef> fetches(outputs.begin(), outputs.end());
    const auto got = gpu.Run(feeds, fetches, {});
    ASSERT_TRUE(got.ok()) << got.status();
    const std::vector<Tensor> want = cpu.Run(feeds, fetches, {}).value();
    for (size_t i = 0; i < want.size(); ++i) {
      ASSERT_EQ((*got)[i].shape(), want[i].shape());
      ASSERT_EQ(std::memcmp((*got)[i].raw_data(), want[i].raw_data(), want[i].bytes()), 0)
          << "output " << i << ", of shape " << want[i].shape().ToString();
    }
  }

  // The same for one op on one array of `shape`, with elements of several widths.
  template <typename Build>
  static void ExpectSameForWidths(const Shape& shape, const Build& build) {
    ExpectSameFor(Counted<uint8_t>(shape), build);
    ExpectSameFor(Counted<Half>(shape), build);
    ExpectSameFor(Counted<float>(shape), build);
    ExpectSameFor(Counted<double>(shape), build);
    ExpectSameFor(Counted<Complex128>(shape), build);
  }
  template <typename Build>
  static void ExpectSameFor(const Tensor& value, const Build& build) {
    const Scope scope = Scope::Root();
    const Output x = ops::Placeholder(scope.Named("x"), value.dtype(), {});
    ExpectSame(scope, {x}, {value}, {build(scope, x)});
  }
};

TEST_F(CudaMovingTest, Transpose) {
  const std::pair<Shape, std::vector<int32_t>> cases[] = {
      {Shape({64, 64}), {1, 0}},
      {Shape({70, 33}), {1, 0}},
      {Shape({1000, 3}), {1, 0}},
      {Shape({3, 1000}), {1, 0}},
      {Shape({2, 100, 40}), {0, 2, 1}},
      {Shape({20, 3, 30}), {2, 1, 0}},
      {Shape({2, 9, 17, 5}), {0, 3, 1, 2}},
      {Shape({2, 5, 9, 17}), {0, 2, 3, 1}},
      {Shape({6, 7, 8}), {1, 0, 2}},
      {Shape({2, 3, 2, 3, 2, 3, 2, 3, 2}), {8, 7, 6, 5, 4, 3, 2, 1, 0}},
      {Shape({2, 3, 2, 3, 2, 3, 2, 3, 2, 2}), {8, 9, 6, 7, 4, 5, 2, 3, 0, 1}},
      {Shape({2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2}), {9, 10, 8, 6, 7, 5, 3, 4, 2, 1, 0}},
  };
  for (const auto& [shape, perm] : cases) {
    SCOPED_TRACE(shape.ToString());
    ExpectSameForWidths(shape, [&](const Scope& scope, const Output& x) {
      return scope.Op("Transpose").In(x).In(perm).Build();
    });
  }
}

TEST_F(CudaMovingTest, SlicesAndTheirGradients) {
  struct Case {
    Shape shape;
    std::vector<int32_t> begin, end, strides;
  };
  const Case cases[] = {
      {Shape({50, 16}), {4, 0}, {30, 16}, {1, 1}},
      {Shape({50, 16}), {4, 4}, {30, 12}, {1, 1}},
      {Shape({50, 17}), {1, 1}, {50, 16}, {3, 2}},
      {Shape({50, 17}), {49, 16}, {3, 1}, {-2, -3}},
      {Shape({5, 6, 7}), {4, 0, 1}, {0, 6, 3}, {-1, 1, 1}},
      {Shape({5, 6, 8}), {1, 2, 0}, {4, 3, 8}, {1, 1, 1}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.shape.ToString());
    ExpectSameForWidths(c.shape, [&](const Scope& scope, const Output& x) {
      const Output y = scope.Op("StridedSlice").In(x).In(c.begin).In(c.end).In(c.strides).Build();
      std::vector<int32_t> dims;
      for (int64_t d : c.shape.dims()) dims.push_back(static_cast<int32_t>(d));
      return scope.Op("StridedSliceGrad")
          .In(dims)
          .In(c.begin)
          .In(c.end)
          .In(c.strides)
          .In(y)
          .Build();
    });
  }
}

TEST_F(CudaMovingTest, Pads) {
  struct Case {
    Shape shape;
    std::vector<int32_t> paddings;
  };
  const Case cases[] = {
      {Shape({40, 16}), {1, 2, 0, 0}},
      {Shape({40, 16}), {1, 2, 4, 8}},
      {Shape({40, 15}), {0, 0, 1, 2}},
      {Shape({2, 9, 8, 4}), {0, 0, 1, 1, 2, 1, 0, 0}},
      {Shape({2, 1, 5, 3, 2, 3, 2, 3, 2, 2}),
       {1, 0, 0, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 1, 0}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.shape.ToString());
    const int32_t rank = c.shape.rank();
    const Tensor paddings = Tensor::Of<int32_t>(Shape({rank, 2}), c.paddings);
    ExpectSameForWidths(c.shape, [&](const Scope& scope, const Output& x) {
      return scope.Op("Pad").In(x).In(paddings).Build();
    });
    const auto mirrored = [&](const Scope& scope, const Output& x) {
      return scope.Op("MirrorPad").In(x).In(paddings).Attr("mode", "SYMMETRIC").Build();
    };
    if (rank < 5) ExpectSameForWidths(c.shape, mirrored);
  }
}

TEST_F(CudaMovingTest, MirrorPadGradSumsWhatShowsAnElement) {
  for (const char* mode : {"REFLECT", "SYMMETRIC"}) {
    const Tensor paddings = Tensor::Of<int32_t>(Shape({4, 2}), {0, 0, 2, 1, 3, 3, 0, 0});
    ExpectSameFor(Counted<int32_t>(Shape({2, 7, 10, 3})), [&](const Scope& scope, const Output& x) {
      return scope.Op("MirrorPadGrad").In(x).In(paddings).Attr("mode", mode).Build();
    });
  }
}

TEST_F(CudaMovingTest, TilesAndReverses) {
  ExpectSameForWidths(Shape({5, 1, 16}), [](const Scope& scope, const Output& x) {
    const Output tiled = scope.Op("Tile").In(x).In({2, 3, 4}).Build();
    return scope.Op("ReverseV2").In(tiled).In({0, 2}).Build();
  });
}

TEST_F(CudaMovingTest, BlocksGoToTheBatchAndBack) {
  struct Case {
    Shape shape;
    std::vector<int32_t> block, amounts;
  };
  const Case cases[] = {
      {Shape({3, 8, 10, 4}), {2, 5}, {0, 0, 0, 0}},
      {Shape({2, 7, 9, 3}), {3, 2}, {1, 4, 1, 2}},
      {Shape({2, 300}), {7}, {3, 5}},
      {Shape({2, 6, 4, 5, 3}), {2, 1, 3}, {0, 0, 0, 0, 1, 0}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.shape.ToString());
    const auto spatial = static_cast<int64_t>(c.block.size());
    const Tensor amounts = Tensor::Of<int32_t>(Shape({spatial, 2}), c.amounts);
    ExpectSameForWidths(c.shape, [&](const Scope& scope, const Output& x) {
      return scope.Op("SpaceToBatchND").In(x).In(c.block).In(amounts).Build();
    });
    ExpectSameForWidths(c.shape, [&](const Scope& scope, const Output& x) {
      const Output blocks = scope.Op("SpaceToBatchND").In(x).In(c.block).In(amounts).Build();
      return scope.Op("BatchToSpaceND").In(blocks).In(c.block).In(amounts).Build();
    });
  }
}

TEST_F(CudaMovingTest, BlocksGoToTheDepthAndBack) {
  for (const char* op : {"SpaceToDepth", "DepthToSpace"}) {
    for (const char* format : {"NHWC", "NCHW"}) {
      SCOPED_TRACE(absl::StrCat(op, " ", format));
      ExpectSameForWidths(Shape({2, 12, 8, 12 * 3}), [&](const Scope& scope, const Output& x) {
        return scope.Op(op)
            .In(x)
            .Attr("block_size", int64_t{2})
            .Attr("data_format", format)
            .Build();
      });
    }
  }
}

TEST_F(CudaMovingTest, Rolls) {
  struct Case {
    Shape shape;
    std::vector<int32_t> shifts, axes;
  };
  const Case cases[] = {
      {Shape({5000}), {4321}, {0}},
      {Shape({30, 70}), {-3}, {1}},
      {Shape({30, 16}), {7}, {0}},
      {Shape({4, 50, 3, 9}), {1, -20, 13}, {0, 1, 1}},
      {Shape({2, 3, 2, 3, 2, 3, 2, 3}), {1, 2, 1}, {0, 3, 7}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.shape.ToString());
    ExpectSameForWidths(c.shape, [&](const Scope& scope, const Output& x) {
      return scope.Op("Roll").In(x).In(c.shifts).In(c.axes).Build();
    });
  }
}

TEST_F(CudaMovingTest, ReversesSequences) {
  const std::vector<int64_t> lengths = {0, 1, 9, 20, 13};
  const auto reverse = [&](int64_t batch, int64_t seq) {
    return [&lengths, batch, seq](const Scope& scope, const Output& x) {
      return scope.Op("ReverseSequence")
          .In(x)
          .In(lengths)
          .Attr("batch_dim", batch)
          .Attr("seq_dim", seq)
          .Build();
    };
  };
  ExpectSameForWidths(Shape({5, 20, 12}), reverse(0, 1));
  ExpectSameForWidths(Shape({20, 5, 3}), reverse(1, 0));
  ExpectSameForWidths(Shape({3, 20, 4, 5}), reverse(3, 1));
}

TEST_F(CudaMovingTest, ExtractsPatches) {
  for (const char* padding : {"SAME", "VALID"}) {
    for (const int64_t channels : {1, 3, 8}) {
      SCOPED_TRACE(absl::StrCat(padding, " ", channels));
      const auto extract = [&](const Scope& scope, const Output& x) {
        return scope.Op("ExtractImagePatches")
            .In(x)
            .Attr("ksizes", std::vector<int64_t>{1, 3, 4, 1})
            .Attr("strides", std::vector<int64_t>{1, 2, 3, 1})
            .Attr("rates", std::vector<int64_t>{1, 2, 1, 1})
            .Attr("padding", padding)
            .Build();
      };
      const Shape images({2, 17, 20, channels});
      ExpectSameFor(Counted<uint8_t>(images), extract);
      ExpectSameFor(Counted<Half>(images), extract);
      ExpectSameFor(Counted<float>(images), extract);
      ExpectSameFor(Counted<double>(images), extract);
    }
  }
}

TEST_F(CudaMovingTest, TileGradSumsTheCopies) {
  const auto grad = [](const Scope& scope, const Output& x) {
    return scope.Op("TileGrad").In(x).In({3, 1, 4}).Build();
  };
  ExpectSameFor(Counted<float>(Shape({9, 5, 32})), grad);  // Small whole numbers: exact.
  ExpectSameFor(Counted<int64_t>(Shape({9, 5, 32})), grad);
}

TEST_F(CudaMovingTest, JoinsAndCutsManyPieces) {
  for (const int64_t run : {1, 3, 8}) {
    for (const bool even : {true, false}) {
      const Scope scope = Scope::Root();
      std::vector<Output> inputs;
      std::vector<Tensor> values;
      std::vector<int64_t> sizes;
      for (int i = 0; i < 150; ++i) {  // More than a kernel takes at once.
        const int64_t size = even ? run : run * (i % 3);
        sizes.push_back(size);
        inputs.push_back(ops::Placeholder(scope, DT_FLOAT, {}));
        values.push_back(Counted<float>(Shape({7, size})));
      }
      const Output joined = scope.Op("ConcatV2").InList(inputs).In(1).Build();
      const Operation cut =
          scope.Op("SplitV").In(joined).In(sizes).In(1).Attr("num_split", int64_t{150}).Build();
      std::vector<Output> outputs = {joined};
      for (int i = 0; i < 150; ++i) outputs.push_back(cut.out(i));
      ExpectSame(scope, inputs, values, outputs);
    }
  }
}

}  // namespace
}  // namespace weir
