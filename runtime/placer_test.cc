#include "weir/runtime/placer.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "weir/graph/scope.h"
#include "weir/runtime/device.h"

namespace weir {
namespace {

class NamedDevice final : public Device {
 public:
  NamedDevice(absl::string_view type, int id) : Device(type, id) {}
  Allocator& allocator() override { return HeapAllocator(); }
  absl::Status Synchronize() override { return absl::OkStatus(); }
};

absl::Status NoKernel(KernelPrepare&) { return absl::OkStatus(); }

// A CPU with all kernels and two GPUs with those of some ops.
class PlacerTest : public testing::Test {
 protected:
  PlacerTest() {
    for (const char* op : {"NoOp", "Placeholder", "VarHandleOp", "AssignVariableOp",
                           "ReadVariableOp", "VariableV2", "Identity"}) {
      kernels_.Add(op, "GPU", NoKernel);
    }
  }

  Operation Node(const std::string& name, const std::string& device = "") {
    return scope_.Device(device).Named(name).Op("NoOp").Build();
  }

  // The devices of the nodes, in order, as digits; or the error.
  std::string Placed(bool soft) {
    EXPECT_TRUE(scope_.status().ok()) << scope_.status();
    return PlacedIn(scope_.graph(), soft, 3);
  }
  std::string PlacedIn(const Graph& graph, bool soft, size_t num_devices) {
    const std::vector<bool> needed(static_cast<size_t>(graph.num_nodes()), true);
    Device* const devices[] = {&cpu_, &gpu0_, &gpu1_};
    const absl::StatusOr<Placement> placed =
        Place(graph, needed, absl::MakeSpan(devices).first(num_devices), kernels_, {.soft = soft});
    if (!placed.ok()) return std::string(placed.status().message());
    std::string digits;
    for (uint8_t d : *placed) digits += static_cast<char>('0' + d);
    return digits;
  }

  Scope scope_ = Scope::Root();
  NamedDevice cpu_{"CPU", 0}, gpu0_{"GPU", 0}, gpu1_{"GPU", 1};
  KernelRegistry kernels_;
};

TEST_F(PlacerTest, TheFirstDeviceWithKernelsUnlessAnotherIsAskedFor) {
  (void)scope_.Op("NoOp").Build();
  (void)scope_.Op("Timestamp").Build();
  (void)scope_.Device("/cpu:0").Op("NoOp").Build();
  (void)scope_.Device("/gpu:1").Op("NoOp").Build();
  (void)scope_.Device("/device:GPU:*").Op("NoOp").Build();
  (void)scope_.Device("/job:localhost/task:0").Op("NoOp").Build();
  EXPECT_EQ(Placed(false), "100211");
}

TEST_F(PlacerTest, ColocationGoesThroughClassesAndHandles) {
  const Output handle =
      scope_.Op("VarHandleOp").Attr("dtype", DT_FLOAT).Attr("shape", Shape()).Build();
  (void)scope_.Device("/gpu:1").Op("ReadVariableOp").In(handle).Attr("dtype", DT_FLOAT).Build();
  (void)scope_.ColocateWith(handle.op()).Op("NoOp").Build();
  EXPECT_EQ(Placed(false), "222");
}

TEST_F(PlacerTest, AGroupGoesWhereAllOfItHasKernels) {
  const Output handle =
      scope_.Op("VarHandleOp").Attr("dtype", DT_FLOAT).Attr("shape", Shape()).Build();
  (void)scope_.Op("VarIsInitializedOp").In(handle).Build();
  EXPECT_EQ(Placed(false), "00");
}

TEST_F(PlacerTest, VariablesOfStringsAreOnTheHost) {
  for (DataType type : {DT_STRING, DT_FLOAT}) {
    const Output handle =
        scope_.Op("VarHandleOp").Attr("dtype", type).Attr("shape", Shape()).Build();
    const Output value = scope_.Op("Placeholder").Attr("dtype", type).Build();
    (void)scope_.Op("AssignVariableOp").In(handle).In(value).Build();
  }
  EXPECT_EQ(Placed(false), "010111");
}

TEST_F(PlacerTest, ContradictionsNameBothNodes) {
  const Operation a = Node("a", "/gpu:0");
  (void)scope_.ColocateWith(a).Device("/gpu:1").Named("b").Op("NoOp").Build();
  EXPECT_EQ(Placed(false),
            "Cannot colocate nodes 'a' and 'b': Cannot merge devices with incompatible ids: "
            "'/device:GPU:0' and '/device:GPU:1'");
  EXPECT_EQ(Placed(true), "11");  // The id is left out.
}

TEST_F(PlacerTest, WhatNoDeviceIsIsAnErrorUnlessSoft) {
  (void)Node("a", "/device:TPU:0");
  EXPECT_EQ(Placed(false),
            "Cannot assign a device for operation a: Could not satisfy explicit device "
            "specification '/device:TPU:0' because no devices matching that specification are "
            "registered in this process; available devices: "
            "/job:localhost/replica:0/task:0/device:CPU:0, "
            "/job:localhost/replica:0/task:0/device:GPU:0, "
            "/job:localhost/replica:0/task:0/device:GPU:1");
  EXPECT_EQ(Placed(true), "1");
}

TEST_F(PlacerTest, ANameThatIsNoneIsAnErrorOnAnyMachine) {
  Graph graph(scope_.graph().registry());  // As imported.
  NodeSpec spec;
  spec.name = "a";
  spec.op = "NoOp";
  spec.device = "gpu";
  ASSERT_TRUE(graph.AddNode(std::move(spec)).ok());
  for (const size_t num_devices : {1, 3}) {
    EXPECT_EQ(PlacedIn(graph, true, num_devices),
              "Cannot assign a device for operation a: 'gpu' is not a device, such as "
              "'/device:GPU:0': it must start with '/'");
  }
}

TEST_F(PlacerTest, WithoutAKernelThere) {
  (void)scope_.Device("/gpu:0").Named("a").Op("Timestamp").Build();
  EXPECT_EQ(Placed(false),
            "Cannot assign a device for operation a: Could not satisfy explicit device "
            "specification '/device:GPU:0' because no supported kernel for GPU devices is "
            "available.");
  EXPECT_EQ(Placed(true), "0");
}

TEST_F(PlacerTest, Int32StaysOnTheHost) {
  for (const char* op : {"Const", "Add", "Cast"}) kernels_.Add(op, "GPU", NoKernel);
  const Scope gpu = scope_.Device("/gpu:0");
  const Output a =
      gpu.Op("Const").Attr("dtype", DT_INT32).Attr("value", Tensor::Scalar(int32_t{1})).Build();
  const Output sum = gpu.Op("Add").In(a).In(a).Build();
  const Output real = gpu.Op("Cast").In(sum).Attr("DstT", DT_FLOAT).Build();
  (void)gpu.Op("Add").In(real).In(real).Build();
  (void)gpu.Op("FloorMod").In(a).In(sum).Build();  // Of which there is no kernel here.
  EXPECT_EQ(Placed(false), "00110");
  (void)scope_.Device("/gpu:2").Op("Add").In(a).In(a).Build();
  EXPECT_THAT(Placed(false), testing::HasSubstr("Could not satisfy explicit device specification"));
}

}  // namespace
}  // namespace weir
