// Looking at every tensor of a model, with its path: what parameters(), state_dict() and others are made of.
#pragma once
#include <gradus/nn/fields.h>

#include <charconv>

namespace gradus {

/// Is shown every tensor of a model, in the order of declaration. Names are those of the fields; a thing that
/// adds nothing to the path (the model itself, what an optional holds) comes with the name "".
class ModelVisitor {
 public:
  virtual ~ModelVisitor() = default;
  /// A Tensor field, undefined ones too; `buffer` says that it is not a parameter.
  virtual void tensor(std::string_view name, const Tensor& tensor, bool buffer) = 0;
  /// What follows up to leave() are the fields of this one.
  virtual void enter(std::string_view name, std::string_view type) = 0;
  virtual void leave() = 0;
};

template <class T>
void visit_model(std::string_view name, const T& value, ModelVisitor& visitor);

/// Any model, looked at: what the functions of model.h take. It must outlive the call only.
class ModelView {
 public:
  template <class M>
  ModelView(const M& model)
      : model_(&model), visit_([](const void* object, std::string_view name, ModelVisitor& visitor) {
          gradus::visit_model(name, *static_cast<const M*>(object), visitor);
        }) {}
  void visit(std::string_view name, ModelVisitor& visitor) const { visit_(model_, name, visitor); }

 private:
  const void* model_;
  void (*visit_)(const void* model, std::string_view name, ModelVisitor& visitor);
};

namespace detail {

/// A type whose content is known at run time only, such as nn::Layer.
template <class T>
concept HoldsModel = requires(const T& value) {
  { value.model() } -> std::same_as<ModelView>;
};

/// "0", "1", ...: the names of elements, without memory from the heap.
struct IndexName {
  char digits[20];
  std::string_view operator()(std::size_t index) {
    return {digits,
            static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, index).ptr - digits)};
  }
};

/// Calls visit(entry) for the entries of a map by their keys; those of an unordered map have another order in
/// every copy. They are few: sorted as they come, which spares users the header of std::sort.
template <class T, class Visit>
void for_each_entry(const T& map, Visit&& visit) {
  if constexpr (requires { typename T::key_compare; }) {
    for (const auto& entry : map) visit(entry);
  } else {
    std::vector<const typename T::value_type*> sorted;
    for (const auto& entry : map) {
      auto place = sorted.end();
      while (place != sorted.begin() && entry.first < (*(place - 1))->first) --place;
      sorted.insert(place, &entry);
    }
    for (const auto* entry : sorted) visit(*entry);
  }
}

/// A key of a map as a name.
template <class Key>
std::string_view key_name(const Key& key, IndexName& index_name) {
  if constexpr (std::is_convertible_v<const Key&, std::string_view>) {
    return key;
  } else {
    static_assert(std::is_integral_v<Key>, "the keys of a map in a model are strings or integers");
    return index_name(static_cast<std::size_t>(key));
  }
}

template <class T>
void visit_element(std::string_view name, const T& element, ModelVisitor& visitor);

}  // namespace detail

/// Shows a value and all that it holds to the visitor, under this name. The kinds are those of fields.h.
template <class T>
void visit_model(std::string_view name, const T& value, ModelVisitor& visitor) {
  if constexpr (detail::is_plain<T>) {
    return;
  } else if constexpr (std::is_base_of_v<Tensor, T>) {
    const bool trainable_kind =
        !std::is_same_v<T, Buffer> && (!value.defined() || is_floating(value.dtype()));
    visitor.tensor(name, value, !trainable_kind);
  } else if constexpr (detail::is_optional<T> || detail::is_unique_ptr<T>) {
    if (value) visit_model(name, *value, visitor);
  } else if constexpr (detail::is_nameless<T>) {
    visit_model("", *value, visitor);
  } else if constexpr (detail::HoldsModel<T>) {
    visitor.enter(name, reflect::type_name<T>());
    value.model().visit("", visitor);
    visitor.leave();
  } else {
    visitor.enter(name, reflect::type_name<T>());
    if constexpr (detail::is_vector<T> || detail::is_array<T>) {
      detail::IndexName index_name;
      std::size_t index = 0;
      for (const auto& element : value) detail::visit_element(index_name(index++), element, visitor);
    } else if constexpr (detail::is_tuple<T>) {
      std::apply(
          [&visitor](const auto&... elements) {
            detail::IndexName index_name;
            std::size_t index = 0;
            (detail::visit_element(index_name(index++), elements, visitor), ...);
          },
          value);
    } else if constexpr (detail::Map<T>) {
      detail::IndexName index_name;
      detail::for_each_entry(value, [&](const auto& entry) {
        detail::visit_element(detail::key_name(entry.first, index_name), entry.second, visitor);
      });
    } else {
      for_each_field(value, [&visitor](std::string_view field, const auto& member) {
        visit_model(field, member, visitor);
      });
    }
    visitor.leave();
  }
}

namespace detail {

template <class T>
void visit_element(std::string_view name, const T& element, ModelVisitor& visitor) {
  static_assert(!is_nameless<T>,
                "the elements of a container go by their number or key: none is nameless<T>");
  visit_model(name, element, visitor);
}

}  // namespace detail

}  // namespace gradus
