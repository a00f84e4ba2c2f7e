// Checkpoints that are damaged, and saves that fail.

#include "gtest/gtest.h"
#include "weir/ops/constant.h"
#include "weir/ops/operators.h"
#include "weir/ops/variables_util.h"
#include "weir/runtime/saver.h"
#include "weir/tests/memory_env.h"

namespace weir {
namespace {

// A session whose files are in memory, with a variable of each kind, on two devices.
class SaverFaults : public testing::Test {
 protected:
  SaverFaults() {
    for (bool resource : {true, false}) {
      const Scope scope = scope_.Device(resource ? "/cpu:0" : "/cpu:1");
      variables_.push_back(GetVariable(scope, resource ? "r" : "v", Shape({2}), Constant(1),
                                       {.use_resource = resource, .collections = {}}));
    }
    init_ = GlobalVariablesInitializer(scope_);
    add_ = Group(scope_, {variables_[0].AssignAdd(scope_, {1.0f, 2.0f}),
                          variables_[1].AssignAdd(scope_, {10.0f, 20.0f})});
  }

  Session Open(Env& env) const {
    Session session = Session::Create(scope_, {.threads = 1, .env = &env}).value();
    EXPECT_TRUE(session.Run({}, {}, {init_}).ok());
    return session;
  }
  void Add(const Session& session) const { EXPECT_TRUE(session.Run({}, {}, {add_}).ok()); }
  std::string Values(const Session& session) const {
    const auto values = session.Run({}, {variables_[0], variables_[1]});
    if (!values.ok()) return std::string(values.status().message());
    return (*values)[0].ToString() + " " + (*values)[1].ToString();
  }
  // What a new session has after restoring.
  std::string Restored(const Saver& saver, Env& env, const std::string& prefix) const {
    Session fresh = Open(env);
    const absl::Status status = saver.Restore(fresh, prefix);
    return status.ok() ? Values(fresh) : std::string(status.message());
  }

  Scope scope_ = Scope::Root();
  std::vector<ops::Variable> variables_;
  Operation init_, add_;
};

constexpr int kOperations = 60;  // More than a save has.
constexpr char kFirst[] = "float [2] {1, 1} float [2] {1, 1}";
constexpr char kSecond[] = "float [2] {2, 3} float [2] {11, 21}";

// Each operation of a save fails once, whole and sharded, beside an older checkpoint.
TEST_F(SaverFaults, AFailedSaveLeavesTheOlderCheckpointAndNothingElse) {
  for (const bool sharded : {false, true}) {
    SaverOptions options;
    options.sharded = sharded;
    int failures = 0;
    for (int n = 0;; ++n) {
      MemoryEnv env;
      Saver saver(scope_, options);
      Session session = Open(env);
      ASSERT_TRUE(saver.Save(session, "/m", 1).ok());
      const std::vector<std::string> before = env.Files();
      Add(session);
      env.FailAfter(n);
      const absl::Status status = saver.Save(session, "/m", 2).status();
      env.Heal();
      const std::string what = absl::StrCat("operation ", n, ": ", status.ToString());
      EXPECT_EQ(Restored(saver, env, "/m-1"), kFirst) << what;
      EXPECT_EQ(Values(session), kSecond) << what;
      if (LatestCheckpoint(env, "/") == "/m-2") {  // Only making it durable failed.
        EXPECT_EQ(Restored(saver, env, "/m-2"), kSecond) << what;
      } else {
        EXPECT_EQ(LatestCheckpoint(env, "/"), "/m-1") << what;
        EXPECT_EQ(env.Files(), before) << what;
      }
      for (const std::string& file : env.Files()) {
        EXPECT_EQ(file.find("temp"), std::string::npos) << file << " after " << what;
        EXPECT_EQ(file.find(".tmp"), std::string::npos) << file << " after " << what;
      }
      ASSERT_TRUE(saver.Save(session, "/m", 3).ok()) << what;
      EXPECT_EQ(LatestCheckpoint(env, "/"), "/m-3");
      EXPECT_EQ(Restored(saver, env, "/m-3"), kSecond) << what;
      if (!status.ok()) ++failures;
      if (n == kOperations) {
        EXPECT_TRUE(status.ok());
        break;
      }
    }
    EXPECT_GT(failures, sharded ? 25 : 12);
  }
}

TEST_F(SaverFaults, AFailedSaveOverTheSamePrefixLeavesOneOfTheTwo) {
  for (const bool sharded : {false, true}) {
    SaverOptions options;
    options.sharded = sharded;
    for (int n = 0; n < kOperations; ++n) {
      MemoryEnv env;
      Saver saver(scope_, options);
      Session session = Open(env);
      ASSERT_TRUE(saver.Save(session, "/m").ok());
      const std::vector<std::string> before = env.Files();
      Add(session);
      env.FailAfter(n);
      const absl::Status status = saver.Save(session, "/m").status();
      env.Heal();
      const std::string now = Restored(saver, env, "/m");
      if (status.ok()) {
        EXPECT_EQ(now, kSecond) << n;
      } else {
        EXPECT_TRUE(now == kFirst || now == kSecond) << n << ": " << now;
      }
      EXPECT_EQ(LatestCheckpoint(env, "/"), "/m") << n;
      // What could not be deleted is once the next save succeeds.
      if (status.ok()) {
        ASSERT_TRUE(saver.Save(session, "/m").ok());
      }
      EXPECT_EQ(env.Files(), before) << n << status;
    }
  }
}

TEST_F(SaverFaults, AFullDiskLeavesTheOlderCheckpointAndNothingElse) {
  for (const bool sharded : {false, true}) {
    SaverOptions options;
    options.sharded = sharded;
    for (int n = 0;; ++n) {
      MemoryEnv env;
      Saver saver(scope_, options);
      Session session = Open(env);
      ASSERT_TRUE(saver.Save(session, "/m", 1).ok());
      const std::vector<std::string> before = env.Files();
      Add(session);
      env.FullAfter(n);
      const absl::Status status = saver.Save(session, "/m", 2).status();
      if (status.ok()) break;
      EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
      EXPECT_EQ(Restored(saver, env, "/m-1"), kFirst) << n;
      if (LatestCheckpoint(env, "/") != "/m-2") {
        EXPECT_EQ(env.Files(), before) << n << status;
      }
      EXPECT_EQ(Values(session), kSecond);
      // The expired ones are still known and deleted later.
      EXPECT_EQ(saver.checkpoints(), std::vector<std::string>{"/m-1"});
      ASSERT_LT(n, 500);
    }
  }
}

TEST_F(SaverFaults, AFailedSaveForgetsNoExpiredCheckpoint) {
  MemoryEnv env;
  SaverOptions options;
  options.max_to_keep = 1;
  Saver saver(scope_, options);
  Session session = Open(env);
  ASSERT_TRUE(saver.Save(session, "/m", 1).ok());
  env.FullAfter(0);
  EXPECT_FALSE(saver.Save(session, "/m", 2).ok());
  env.Heal();
  ASSERT_TRUE(saver.Save(session, "/m", 3).ok());
  EXPECT_EQ(saver.checkpoints(), std::vector<std::string>{"/m-3"});
  EXPECT_FALSE(env.FileExists("/m-1.index"));
}

// No damaged bit may come back as a value, whichever way a checkpoint is read.
TEST_F(SaverFaults, EveryFlippedBitAndEveryCutIsAnErrorOrHarmless) {
  MemoryEnv env;
  Saver saver(scope_);
  Session session = Open(env);
  Add(session);
  ASSERT_TRUE(saver.Save(session, "/m").ok());
  const auto expect_sound = [&](const std::string& what) {
    for (const bool by_saver : {true, false}) {
      ASSERT_TRUE(session.Run({}, {}, {init_}).ok());
      const absl::Status status =
          by_saver ? saver.Restore(session, "/m") : RestoreVariables(session, env, "/m");
      const std::string values = Values(session);
      if (status.ok()) {
        EXPECT_EQ(values, kSecond) << what << ", saver " << by_saver;
        continue;
      }
      EXPECT_TRUE(absl::IsDataLoss(status)) << what << ": " << status;
      EXPECT_NE(status.message().find("/m."), std::string::npos) << what << ": " << status;
      for (const char* first : {"float [2] {1, 1} ", "float [2] {2, 3} "}) {
        for (const char* second : {"float [2] {1, 1}", "float [2] {11, 21}"}) {
          if (values == absl::StrCat(first, second)) return;
        }
      }
      ADD_FAILURE() << what << ": " << values;
    }
  };
  for (const std::string file : {"/m.index", "/m.data-00000-of-00001"}) {
    const std::string whole = env.Content(file);
    for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
      std::string damaged = whole;
      damaged[bit / 8] ^= static_cast<char>(1 << (bit % 8));
      env.SetContent(file, damaged);
      expect_sound(absl::StrCat(file, " bit ", bit));
    }
    for (size_t size = 0; size < whole.size(); ++size) {
      env.SetContent(file, whole.substr(0, size));
      expect_sound(absl::StrCat(file, " cut at ", size));
    }
    env.SetContent(file, whole);
  }
  EXPECT_EQ(Restored(saver, env, "/m"), kSecond);
}

TEST_F(SaverFaults, ADamagedStateFileNamesNoOtherCheckpoint) {
  MemoryEnv env;
  Saver saver(scope_);
  Session session = Open(env);
  ASSERT_TRUE(saver.Save(session, "/m", 7).ok());
  const std::string whole = env.Content("/checkpoint");
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] ^= static_cast<char>(1 << (bit % 8));
    env.SetContent("/checkpoint", damaged);
    EXPECT_EQ(LatestCheckpoint(env, "/").value_or("/m-7"), "/m-7") << bit;
    Saver later(scope_);
    const absl::Status status = later.RecoverCheckpoints(env, "/");
    EXPECT_TRUE(status.ok() || absl::IsDataLoss(status)) << bit << status;
  }
}

TEST_F(SaverFaults, CheckpointsThatDoNotFitAreNamed) {
  MemoryEnv env;
  const Scope other = Scope::Root();
  (void)GetVariable(other, "r", Shape({3}), Constant(1));
  (void)GetVariable(other, "v", Shape({2}), Constant(1), {.dtype = DT_DOUBLE, .collections = {}});
  const Operation init = GlobalVariablesInitializer(other);
  Saver other_saver(other);
  Session other_session = Session::Create(other, {.env = &env}).value();
  ASSERT_TRUE(other_session.Run({}, {}, {init}).ok());
  ASSERT_TRUE(other_saver.Save(other_session, "/m").ok());
  for (const char* name : {"r", "v"}) {
    SaverOptions only;
    only.variables = {{name, name}};
    Saver saver(scope_, only);
    Session session = Open(env);
    for (const absl::Status& status :
         {saver.Restore(session, "/m"), RestoreVariables(session, env, "/m")}) {
      EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
      EXPECT_NE(status.message().find(name), std::string::npos) << status;
    }
    EXPECT_EQ(Values(session), kFirst);
  }
}

}  // namespace
}  // namespace weir
