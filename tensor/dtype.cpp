#include <gradus/tensor/dtype.h>

#include <algorithm>

namespace gradus {

const char* name_of(DType dtype) {
  switch (dtype) {
    case DType::float32: return "float32";
    case DType::float64: return "float64";
    case DType::int64: return "int64";
    case DType::boolean: return "bool";
  }
  return "?";
}

DType promote(DType a, DType b) {
  constexpr auto order = [](DType dtype) {
    switch (dtype) {
      case DType::boolean: return 0;
      case DType::int64: return 1;
      case DType::float32: return 2;
      case DType::float64: return 3;
    }
    return 3;
  };
  return order(a) < order(b) ? b : a;
}

}  // namespace gradus
