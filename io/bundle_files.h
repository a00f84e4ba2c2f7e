#ifndef WEIR_IO_BUNDLE_FILES_H_
#define WEIR_IO_BUNDLE_FILES_H_

// What the writing and the merging of checkpoints share.

#include <map>
#include <string>

#include "weir/core/env.h"
#include "weir/proto/tensor_bundle.pb.h"

namespace weir {

// In the names of files that are not finished.
inline constexpr char kBundleTemporaryMark[] = ".tempstate";

// Writes an index file and waits until it is on the device.
absl::Status WriteBundleIndex(Env& env, const std::string& path, const BundleHeaderProto& header,
                              const std::map<std::string, BundleEntryProto>& entries);

// Removes temporary files, and data files of another number of shards than `num_shards`. Failures
// to do so do no harm, and are not reported.
void RemoveBundleStrays(Env& env, const std::string& prefix, int num_shards);

}  // namespace weir

#endif  // WEIR_IO_BUNDLE_FILES_H_
