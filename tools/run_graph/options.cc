#include "weir/tools/run_graph/options.h"

#include <functional>
#include <limits>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "weir/core/env.h"

namespace weir::run_graph {

const char kUsage[] =
    R"(usage: run_graph MODEL [options]

Runs a TensorFlow 1.x graph. MODEL is a binary GraphDef (.pb), a text one (.pbtxt) or a MetaGraphDef
(.meta).

  --feed NAME=@FILE.npy   feed a tensor from a file
  --feed NAME=LITERAL     feed a number, a string, or nested lists: --feed 'x=[[1, 2], [3, 4]]'
  --fetch NAME            compute a tensor and show it
  --target NAME           run an operation
  --init NAME             run an operation once, before everything else
  --checkpoint PREFIX     give the variables their values from a checkpoint
  --steps N               run N times; the results shown are the last ones (1)
  --output_dir DIR        write one NAME.npy per fetch ('/' and ':' become '_'); else results go to
                          standard output
  --format text|json|npy  how (text)
  --device NAME           where nodes that name no device run: /device:GPU:0 (the CPU)
  --threads N             threads for the work of one op (one per core)
  --list                  show placeholders, variables, likely outputs, ops and what is unsupported
  --explain_kernels       show the kernels of each op of the graph, in the order in which they are
                          asked
  --log_device_placement  tell on standard error where each node that runs is placed
  --benchmark             time the steps
  --trace FILE.json       write a timeline of the last step for chrome://tracing
  --timeout_ms N          give up a step after this time; 0: never (60000)
  --memory_limit BYTES    the most that tensors of the host may take; 0: no limit (4 GiB)
  --allow_dir DIR         let ops of the graph read and write files in DIR
  -h, --help              show this

Exit codes: 0 success, 2 usage, 11 nobody reads standard output, 10 + the status code of an error:
13 InvalidArgument, 14 DeadlineExceeded, 15 NotFound, 18 ResourceExhausted, 19 FailedPrecondition,
22 Unimplemented, 23 Internal, 24 Unavailable, 25 DataLoss.
)";

namespace {

constexpr int64_t kMaxTimeoutMs = 1'000'000'000'000;  // 31 years; their microseconds fit as well.

using Setter = std::function<absl::Status(const std::string& value)>;

// What an empty value would turn off stays off without the flag: an empty one is a mistake.
Setter Path(std::string* out) {
  return [out](const std::string& value) -> absl::Status {
    if (value.empty()) return InvalidArgument("the value is empty");
    *out = value;
    return absl::OkStatus();
  };
}

Setter Folder(std::string* out) {
  return [out](const std::string& value) -> absl::Status {
    if (!PosixEnv().IsDirectory(value)) return InvalidArgument("'", value, "' is not a folder");
    *out = value;
    return absl::OkStatus();
  };
}

Setter Names(std::vector<std::string>* out) {
  return [out](const std::string& value) {
    out->push_back(value);
    return absl::OkStatus();
  };
}

Setter Number(int64_t* out, int64_t least, int64_t most = std::numeric_limits<int64_t>::max()) {
  return [out, least, most](const std::string& value) -> absl::Status {
    if (!absl::SimpleAtoi(value, out) || *out < least || *out > most) {
      return InvalidArgument("'", value, "' is not a whole number from ", least, " to ", most);
    }
    return absl::OkStatus();
  };
}

absl::Status AddFeed(Options& options, const std::string& value) {
  const std::pair<std::string, std::string> feed = absl::StrSplit(value, absl::MaxSplits('=', 1));
  if (feed.first.empty() || !absl::StrContains(value, '=')) {
    return InvalidArgument("'", value, "' is not NAME=VALUE");
  }
  options.feeds.push_back(feed);
  return absl::OkStatus();
}

std::map<std::string, Setter> ValueFlags(Options& o) {
  return {
      {"feed", [&o](const std::string& value) { return AddFeed(o, value); }},
      {"fetch", Names(&o.fetches)},
      {"target", Names(&o.targets)},
      {"init", Names(&o.inits)},
      {"checkpoint", Path(&o.checkpoint)},
      {"device", Path(&o.device)},
      {"output_dir", Path(&o.output_dir)},
      {"trace", Path(&o.trace)},
      {"allow_dir", Folder(&o.allow_dir)},
      {"steps", Number(&o.steps, 1)},
      {"threads", Number(&o.threads, 0)},
      {"timeout_ms", Number(&o.timeout_ms, 0, kMaxTimeoutMs)},
      {"memory_limit", Number(&o.memory_limit, 0)},
      {"format",
       [&o](const std::string& value) -> absl::Status {
         o.format = value;
         if (value == "text" || value == "json" || value == "npy") return absl::OkStatus();
         return InvalidArgument("'", value, "' is not text, json or npy");
       }},
  };
}

}  // namespace

absl::StatusOr<Options> ParseOptions(int argc, char** argv) {
  Options options;
  const std::map<std::string, Setter> values = ValueFlags(options);
  const std::map<std::string, bool*> switches = {
      {"list", &options.list},
      {"benchmark", &options.benchmark},
      {"explain_kernels", &options.explain_kernels},
      {"log_device_placement", &options.log_device_placement},
      {"help", &options.help}};
  for (int i = 1; i < argc; ++i) {
    absl::string_view arg = argv[i];
    if (arg == "-h") arg = "--help";
    if (!absl::ConsumePrefix(&arg, "--")) {
      if (!options.model.empty()) return InvalidArgument("more than one MODEL: '", arg, "'");
      options.model = std::string(arg);
      continue;
    }
    const size_t equals = arg.find('=');
    const std::string name(arg.substr(0, equals));
    if (const auto it = switches.find(name); it != switches.end()) {
      if (equals != absl::string_view::npos) return InvalidArgument("--", name, " takes no value");
      *it->second = true;
      continue;
    }
    const auto it = values.find(name);
    if (it == values.end()) return InvalidArgument("there is no option --", name);
    std::string value;
    if (equals != absl::string_view::npos) {
      value = std::string(arg.substr(equals + 1));
    } else if (++i < argc) {
      value = argv[i];
    } else {
      return InvalidArgument("--", name, " needs a value");
    }
    RETURN_IF_ERROR(Annotate(it->second(value), absl::StrCat("--", name, ": ")));
  }
  if (options.model.empty() && !options.help) return InvalidArgument("MODEL is missing");
  if (options.benchmark && options.format == "npy" && options.output_dir.empty()) {
    return InvalidArgument("--benchmark beside --format npy needs --output_dir");
  }
  return options;
}

}  // namespace weir::run_graph
