#include "weir/io/npy.h"

#include <limits>

#include "weir/io/npy_format.h"

namespace weir {

absl::StatusOr<Tensor> ReadNpy(Env& env, const std::string& path) {
  ASSIGN_OR_RETURN(const std::unique_ptr<RandomAccessFile> file, env.NewRandomAccessFile(path));
  ASSIGN_OR_RETURN(const uint64_t size, env.FileSize(path));
  FileStream in(*file);
  return ReadNpyArray(in, size);
}

absl::Status WriteNpy(Env& env, const std::string& path, const Tensor& tensor) {
  ASSIGN_OR_RETURN(const std::string header, NpyHeader(tensor));
  return env.AtomicWriteFile(path, [&](WritableFile& file) -> absl::Status {
    std::string storage;
    RETURN_IF_ERROR(file.Append(header));
    return file.Append(NpyData(tensor, &storage));
  });
}

}  // namespace weir
