#ifndef WEIR_RUNTIME_CUDA_PLAN_CACHE_H_
#define WEIR_RUNTIME_CUDA_PLAN_CACHE_H_

#include <memory>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "weir/core/mutex.h"
#include "weir/core/status.h"

namespace weir {

// How a library computes the problems that it was given, for as long as a device lives. A Plan has
// `bool is_final`: false where circumstances that may change had a part in it.
//
// Thread rule: all calls are safe from any thread; `make` runs without a lock.
template <typename Problem, typename Plan>
class PlanCache {
 public:
  using PlanPtr = std::shared_ptr<const Plan>;

  // The plan that is kept for the problem, or else one that is made, and kept if it is final. Of
  // several made at once the first is kept, and the others are dropped.
  absl::StatusOr<PlanPtr> Get(const Problem& problem,
                              absl::FunctionRef<absl::StatusOr<PlanPtr>()> make) {
    {
      MutexLock lock(mu_);
      const auto found = plans_.find(problem);
      if (found != plans_.end()) return found->second;
    }
    ASSIGN_OR_RETURN(PlanPtr plan, make());
    if (!plan->is_final) return plan;
    MutexLock lock(mu_);
    return plans_.try_emplace(problem, std::move(plan)).first->second;
  }

  void Clear() {
    MutexLock lock(mu_);
    plans_.clear();
  }

 private:
  Mutex mu_;
  absl::flat_hash_map<Problem, PlanPtr> plans_ ABSL_GUARDED_BY(mu_);
};

}  // namespace weir

#endif  // WEIR_RUNTIME_CUDA_PLAN_CACHE_H_
