#include "weir/tests/conformance/summaries.h"

#include <google/protobuf/util/message_differencer.h>

#include "absl/strings/str_cat.h"
#include "weir/proto/graph.pb.h"
#include "weir/proto/summary.pb.h"
#include "weir/runtime/session.h"

namespace weir::conformance {
namespace {

using google::protobuf::util::DefaultFieldComparator;
using google::protobuf::util::MessageDifferencer;

// The pixels of a PNG image, by the op itself.
absl::StatusOr<Tensor> DecodePng(const std::string& png) {
  const Scope scope = Scope::Root();
  const Operation image = scope.Op("DecodePng").In(png).Build();
  ASSIGN_OR_RETURN(const Session session, Session::Create(scope));
  ASSIGN_OR_RETURN(const std::vector<Tensor> pixels, session.Run({}, {image.out(0)}));
  return pixels[0];
}

std::string ImageDifference(const Summary::Image& got, const Summary::Image& want) {
  const absl::StatusOr<Tensor> got_pixels = DecodePng(got.encoded_image_string());
  const absl::StatusOr<Tensor> want_pixels = DecodePng(want.encoded_image_string());
  if (!got_pixels.ok()) return got_pixels.status().ToString();
  if (!want_pixels.ok()) return want_pixels.status().ToString();
  return Difference(*got_pixels, *want_pixels, Tolerance());
}

}  // namespace

std::string SummaryDifference(const std::string& got, const std::string& want,
                              const Tolerance& tolerance) {
  Summary got_summary, want_summary;
  if (!want_summary.ParseFromString(want)) return "the reference is no Summary";
  if (!got_summary.ParseFromString(got)) return "not a Summary";
  if (got_summary.value_size() != want_summary.value_size()) {
    return absl::StrCat("summary has ", got_summary.value_size(), " values, expected ",
                        want_summary.value_size());
  }
  for (int i = 0; i < want_summary.value_size(); ++i) {
    Summary::Value& got_value = *got_summary.mutable_value(i);
    Summary::Value& want_value = *want_summary.mutable_value(i);
    if (!got_value.has_image() || !want_value.has_image()) continue;
    const std::string difference = ImageDifference(got_value.image(), want_value.image());
    if (!difference.empty()) return absl::StrCat("image ", want_value.tag(), ": ", difference);
    got_value.mutable_image()->clear_encoded_image_string();
    want_value.mutable_image()->clear_encoded_image_string();
  }
  DefaultFieldComparator comparator;
  comparator.set_float_comparison(DefaultFieldComparator::APPROXIMATE);
  comparator.set_treat_nan_as_equal(true);
  comparator.SetDefaultFractionAndMargin(tolerance.rtol, tolerance.atol);
  MessageDifferencer differencer;
  differencer.set_field_comparator(&comparator);
  std::string report;
  differencer.ReportDifferencesToString(&report);
  return differencer.Compare(want_summary, got_summary) ? "" : absl::StrCat("summary: ", report);
}

}  // namespace weir::conformance
