// What run_graph does when all is well; run_graph_errors_test.cc has the rest.

#include <cstdlib>

#include "gmock/gmock.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "weir/io/byte_stream.h"
#include "weir/io/npy_format.h"
#include "weir/tests/run_graph_fixture.h"

namespace weir::run_graph {
namespace {

using google::protobuf::Struct;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

Struct ParseJson(const std::string& text) {
  Struct parsed;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(text, &parsed).ok()) << text;
  return parsed;
}

constexpr char kFeed[] = "x=[[1, 2], [3, 4]]";
constexpr char kLinearText[] = "net/y: float [2,1] {21, 43}\n";

TEST_F(RunGraphTest, RunsEveryKindOfModel) {
  const Scope scope = Linear();
  GraphDef def;
  ExportGraphDef(scope.graph(), &def);
  std::string text;
  google::protobuf::TextFormat::PrintToString(def, &text);
  MetaGraphDef meta;
  ASSERT_TRUE(ExportMetaGraph(scope, nullptr, &meta).ok());
  for (const std::string& model :
       {Write("m.pb", def.SerializeAsString()), Write("binary", def.SerializeAsString()),
        Write("m.pbtxt", "# A comment.\n" + text), Write("text", text),
        Write("m.meta", meta.SerializeAsString())}) {
    EXPECT_EQ(OutputOf({model, "--feed", kFeed, "--fetch", "net/y"}), kLinearText) << model;
  }
}

TEST_F(RunGraphTest, ModelsComeThroughPipes) {
  const std::string model = WriteModel("m.pb", Linear());
  const std::string run = std::string(kProgram) + " /dev/stdin --fetch net/w >" + Path("out");
  for (const std::string& command : {"cat " + model + " | " + run, run + " <" + model,
                                     "(sleep 0.1; cat " + model + ") | " + run}) {
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    EXPECT_EQ(Content("out"), "net/w: float [2,1] {1, 10}\n") << command;
  }
}

TEST_F(RunGraphTest, FieldsOfNewerTextGraphsAreSkipped) {
  const std::string model = Write("m.pbtxt", R"(
      node {
        name: "c" op: "Const" attr { key: "dtype" value { type: DT_INT32 } }
        attr { key: "value" value { tensor { dtype: DT_INT32 tensor_shape {} int_val: 7 } } }
        experimental_type { type_id: TFT_PRODUCT args { type_id: TFT_TENSOR args {} } }
      }
      versions { producer: 27 })");
  EXPECT_EQ(OutputOf({model, "--fetch", "c"}), "c: int32 [] {7}\n");
}

TEST_F(RunGraphTest, FlagsTakeTheirValuesEitherWayAndInAnyOrder) {
  const std::string model = WriteModel("m.pb", Linear());
  EXPECT_EQ(OutputOf({"--fetch=net/y:0", std::string("--feed=") + kFeed, model}),
            "net/y:0: float [2,1] {21, 43}\n");
}

TEST_F(RunGraphTest, FeedsFilesAndLiteralsOfAnyType) {
  const Scope scope = Scope::Root();
  for (const DataType dtype : {DT_FLOAT, DT_INT64, DT_UINT8, DT_BOOL, DT_STRING, DT_COMPLEX64}) {
    const std::string name = DataTypeName(dtype);
    (void)ops::Identity(scope.Named("y_" + name), ops::Placeholder(scope.Named(name), dtype));
  }
  const std::string model = WriteModel("m.pb", scope);
  const auto echo = [&](const std::string& name, const std::string& feed) {
    return OutputOf({model, "--feed", name + "=" + feed, "--fetch", "y_" + name});
  };
  EXPECT_EQ(echo("float", "-1.5e3"), "y_float: float [] {-1500}\n");
  EXPECT_EQ(echo("int64", "[9007199254740993, -1]"), "y_int64: int64 [2] {9007199254740993, -1}\n");
  EXPECT_EQ(echo("uint8", "[[[255]]]"), "y_uint8: uint8 [1,1,1] {255}\n");
  EXPECT_EQ(echo("bool", "[true, false]"), "y_bool: bool [2] {true, false}\n");
  EXPECT_EQ(echo("string", "a=b @c"), "y_string: string [] {\"a=b @c\"}\n");
  EXPECT_EQ(echo("string", "[\"a, b\", 'c']"), "y_string: string [2] {\"a, b\", \"c\"}\n");
  EXPECT_EQ(echo("complex64", "2"), "y_complex64: complex64 [] {(2,0)}\n");
  const Tensor half = Tensor::Of<float>({2, 2}, {1, 2, 3, 0.5f});
  ASSERT_TRUE(WriteNpy(PosixEnv(), Path("f.npy"), half).ok());
  EXPECT_EQ(echo("float", "@" + Path("f.npy")), "y_float: float [2,2] {1, 2, 3, 0.5}\n");
}

TEST_F(RunGraphTest, InnerTensorsCanBeFed) {
  const std::string model = WriteModel("m.pb", Linear());
  EXPECT_EQ(OutputOf({model, "--feed", kFeed, "--feed", "net/w=[[2], [0]]", "--fetch", "net/y"}),
            "net/y: float [2,1] {2, 6}\n");
}

TEST_F(RunGraphTest, JsonHasTypesShapesAndFlatValues) {
  const Scope scope = Scope::Root();
  (void)ops::Const(scope.Named("a/f"), Tensor::Of<float>({2, 2}, {0.1f, -0.0f, 1e30f, 3}));
  (void)ops::Const(scope.Named("special"), Tensor::Vector<double>({NAN, INFINITY, -INFINITY}));
  (void)ops::Const(scope.Named("s"), Tensor::Scalar<std::string>("\"\\\n\xff é"));
  (void)ops::Const(scope.Named("c"), Tensor::Scalar(Complex64(1, -2)));
  (void)ops::Const(scope.Named("i"), Tensor::Vector<int64_t>({INT64_MIN}));
  (void)ops::Const(scope.Named("none"), Tensor::Of<bool>({0, 3}, {}));
  const std::string model = WriteModel("m.pb", scope);
  std::vector<std::string> args = {model, "--format", "json"};
  for (const char* name : {"a/f", "special", "s", "c", "i", "none"}) {
    args.insert(args.end(), {"--fetch", name});
  }
  const std::string text = OutputOf(args);
  EXPECT_EQ(
      text,
      R"({"a/f": {"dtype": "float", "shape": [2,2], "values": [0.100000001,-0.0,1.00000002e+30,3]},
 "special": {"dtype": "double", "shape": [3], "values": ["NaN","Infinity","-Infinity"]},
 "s": {"dtype": "string", "shape": [], "values": ["\"\\\u000a\u00ff \u00c3\u00a9"]},
 "c": {"dtype": "complex64", "shape": [], "values": [[1,-2]]},
 "i": {"dtype": "int64", "shape": [1], "values": [-9223372036854775808]},
 "none": {"dtype": "bool", "shape": [0,3], "values": []}}
)");
  EXPECT_EQ(ParseJson(text).fields_size(), 6);
}

TEST_F(RunGraphTest, JsonHasAFetchOnce) {
  const std::string model = WriteModel("m.pb", Linear());
  EXPECT_EQ(OutputOf({model, "--fetch", "net/w", "--fetch", "net/w", "--format", "json"}),
            "{\"net/w\": {\"dtype\": \"float\", \"shape\": [2,1], \"values\": [1,10]}}\n");
}

TEST_F(RunGraphTest, ValuesThatAreNoNumbersHaveATextToo) {
  const std::string model = WriteModel("m.pb", Counter());
  EXPECT_EQ(OutputOf({model, "--fetch", "v"}), "v: resource [] {resource v}\n");
  EXPECT_EQ(ParseJson(OutputOf({model, "--fetch", "v", "--format=json"})).fields_size(), 1);
}

TEST_F(RunGraphTest, NpyGoesToFilesOrToStandardOutput) {
  const std::string model = WriteModel("m.pb", Linear());
  const std::string out = Path("new/folder");
  EXPECT_EQ(OutputOf({model, "--feed", kFeed, "--fetch", "net/y", "--fetch", "net/y:0", "--fetch",
                      "net/w", "--output_dir", out}),
            "");
  EXPECT_EQ(PosixEnv().ListDirectory(out).value(),
            (std::vector<std::string>{"net_w.npy", "net_y.npy", "net_y_0.npy"}));
  EXPECT_EQ(ReadNpy(PosixEnv(), out + "/net_y.npy")->ToString(), "float [2,1] {21, 43}");
  EXPECT_EQ(ReadNpy(PosixEnv(), out + "/net_w.npy")->ToString(), "float [2,1] {1, 10}");

  Write("both.npy", OutputOf({model, "--feed", kFeed, "--fetch", "net/y", "--fetch", "net/w",
                              "--format", "npy"}));
  const auto file = PosixEnv().NewRandomAccessFile(Path("both.npy")).value();
  FileStream in(*file);
  EXPECT_EQ(ReadNpyArray(in, 1000)->ToString(), "float [2,1] {21, 43}");
  EXPECT_EQ(ReadNpyArray(in, 1000)->ToString(), "float [2,1] {1, 10}");
}

TEST_F(RunGraphTest, InitsComeOnceAndStepsRunTargetsAndFetches) {
  const std::string model = WriteModel("m.pb", Counter());
  EXPECT_EQ(OutputOf({model, "--init", "init", "--fetch", "now"}), "now: float [] {5}\n");
  EXPECT_EQ(OutputOf({model, "--init", "init", "--fetch", "next", "--steps", "4"}),
            "next: float [] {9}\n");
  EXPECT_EQ(OutputOf({model, "--init", "init", "--target", "add", "--steps", "4"}), "");
  EXPECT_EQ(OutputOf({model, "--init", "init"}), "");
}

TEST_F(RunGraphTest, CheckpointsGiveVariablesTheirValues) {
  const Scope scope = Counter();
  Saver saver(scope);
  Session session = Session::Create(scope).value();
  ASSERT_TRUE(session.Run({}, {}, {"init"}).ok());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(session.Run({}, {}, {"add"}).ok());
  ASSERT_TRUE(saver.Save(session, Path("ckpt"), 3).ok());
  for (const std::string& model : {WriteModel("m.pb", Counter()), Path("ckpt-3.meta")}) {
    EXPECT_EQ(OutputOf({model, "--checkpoint", Path("ckpt-3"), "--fetch", "now"}),
              "now: float [] {8}\n");
    // Inits come first, whatever the order of the flags.
    EXPECT_EQ(OutputOf({model, "--checkpoint", Path("ckpt-3"), "--init", "init", "--fetch", "now"}),
              "now: float [] {8}\n");
  }
}

TEST_F(RunGraphTest, TheNumberOfThreadsChangesNothing) {
  const std::string model = WriteModel("m.pb", Linear());
  for (const char* threads : {"0", "1", "2", "5"}) {
    EXPECT_EQ(OutputOf({model, "--feed", kFeed, "--fetch", "net/y", "--threads", threads}),
              kLinearText);
  }
}

TEST_F(RunGraphTest, GenerousLimitsChangeNothing) {
  const std::string model = WriteModel("m.pb", Linear());
  for (const char* limit : {"0", "100000"}) {
    EXPECT_EQ(OutputOf({model, "--feed", kFeed, "--fetch", "net/y", "--timeout_ms", limit,
                        "--memory_limit", limit}),
              kLinearText);
  }
}

TEST_F(RunGraphTest, ListTellsEverythingAtOnce) {
  GraphDef def;
  ExportGraphDef(Linear().graph(), &def);
  for (const char* op : {"Frobnicate", "Frobnicate", "Zap"}) {
    NodeDef* node = def.add_node();
    node->set_name("n" + std::to_string(def.node_size()));
    node->set_op(op);
  }
  NodeDef* variable = def.add_node();
  variable->set_name("v");
  variable->set_op("VarHandleOp");
  (*variable->mutable_attr())["dtype"].set_type(DT_DOUBLE);
  (*variable->mutable_attr())["shape"].mutable_shape()->add_dim()->set_size(7);
  EXPECT_EQ(OutputOf({Write("m.pb", def.SerializeAsString()), "--list"}),
            "placeholders:\n"
            "  x  float [?,2]\n"
            "variables:\n"
            "  v  double [7]\n"
            "likely outputs:\n"
            "  net/y  (MatMul)\n"
            "  n4  (Frobnicate)\n"
            "  n5  (Frobnicate)\n"
            "  n6  (Zap)\n"
            "  v  (VarHandleOp)\n"
            "ops (7 nodes):\n"
            "  Const  1\n"
            "  Frobnicate  2\n"
            "  MatMul  1\n"
            "  Placeholder  1\n"
            "  VarHandleOp  1\n"
            "  Zap  1\n"
            "unsupported:\n"
            "  Frobnicate (2 nodes)\n"
            "  Zap (1 node)\n");
  EXPECT_THAT(OutputOf({WriteModel("m.pb", Linear()), "--list"}),
              HasSubstr("unsupported: nothing\n"));
}

TEST_F(RunGraphTest, ListTellsWhatDoesNotLoad) {
  const auto neg = [](const char* name, const char* input) {
    return std::string("node { name: '") + name + "' op: 'Neg' input: '" + input +
           "' attr { key: 'T' value { type: DT_FLOAT } } }";
  };
  EXPECT_THAT(OutputOf({Write("m.pbtxt", neg("p", "q") + neg("q", "p")), "--list"}),
              MatchesRegex("(.|\n)*unsupported: nothing\ndoes not load: .*cycle.*\n"));
  EXPECT_THAT(OutputOf({Write("m.pbtxt", neg("p", "q")), "--list"}),
              HasSubstr("does not load: Neg 'p': input 'q' does not exist"));
  EXPECT_THAT(OutputOf({WriteModel("m.pb", Linear()), "--list"}), Not(HasSubstr("does not load")));
}

TEST_F(RunGraphTest, NamesDoNotCommandTheTerminal) {
  const std::string text = "node { name: 'a\\033[2J\\302\\233' op: 'Zap\\n' }";
  const std::string listed = OutputOf({Write("m.pbtxt", text), "--list"});
  EXPECT_THAT(listed, HasSubstr("  a\\x1b[2J\\xc2\\x9b  (Zap\\n)\n"));
  EXPECT_THAT(listed, HasSubstr("  Zap\\n (1 node)\n"));
  EXPECT_EQ(listed.find('\033'), std::string::npos);
}

TEST_F(RunGraphTest, UnknownOpsDoNoHarmWhereNothingAsksForThem) {
  const Scope scope = Counter();
  MetaGraphDef meta;
  ASSERT_TRUE(ExportMetaGraph(scope, nullptr, &meta).ok());
  for (const char* input : {"v", "^add"}) {
    NodeDef* node = meta.mutable_graph_def()->add_node();
    node->set_name(std::string("zap_") + (*input == '^' ? "control" : "data"));
    node->set_op("Zap");
    node->add_input(input);
  }
  const std::string model = Write("m.meta", meta.SerializeAsString());
  // Both with the initializer, which the list of variables names, and without it.
  EXPECT_EQ(OutputOf({model, "--init", "init", "--fetch", "next"}), "next: float [] {6}\n");
  ExpectError({model, "--fetch", "now"}, 19, {"resource variable v"});
  ExpectError({model, "--init", "init", "--target", "zap_control"}, 22, {"Zap (1 node)"});
  ExpectError({model, "--fetch", "zzz"}, 15, {"'zzz'"});
  ExpectError({model}, 22, {"Zap (2 nodes)"});
}

TEST_F(RunGraphTest, UnknownOpsDoNoHarmBehindFeeds) {
  const auto node = [](const char* name, const char* op, const char* inputs) {
    return absl::StrCat("node { name: '", name, "' op: '", op, "' ", inputs,
                        " attr { key: 'T' value { type: DT_FLOAT } } }");
  };
  const std::string model =
      Write("m.pbtxt", node("zap", "Zap", "") + node("neg", "Neg", "input: 'zap'") +
                           node("sum", "AddV2", "input: 'neg:0' input: 'zap'") +
                           node("late", "Neg", "input: 'neg' input: '^zap'"));
  EXPECT_EQ(OutputOf({model, "--feed", "zap=1", "--fetch", "sum"}), "sum: float [] {0}\n");
  EXPECT_EQ(OutputOf({model, "--feed", "neg=[1]", "--feed", "zap:0=1", "--fetch", "sum"}),
            "sum: float [1] {2}\n");
  // Still to be run: for another input, for its effect, for its own sake.
  ExpectError({model, "--feed", "neg=1", "--fetch", "sum"}, 22, {"Zap (1 node)"});
  ExpectError({model, "--feed", "neg=1", "--feed", "zap=1", "--fetch", "late"}, 22, {"Zap"});
  ExpectError({model, "--feed", "zap=1", "--target", "zap"}, 22, {"Zap"});
  ExpectError({model, "--feed", "neg=text", "--feed", "zap=1", "--fetch", "sum"}, 13, {"'neg'"});
}

TEST_F(RunGraphTest, ExplainsKernels) {
  EXPECT_THAT(OutputOf({WriteModel("m.pb", Linear()), "--explain_kernels"}),
              MatchesRegex("Const: .+\nMatMul: .+\nPlaceholder: .+\n"));
}

TEST_F(RunGraphTest, BenchmarkPrintsItsFields) {
  const std::string model = WriteModel("m.pb", Linear());
  const std::vector<std::string> args = {model,   "--feed",  kFeed, "--fetch",
                                         "net/y", "--steps", "30",  "--benchmark"};
  const std::string number = "[0-9]+\\.[0-9]";
  EXPECT_THAT(OutputOf(args),
              MatchesRegex("steps 29  min " + number + " us  median " + number + " us  p99 " +
                           number + " us  first " + number + " us \\(compile " + number +
                           " us\\)\npeak [1-9][0-9]* bytes  faults per step " + number + "[0-9]\n" +
                           "net/y: float \\[2,1\\] \\{21, 43\\}\n"));
  std::vector<std::string> json = args;
  json.insert(json.end(), {"--format", "json"});
  const Struct parsed = ParseJson(OutputOf(json));
  ASSERT_EQ(parsed.fields_size(), 2);
  const auto& times = parsed.fields().at("--benchmark").struct_value().fields();
  EXPECT_EQ(times.at("steps").number_value(), 29);
  EXPECT_LE(times.at("min_us").number_value(), times.at("median_us").number_value());
  EXPECT_LE(times.at("median_us").number_value(), times.at("p99_us").number_value());
  EXPECT_GT(times.at("first_us").number_value(), 0);
  EXPECT_GE(times.at("compile_us").number_value(), 0);
  EXPECT_GT(times.at("peak_bytes").number_value(), 0);
  EXPECT_GE(times.at("faults_per_step").number_value(), 0);
}

TEST_F(RunGraphTest, BenchmarkTimesTargetsAloneAndSingleSteps) {
  const std::string model = WriteModel("m.pb", Counter());
  EXPECT_THAT(OutputOf({model, "--init=init", "--target=add", "--steps=3", "--benchmark"}),
              MatchesRegex("steps 2  .*faults per step [0-9.]+\n"));
  EXPECT_THAT(OutputOf({model, "--init=init", "--target=add", "--benchmark"}),
              MatchesRegex("steps 1  .*faults per step [0-9.]+\n"));
}

TEST_F(RunGraphTest, TraceIsATimelineOfTheLastStep) {
  const std::string model = WriteModel("m.pb", Counter());
  for (const char* benchmark : {"", "--benchmark"}) {
    std::vector<std::string> args = {model,     "--init", "init",    "--fetch",         "next",
                                     "--steps", "3",      "--trace", Path("trace.json")};
    if (*benchmark != '\0') args.push_back(benchmark);
    EXPECT_THAT(OutputOf(args), HasSubstr("next: float [] {8}\n"));  // No step more than asked for.
    const Struct parsed = ParseJson(Content("trace.json"));
    const auto& events = parsed.fields().at("traceEvents").list_value().values();
    ASSERT_GT(events.size(), 0);
    bool has_add = false;
    double last = 0;
    for (const auto& event : events) {
      const auto& fields = event.struct_value().fields();
      has_add |= fields.at("name").string_value() == "add";
      EXPECT_EQ(fields.at("ph").string_value(), "X");
      EXPECT_GE(fields.at("ts").number_value(), last);
      EXPECT_GE(fields.at("dur").number_value(), 0);
      last = fields.at("ts").number_value();
    }
    EXPECT_TRUE(has_add);
  }
}

TEST_F(RunGraphTest, GraphsTouchTheAllowedFolderOnly) {
  const Scope scope = Counter();
  Saver saver(scope);
  const std::string model = WriteModel("m.pb", scope);
  const std::vector<std::string> save = {model,
                                         "--init",
                                         "init",
                                         "--feed",
                                         "save/Const=" + Path("saved"),
                                         "--fetch",
                                         "save/control_dependency"};
  ExpectError(save, 17, {"save/SaveV2", "no folder was allowed"});
  EXPECT_FALSE(PosixEnv().FileExists(Path("saved.index")));
  std::vector<std::string> allowed = save;
  allowed.insert(allowed.end(), {"--allow_dir", directory_});
  EXPECT_THAT(OutputOf(allowed), HasSubstr("saved"));
  EXPECT_EQ(OutputOf({model, "--checkpoint", Path("saved"), "--fetch", "now"}),
            "now: float [] {5}\n");
  allowed.back() = "/";
  EXPECT_THAT(OutputOf(allowed), HasSubstr("saved"));
}

TEST_F(RunGraphTest, ProgressShowsOnTerminalsOnlyAndOnlyWhenThereIsAWait) {
  const std::string model = WriteModel("m.pb", Long(20)), feed = LongFeed();
  const std::string quick = WriteModel("quick.pb", Linear());
  ProgramOptions terminal;
  terminal.terminal = true;
  EXPECT_EQ(Run({quick, "--feed", kFeed, "--fetch", "net/y", "--steps", "3"}, terminal).err, "");
  int steps = 32;
  ProgramResult shown;
  do {
    steps *= 2;
    shown =
        Run({model, "--feed", feed, "--target", "y", "--steps", std::to_string(steps)}, terminal);
    ASSERT_EQ(shown.exit_code, 0);
  } while (shown.err.empty() && steps < (1 << 20));
  const std::string total = "/" + std::to_string(steps);
  EXPECT_THAT(shown.err, HasSubstr("\r["));
  EXPECT_THAT(shown.err, HasSubstr("] " + std::to_string(steps) + total + "  0 s left"));
  EXPECT_EQ(shown.err.back(), '\n');
  EXPECT_EQ(OutputOf({model, "--feed", feed, "--target", "y", "--steps", std::to_string(steps)}),
            "");
}

TEST_F(RunGraphTest, DevicesAreTheCpuOrSayWhatIsMissing) {
  const std::string model = WriteModel("m.pb", Linear());
  const std::vector<std::string> run = {model, "--feed", kFeed, "--fetch", "net/y", "--device"};
  const auto on = [&](const char* device) {
    std::vector<std::string> args = run;
    args.push_back(device);
    return Run(args);
  };
  EXPECT_EQ(on("/cpu:0").out, kLinearText);
  ExpectError(on("/device:TPU:0"), 13, {"there are no devices such as '/device:TPU:0'"});
  // A machine with so many GPUs aside, this one is missing everywhere.
  const ProgramResult gpu = on("/gpu:999");
  EXPECT_THAT(gpu.exit_code, testing::AnyOf(13, 22, 24));
  ExpectError(gpu, gpu.exit_code, {"/gpu:999: "});
}

TEST_F(RunGraphTest, HelpListsEveryFlag) {
  const std::string help = OutputOf({"--help"});
  EXPECT_EQ(OutputOf({"-h"}), help);
  for (const char* flag : {"feed", "fetch", "target", "init", "checkpoint", "steps", "output_dir",
                           "format", "threads", "device", "list", "benchmark",
                           "log_device_placement", "trace", "timeout_ms", "memory_limit"}) {
    EXPECT_THAT(help, HasSubstr(std::string("\n  --") + flag + " ")) << flag;
  }
}

}  // namespace
}  // namespace weir::run_graph
