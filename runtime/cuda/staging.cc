#include "weir/runtime/cuda/staging.h"

#include <algorithm>
#include <cstring>

#include "weir/runtime/cuda/cuda_status.h"

namespace weir {

Staging::~Staging() {
  MutexLock lock(mu_);
  for (const Piece& piece : pieces_) {
    if (piece.done != nullptr) (void)cudaEventDestroy(piece.done);
    if (piece.data != nullptr) (void)cudaFreeHost(piece.data);
  }
}

absl::Status Staging::Make(Piece* piece) {
  if (piece->data == nullptr) {
    RETURN_IF_ERROR(CudaStatus(cudaHostAlloc(&piece->data, kPieceBytes, cudaHostAllocDefault),
                               "cudaHostAlloc"));
  }
  if (piece->done == nullptr) {
    RETURN_IF_ERROR(CudaStatus(cudaEventCreateWithFlags(&piece->done, cudaEventDisableTiming),
                               "cudaEventCreate"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Staging::Piece*> Staging::Take() {
  Piece* const piece = &pieces_[next_];
  next_ = (next_ + 1) % pieces_.size();
  RETURN_IF_ERROR(Make(piece));
  RETURN_IF_ERROR(CudaStatus(cudaEventSynchronize(piece->done), "cudaEventSynchronize"));
  return piece;
}

absl::Status Staging::Enqueue(const Piece& piece, void* to, const void* from, size_t bytes,
                              cudaMemcpyKind kind, cudaStream_t stream) {
  RETURN_IF_ERROR(CudaStatus(cudaMemcpyAsync(to, from, bytes, kind, stream), "cudaMemcpyAsync"));
  const absl::Status recorded = CudaStatus(cudaEventRecord(piece.done, stream), "cudaEventRecord");
  // Without the event nothing would tell when the piece is free again.
  if (!recorded.ok()) (void)cudaStreamSynchronize(stream);
  return recorded;
}

absl::Status Staging::CopyIn(void* to, const void* host, size_t bytes, cudaStream_t stream) {
  MutexLock lock(mu_);
  for (size_t begin = 0; begin < bytes; begin += kPieceBytes) {
    const size_t count = std::min(kPieceBytes, bytes - begin);
    ASSIGN_OR_RETURN(Piece* const piece, Take());
    std::memcpy(piece->data, static_cast<const char*>(host) + begin, count);
    RETURN_IF_ERROR(Enqueue(*piece, static_cast<char*>(to) + begin, piece->data, count,
                            cudaMemcpyHostToDevice, stream));
  }
  return absl::OkStatus();
}

absl::Status Staging::CopyOut(void* host, const void* from, size_t bytes, cudaStream_t stream) {
  MutexLock lock(mu_);
  const size_t pieces = (bytes + kPieceBytes - 1) / kPieceBytes;
  std::array<Piece*, std::tuple_size_v<decltype(pieces_)>> taken;
  // The device is ahead by as many pieces as there are.
  for (size_t i = 0; i < pieces + taken.size(); ++i) {
    Piece*& piece = taken[i % taken.size()];
    if (i >= taken.size() && i - taken.size() < pieces) {
      const size_t begin = (i - taken.size()) * kPieceBytes;
      RETURN_IF_ERROR(CudaStatus(cudaEventSynchronize(piece->done), "cudaEventSynchronize"));
      std::memcpy(static_cast<char*>(host) + begin, piece->data,
                  std::min(kPieceBytes, bytes - begin));
    }
    if (i >= pieces) continue;
    const size_t begin = i * kPieceBytes;
    ASSIGN_OR_RETURN(piece, Take());
    RETURN_IF_ERROR(Enqueue(*piece, piece->data, static_cast<const char*>(from) + begin,
                            std::min(kPieceBytes, bytes - begin), cudaMemcpyDeviceToHost, stream));
  }
  // An error of an earlier kernel shows here.
  return CudaStatus(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
}

}  // namespace weir
