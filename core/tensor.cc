#include "weir/core/tensor.h"

#include <algorithm>
#include <new>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "weir/core/device_memory.h"

namespace weir {
namespace {

class OwnedBuffer final : public Buffer {
 public:
  OwnedBuffer(void* data, size_t bytes, Allocator& allocator)
      : Buffer(data, bytes, allocator), keep_alive_(allocator.KeepAlive()) {}
  ~OwnedBuffer() override { allocator().Deallocate(data(), bytes()); }

 private:
  std::shared_ptr<void> keep_alive_;
};

// Elements with constructors: strings, resources, variants. Charged to the allocator, but for what
// the elements themselves point to.
template <typename T>
class ObjectBuffer final : public Buffer {
 public:
  ObjectBuffer(T* elements, size_t n, Allocator& allocator)
      : Buffer(elements, n * sizeof(T), allocator), keep_alive_(allocator.KeepAlive()) {}
  ~ObjectBuffer() override {
    delete[] reinterpret_cast<T*>(data());
    allocator().Credit(bytes());
  }

 private:
  std::shared_ptr<void> keep_alive_;
};

template <typename T>
absl::StatusOr<std::shared_ptr<Buffer>> MakeObjects(size_t n, Allocator& wanted) {
  Allocator& allocator = wanted.device_memory() == nullptr ? wanted : HeapAllocator();
  const bool allowed = allocator.Charge(n * sizeof(T));
  T* elements = allowed ? new (std::nothrow) T[n] : nullptr;
  if (elements == nullptr) {
    if (allowed) allocator.Credit(n * sizeof(T));
    return ResourceExhausted("no memory for ", n * sizeof(T), " bytes");
  }
  return std::shared_ptr<Buffer>(std::make_shared<ObjectBuffer<T>>(elements, n, allocator));
}

absl::StatusOr<std::shared_ptr<Buffer>> MakeBuffer(DataType dtype, const Shape& shape,
                                                   Allocator& allocator) {
  ASSIGN_OR_RETURN(const size_t bytes, Tensor::ByteSize(dtype, shape));
  const size_t n = static_cast<size_t>(shape.num_elements());
  switch (dtype) {
    case DT_STRING: return MakeObjects<std::string>(n, allocator);
    case DT_RESOURCE: return MakeObjects<ResourceHandle>(n, allocator);
    case DT_VARIANT: return MakeObjects<Variant>(n, allocator);
    default: break;
  }
  void* data = allocator.Allocate(bytes);
  if (data == nullptr) {
    const DeviceMemory* device = allocator.device_memory();
    return ResourceExhausted("no memory", device == nullptr ? "" : " on " + device->name(), " for ",
                             DataTypeName(dtype), " ", shape.ToString(), ", ", bytes, " bytes");
  }
  return std::shared_ptr<Buffer>(std::make_shared<OwnedBuffer>(data, bytes, allocator));
}

template <typename T>
std::string ValueToString(const T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    return absl::StrCat("\"", absl::CHexEscape(value), "\"");
  } else if constexpr (std::is_same_v<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>) {
    return absl::StrCat(float(value));
  } else if constexpr (std::is_same_v<T, double>) {
    return absl::StrFormat("%.17g", value);
  } else if constexpr (std::is_same_v<T, float>) {
    return absl::StrFormat("%.9g", value);
  } else if constexpr (std::is_same_v<T, Complex64> || std::is_same_v<T, Complex128>) {
    return absl::StrFormat("(%.9g,%.9g)", value.real(), value.imag());
  } else if constexpr (std::is_integral_v<T>) {
    return absl::StrCat(
        static_cast<std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>>(value));
  } else if constexpr (std::is_same_v<T, ResourceHandle>) {
    return absl::StrCat("resource ", value.name);
  } else if constexpr (std::is_same_v<T, Variant>) {
    return value.value == nullptr ? "variant" : value.value->type_name();
  } else {
    return absl::StrCat(static_cast<int64_t>(value.value));
  }
}

}  // namespace

absl::StatusOr<size_t> Tensor::ByteSize(DataType dtype, const Shape& shape) {
  const size_t size = DataTypeSize(dtype);
  if (size == 0) return InvalidArgument("no tensor can have type ", DataTypeName(dtype));
  int64_t bytes = 0;
  if (!CheckedMul(shape.num_elements(), static_cast<int64_t>(size), &bytes)) {
    return InvalidArgument("a ", DataTypeName(dtype), " tensor of shape ", shape.ToString(),
                           " has too many bytes");
  }
  return static_cast<size_t>(bytes);
}

absl::StatusOr<Tensor> Tensor::Make(DataType dtype, const Shape& shape, Allocator& allocator) {
  ASSIGN_OR_RETURN(std::shared_ptr<Buffer> buffer, MakeBuffer(dtype, shape, allocator));
  char* data = buffer->data();
  return View(dtype, shape, std::move(buffer), data);
}

absl::StatusOr<Tensor> Tensor::Zeros(DataType dtype, const Shape& shape, Allocator& allocator) {
  ASSIGN_OR_RETURN(Tensor tensor, Make(dtype, shape, allocator));
  if (tensor.device_memory() != nullptr) {
    ASSIGN_OR_RETURN(const Tensor zeros, Zeros(dtype, shape));
    RETURN_IF_ERROR(CopyTensor(zeros, tensor));
  } else if (IsPlainType(dtype)) {
    std::memset(tensor.data_, 0, tensor.bytes());
  }
  return tensor;
}

Tensor Tensor::View(DataType dtype, const Shape& shape, std::shared_ptr<Buffer> buffer,
                    char* data) {
  Tensor tensor;
  tensor.dtype_ = dtype;
  tensor.shape_ = shape;
  tensor.data_ = data;
  tensor.buffer_ = std::move(buffer);
  return tensor;
}

absl::StatusOr<Tensor> Tensor::Reshaped(const Shape& shape) const {
  if (shape.num_elements() != num_elements()) {
    return InvalidArgument("cannot reshape ", shape_.ToString(), " (", num_elements(),
                           " elements) to ", shape.ToString(), " (", shape.num_elements(), ")");
  }
  Tensor tensor = *this;
  tensor.shape_ = shape;
  return tensor;
}

absl::StatusOr<Tensor> Tensor::SliceRows(int64_t begin, int64_t end) const {
  if (rank() < 1 || begin < 0 || begin > end || end > dim(0)) {
    return InvalidArgument("rows [", begin, ", ", end, ") are not inside ", shape_.ToString());
  }
  Tensor tensor = *this;
  const int64_t row = shape_.Count(1, rank());
  tensor.shape_ = shape_.WithDim(0, end - begin);
  tensor.data_ += static_cast<size_t>(begin * row) * DataTypeSize(dtype_);
  return tensor;
}

Tensor Tensor::Reinterpreted(DataType dtype, const Shape& shape) const {
  Tensor tensor = *this;
  tensor.dtype_ = dtype;
  tensor.shape_ = shape;
  return tensor;
}

absl::StatusOr<Tensor> Tensor::Clone(Allocator& allocator) const {
  if (!initialized()) return *this;
  ASSIGN_OR_RETURN(Tensor copy, Make(dtype_, shape_, allocator));
  RETURN_IF_ERROR(CopyTensor(*this, copy));
  return copy;
}

absl::StatusOr<Tensor> Tensor::OnHost() const {
  if (device_memory() == nullptr) return *this;
  return Clone();
}

absl::Status CopyTensor(const Tensor& from, Tensor& to) {
  DeviceMemory* const source = from.device_memory();
  DeviceMemory* const target = to.device_memory();
  if (source == nullptr && target == nullptr) {
    CopyElements(from.dtype(), from.raw_data(), to.mutable_raw_data(), from.num_elements());
    return absl::OkStatus();
  }
  if (from.bytes() == 0) return absl::OkStatus();
  if (source == nullptr)
    return target->CopyIn(to.mutable_raw_data(), from.raw_data(), from.bytes());
  if (target == nullptr)
    return source->CopyOut(to.mutable_raw_data(), from.raw_data(), from.bytes());
  if (source == target)
    return source->CopyWithin(to.mutable_raw_data(), from.raw_data(), from.bytes());
  const absl::Status direct =
      target->CopyFrom(*source, to.mutable_raw_data(), from.raw_data(), from.bytes());
  if (!absl::IsUnimplemented(direct)) return direct;
  ASSIGN_OR_RETURN(const Tensor host, from.OnHost());
  return CopyTensor(host, to);
}

void CopyElements(DataType dtype, const char* from, char* to, int64_t n) {
  const auto copy_objects = [&]<typename T>(TypeTag<T>) {
    std::copy_n(reinterpret_cast<const T*>(from), n, reinterpret_cast<T*>(to));
  };
  switch (dtype) {
    case DT_STRING: return copy_objects(TypeTag<std::string>());
    case DT_RESOURCE: return copy_objects(TypeTag<ResourceHandle>());
    case DT_VARIANT: return copy_objects(TypeTag<Variant>());
    default:
      if (n > 0) std::memcpy(to, from, static_cast<size_t>(n) * DataTypeSize(dtype));
  }
}

std::string Tensor::ToString(int64_t max_values) const {
  std::string out = absl::StrCat(DataTypeName(dtype_), " ", shape_.ToString());
  if (!initialized()) return out;
  absl::StrAppend(&out, " {");
  const int64_t shown = std::min(max_values, num_elements());
  const auto append = [&]<typename T>(TypeTag<T>) {
    for (int64_t i = 0; i < shown; ++i) {
      absl::StrAppend(&out, i ? ", " : "", ValueToString(data<T>()[i]));
    }
    return absl::OkStatus();
  };
#define WEIR_APPEND(cpp, suffix, wire) \
  if (dtype_ == DT_##suffix) (void)append(TypeTag<cpp>());
  WEIR_FOR_EACH_DTYPE(WEIR_APPEND)
#undef WEIR_APPEND
  absl::StrAppend(&out, shown < num_elements() ? ", ...}" : "}");
  return out;
}

absl::StatusOr<int64_t> IntScalar(const Tensor& tensor, absl::string_view what) {
  if (tensor.num_elements() != 1) {
    return InvalidArgument(what, " must be a scalar, but has shape ", tensor.shape().ToString());
  }
  if (tensor.dtype() == DT_INT32) return *tensor.data<int32_t>();
  if (tensor.dtype() == DT_INT64) return *tensor.data<int64_t>();
  return InvalidArgument(what, " must be int32 or int64, but is ", DataTypeName(tensor.dtype()));
}

absl::StatusOr<Dims> IntVector(const Tensor& tensor, absl::string_view what) {
  if (tensor.rank() > 1) {
    return InvalidArgument(what, " must be a vector, but has shape ", tensor.shape().ToString());
  }
  Dims values;
  if (tensor.dtype() == DT_INT32) {
    for (int32_t v : tensor.values<int32_t>()) values.push_back(v);
  } else if (tensor.dtype() == DT_INT64) {
    for (int64_t v : tensor.values<int64_t>()) values.push_back(v);
  } else {
    return InvalidArgument(what, " must be int32 or int64, but is ", DataTypeName(tensor.dtype()));
  }
  return values;
}

absl::StatusOr<Shape> ShapeFromTensor(const Tensor& tensor, absl::string_view what) {
  ASSIGN_OR_RETURN(const Dims dims, IntVector(tensor, what));
  absl::StatusOr<Shape> shape = Shape::Make(dims);
  if (!shape.ok()) return Annotate(shape.status(), absl::StrCat(what, ": "));
  return shape;
}

}  // namespace weir
