#include "weir/io/event_writer.h"

#include <cmath>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"
#include "weir/io/histogram.h"
#include "weir/tests/memory_env.h"

namespace weir {
namespace {

std::vector<Event> Events(MemoryEnv& env, const std::string& path) {
  auto reader = RecordReader::Open(env, path).value();
  std::vector<Event> events;
  for (std::string record; reader->Read(&record).ok();) {
    Event& event = events.emplace_back();
    EXPECT_TRUE(event.ParseFromString(record));
  }
  return events;
}

TEST(EventWriter, GoldenBytesOfTheFirstEvent) {
  MemoryEnv env;
  env.SetNow(1234567);  // The first event has whole seconds.
  const auto writer = EventWriter::Create(env, "/logs/run", ".tag").value();
  EXPECT_EQ(writer->path(), "/logs/run/events.out.tfevents.0000000001.memory.tag");
  EXPECT_EQ(absl::BytesToHexString(env.Content(writer->path())),
            "1800000000000000"
            "a37f4b22"
            "09000000000000f03f1a0d627261696e2e4576656e743a32"
            "86bf577a");
}

TEST(EventWriter, Events) {
  MemoryEnv env;
  auto writer = EventWriter::Create(env, "/logs").value();
  ASSERT_TRUE(writer->AddScalar("loss", 0.5f, 7).ok());
  ASSERT_TRUE(writer->AddGraph("graph").ok());
  ASSERT_TRUE(writer->AddMetaGraph("meta").ok());
  SessionLog log;
  log.set_status(SessionLog::START);
  ASSERT_TRUE(writer->AddSessionLog(log, 8).ok());
  ASSERT_TRUE(writer->AddRunMetadata("step 1", "data", 9).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(writer->AddRunMetadata("step 1", "data", 9)));
  ASSERT_TRUE(writer->Close().ok());
  EXPECT_FALSE(writer->Flush().ok());
  EXPECT_FALSE(writer->AddScalar("loss", 0.5f, 7).ok());

  const std::vector<Event> events = Events(env, writer->path());
  ASSERT_EQ(events.size(), 6u);
  EXPECT_EQ(events[0].file_version(), "brain.Event:2");
  EXPECT_EQ(events[1].step(), 7);
  EXPECT_GT(events[1].wall_time(), 0);
  EXPECT_EQ(events[1].summary().value(0).tag(), "loss");
  EXPECT_EQ(events[1].summary().value(0).simple_value(), 0.5f);
  EXPECT_EQ(events[2].graph_def(), "graph");
  EXPECT_EQ(events[3].meta_graph_def(), "meta");
  EXPECT_EQ(events[4].session_log().status(), SessionLog::START);
  EXPECT_EQ(events[5].tagged_run_metadata().run_metadata(), "data");
}

TEST(EventWriter, MetadataOfATagIsWrittenOnce) {
  MemoryEnv env;
  const auto writer = EventWriter::Create(env, "/logs").value();
  Summary summary;
  summary.add_value()->set_tag("a");
  summary.mutable_value(0)->mutable_metadata()->set_display_name("A");
  for (int step = 0; step < 2; ++step) ASSERT_TRUE(writer->AddSummary(summary, step).ok());
  ASSERT_TRUE(writer->Flush().ok());
  const std::vector<Event> events = Events(env, writer->path());
  EXPECT_TRUE(events[1].summary().value(0).has_metadata());
  EXPECT_FALSE(events[2].summary().value(0).has_metadata());
}

TEST(EventWriter, WritersOfOneSecondHaveTheirOwnFiles) {
  MemoryEnv env;
  const auto a = EventWriter::Create(env, "/logs").value();
  const auto b = EventWriter::Create(env, "/logs").value();
  EXPECT_EQ(b->path(), a->path() + ".1");
}

TEST(EventWriter, ANewFileReplacesADeletedOne) {
  MemoryEnv env;
  const auto writer = EventWriter::Create(env, "/logs").value();
  ASSERT_TRUE(env.DeleteFile(writer->path()).ok());
  ASSERT_TRUE(writer->Flush().ok());
  ASSERT_TRUE(writer->AddScalar("loss", 1, 1).ok());
  ASSERT_TRUE(writer->Flush().ok());
  EXPECT_EQ(Events(env, writer->path()).size(), 2u);
}

// "count<limit" of each bucket, shortened.
std::string Buckets(std::initializer_list<double> values) {
  Histogram histogram;
  for (const double v : values) histogram.Add(v);
  HistogramProto proto;
  histogram.ToProto(&proto);
  std::string text;
  for (int i = 0; i < proto.bucket_size(); ++i) {
    absl::StrAppend(&text, proto.bucket(i), "<", proto.bucket_limit(i), " ");
  }
  return text;
}

TEST(Histogram, Buckets) {
  EXPECT_EQ(Buckets({}), "0<1.79769e+308 ");
  EXPECT_EQ(Buckets({0}), "0<0 1<1e-12 0<1.79769e+308 ");
  EXPECT_EQ(Buckets({-1e-12, 1e-13}), "0<-1e-12 1<0 1<1e-12 0<1.79769e+308 ");
  EXPECT_EQ(Buckets({1e30, std::numeric_limits<double>::max()}), "0<9.92078e+19 2<1.79769e+308 ");
  EXPECT_EQ(Buckets({1, 1, -1}), "0<-1.00897 1<-0.917246 0<0.917246 2<1.00897 0<1.79769e+308 ");
}

TEST(Histogram, Moments) {
  Histogram histogram;
  for (const double v : {1.0, -2.0, 4.0}) histogram.Add(v);
  HistogramProto proto;
  histogram.ToProto(&proto);
  EXPECT_EQ(proto.min(), -2);
  EXPECT_EQ(proto.max(), 4);
  EXPECT_EQ(proto.num(), 3);
  EXPECT_EQ(proto.sum(), 3);
  EXPECT_EQ(proto.sum_squares(), 21);
}

}  // namespace
}  // namespace weir
