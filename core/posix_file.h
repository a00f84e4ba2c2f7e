#ifndef WEIR_CORE_POSIX_FILE_H_
#define WEIR_CORE_POSIX_FILE_H_

// The machine's files as its Envs open them. Errors as those of an Env.

#include <memory>
#include <string>

#include "weir/core/env.h"

namespace weir {

// Who names a path.
enum class PathTrust {
  kOwner,  // The program's user: links are followed, and devices and pipes can be written to.
  kGraph,  // Neither. A link that appears on the way after the path was looked at is an error.
};

enum class WriteMode { kReplace, kAppend };

// Ordinary files only: a pipe could not be read at any offset, and to open it might wait forever.
absl::StatusOr<std::unique_ptr<RandomAccessFile>> OpenForReading(const std::string& path,
                                                                 PathTrust trust);
// Creates the file if needed.
absl::StatusOr<std::unique_ptr<WritableFile>> OpenForWriting(const std::string& path,
                                                             WriteMode mode, PathTrust trust);

}  // namespace weir

#endif  // WEIR_CORE_POSIX_FILE_H_
