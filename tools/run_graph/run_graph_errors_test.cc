// What run_graph says when something is wrong: its exit code, nothing on standard output, and one
// line that names node or file and the cause.

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "weir/tests/run_graph_fixture.h"

namespace weir::run_graph {
namespace {

// Exit codes.
constexpr int kUsage = 2, kCancelled = 11, kInvalidArgument = 13, kDeadlineExceeded = 14,
              kNotFound = 15, kAlreadyExists = 16, kResourceExhausted = 18,
              kFailedPrecondition = 19, kUnimplemented = 22, kDataLoss = 25;

constexpr char kFeed[] = "x=[[1, 2]]";

TEST_F(RunGraphTest, Usage) {
  const std::string model = WriteModel("m.pb", Linear());
  ExpectError(std::vector<std::string>{}, kUsage, {"MODEL is missing"});
  ExpectError({model, model}, kUsage, {"more than one MODEL"});
  ExpectError({model, "--frobnicate"}, kUsage, {"no option --frobnicate"});
  ExpectError({model, "--fetch"}, kUsage, {"--fetch needs a value"});
  ExpectError({model, "--list=yes"}, kUsage, {"--list takes no value"});
  ExpectError({model, "--feed", "x"}, kUsage, {"--feed: 'x' is not NAME=VALUE"});
  ExpectError({model, "--feed", "=1"}, kUsage, {"--feed"});
  ExpectError({model, "--format", "xml"}, kUsage, {"--format: 'xml' is not text, json or npy"});
  for (const char* flag : {"--steps", "--threads", "--timeout_ms", "--memory_limit"}) {
    for (const char* value : {"-1", "two", "", "1.5", "99999999999999999999"}) {
      ExpectError({model, flag, value}, kUsage, {flag, "is not a whole number"});
    }
  }
  ExpectError({model, "--steps", "0"}, kUsage, {"from 1 to"});
  // In microseconds it would be negative: no time at all.
  ExpectError({model, "--timeout_ms", "9223372036854775807"}, kUsage, {"to 1000000000000"});
  for (const char* flag : {"--checkpoint", "--output_dir", "--trace", "--allow_dir"}) {
    ExpectError({model, "--fetch", "net/w", flag, ""}, kUsage, {flag});
  }
  ExpectError({model, "--fetch", "net/w", "--allow_dir", Path("none")}, kUsage,
              {"--allow_dir: '" + Path("none") + "' is not a folder"});
  ExpectError({model, "--fetch", "net/w", "--allow_dir", model}, kUsage, {"is not a folder"});
  ExpectError({model, "--fetch", "net/y", "--format", "npy", "--benchmark"}, kUsage,
              {"--output_dir"});
  ExpectError({model, "--no\nsuch"}, kUsage, {"no\\nsuch"});
}

TEST_F(RunGraphTest, NothingToDo) {
  ExpectError({WriteModel("m.pb", Linear())}, kInvalidArgument, {"--fetch", "--list"});
}

TEST_F(RunGraphTest, BadFeeds) {
  const std::string model = WriteModel("m.pb", Linear());
  const auto error = [&](const std::string& feed, int code, const std::vector<std::string>& words) {
    ExpectError({model, "--fetch", "net/y", "--feed", feed}, code, words);
  };
  ExpectError({model, "--fetch", "net/y"}, kInvalidArgument,
              {"You must feed a value for placeholder tensor 'x' with dtype float"});
  error("x=[1, 2]", kInvalidArgument, {"'x:0'", "[2]", "[?,2]"});
  error("x=[[1, 2, 3]]", kInvalidArgument, {"'x:0'", "[1,3]", "[?,2]"});
  error("x=[[1, two]]", kInvalidArgument, {"'x'", "'two' is not a float"});
  error("x=[[1, 2], [3]]", kInvalidArgument, {"'x'", "ragged"});
  error("x=[[1, 2]", kInvalidArgument, {"'x'", "']' is missing"});
  error("zzz=1", kNotFound, {"'zzz'"});
  error("x:1=1", kInvalidArgument, {"'x:1'", "1 outputs"});
  error("x:one=1", kInvalidArgument, {"'x:one' is not a tensor name"});
  ExpectError({model, "--fetch", "net/y", "--feed", kFeed, "--feed", kFeed}, kInvalidArgument,
              {"\"x\" fed more than once"});
  error("x=@" + Path("none.npy"), kNotFound, {"'x'", "none.npy"});
  error("x=@" + Write("text.npy", "not an array"), kDataLoss, {"'x'", "text.npy"});
  ASSERT_TRUE(WriteNpy(PosixEnv(), Path("ints.npy"), Tensor::Of<int32_t>({1, 2}, {1, 2})).ok());
  error("x=@" + Path("ints.npy"), kInvalidArgument, {"'x'", "expects float but int32"});
}

TEST_F(RunGraphTest, BadNames) {
  const std::string model = WriteModel("m.pb", Linear());
  ExpectError({model, "--fetch", "zzz"}, kNotFound, {"fetch", "'zzz'"});
  ExpectError({model, "--fetch", "net/y:3"}, kInvalidArgument, {"'net/y:3'", "MatMul 'net/y'"});
  ExpectError({model, "--target", "zzz"}, kNotFound, {"target", "'zzz'"});
  ExpectError({model, "--init", "zzz"}, kNotFound, {"'zzz'"});
  const std::string counter = WriteModel("c.pb", Counter());
  ExpectError({counter, "--fetch", "init"}, kInvalidArgument, {"'init'", "no output"});
}

TEST_F(RunGraphTest, UninitialisedVariables) {
  const std::string model = WriteModel("m.pb", Counter());
  ExpectError({model, "--fetch", "now"}, kFailedPrecondition,
              {"ReadVariableOp '", "resource variable v", "uninitialized"});
  ExpectError({model, "--target", "add"}, kFailedPrecondition,
              {"AssignAddVariableOp 'add'", "resource variable v", "uninitialized"});
}

TEST_F(RunGraphTest, UnknownOpsAllAtOnce) {
  const std::string model = Write("m.pbtxt", R"(node { name: "a" op: "Frobnicate" }
                                                node { name: "b" op: "Zap" })");
  ExpectError({model, "--fetch", "a", "--target", "b"}, kUnimplemented,
              {"m.pbtxt", "Frobnicate (1 node)", "Zap (1 node)"});
}

TEST_F(RunGraphTest, CallsOfFunctionsAreUnsupported) {
  const std::string model = Write("m.pbtxt", R"(node { name: "a" op: "f" }
      library { function { signature { name: "f" } node_def { name: "n" op: "NoOp" } } })");
  ExpectError({model, "--target", "a"}, kUnimplemented, {"f (function, 1 node)"});
  const std::string list = OutputOf({model, "--list"});
  EXPECT_NE(list.find("unsupported:\n  f (function, 1 node)\n"), std::string::npos) << list;
}

TEST_F(RunGraphTest, BadGraphs) {
  const auto neg = [](const char* name, const char* input) {
    return std::string("node { name: '") + name + "' op: 'Neg' input: '" + input +
           "' attr { key: 'T' value { type: DT_FLOAT } } }";
  };
  ExpectError({Write("m.pbtxt", neg("p", "q") + neg("q", "p")), "--fetch", "p"}, kInvalidArgument,
              {"Neg '", "cycle"});
  ExpectError({Write("m.pbtxt", neg("p", "q")), "--fetch", "p"}, kInvalidArgument,
              {"Neg 'p'", "'q' does not exist"});
}

TEST_F(RunGraphTest, DeadlinesEndLongRuns) {
  const std::string model = WriteModel("m.pb", Long(5000)), feed = LongFeed();
  ExpectError({model, "--feed", feed, "--target", "y", "--timeout_ms", "1"}, kDeadlineExceeded, {});
  // The initialisers' time counts too.
  ExpectError({model, "--feed", feed, "--feed", "y=1", "--init", "y", "--timeout_ms", "1"},
              kInvalidArgument, {"placeholder tensor 'x'"});
}

TEST_F(RunGraphTest, MemoryHasLimits) {
  const Scope scope = Scope::Root();
  const Output n = ops::Placeholder(scope.Named("n"), DT_INT32, {1});
  (void)ops::Fill(scope.Named("big"), n, 1.0f);
  const std::string model = WriteModel("m.pb", scope);
  ExpectError({model, "--feed", "n=[300000]", "--fetch", "big", "--memory_limit", "1000000"},
              kResourceExhausted, {"Fill 'big'"});
  ExpectError({model, "--feed", "n=[2000000000]", "--fetch", "big"}, kResourceExhausted,
              {"Fill 'big'"});
#if !defined(__SANITIZE_ADDRESS__) && !defined(WEIR_TSAN)  // They take address space.
  // Where the system has less than the limit allows.
  ProgramOptions small;
  small.memory_bytes = uint64_t{1} << 30;
  ExpectError(Run({model, "--feed", "n=[1000000000]", "--fetch", "big", "--memory_limit", "0",
                   "--threads", "1"},
                  small),
              kResourceExhausted, {});
#endif
}

TEST_F(RunGraphTest, FullDevices) {
  const std::string model = WriteModel("m.pb", Linear());
  ProgramOptions full;
  full.out_path = "/dev/full";
  for (const char* format : {"text", "json", "npy"}) {
    ExpectError(Run({model, "--fetch", "net/w", "--format", format}, full), kResourceExhausted,
                {"standard output", "No space left"});
  }
  ExpectError(Run({model, "--list"}, full), kResourceExhausted, {"standard output"});
}

TEST_F(RunGraphTest, OutputThatCannotBeWritten) {
  const std::string model = WriteModel("m.pb", Linear());
  const std::string file = Write("file", "precious");
  ExpectError({model, "--fetch", "net/w", "--output_dir", file + "/sub"}, kAlreadyExists, {file});
  ExpectError({model, "--fetch", "net/w", "--trace", Path("none/trace.json")}, kNotFound,
              {"none/trace.json"});
  EXPECT_EQ(Content("file"), "precious");
  // Two tensors, one file.
  ExpectError({model, "--fetch", "net/w", "--fetch", "net_w", "--output_dir", Path("out")},
              kInvalidArgument, {"'net/w'", "'net_w'", "net_w.npy"});
  // What NumPy has no type for.
  const std::string counter = WriteModel("c.pb", Counter());
  ExpectError({counter, "--fetch", "v", "--format", "npy"}, kInvalidArgument, {"v:", "resource"});
  ExpectError({counter, "--fetch", "v", "--output_dir", Path("out")}, kInvalidArgument,
              {"'v'", "resource"});
  EXPECT_TRUE(PosixEnv().ListDirectory(Path("out"))->empty());
}

TEST_F(RunGraphTest, MissingAndDamagedCheckpoints) {
  const Scope scope = Counter();
  Saver saver(scope);
  Session session = Session::Create(scope).value();
  ASSERT_TRUE(session.Run({}, {}, {"init"}).ok());
  ASSERT_TRUE(saver.Save(session, Path("ckpt")).ok());
  const std::string model = WriteModel("m.pb", Counter());
  const auto error = [&](int code, const std::vector<std::string>& words) {
    ExpectError({model, "--checkpoint", Path("ckpt"), "--init", "init", "--fetch", "now"}, code,
                words);
  };
  const std::string data_name = "ckpt.data-00000-of-00001";
  const std::string data = Content(data_name), index = Content("ckpt.index");
  Write(data_name, data.substr(1));
  error(kDataLoss, {data_name});
  Write(data_name, std::string("\x01") + data.substr(1));
  error(kDataLoss, {data_name});
  ASSERT_TRUE(PosixEnv().DeleteFile(Path(data_name)).ok());
  error(kNotFound, {data_name});
  Write("ckpt.index", index.substr(0, index.size() / 2));
  error(kDataLoss, {"ckpt.index"});
  ASSERT_TRUE(PosixEnv().DeleteFile(Path("ckpt.index")).ok());
  error(kNotFound, {"ckpt"});

  const Scope other = Scope::Root();
  (void)GetVariable(other, "v", Shape({3}), Constant(1));
  (void)GlobalVariablesInitializer(other);
  Saver other_saver(other);
  Session other_session = Session::Create(other).value();
  ASSERT_TRUE(other_session.Run({}, {}, {"init"}).ok());
  ASSERT_TRUE(other_saver.Save(other_session, Path("ckpt")).ok());
  error(kInvalidArgument, {"'v'", "ckpt", "[3]"});
}

TEST_F(RunGraphTest, MissingAndDamagedModels) {
  ExpectError({Path("none.pb"), "--list"}, kNotFound, {"none.pb"});
  ExpectError({directory_, "--list"}, kFailedPrecondition, {directory_, "directory"});
  GraphDef def;
  ExportGraphDef(Linear().graph(), &def);
  const std::string binary = def.SerializeAsString();
  ExpectError({Write("m.pb", binary.substr(0, binary.size() - 1)), "--list"}, kDataLoss,
              {"m.pb", "byte"});
  std::string in_node = binary;
  in_node[3] = '\x7f';  // The length of the first node's name.
  ExpectError({Write("m.pb", in_node), "--list"}, kDataLoss, {"m.pb", "node 0 at byte 0"});
  std::string bad_utf8 = binary;
  bad_utf8[bad_utf8.find("net/y")] = '\xff';  // Of which the parser writes a log of its own.
  ExpectError({Write("m.pb", bad_utf8), "--list"}, kDataLoss, {"node 2 at byte", "'net/w'"});
  ExpectError({Write("m.meta", binary.substr(0, binary.size() - 1)), "--list"}, kDataLoss,
              {"m.meta", "byte"});
  ExpectError({Write("m.pbtxt", "node { name: 'a' }\nnode { op; }"), "--list"}, kDataLoss,
              {"m.pbtxt:2:"});
  ExpectError({Write("text", "node {\n  name 'a' }"), "--list"}, kDataLoss, {"text:2:"});
  ExpectError({Write("text", "to: 'all'\nsubject: 'hello'"), "--list"}, kDataLoss, {"text:1:"});
}

TEST_F(RunGraphTest, WhatIsNoFileDoesNotHang) {
  const std::string pipe = Path("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  ExpectError({pipe, "--list"}, kFailedPrecondition, {pipe, "nobody writes"});
  ExpectError({"/dev/zero", "--list"}, kFailedPrecondition, {"/dev/zero"});
  const std::string model = WriteModel("m.pb", Linear());
  ExpectError({model, "--fetch", "net/y", "--feed", "x=@" + pipe}, kFailedPrecondition,
              {pipe, "not an ordinary file"});
}

// Nobody is there to be told.
TEST_F(RunGraphTest, OutputThatNobodyReads) {
  const std::string model = WriteModel("m.pb", Linear());
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  close(ends[0]);
  const std::string command = std::string(kProgram) + " " + model + " --list 2>" + Path("err") +
                              " >&" + std::to_string(ends[1]);
  const int status = std::system(command.c_str());
  close(ends[1]);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), kCancelled);
  EXPECT_EQ(Content("err"), "");
}

TEST_F(RunGraphTest, NestedMessagesNeedNoStack) {
  const std::string open = "attr { key: 'a' value { func { name: 'f' ";
  for (const int depth : {60, 100'000}) {
    std::string text = "node { name: 'n' op: 'NoOp' ";
    for (int i = 0; i < depth; ++i) text += open;
    for (int i = 0; i < depth; ++i) text += "} } }";
    ExpectError({Write("m.pbtxt", text + "}"), "--target", "n"}, kDataLoss, {"m.pbtxt:"});
  }
}

TEST_F(RunGraphTest, MessagesFromTheFileStayOnOneLine) {
  ExpectError({Write("m.pbtxt", "node { name: 'a' op: 'No\\n\\r\\033[1mp' }"), "--target", "a"},
              kUnimplemented, {"No\\n\\r\\x1b[1mp"});
}

}  // namespace
}  // namespace weir::run_graph
