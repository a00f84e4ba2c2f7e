#include "weir/runtime/cuda/cuda_recorder.h"

#include <utility>

#include "absl/cleanup/cleanup.h"
#include "weir/runtime/cuda/cuda_device.h"
#include "weir/runtime/cuda/cuda_status.h"

namespace weir {
namespace {

// What the thread is recording.
struct Capture {
  const CudaDevice* device = nullptr;
  cudaStream_t stream = nullptr;
};
thread_local Capture capture;

class CudaRecording final : public Recording {
 public:
  explicit CudaRecording(CudaDevice& device) : device_(device) {}
  ~CudaRecording() override {
    // CUDA keeps a graph that is still at work until it is done.
    if (exec_ != nullptr) (void)cudaGraphExecDestroy(exec_);
  }

  absl::Status Init(cudaGraph_t graph) {
    return CudaStatus(cudaGraphInstantiate(&exec_, graph, 0), "cudaGraphInstantiate");
  }

  absl::Status Launch() override {
    RETURN_IF_ERROR(device_.Activate());
    return device_.Named(
        CudaStatus(cudaGraphLaunch(exec_, device_.compute_stream()), "cudaGraphLaunch"));
  }

 private:
  CudaDevice& device_;
  cudaGraphExec_t exec_ = nullptr;
};

}  // namespace

cudaStream_t CudaRecorder::StreamOf(const CudaDevice& device) {
  return capture.device == &device ? capture.stream : nullptr;
}

absl::StatusOr<std::unique_ptr<Recorder>> CudaRecorder::Start(CudaDevice& device) {
  RETURN_IF_ERROR(device.Activate());
  std::unique_ptr<CudaRecorder> recorder(new CudaRecorder(device));
  RETURN_IF_ERROR(CudaStatus(cudaStreamCreateWithFlags(&recorder->stream_, cudaStreamNonBlocking),
                             "cudaStreamCreate"));
  // Between the steps that are recorded the thread does work that is not, which may allocate. Only
  // this mode leaves other streams, and other threads, all that they may do otherwise.
  RETURN_IF_ERROR(
      CudaStatus(cudaStreamBeginCapture(recorder->stream_, cudaStreamCaptureModeRelaxed),
                 "cudaStreamBeginCapture"));
  recorder->is_capturing_ = true;
  return std::unique_ptr<Recorder>(std::move(recorder));
}

CudaRecorder::~CudaRecorder() {
  (void)device_.Activate();
  if (is_capturing_) {
    cudaGraph_t graph = nullptr;
    if (cudaStreamEndCapture(stream_, &graph) == cudaSuccess) (void)cudaGraphDestroy(graph);
  }
  if (stream_ != nullptr) (void)cudaStreamDestroy(stream_);
  (void)cudaGetLastError();
}

absl::Status CudaRecorder::Record(absl::FunctionRef<absl::Status()> enqueue) {
  const Capture outer = std::exchange(capture, {&device_, stream_});
  const absl::Cleanup restore = [&outer] { capture = outer; };  // Also when memory runs out.
  return enqueue();
}

absl::StatusOr<std::unique_ptr<Recording>> CudaRecorder::Finish() {
  RETURN_IF_ERROR(device_.Activate());
  is_capturing_ = false;
  cudaGraph_t graph = nullptr;
  RETURN_IF_ERROR(CudaStatus(cudaStreamEndCapture(stream_, &graph), "cudaStreamEndCapture"));
  auto recording = std::make_unique<CudaRecording>(device_);
  const absl::Status status = recording->Init(graph);
  (void)cudaGraphDestroy(graph);
  RETURN_IF_ERROR(status);
  return std::unique_ptr<Recording>(std::move(recording));
}

}  // namespace weir
