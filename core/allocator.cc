#include "weir/core/allocator.h"

#include <new>

namespace weir {
namespace {

class Heap final : public Allocator {
 public:
  void* Allocate(size_t bytes) override {
    return ::operator new(bytes, std::align_val_t(kAlignment), std::nothrow);
  }
  void Deallocate(void* data, size_t /*bytes*/) override {
    ::operator delete(data, std::align_val_t(kAlignment));
  }
};

}  // namespace

Allocator& HeapAllocator() {
  static Heap* const heap = new Heap;  // Never destroyed: tensors may outlive static destructors.
  return *heap;
}

}  // namespace weir
