#ifndef WEIR_KERNELS_CPU_ONEDNN_UTIL_H_
#define WEIR_KERNELS_CPU_ONEDNN_UTIL_H_

// Calling oneDNN, which brings OpenMP, from the runtime's threads.

namespace weir {

// While it lives, OpenMP regions that the calling thread enters have one thread: oneDNN must not
// start threads of its own. Needed around the making of primitives too, since these fix their
// number of threads then. Restores what was set before.
class OneOpenMpThread {
 public:
  OneOpenMpThread();
  ~OneOpenMpThread();
  OneOpenMpThread(const OneOpenMpThread&) = delete;
  OneOpenMpThread& operator=(const OneOpenMpThread&) = delete;

 private:
  const int before_;
};

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_ONEDNN_UTIL_H_
