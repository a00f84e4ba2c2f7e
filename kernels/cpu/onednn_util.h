#ifndef WEIR_KERNELS_CPU_ONEDNN_UTIL_H_
#define WEIR_KERNELS_CPU_ONEDNN_UTIL_H_

// Calling oneDNN from the runtime's threads.

#include "oneapi/dnnl/dnnl.hpp"
#include "weir/core/status.h"

namespace weir {

// While it lives, OpenMP regions that the calling thread opens have one thread: oneDNN must not
// start threads of its own. Needed around the making of primitives too, since these fix their
// number of threads then. Restores what was set before.
class OneOpenMpThread {
 public:
  OneOpenMpThread();
  ~OneOpenMpThread();
  OneOpenMpThread(const OneOpenMpThread&) = delete;
  OneOpenMpThread& operator=(const OneOpenMpThread&) = delete;

 private:
  int before_;
};

// Primitives whose scratch memory the caller provides, so that threads can share them.
dnnl::primitive_attr CallerScratchpad();

}  // namespace weir

#endif  // WEIR_KERNELS_CPU_ONEDNN_UTIL_H_
