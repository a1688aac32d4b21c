// Deep copies of models.
#pragma once
#include <gradus/nn/fields.h>

#include <utility>

namespace gradus {

/// Remembers which tensor was copied to which, so that tensors tied in a model are tied in its clone.
class CloneMap {
 public:
  CloneMap() = default;
  /// Floating-point tensors become this dtype.
  explicit CloneMap(DType dtype) : dtype_(dtype) {}
  /// A tensor of its own with the same values, name and requires_grad; undefined for an undefined one.
  Tensor copy(const Tensor& tensor);

 private:
  std::optional<DType> dtype_;
  std::vector<std::pair<Tensor, Tensor>> copies_;
};

namespace detail {

/// The kinds are those of fields.h; a type with GRADUS_FIELDS has a constructor for it.
template <class T>
T clone_field(const T& value, CloneMap& map) {
  if constexpr (is_plain<T>) {
    return value;
  } else if constexpr (std::is_base_of_v<Tensor, T>) {
    return T(map.copy(value));
  } else if constexpr (!std::is_aggregate_v<T> && std::is_constructible_v<T, const T&, CloneMap&>) {
    return T(value, map);
  } else if constexpr (is_optional<T>) {
    return value ? T(clone_field(*value, map)) : T();
  } else if constexpr (is_unique_ptr<T>) {
    return value ? T(new typename T::element_type(clone_field(*value, map))) : T();
  } else if constexpr (is_vector<T>) {
    T copy;
    copy.reserve(value.size());
    for (const auto& element : value) copy.push_back(clone_field(element, map));
    return copy;
  } else if constexpr (is_array<T> || is_tuple<T>) {
    return std::apply([&map](const auto&... elements) { return T{clone_field(elements, map)...}; }, value);
  } else if constexpr (Map<T>) {
    T copy;
    for (const auto& [key, element] : value) copy.emplace(key, clone_field(element, map));
    return copy;
  } else {
    constexpr bool has_fields = check_model_type<T>();
    if constexpr (has_fields) {
      return reflect::with_fields(value,
                                  [&map](const auto&... fields) { return T{clone_field(fields, map)...}; });
    }
  }
}

}  // namespace detail

/// A deep copy of a model, in memory of its own. Tensors tied within the model are tied in the copy.
template <class M>
M clone(const M& model) {
  CloneMap map;
  return detail::clone_field(model, map);
}

/// A deep copy whose floating-point tensors have this dtype: clone(model, DType::float64) for gradcheck.
template <class M>
M clone(const M& model, DType dtype) {
  CloneMap map(dtype);
  return detail::clone_field(model, map);
}

}  // namespace gradus
