// Trains the convolutional network of the classic MNIST tutorial, saves it, resumes it, freezes it
// and classifies with the frozen graph. `mnist_deep --help` tells how.

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <map>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "google/protobuf/text_format.h"
#include "weir/core/env.h"
#include "weir/examples/mnist_deep/data.h"
#include "weir/examples/mnist_deep/network.h"
#include "weir/graph/import.h"
#include "weir/io/npy.h"
#include "weir/runtime/freeze.h"
#include "weir/runtime/gpu.h"
#include "weir/runtime/saver.h"
#include "weir/runtime/session.h"

namespace weir::mnist_deep {
namespace {

constexpr char kUsage[] = R"(usage: mnist_deep [options]

Without an action: trains, and writes graph.pb, graph.pbtxt and checkpoints into --output_dir.

  --freeze           restore the latest checkpoint, write frozen.pb, measure it on the test images
  --show             print ten test images with the predictions that run_graph wrote
  --resume           go on from the latest checkpoint
  --steps N          train up to this step (20000)
  --batch N          images per step (50)
  --data_dir DIR     where the four MNIST files are; else ../shared/data, the cache, a download, or
                     digits drawn by the program
  --output_dir DIR   (mnist_deep_out)
  --device NAME      where it runs: /device:GPU:0 (the CPU)
  --threads N        (one per core)
  --seed N           of weights, batches and dropout (1)
)";

constexpr int64_t kReportEvery = 100;
constexpr int64_t kSaveEvery = 1000;
constexpr int64_t kTestBatch = 1000;
constexpr int64_t kShown = 10;

struct Options {
  std::map<std::string, int64_t> numbers = {
      {"steps", 20'000}, {"batch", 50}, {"threads", 0}, {"seed", 1}};
  std::map<std::string, std::string> texts = {
      {"data_dir", ""}, {"output_dir", "mnist_deep_out"}, {"device", ""}};
  std::map<std::string, bool> switches = {
      {"freeze", false}, {"show", false}, {"resume", false}, {"help", false}};

  std::string Path(absl::string_view name) const { return JoinPath(texts.at("output_dir"), name); }
  absl::StatusOr<SessionOptions> session() const {
    SessionOptions options;
    options.threads = static_cast<int>(numbers.at("threads"));
    ASSIGN_OR_RETURN(options.devices, DevicesFor(texts.at("device")));
    return options;
  }
};

absl::StatusOr<Options> ParseOptions(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    absl::string_view arg = argv[i];
    if (!absl::ConsumePrefix(&arg, "--")) return InvalidArgument("'", arg, "' is not an option");
    const size_t equals = arg.find('=');
    const std::string name(arg.substr(0, equals));
    if (const auto it = options.switches.find(name); it != options.switches.end()) {
      it->second = true;
      continue;
    }
    const bool has_value = equals != absl::string_view::npos;
    if (!has_value && i + 1 == argc) return InvalidArgument("--", name, " needs a value");
    const std::string value = has_value ? std::string(arg.substr(equals + 1)) : argv[++i];
    if (const auto it = options.numbers.find(name); it != options.numbers.end()) {
      if (!absl::SimpleAtoi(value, &it->second) || it->second < 0) {
        return InvalidArgument("--", name, ": '", value, "' is not a number");
      }
    } else if (const auto text = options.texts.find(name); text != options.texts.end()) {
      text->second = value;
    } else {
      return InvalidArgument("there is no option --", name);
    }
  }
  return options;
}

// One line that overwrites itself on a terminal; every report is a line of its own in a pipe.
class Progress {
 public:
  Progress(int64_t first, int64_t total, int64_t batch)
      : first_(first), total_(total), batch_(batch), terminal_(isatty(STDOUT_FILENO)) {}

  void Show(int64_t step, float loss, float accuracy) {
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    const double per_step = seconds / static_cast<double>(step - first_ + 1);
    const int filled = static_cast<int>(20 * step / total_);
    std::printf(
        "%s[%s%s] step %ld/%ld  loss %.4f  train accuracy %.2f  %.0f images/s  %.0f s left%s",
        terminal_ ? "\r" : "", std::string(filled, '#').c_str(),
        std::string(20 - filled, '.').c_str(), static_cast<long>(step), static_cast<long>(total_),
        loss, accuracy, static_cast<double>(batch_) / per_step,
        per_step * static_cast<double>(total_ - step), terminal_ ? "  " : "\n");
    std::fflush(stdout);
  }
  void Done() {
    if (terminal_) std::printf("\n");
  }

 private:
  const int64_t first_, total_, batch_;
  const bool terminal_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

Tensor KeepAll() { return Tensor::Scalar<float>(1.0f); }

absl::Status WriteGraph(Env& env, const Scope& scope, const Options& options) {
  GraphDef def;
  ExportGraphDef(scope.graph(), &def);
  std::string text;
  google::protobuf::TextFormat::PrintToString(def, &text);
  RETURN_IF_ERROR(env.AtomicWriteFile(options.Path("graph.pb"), def.SerializeAsString()));
  return env.AtomicWriteFile(options.Path("graph.pbtxt"), text);
}

// The step to go on from: that of the latest checkpoint with --resume, else 0 after initialising.
absl::StatusOr<int64_t> Begin(const Options& options, const Network& net, Saver& saver,
                              Session& session) {
  const std::string directory = options.texts.at("output_dir");
  const std::optional<std::string> latest = LatestCheckpoint(session.env(), directory);
  const bool resume = options.switches.at("resume");
  if (resume && !latest.has_value()) {
    std::printf("no checkpoint in %s: starting anew\n", directory.c_str());
  }
  if (!resume || !latest.has_value()) {
    RETURN_IF_ERROR(session.Run({}, {}, {net.init}).status());
    return 0;
  }
  RETURN_IF_ERROR(saver.Restore(session, *latest));
  RETURN_IF_ERROR(saver.RecoverCheckpoints(session.env(), directory));
  ASSIGN_OR_RETURN(const std::vector<Tensor> step, session.Run({}, {net.global_step}));
  std::printf("going on from %s\n", latest->c_str());
  return *step[0].data<int64_t>();
}

absl::Status Train(const Options& options, const SessionOptions& session_options,
                   const Data& data) {
  const Scope scope = Scope::Root().Device(options.texts.at("device"));
  const int64_t seed = options.numbers.at("seed");
  const Network net = BuildNetwork(scope, seed);
  Saver saver(scope);
  ASSIGN_OR_RETURN(Session session, Session::Create(scope, session_options));
  Env& env = session.env();
  RETURN_IF_ERROR(env.CreateDirectories(options.texts.at("output_dir")));
  RETURN_IF_ERROR(WriteGraph(env, scope, options));
  ASSIGN_OR_RETURN(const int64_t first, Begin(options, net, saver, session));

  // Fed by handle here; by name when testing.
  ASSIGN_OR_RETURN(const Callable train,
                   session.Prepare({net.x, net.labels, net.keep_prob}, {net.loss}, {net.train}));
  ASSIGN_OR_RETURN(const Callable measure,
                   session.Prepare({net.x, net.labels, net.keep_prob}, {net.loss, net.accuracy}));
  const int64_t steps = options.numbers.at("steps");
  const int64_t batch_size = options.numbers.at("batch");
  Batches batches(data.train, batch_size, static_cast<uint64_t>(seed));
  Progress progress(first, steps, batch_size);
  std::vector<Tensor> loss(1);
  for (int64_t step = first; step < steps; ++step) {
    ASSIGN_OR_RETURN(const Digits batch, batches.Batch(step));
    if (step % kReportEvery == 0) {
      ASSIGN_OR_RETURN(const std::vector<Tensor> now,
                       measure({batch.images, batch.labels, KeepAll()}));
      progress.Show(step, *now[0].data<float>(), *now[1].data<float>());
    }
    RETURN_IF_ERROR(
        train.Run({batch.images, batch.labels, Tensor::Scalar<float>(0.5f)}, absl::MakeSpan(loss)));
    if ((step + 1) % kSaveEvery == 0 || step + 1 == steps) {
      RETURN_IF_ERROR(saver.Save(session, options.Path("model.ckpt"), step + 1).status());
    }
  }
  progress.Done();
  if (steps > first)
    std::printf("trained to step %ld, loss %.4f\n", long{steps}, *loss[0].data<float>());
  return absl::OkStatus();
}

absl::Status Freeze(const Options& options, const SessionOptions& session_options,
                    const Data& data) {
  const Scope scope = Scope::Root().Device(options.texts.at("device"));
  const Network net = BuildNetwork(scope, options.numbers.at("seed"));
  Saver saver(scope);
  ASSIGN_OR_RETURN(Session session, Session::Create(scope, session_options));
  const std::string directory = options.texts.at("output_dir");
  const std::optional<std::string> latest = LatestCheckpoint(session.env(), directory);
  if (!latest.has_value()) return NotFound(directory, ": there is no checkpoint; train first");
  RETURN_IF_ERROR(saver.Restore(session, *latest));
  ASSIGN_OR_RETURN(const GraphDef frozen,
                   FreezeGraph(session, {"prediction", net.accuracy.name()}));
  Env& env = session.env();
  RETURN_IF_ERROR(env.AtomicWriteFile(options.Path("frozen.pb"), frozen.SerializeAsString()));
  RETURN_IF_ERROR(WriteNpy(env, options.Path("ten.npy"), data.test.Rows(0, kShown).images));

  ASSIGN_OR_RETURN(Session classifier, Session::Create(frozen, session_options));
  double correct = 0;
  for (int64_t row = 0; row < data.test.size(); row += kTestBatch) {
    const int64_t end = std::min(row + kTestBatch, data.test.size());
    const Digits batch = data.test.Rows(row, end);
    ASSIGN_OR_RETURN(
        const std::vector<Tensor> accuracy,
        classifier.Run({{"x", batch.images}, {"y_", batch.labels}, {"keep_prob", KeepAll()}},
                       {net.accuracy.name()}));
    correct += *accuracy[0].data<float>() * static_cast<double>(end - row);
  }
  const std::string result =
      absl::StrFormat("test accuracy %.4f", correct / static_cast<double>(data.test.size()));
  RETURN_IF_ERROR(env.AtomicWriteFile(options.Path("accuracy.txt"), result + "\n"));
  std::printf("froze %s into %s\n%s\n", latest->c_str(), options.Path("frozen.pb").c_str(),
              result.c_str());
  return absl::OkStatus();
}

absl::Status Show(const Options& options) {
  Env& env = PosixEnv();
  ASSIGN_OR_RETURN(const Tensor images, ReadNpy(env, options.Path("ten.npy")));
  ASSIGN_OR_RETURN(const Tensor digits, ReadNpy(env, options.Path("prediction.npy")));
  if (images.shape() != Shape({kShown, 784}) || digits.dtype() != DT_INT64 ||
      digits.shape() != Shape({kShown})) {
    return DataLoss(options.texts.at("output_dir"), ": ten.npy and prediction.npy do not fit");
  }
  for (int64_t first = 0; first < kShown; first += 5) {
    std::vector<std::string> captions;
    for (int64_t i = first; i < first + 5; ++i) {
      captions.push_back(absl::StrCat("        this is a ", digits.data<int64_t>()[i]));
    }
    ASSIGN_OR_RETURN(const Tensor five, images.SliceRows(first, first + 5));
    std::cout << Picture(five, captions);
  }
  ASSIGN_OR_RETURN(const std::string accuracy, env.ReadFileToString(options.Path("accuracy.txt")));
  std::cout << accuracy;
  return absl::OkStatus();
}

absl::Status Run(const Options& options) {
  if (options.switches.at("show")) return Show(options);
  // Before the data, which may be a download.
  ASSIGN_OR_RETURN(const SessionOptions session_options, options.session());
  ASSIGN_OR_RETURN(const Data data, LoadData(PosixEnv(), options.texts.at("data_dir")));
  std::printf("data: %s, %ld + %ld images\n", data.source.c_str(), long{data.train.size()},
              long{data.test.size()});
  return options.switches.at("freeze") ? Freeze(options, session_options, data)
                                       : Train(options, session_options, data);
}

int Main(int argc, char** argv) {
  const absl::StatusOr<Options> options = ParseOptions(argc, argv);
  if (!options.ok()) {
    std::cerr << "mnist_deep: " << options.status().message() << " (see mnist_deep --help)\n";
    return 2;
  }
  if (options->switches.at("help")) {
    std::cout << kUsage;
    return 0;
  }
  const absl::Status status = Run(*options);
  if (status.ok()) return 0;
  std::cerr << "mnist_deep: " << status << "\n";
  return 1;
}

}  // namespace
}  // namespace weir::mnist_deep

int main(int argc, char** argv) { return weir::mnist_deep::Main(argc, argv); }
