#include "weir/kernels/cpu/onednn_util.h"

// Declared here, since not every compiler has omp.h. The thread count is a setting of each calling
// thread.
extern "C" {
int omp_get_max_threads(void);
void omp_set_num_threads(int);
}

namespace weir {

OneOpenMpThread::OneOpenMpThread() : before_(omp_get_max_threads()) {
  if (before_ != 1) omp_set_num_threads(1);
}

OneOpenMpThread::~OneOpenMpThread() {
  if (before_ != 1) omp_set_num_threads(before_);
}

}  // namespace weir
