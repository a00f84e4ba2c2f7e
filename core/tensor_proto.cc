// Tensor <-> TensorProto (declared in tensor.h).

#include <algorithm>
#include <limits>

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "weir/core/tensor.h"
#include "weir/proto/tensor.pb.h"

namespace weir {
namespace {

// Fills `out` from a repeated field with TensorFlow's rule: no value means zeros, fewer values than
// elements repeat the last one, surplus values are ignored. `element(i)` reads value i.
template <typename T, typename Element>
void Fill(absl::Span<T> out, int64_t available, const Element& element) {
  const int64_t n = static_cast<int64_t>(out.size());
  const int64_t given = std::min(n, available);
  for (int64_t i = 0; i < given; ++i) out[i] = element(i);
  const T last = given > 0 ? out[given - 1] : T();
  for (int64_t i = given; i < n; ++i) out[i] = last;
}

template <typename T, typename Field>
void FillFrom(Tensor& tensor, const Field& field) {
  Fill(tensor.mutable_values<T>(), field.size(), [&](int64_t i) {
    if constexpr (requires { T{}.value; }) {
      return T{static_cast<decltype(T{}.value)>(field[i])};
    } else {
      return static_cast<T>(field[i]);
    }
  });
}

template <typename T, typename Field>
void FillComplex(Tensor& tensor, const Field& field) {
  Fill(tensor.mutable_values<T>(), field.size() / 2,
       [&](int64_t i) { return T(field[2 * i], field[2 * i + 1]); });
}

absl::Status FillTyped(const TensorProto& proto, Tensor& t) {
  switch (t.dtype()) {
    case DT_FLOAT: FillFrom<float>(t, proto.float_val()); break;
    case DT_DOUBLE: FillFrom<double>(t, proto.double_val()); break;
    case DT_INT32: FillFrom<int32_t>(t, proto.int_val()); break;
    case DT_INT16: FillFrom<int16_t>(t, proto.int_val()); break;
    case DT_INT8: FillFrom<int8_t>(t, proto.int_val()); break;
    case DT_UINT16: FillFrom<uint16_t>(t, proto.int_val()); break;
    case DT_UINT8: FillFrom<uint8_t>(t, proto.int_val()); break;
    case DT_QINT8: FillFrom<QInt8>(t, proto.int_val()); break;
    case DT_QUINT8: FillFrom<QUInt8>(t, proto.int_val()); break;
    case DT_QINT16: FillFrom<QInt16>(t, proto.int_val()); break;
    case DT_QUINT16: FillFrom<QUInt16>(t, proto.int_val()); break;
    case DT_QINT32: FillFrom<QInt32>(t, proto.int_val()); break;
    case DT_INT64: FillFrom<int64_t>(t, proto.int64_val()); break;
    case DT_UINT32: FillFrom<uint32_t>(t, proto.uint32_val()); break;
    case DT_UINT64: FillFrom<uint64_t>(t, proto.uint64_val()); break;
    case DT_BOOL: FillFrom<bool>(t, proto.bool_val()); break;
    case DT_STRING: FillFrom<std::string>(t, proto.string_val()); break;
    case DT_COMPLEX64: FillComplex<Complex64>(t, proto.scomplex_val()); break;
    case DT_COMPLEX128: FillComplex<Complex128>(t, proto.dcomplex_val()); break;
    case DT_HALF:
    case DT_BFLOAT16:
      Fill(absl::MakeSpan(t.mutable_data<uint16_t>(), t.num_elements()), proto.half_val_size(),
           [&](int64_t i) { return static_cast<uint16_t>(proto.half_val(i)); });
      break;
    default:
      return InvalidArgument("a ", DataTypeName(t.dtype()),
                             " tensor cannot be read from a message");
  }
  return absl::OkStatus();
}

absl::Status FillStrings(const std::string& content, Tensor& t) {
  google::protobuf::io::CodedInputStream in(reinterpret_cast<const uint8_t*>(content.data()),
                                            static_cast<int>(content.size()));
  const int64_t n = t.num_elements();
  // Each length takes a byte: refuses a short content before memory is taken for the lengths.
  if (n > static_cast<int64_t>(content.size())) {
    return InvalidArgument("tensor_content is too short for ", n, " strings");
  }
  std::vector<uint32_t> lengths(n);
  uint64_t total = 0;
  for (uint32_t& length : lengths) {
    if (!in.ReadVarint32(&length)) return InvalidArgument("tensor_content ends inside a length");
    total += length;
  }
  size_t at = static_cast<size_t>(in.CurrentPosition());
  if (total != content.size() - at) {
    return InvalidArgument("tensor_content holds ", content.size() - at,
                           " bytes of strings, but its lengths add up to ", total);
  }
  for (int64_t i = 0; i < n; ++i) {
    t.mutable_data<std::string>()[i] = content.substr(at, lengths[i]);
    at += lengths[i];
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Tensor> TensorFromProto(const TensorProto& proto, int64_t byte_limit,
                                       Allocator& allocator) {
  if (!IsValidDataType(proto.dtype())) {
    return InvalidArgument("a tensor cannot have type ", DataTypeName(proto.dtype()));
  }
  ASSIGN_OR_RETURN(const Shape shape, Shape::FromProto(proto.tensor_shape()));
  ASSIGN_OR_RETURN(const size_t bytes, Tensor::ByteSize(proto.dtype(), shape));
  if (bytes > static_cast<uint64_t>(byte_limit)) {
    return ResourceExhausted("a ", DataTypeName(proto.dtype()), " tensor of shape ",
                             shape.ToString(), " takes ", bytes, " bytes, above the limit of ",
                             byte_limit);
  }
  const std::string& content = proto.tensor_content();
  const bool from_content = !content.empty() && shape.num_elements() > 0;
  if (from_content && IsPlainType(proto.dtype()) && content.size() != bytes) {
    return InvalidArgument("tensor_content has ", content.size(), " bytes, but ",
                           DataTypeName(proto.dtype()), " ", shape.ToString(), " needs ", bytes);
  }
  ASSIGN_OR_RETURN(Tensor tensor, Tensor::Make(proto.dtype(), shape, allocator));
  if (shape.num_elements() == 0) return tensor;
  if (!from_content) {
    RETURN_IF_ERROR(FillTyped(proto, tensor));
  } else if (IsPlainType(proto.dtype())) {
    std::memcpy(tensor.mutable_raw_data(), content.data(), bytes);
    // Bools are normalised: any other byte in a bool object is undefined behaviour.
    if (proto.dtype() == DT_BOOL) {
      for (uint8_t& b : absl::MakeSpan(tensor.mutable_data<uint8_t>(), bytes)) b = b != 0;
    }
  } else if (proto.dtype() == DT_STRING) {
    RETURN_IF_ERROR(FillStrings(content, tensor));
  } else {
    return InvalidArgument("a ", DataTypeName(proto.dtype()),
                           " tensor cannot be read from a message");
  }
  return tensor;
}

absl::Status TensorToProto(const Tensor& tensor, TensorProto* proto) {
  proto->Clear();
  proto->set_dtype(tensor.dtype());
  tensor.shape().ToProto(proto->mutable_tensor_shape());
  if (tensor.bytes() > static_cast<size_t>(std::numeric_limits<int32_t>::max())) {
    return InvalidArgument("a tensor of ", tensor.bytes(), " bytes does not fit in a message");
  }
  const auto append = [&]<typename T>(auto* field, TypeTag<T>) {
    for (const T& v : tensor.values<T>()) field->Add(v);
  };
  switch (tensor.dtype()) {
    case DT_STRING:
      for (const std::string& s : tensor.values<std::string>()) proto->add_string_val(s);
      return absl::OkStatus();
    case DT_BOOL: append(proto->mutable_bool_val(), TypeTag<bool>()); return absl::OkStatus();
    case DT_HALF:
    case DT_BFLOAT16:
      append(proto->mutable_half_val(), TypeTag<uint16_t>());
      return absl::OkStatus();
    case DT_RESOURCE:
    case DT_VARIANT:
    case DT_INVALID:
      return InvalidArgument("a ", DataTypeName(tensor.dtype()),
                             " tensor cannot be written to a message");
    default: break;
  }
  if (tensor.num_elements() == 1) {
    switch (tensor.dtype()) {
      case DT_FLOAT: append(proto->mutable_float_val(), TypeTag<float>()); return absl::OkStatus();
      case DT_DOUBLE:
        append(proto->mutable_double_val(), TypeTag<double>());
        return absl::OkStatus();
      case DT_INT32: append(proto->mutable_int_val(), TypeTag<int32_t>()); return absl::OkStatus();
      case DT_INT64:
        append(proto->mutable_int64_val(), TypeTag<int64_t>());
        return absl::OkStatus();
      default: break;
    }
  }
  proto->set_tensor_content(tensor.raw_data(), tensor.bytes());
  return absl::OkStatus();
}

}  // namespace weir
