#ifndef WEIR_RUNTIME_CUDA_STAGING_H_
#define WEIR_RUNTIME_CUDA_STAGING_H_

#include <cuda_runtime.h>

#include <array>
#include <cstddef>

#include "weir/core/mutex.h"
#include "weir/core/status.h"

namespace weir {

// Copies between the host and a device by way of pinned memory, in pieces: the only memory of the
// host that a device reads and writes by itself. The host fills a piece while earlier ones travel.
//
// Thread rule: all calls are safe from any thread; copies take turns.
class Staging {
 public:
  static constexpr size_t kPieceBytes = size_t{1} << 20;

  Staging() = default;
  ~Staging();  // REQUIRES: no copy is under way.
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  // Enqueues the copy. `host` may change once the call returns.
  absl::Status CopyIn(void* to, const void* host, size_t bytes, cudaStream_t stream);
  // Copies when the stream has come this far, and waits for that.
  absl::Status CopyOut(void* host, const void* from, size_t bytes, cudaStream_t stream);

 private:
  struct Piece {
    void* data = nullptr;
    cudaEvent_t done = nullptr;  // The device no longer needs the piece.
  };

  // The next piece, in turn, once the device has done with it.
  absl::StatusOr<Piece*> Take() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status Make(Piece* piece) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Enqueues a copy that has the piece at one of its ends.
  static absl::Status Enqueue(const Piece& piece, void* to, const void* from, size_t bytes,
                              cudaMemcpyKind kind, cudaStream_t stream);

  Mutex mu_;
  std::array<Piece, 4> pieces_ ABSL_GUARDED_BY(mu_);
  size_t next_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace weir

#endif  // WEIR_RUNTIME_CUDA_STAGING_H_
