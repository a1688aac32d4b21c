#include <gradus/tensor/error.h>
#include <gradus/tensor/memory.h>
#include <gradus/tensor/tensor_class.h>

#include <cstring>

namespace gradus {

void TensorBody::destroy(TensorBody* body) noexcept {
  body->~TensorBody();
  deallocate(body, sizeof(TensorBody));
}

std::int64_t Tensor::size(std::int64_t axis) const {
  if (rank() == 0) throw Error("size", "a tensor of shape () has no axis " + std::to_string(axis));
  return shape()[normalize_axis("size", axis, shape())];
}

void refuse_undefined(const char* operation, std::initializer_list<const Tensor*> tensors) {
  std::string got;
  for (const Tensor* tensor : tensors) got += (got.empty() ? "" : " and ") + describe(*tensor);
  throw Error(operation, "got " + got);
}

void check_no_internal_overlap(const char* operation, const Tensor& tensor) {
  if (!tensor.layout().overlaps_itself()) return;
  throw Error(operation,
              describe(tensor) +
                  " has several elements in one place of memory, as expand() makes them, and a write would "
                  "write them over each other: write to its clone()");
}

namespace {

template <class From, class To>
void read_elements(const Tensor& tensor, To* out) {
  const auto* data = tensor.data<From>();
  const Layout& layout = tensor.layout();
  std::int64_t index[max_rank] = {};
  std::int64_t position = 0;
  for (std::int64_t i = 0; i < layout.count; ++i) {
    out[i] = static_cast<To>(data[position]);
    for (int axis = layout.rank() - 1; axis >= 0; --axis) {
      position += layout.strides[axis];
      if (++index[axis] < layout.shape[axis]) break;
      position -= layout.strides[axis] * layout.shape[axis];
      index[axis] = 0;
    }
  }
}

template <class To>
void read_all(const Tensor& tensor, To* out) {
  switch (tensor.dtype()) {
    case DType::float32: return read_elements<float>(tensor, out);
    case DType::float64: return read_elements<double>(tensor, out);
    case DType::int64: return read_elements<std::int64_t>(tensor, out);
    case DType::boolean: return read_elements<bool>(tensor, out);
  }
}

}  // namespace

template <class T>
T Tensor::item() const {
  if (numel() != 1) {
    throw Error("item", "a tensor of one element is needed, this is " + describe(*this) + " with " +
                            std::to_string(numel()));
  }
  T value{};
  read_all(*this, &value);
  return value;
}
template float Tensor::item<float>() const;
template double Tensor::item<double>() const;
template std::int64_t Tensor::item<std::int64_t>() const;
template bool Tensor::item<bool>() const;

template <class T>
std::vector<T> Tensor::to_vector() const {
  if constexpr (std::is_same_v<T, bool>) {
    if (dtype() != DType::boolean) return to(DType::boolean).to_vector<bool>();
    const auto values = to_vector<std::int64_t>();
    return std::vector<bool>(values.begin(), values.end());
  } else {
    std::vector<T> values(static_cast<std::size_t>(numel()));
    read_all(*this, values.data());
    return values;
  }
}
template std::vector<float> Tensor::to_vector<float>() const;
template std::vector<double> Tensor::to_vector<double>() const;
template std::vector<std::int64_t> Tensor::to_vector<std::int64_t>() const;
template std::vector<bool> Tensor::to_vector<bool>() const;

void Tensor::undefined() {
  throw Error(
      "tensor",
      "an undefined tensor has no shape and no elements: it was never given a value, or it is the grad() "
      "of a tensor that no backward pass has reached");
}

void Tensor::wrong_dtype(DType asked) const {
  throw Error("data", std::string("elements of ") + describe(*this) + " cannot be read as " + name_of(asked) +
                          "; convert with to()");
}

void Tensor::not_contiguous() const {
  throw Error("span", describe(*this) + " with strides " + to_string(strides()) +
                          " does not lie in row-major order; use contiguous() or to_vector()");
}

void Tensor::wrong_rank(int asked) const {
  throw Error("accessor",
              describe(*this) + " has " + std::to_string(rank()) + " axes, not " + std::to_string(asked));
}

std::string describe(const Tensor& tensor) {
  if (!tensor.defined()) return "an undefined tensor";
  const std::string type_and_shape = std::string(name_of(tensor.dtype())) + " " + to_string(tensor.shape());
  return tensor.name().empty() ? type_and_shape : "'" + tensor.name() + "' " + type_and_shape;
}

}  // namespace gradus
