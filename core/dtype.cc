#include "weir/core/dtype.h"

#include <array>

#include "absl/strings/strip.h"
#include "weir/core/resource.h"

namespace weir {
namespace {

struct Row {
  const char* name = nullptr;
  size_t size = 0;
};

constexpr int kRows = 24;

const std::array<Row, kRows>& Table() {
  static const std::array<Row, kRows> table = [] {
    std::array<Row, kRows> rows;
#define WEIR_ROW(cpp, suffix, wire) rows[DT_##suffix] = {wire, sizeof(cpp)};
    WEIR_FOR_EACH_DTYPE(WEIR_ROW)
#undef WEIR_ROW
    return rows;
  }();
  return table;
}

const Row* Find(DataType type) {
  if (type <= DT_INVALID || type >= kRows) return nullptr;
  return &Table()[type];
}

}  // namespace

std::string DataTypeName(DataType type) {
  const Row* row = Find(RemoveRef(type));
  if (row == nullptr || row->name == nullptr) {
    return type == DT_INVALID ? "invalid" : absl::StrCat("type(", static_cast<int>(type), ")");
  }
  return absl::StrCat(row->name, IsRefType(type) ? "_ref" : "");
}

DataType DataTypeFromName(absl::string_view name) {
  const bool is_ref = absl::ConsumeSuffix(&name, "_ref");
  for (int i = 1; i < kRows; ++i) {
    const DataType type = static_cast<DataType>(i);
    if (name == Table()[i].name) return is_ref ? MakeRef(type) : type;
  }
  return DT_INVALID;
}

size_t DataTypeSize(DataType type) {
  const Row* row = Find(type);
  return row == nullptr ? 0 : row->size;
}

bool IsValidDataType(DataType type) { return Find(type) != nullptr; }

bool IsPlainType(DataType type) {
  return IsValidDataType(type) && type != DT_STRING && type != DT_RESOURCE && type != DT_VARIANT;
}

bool IsFloatingType(DataType type) {
  return type == DT_FLOAT || type == DT_DOUBLE || type == DT_HALF || type == DT_BFLOAT16;
}

bool IsComplexType(DataType type) { return type == DT_COMPLEX64 || type == DT_COMPLEX128; }

bool IsIntegerType(DataType type) {
  switch (type) {
    case DT_INT8:
    case DT_INT16:
    case DT_INT32:
    case DT_INT64:
    case DT_UINT8:
    case DT_UINT16:
    case DT_UINT32:
    case DT_UINT64: return true;
    default: return false;
  }
}

bool IsQuantizedType(DataType type) {
  switch (type) {
    case DT_QINT8:
    case DT_QUINT8:
    case DT_QINT16:
    case DT_QUINT16:
    case DT_QINT32: return true;
    default: return false;
  }
}

bool IsTrainableType(DataType type) {
  const DataType base = RemoveRef(type);
  return IsFloatingType(base) || IsComplexType(base) || base == DT_RESOURCE || base == DT_VARIANT;
}

}  // namespace weir
