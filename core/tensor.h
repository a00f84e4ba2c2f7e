#ifndef WEIR_CORE_TENSOR_H_
#define WEIR_CORE_TENSOR_H_

#include <atomic>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <string>

#include "absl/types/span.h"
#include "weir/core/allocator.h"
#include "weir/core/dtype.h"
#include "weir/core/resource.h"
#include "weir/core/shape.h"

namespace weir {

class TensorProto;

// Memory behind one or more tensors. Ends when the last tensor that uses it does.
class Buffer {
 public:
  virtual ~Buffer() = default;
  char* data() const { return data_; }
  size_t bytes() const { return bytes_; }
  // True for memory that is written again after the run that made the tensor: whoever keeps a
  // tensor past the run takes a copy.
  virtual bool transient() const { return false; }
  // Where the memory is from, and where copies of it belong.
  Allocator& allocator() const { return allocator_; }

 protected:
  Buffer(void* data, size_t bytes, Allocator& allocator = HeapAllocator())
      : data_(static_cast<char*>(data)), bytes_(bytes), allocator_(allocator) {}

 private:
  char* data_;
  size_t bytes_;
  Allocator& allocator_;
};

// A dense row-major array: an element type, a shape and a share in a buffer, in the host's memory
// or a device's. Copies share the elements; nothing copies elements but Clone and CopyTensor.
// Reading elements, also by ToString and the like, is for tensors in the host's memory.
//
// Thread rule: const access from any threads; a writer needs to be alone with the buffer.
class Tensor {
 public:
  // No elements, DT_INVALID.
  Tensor() = default;

  // Elements unspecified for plain types, default-constructed for the others. ResourceExhausted
  // when the allocator has no memory; InvalidArgument for a dtype that has no elements (references,
  // DT_INVALID) or a size that does not fit.
  static absl::StatusOr<Tensor> Make(DataType dtype, const Shape& shape,
                                     Allocator& allocator = HeapAllocator());
  static absl::StatusOr<Tensor> Zeros(DataType dtype, const Shape& shape,
                                      Allocator& allocator = HeapAllocator());

  // The number of bytes that `shape` elements of `dtype` take; InvalidArgument when over int64.
  static absl::StatusOr<size_t> ByteSize(DataType dtype, const Shape& shape);

  // A view of `buffer` from `data` on. REQUIRES: the elements lie inside the buffer, are
  // constructed, and dtype is valid.
  static Tensor View(DataType dtype, const Shape& shape, std::shared_ptr<Buffer> buffer,
                     char* data);

  // Small tensors from values; memory from the heap, which must not fail.
  template <typename T>
  static Tensor Scalar(T value);
  static Tensor Scalar(const char* value) { return Scalar(std::string(value)); }
  // REQUIRES: values.size() == shape.num_elements().
  template <typename T>
  static Tensor Of(const Shape& shape, absl::Span<const T> values);
  template <typename T>
  static Tensor Of(const Shape& shape, std::initializer_list<T> values) {
    return Of<T>(shape, absl::MakeConstSpan(values.begin(), values.size()));
  }
  template <typename T>
  static Tensor Vector(absl::Span<const T> values) {
    return Of<T>(Shape({static_cast<int64_t>(values.size())}), values);
  }
  template <typename T>
  static Tensor Vector(std::initializer_list<T> values) {
    return Vector<T>(absl::MakeConstSpan(values.begin(), values.size()));
  }

  DataType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  int rank() const { return shape_.rank(); }
  int64_t dim(int i) const { return shape_.dim(i); }
  int64_t num_elements() const { return shape_.num_elements(); }
  size_t bytes() const { return static_cast<size_t>(num_elements()) * DataTypeSize(dtype_); }
  bool initialized() const { return buffer_ != nullptr; }

  // REQUIRES: kDTypeOf<T> == dtype(), or T is an integer of the element's width for plain types.
  template <typename T>
  const T* data() const {
    return reinterpret_cast<const T*>(data_);
  }
  template <typename T>
  T* mutable_data() {
    return reinterpret_cast<T*>(data_);
  }
  template <typename T>
  absl::Span<const T> values() const {
    return absl::MakeConstSpan(data<T>(), static_cast<size_t>(num_elements()));
  }
  template <typename T>
  absl::Span<T> mutable_values() {
    return absl::MakeSpan(mutable_data<T>(), static_cast<size_t>(num_elements()));
  }
  const char* raw_data() const { return data_; }
  char* mutable_raw_data() { return data_; }

  // True when no other tensor shares the buffer. Meaningful only while the caller keeps others
  // from copying this tensor.
  bool UniquelyOwned() const {
    if (buffer_.use_count() != 1) return false;
    // What others read before they let go of the buffer comes before what its owner writes now.
    std::atomic_thread_fence(std::memory_order_acquire);
    return true;
  }
  bool SharesBufferWith(const Tensor& other) const { return buffer_ == other.buffer_; }
  const std::shared_ptr<Buffer>& buffer() const { return buffer_; }
  // The memory that only a device touches; nullptr for the host's.
  DeviceMemory* device_memory() const {
    return buffer_ == nullptr ? nullptr : buffer_->allocator().device_memory();
  }

  // The same elements under another shape. InvalidArgument unless the element counts agree.
  absl::StatusOr<Tensor> Reshaped(const Shape& shape) const;
  // Rows [begin, end) along the first dimension, sharing the buffer. InvalidArgument for scalars
  // and ranges outside the tensor.
  absl::StatusOr<Tensor> SliceRows(int64_t begin, int64_t end) const;
  // The same bytes under another plain type of the same width and another shape.
  // REQUIRES: both dtypes are plain and the byte counts agree.
  Tensor Reinterpreted(DataType dtype, const Shape& shape) const;

  // A copy with a buffer of its own, of host or device memory.
  absl::StatusOr<Tensor> Clone(Allocator& allocator = HeapAllocator()) const;

  // The tensor itself if it is in the host's memory, or else a copy of it there.
  absl::StatusOr<Tensor> OnHost() const;

  // "float [2,2] {1, 2, 3, ...}" with at most `max_values` values.
  std::string ToString(int64_t max_values = 16) const;

 private:
  DataType dtype_ = DT_INVALID;
  Shape shape_;
  char* data_ = nullptr;
  std::shared_ptr<Buffer> buffer_;
};

// Copies the elements of `from` to those of `to`, of equal type and number, from any memory to any.
absl::Status CopyTensor(const Tensor& from, Tensor& to);

// Copies `n` elements of `dtype` between arrays that do not overlap.
void CopyElements(DataType dtype, const char* from, char* to, int64_t n);

inline constexpr int64_t kNoByteLimit = INT64_C(1) << 40;  // More than any machine has.

// Tensor <-> TensorProto, with TensorFlow's rules: tensor_content of exactly the right size, or the
// typed field, whose last value is repeated. Sizes are checked against `byte_limit` before any
// memory is taken. Resource and variant contents are not representable (InvalidArgument).
absl::StatusOr<Tensor> TensorFromProto(const TensorProto& proto, int64_t byte_limit = kNoByteLimit,
                                       Allocator& allocator = HeapAllocator());
// Plain types go to tensor_content when there is more than one element, else to the typed field.
absl::Status TensorToProto(const Tensor& tensor, TensorProto* proto);

// The value of a size-like tensor: one element of int32 or int64 (any rank), widened.
// InvalidArgument naming `what` otherwise.
absl::StatusOr<int64_t> IntScalar(const Tensor& tensor, absl::string_view what);
// The values of an int32 or int64 tensor of rank 0 or 1.
absl::StatusOr<Dims> IntVector(const Tensor& tensor, absl::string_view what);
// The shape that an int32 or int64 vector spells. Negative sizes are InvalidArgument.
absl::StatusOr<Shape> ShapeFromTensor(const Tensor& tensor, absl::string_view what);

template <typename T>
Tensor Tensor::Scalar(T value) {
  return Of<T>(Shape(), absl::MakeConstSpan(&value, 1));
}

template <typename T>
Tensor Tensor::Of(const Shape& shape, absl::Span<const T> values) {
  absl::StatusOr<Tensor> made = Make(kDTypeOf<T>, shape);
  if (!made.ok()) return Tensor();
  T* out = made->mutable_data<T>();
  for (size_t i = 0; i < values.size(); ++i) out[i] = values[i];
  return *std::move(made);
}

}  // namespace weir

#endif  // WEIR_CORE_TENSOR_H_
