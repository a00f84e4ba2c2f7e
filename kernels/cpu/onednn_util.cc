#include "weir/kernels/cpu/onednn_util.h"

// Declared here, since not every compiler has omp.h; oneDNN brings the library.
extern "C" int omp_get_max_threads(void);
extern "C" void omp_set_num_threads(int count);

namespace weir {

OneOpenMpThread::OneOpenMpThread() : before_(omp_get_max_threads()) {
  if (before_ != 1) omp_set_num_threads(1);
}

OneOpenMpThread::~OneOpenMpThread() {
  if (before_ != 1) omp_set_num_threads(before_);
}

dnnl::primitive_attr CallerScratchpad() {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attr;
}

}  // namespace weir
