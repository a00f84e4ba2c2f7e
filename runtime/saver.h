#ifndef WEIR_RUNTIME_SAVER_H_
#define WEIR_RUNTIME_SAVER_H_

// Saving and restoring variables, with the nodes and files of TensorFlow's Saver.

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "weir/proto/saver.pb.h"
#include "weir/runtime/session.h"

namespace weir {

class Env;

struct SaverOptions {
  // Checkpoints kept; older ones are deleted. 0: all.
  int max_to_keep = 5;
  // Checkpoints of this distance in time are kept for good.
  double keep_every_n_hours = 10000;
  // One file of data per device, written apart and merged.
  bool sharded = false;
  // What to save, by the name in the checkpoint: name in the checkpoint -> name of the variable.
  // Empty: every variable but local ones, under its own name.
  std::map<std::string, std::string> variables;
  bool write_meta_graph = true;
};

// Thread rule: one thread at a time.
class Saver {
 public:
  // Adds the nodes that save and restore to the graph of `scope`; errors are kept there and are
  // returned by the calls below.
  explicit Saver(const Scope& scope, const SaverOptions& options = {});
  // Uses the nodes that an imported MetaGraphDef brought along.
  Saver(const Scope& scope, const SaverDef& def, const SaverOptions& options = {});

  // Writes a checkpoint with the prefix `path`, or `path-<step>`, and returns the prefix. The
  // session takes over nodes of the graph that it has not yet seen. On an error nothing that was
  // there is lost, nothing is left over, and the previous checkpoint stays the latest.
  absl::StatusOr<std::string> Save(Session& session, const std::string& path,
                                   std::optional<int64_t> step = std::nullopt);

  // Gives the variables the values of the checkpoint `path`. InvalidArgument when there is none;
  // NotFound, naming the variable, when the checkpoint lacks it. On an error variables may have
  // old values or new ones, each whole.
  absl::Status Restore(Session& session, const std::string& path) const;

  const SaverDef& def() const { return def_; }
  // Prefixes of the kept checkpoints, oldest first.
  std::vector<std::string> checkpoints() const;
  // Takes over the list of checkpoints of an earlier process from the directory's state file.
  absl::Status RecoverCheckpoints(Env& env, const std::string& directory);

 private:
  struct Kept {
    std::string prefix;
    int64_t micros;
  };
  void Build(const Scope& scope);
  absl::Status Write(Session& session, const std::string& prefix);
  absl::Status Remember(Env& env, const std::string& prefix);
  static void DeleteCheckpoint(Env& env, const std::string& prefix);

  Scope scope_;
  SaverOptions options_;
  SaverDef def_;
  std::deque<Kept> kept_;
  std::optional<int64_t> next_kept_for_good_micros_;
};

// Gives every variable of the session's graph that the checkpoint `prefix` (of either format) has,
// by its name, the saved value; needs no saver in the graph. Those that `records`, of an imported
// MetaGraphDef, know as parts of a partitioned variable get their part. Variables that the
// checkpoint lacks stay as they are; NotFound when it has none of them.
absl::Status RestoreVariables(Session& session, Env& env, const std::string& prefix,
                              absl::Span<const GraphState::VariableRecord> records = {});

// The newest checkpoint that the state file of `directory` names and that is there; nullopt when
// there is none.
std::optional<std::string> LatestCheckpoint(Env& env, const std::string& directory);

}  // namespace weir

#endif  // WEIR_RUNTIME_SAVER_H_
