#ifndef WEIR_RUNTIME_POOL_ALLOCATOR_H_
#define WEIR_RUNTIME_POOL_ALLOCATOR_H_

#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "weir/core/allocator.h"
#include "weir/core/mutex.h"

namespace weir {

// The memory of a session: keeps freed blocks for the next run, since fresh pages cost ten times
// what kept ones do, and holds the total to a limit. Tensors may outlive the session: their buffers
// keep the allocator alive.
class PoolAllocator final : public Allocator, public std::enable_shared_from_this<PoolAllocator> {
 public:
  // `limit` in bytes, counting kept blocks too (which are given up first); 0: none.
  static std::shared_ptr<PoolAllocator> Make(int64_t limit);
  ~PoolAllocator() override;

  void* Allocate(size_t bytes) override;
  void Deallocate(void* data, size_t bytes) override;
  bool Charge(size_t bytes) override;
  void Credit(size_t bytes) override;
  std::shared_ptr<void> KeepAlive() override { return shared_from_this(); }

  int64_t bytes_in_use() const;
  int64_t peak_bytes() const;  // The largest bytes_in_use so far.

 private:
  explicit PoolAllocator(int64_t limit) : limit_(limit) {}
  static size_t SizeClass(size_t bytes);
  void ReleaseKept() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const int64_t limit_;
  mutable Mutex mu_;
  absl::flat_hash_map<size_t, std::vector<void*>> kept_ ABSL_GUARDED_BY(mu_);
  int64_t kept_bytes_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t in_use_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t peak_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace weir

#endif  // WEIR_RUNTIME_POOL_ALLOCATOR_H_
