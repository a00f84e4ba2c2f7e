// The whole program on a few drawn digits: stopping and resuming changes no number, and the frozen
// graph classifies as the trained one does.

#include <cmath>
#include <cstdlib>

#include "gmock/gmock.h"
#include "weir/core/env.h"
#include "weir/examples/mnist_deep/data.h"
#include "weir/examples/mnist_deep/drawn_digits.h"
#include "weir/io/idx.h"
#include "weir/io/npy.h"
#include "weir/tests/program.h"

namespace weir::mnist_deep {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

constexpr char kProgram[] = "examples/mnist_deep/mnist_deep";
constexpr char kEmulated[] = "examples/mnist_deep/mnist_deep_emulated";
constexpr char kRunGraph[] = "tools/run_graph/run_graph";
constexpr int kTrain = 30, kTest = 20;

class MnistDeepTest : public testing::Test {
 protected:
  MnistDeepTest() : directory_(FreshDirectory()) {
    const Data data = DrawDigits(kTrain, kTest, /*seed=*/3).value();
    WriteDigits(data.train, "train");
    WriteDigits(data.test, "t10k");
  }

  std::string Path(const std::string& name) const { return directory_ + "/" + name; }
  std::string Content(const std::string& name) const {
    return PosixEnv().ReadFileToString(Path(name)).value_or("(missing)");
  }

  // The files are recognised by their content: these are not compressed.
  void WriteDigits(const Digits& digits, const std::string& set) const {
    Tensor pixels = Tensor::Make(DT_UINT8, Shape({digits.size(), 28, 28})).value();
    for (int64_t i = 0; i < pixels.num_elements(); ++i) {
      pixels.mutable_data<uint8_t>()[i] =
          static_cast<uint8_t>(digits.images.data<float>()[i] * 255);
    }
    Tensor labels = Tensor::Make(DT_UINT8, Shape({digits.size()})).value();
    for (int64_t i = 0; i < digits.size(); ++i) {
      const float* row = digits.labels.data<float>() + 10 * i;
      labels.mutable_data<uint8_t>()[i] =
          static_cast<uint8_t>(std::max_element(row, row + 10) - row);
    }
    EXPECT_TRUE(WriteIdx(PosixEnv(), Path(set + "-images-idx3-ubyte.gz"), pixels).ok());
    EXPECT_TRUE(WriteIdx(PosixEnv(), Path(set + "-labels-idx1-ubyte.gz"), labels).ok());
  }

  // Runs the program with its output in the folder `out`.
  std::string Run(const std::string& out, std::vector<std::string> args,
                  const std::string& program = kProgram) const {
    args.insert(args.begin(), {"--data_dir", directory_, "--output_dir", Path(out), "--batch", "10",
                               "--seed", "5"});
    const ProgramResult result = RunProgram(program, args);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.err, "");
    return result.out;
  }

  const std::string directory_;
};

// The lines of `out` that tell the loss, without the times.
std::string LossLine(const std::string& out) {
  const size_t at = out.find("trained to step");
  return at == std::string::npos ? "(none)" : out.substr(at);
}

TEST_F(MnistDeepTest, StoppingAndResumingChangesNoBit) {
  // Three steps an epoch: the stops lie within an epoch and between two.
  const std::string whole = Run("whole", {"--steps", "7"});
  EXPECT_THAT(Run("parts", {"--steps", "2", "--resume"}),
              HasSubstr("no checkpoint in " + Path("parts")));
  EXPECT_THAT(Run("parts", {"--steps", "3", "--resume"}), HasSubstr("going on from"));
  const std::string last = Run("parts", {"--steps", "7", "--resume", "--threads", "1"});
  EXPECT_THAT(last, HasSubstr("going on from " + Path("parts/model.ckpt-3\n")));
  EXPECT_THAT(whole, ContainsRegex("trained to step 7, loss [0-9]+\\.[0-9]+\n"));
  EXPECT_EQ(LossLine(last), LossLine(whole));
  for (const char* file : {"model.ckpt-7.data-00000-of-00001", "model.ckpt-7.index"}) {
    const std::string one = Content(std::string("whole/") + file);
    EXPECT_GT(one.size(), 100u);
    EXPECT_TRUE(one == Content(std::string("parts/") + file)) << file;
  }
  // The comparison can fail: one more step is another result.
  Run("other", {"--steps", "8"});
  EXPECT_FALSE(Content("whole/model.ckpt-7.data-00000-of-00001") ==
               Content("other/model.ckpt-8.data-00000-of-00001"));
  // Checkpoints from before the stop are still known, and the earlier ones still there.
  EXPECT_THAT(Content("parts/checkpoint"),
              testing::AllOf(HasSubstr("model.ckpt-2\""), HasSubstr("model.ckpt-7\"")));
}

// The number after the last `name` in `out`.
double NumberAfter(const std::string& out, const std::string& name) {
  const size_t at = out.rfind(name);
  return at == std::string::npos ? std::nan("") : std::atof(out.c_str() + at + name.size());
}

TEST_F(MnistDeepTest, AGpuTrainsAsTheCpuDoes) {
  std::vector<std::string> args = {"--steps", "3", "--batch", "1"};
  const std::string want = Run("cpu", args);
  args.insert(args.end(), {"--device", "/device:GPU:0"});
  const std::string got = Run("gpu", args, kEmulated);
  EXPECT_NEAR(NumberAfter(got, "loss "), NumberAfter(want, "loss "), 1e-3) << got << want;
  // The CPU reads its checkpoint.
  Run("cpu", {"--freeze"});
  Run("gpu", {"--freeze"});
  EXPECT_EQ(Content("gpu/accuracy.txt"), Content("cpu/accuracy.txt"));
}

TEST_F(MnistDeepTest, TheFrozenGraphClassifiesAsTheTrainedOne) {
  Run("out", {"--steps", "12"});
  const std::string frozen = Run("out", {"--freeze"});
  const std::string accuracy = Content("out/accuracy.txt");
  EXPECT_THAT(frozen, HasSubstr(accuracy));

  const Data data = LoadData(PosixEnv(), directory_).value();
  ASSERT_TRUE(WriteNpy(PosixEnv(), Path("test.npy"), data.test.images).ok());
  const auto classify = [&](const std::string& model, const std::string& images,
                            const std::vector<std::string>& more) {
    std::vector<std::string> args = {model,        "--feed",       "x=@" + images,
                                     "--feed",     "keep_prob=1",  "--fetch",
                                     "prediction", "--output_dir", Path("out")};
    args.insert(args.end(), more.begin(), more.end());
    const ProgramResult result = RunProgram(kRunGraph, args);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return ReadNpy(PosixEnv(), Path("out/prediction.npy")).value();
  };
  const Tensor from_graph =
      classify(Path("out/graph.pb"), Path("test.npy"), {"--checkpoint", Path("out/model.ckpt-12")});
  const Tensor predicted = classify(Path("out/frozen.pb"), Path("test.npy"), {});
  EXPECT_EQ(predicted.ToString(kTest), from_graph.ToString(kTest));
  int correct = 0;
  for (int i = 0; i < kTest; ++i) {
    correct += data.test.labels.data<float>()[10 * i + predicted.data<int64_t>()[i]] == 1;
  }
  char expected[64];
  std::snprintf(expected, sizeof(expected), "test accuracy %.4f\n", double{1} * correct / kTest);
  EXPECT_EQ(accuracy, expected);

  // The last act of the quick start.
  const Tensor ten = classify(Path("out/frozen.pb"), Path("out/ten.npy"), {});
  const std::string shown = Run("out", {"--show"});
  for (int i = 0; i < 10; ++i) {
    EXPECT_THAT(shown, HasSubstr("this is a " + std::to_string(ten.data<int64_t>()[i])));
  }
  EXPECT_THAT(shown, HasSubstr(accuracy));
}

TEST_F(MnistDeepTest, ErrorsAreToldInOneLine) {
  const auto error = [&](std::vector<std::string> args) {
    args.insert(args.end(), {"--data_dir", directory_, "--output_dir", Path("none")});
    const ProgramResult result = RunProgram(kProgram, args);
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    return result.err;
  };
  EXPECT_THAT(error({"--freeze"}), HasSubstr("there is no checkpoint"));
  EXPECT_THAT(error({"--show"}), HasSubstr("ten.npy"));
  EXPECT_THAT(error({"--device", "gpu"}), HasSubstr("'gpu' is not a device"));
  EXPECT_THAT(error({"--batch", "31"}), HasSubstr("a batch of 31 is more than all images"));
  const std::string labels = Path("t10k-labels-idx1-ubyte.gz");
  const std::string whole = PosixEnv().ReadFileToString(labels).value();
  ASSERT_TRUE(PosixEnv().AtomicWriteFile(labels, whole.substr(0, whole.size() - 1)).ok());
  EXPECT_THAT(error({"--steps", "1"}), HasSubstr("t10k-labels-idx1-ubyte.gz"));
  EXPECT_EQ(RunProgram(kProgram, {"--steps", "many"}).exit_code, 2);
}

}  // namespace
}  // namespace weir::mnist_deep
