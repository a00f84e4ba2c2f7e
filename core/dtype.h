#ifndef WEIR_CORE_DTYPE_H_
#define WEIR_CORE_DTYPE_H_

// The one table of element types, and the one dispatcher over it.
//
// A DataType is the wire enum (weir/proto/types.pb.h). Values above 100 are references to a base
// type; they appear on edges of reference variables only, never in a Tensor.

#include <complex>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

#include "absl/strings/string_view.h"
#include "weir/core/half.h"
#include "weir/core/status.h"
#include "weir/proto/types.pb.h"

namespace weir {

// Quantised integers: distinct types so that dispatch can tell them from plain integers.
struct QInt8 {
  int8_t value = 0;
};
struct QUInt8 {
  uint8_t value = 0;
};
struct QInt16 {
  int16_t value = 0;
};
struct QUInt16 {
  uint16_t value = 0;
};
struct QInt32 {
  int32_t value = 0;
};

struct ResourceHandle;  // weir/core/resource.h
struct Variant;         // weir/core/resource.h

using Complex64 = std::complex<float>;
using Complex128 = std::complex<double>;

// X(C++ type, DataType without DT_, name on the wire)
#define WEIR_FOR_EACH_DTYPE(X)            \
  X(float, FLOAT, "float")                \
  X(double, DOUBLE, "double")             \
  X(int32_t, INT32, "int32")              \
  X(uint8_t, UINT8, "uint8")              \
  X(int16_t, INT16, "int16")              \
  X(int8_t, INT8, "int8")                 \
  X(std::string, STRING, "string")        \
  X(Complex64, COMPLEX64, "complex64")    \
  X(int64_t, INT64, "int64")              \
  X(bool, BOOL, "bool")                   \
  X(QInt8, QINT8, "qint8")                \
  X(QUInt8, QUINT8, "quint8")             \
  X(QInt32, QINT32, "qint32")             \
  X(BFloat16, BFLOAT16, "bfloat16")       \
  X(QInt16, QINT16, "qint16")             \
  X(QUInt16, QUINT16, "quint16")          \
  X(uint16_t, UINT16, "uint16")           \
  X(Complex128, COMPLEX128, "complex128") \
  X(Half, HALF, "half")                   \
  X(ResourceHandle, RESOURCE, "resource") \
  X(Variant, VARIANT, "variant")          \
  X(uint32_t, UINT32, "uint32")           \
  X(uint64_t, UINT64, "uint64")

template <typename T>
struct DTypeTraits;  // Defined for exactly the types of the table.

#define WEIR_DEFINE_TRAITS(cpp, suffix, wire)      \
  template <>                                      \
  struct DTypeTraits<cpp> {                        \
    static constexpr DataType kType = DT_##suffix; \
  };
WEIR_FOR_EACH_DTYPE(WEIR_DEFINE_TRAITS)
#undef WEIR_DEFINE_TRAITS

template <typename T>
inline constexpr DataType kDTypeOf = DTypeTraits<std::remove_cv_t<T>>::kType;

inline bool IsRefType(DataType type) { return type > 100; }
inline DataType RemoveRef(DataType type) {
  return IsRefType(type) ? static_cast<DataType>(type - 100) : type;
}
inline DataType MakeRef(DataType type) {
  return IsRefType(type) ? type : static_cast<DataType>(type + 100);
}

// "float", "int32", ...; references read "float_ref"; values outside the enum "type(N)".
std::string DataTypeName(DataType type);

// The inverse of DataTypeName for base types and references; DT_INVALID when unknown.
DataType DataTypeFromName(absl::string_view name);

// Bytes per element in memory; 0 for DT_INVALID, references and unknown values.
size_t DataTypeSize(DataType type);

// True for the 23 base types.
bool IsValidDataType(DataType type);

// True for types whose elements are plain bytes (all but string, resource and variant).
bool IsPlainType(DataType type);

bool IsFloatingType(DataType type);  // half, bfloat16, float, double
bool IsComplexType(DataType type);
bool IsIntegerType(DataType type);  // signed and unsigned, not bool, not quantised
bool IsQuantizedType(DataType type);

// Types through which gradients flow: floating, complex, resource and variant; references count as
// their base type.
bool IsTrainableType(DataType type);

template <typename T>
struct TypeTag {
  using type = T;
};

// Calls `f(TypeTag<T>())` for the T among `Ts` whose DataType is `type`, and returns its result,
// an absl::Status; Unimplemented, naming the type, when there is none.
template <typename... Ts, typename F>
absl::Status DispatchType(DataType type, F&& f) {
  absl::Status status = Unimplemented("no implementation for element type ", DataTypeName(type));
  (void)((kDTypeOf<Ts> == type && (status = f(TypeTag<Ts>()), true)) || ...);
  return status;
}

// The common lists of types for DispatchType, as template-template friendly callers:
//   DispatchFloating(type, [&]<typename T>(TypeTag<T>) -> absl::Status { ... });
template <typename F>
absl::Status DispatchFloating(DataType type, F&& f) {
  return DispatchType<Half, BFloat16, float, double>(type, f);
}
template <typename F>
absl::Status DispatchIntegers(DataType type, F&& f) {
  return DispatchType<int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t>(
      type, f);
}
template <typename F>
absl::Status DispatchReal(DataType type, F&& f) {
  return DispatchType<Half, BFloat16, float, double, int8_t, int16_t, int32_t, int64_t, uint8_t,
                      uint16_t, uint32_t, uint64_t>(type, f);
}
template <typename F>
absl::Status DispatchNumbers(DataType type, F&& f) {
  return DispatchType<Half, BFloat16, float, double, int8_t, int16_t, int32_t, int64_t, uint8_t,
                      uint16_t, uint32_t, uint64_t, Complex64, Complex128>(type, f);
}

// Calls `f` with an unsigned integer type (or Complex128) of the element's width: for kernels that
// move elements without looking at them. Plain types only; others are Unimplemented.
template <typename F>
absl::Status DispatchWidth(DataType type, F&& f) {
  if (IsPlainType(type)) {
    switch (DataTypeSize(type)) {
      case 1: return f(TypeTag<uint8_t>());
      case 2: return f(TypeTag<uint16_t>());
      case 4: return f(TypeTag<uint32_t>());
      case 8: return f(TypeTag<uint64_t>());
      case 16: return f(TypeTag<Complex128>());
    }
  }
  return Unimplemented("no implementation for element type ", DataTypeName(type));
}

}  // namespace weir

#endif  // WEIR_CORE_DTYPE_H_
