// The fields of a model: what a struct is made of, by name.
//
//   struct Classifier {                 // a plain struct says what it holds by itself
//     nn::Linear hidden{784, 128};
//     nn::Linear out{128, 10};
//   };
//
//   class Scale {                       // a type with constructors or private members lists them
//    public:
//     explicit Scale(std::int64_t n) : factor_(ones({n}).requires_grad_()) {}
//     GRADUS_FIELDS(Scale, factor_)
//    private:
//     Tensor factor_;
//   };
//
// What a field may be:
//  - a Tensor: a parameter, trained where it requires a gradient and frozen where it does not. Tensors of
//    int64 or bool and fields of type Buffer are state that no optimiser touches; both are saved;
//  - another model: a plain struct or a type with GRADUS_FIELDS;
//  - std::vector, array, optional, unique_ptr, pair, tuple or map of these;
//  - something plain, which holds no tensor: numbers, bool, enums, strings, Shape, Scalar;
//  - nameless<T>: another model whose fields stand among those of the one that holds it;
//  - opaque<T>: anything else, which nobody looks into.
// Every other kind is refused at compile time. One trailing underscore is not part of a field's name.
#pragma once
#include <gradus/nn/reflect.h>
#include <gradus/tensor/tensor_class.h>

#include <array>
#include <concepts>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace gradus {

/// A Tensor field that belongs to the state of a model but is never trained: a table, a running mean.
struct Buffer : Tensor {
  Buffer() = default;
  Buffer(const Tensor& tensor) : Tensor(tensor) {}
};

/// A field that nobody looks into: opaque<std::function<void()>> callback{...}. clone() copies
/// it as it is.
template <class T>
struct opaque {
  T value{};
  T& operator*() { return value; }
  const T& operator*() const { return value; }
  T* operator->() { return &value; }
  const T* operator->() const { return &value; }
};

/// A field that adds nothing to the path of what it holds: a Transformer's layer holds a
/// nameless<FeedForward>, whose linear1 and linear2 have the names that they have in PyTorch, where the layer
/// holds them itself.
template <class T>
struct nameless {
  static_assert(std::is_class_v<T> && !std::is_base_of_v<Tensor, T>, "nameless<T> holds another model");
  T value;
  T& operator*() { return value; }
  const T& operator*() const { return value; }
  T* operator->() { return &value; }
  const T* operator->() const { return &value; }
};

class CloneMap;
namespace detail {
template <class T>
T clone_field(const T& value, CloneMap& map);  // clone.h

template <class T>
inline constexpr bool is_plain = std::is_arithmetic_v<T> || std::is_enum_v<T> || std::is_same_v<T, std::string> ||
                          std::is_same_v<T, std::string_view> || std::is_same_v<T, Shape> ||
                          std::is_same_v<T, Scalar> || std::is_same_v<T, std::nullopt_t>;
template <class T>
inline constexpr bool is_plain<opaque<T>> = true;
template <class T>
inline constexpr bool is_plain<std::vector<T>> = is_plain<T>;
template <class T, std::size_t N>
inline constexpr bool is_plain<std::array<T, N>> = is_plain<T>;
template <class T>
inline constexpr bool is_plain<std::optional<T>> = is_plain<T>;

template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;

template <class T>
inline constexpr bool is_array = false;
template <class T, std::size_t N>
inline constexpr bool is_array<std::array<T, N>> = true;

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
inline constexpr bool is_unique_ptr = false;
template <class T>
inline constexpr bool is_unique_ptr<std::unique_ptr<T>> = !std::is_array_v<T>;

template <class T>
inline constexpr bool is_nameless = false;
template <class T>
inline constexpr bool is_nameless<nameless<T>> = true;

template <class T>
inline constexpr bool is_tuple = false;
template <class... T>
inline constexpr bool is_tuple<std::tuple<T...>> = true;
template <class A, class B>
inline constexpr bool is_tuple<std::pair<A, B>> = true;

/// std::map, std::unordered_map: recognised by their members, so that their headers are not needed here.
template <class T>
concept Map = requires {
  typename T::key_type;
  typename T::mapped_type;
};

struct AnyUse {
  template <class Field>
  void operator()(std::string_view, Field&&) const {}
};

/// A type that lists its members with GRADUS_FIELDS.
template <class T>
concept ListsFields = requires(const T& value) { gradus_fields(value, AnyUse{}); };

/// True where members of these sizes, one after the other, fill a type: none was left out of the list.
struct MemberSize {
  std::size_t size, alignment;
};
constexpr bool fill_type(std::size_t size, std::size_t alignment, bool has_virtual,
                         std::initializer_list<MemberSize> members) {
  std::size_t end = has_virtual ? sizeof(void*) : 0;
  for (const MemberSize& member : members) {
    end = (end + member.alignment - 1) / member.alignment * member.alignment + member.size;
  }
  if (end == 0) return size == 1;
  return (end + alignment - 1) / alignment * alignment == size;
}

/// Refuses, in one sentence, a type whose fields cannot be found; true where they can.
template <class T>
constexpr bool check_model_type() {
  constexpr bool listed = ListsFields<T>;
  static_assert(
      !std::is_pointer_v<T>,
      "a model's field is a raw pointer: hold the value itself or a std::unique_ptr, or write opaque<T*>");
  static_assert(
      listed || std::is_aggregate_v<T> || std::is_pointer_v<T>,
      "a model's field is of a kind that cannot be looked into: if the type is yours, write "
      "GRADUS_FIELDS(Type, member, ...) into it; if it holds no tensors, make the field opaque<Type>");
  static_assert(
      !std::is_polymorphic_v<T> || std::is_final_v<T>,
      "a model's field has virtual functions, and derived types may hold tensors that would be lost: "
      "declare the type final, or hold it as nn::Layer");
  if constexpr (!listed && std::is_aggregate_v<T>) {
    static_assert(!reflect::has_base<T>(),
                  "a plain struct of a model has a base: make the base a field of it");
    return !reflect::has_base<T>();
  }
  return listed;
}

}  // namespace detail

/// Calls visit(name, field) for every field of a model, in the order of declaration. One level; fields are
/// const where the model is.
template <class M, class Visit>
void for_each_field(M& model, Visit&& visit) {
  using T = std::remove_const_t<M>;
  constexpr bool has_fields = detail::check_model_type<T>();
  if constexpr (detail::ListsFields<T>) {
    gradus_fields(model, visit);
  } else if constexpr (has_fields) {
    reflect::with_fields(model, [&visit](auto&... fields) {
      [[maybe_unused]] const std::string_view* name = reflect::field_names<T>.data();
      (visit(*name++, fields), ...);
    });
  }
}

/// The name of a member without the underscore that marks it as private.
constexpr std::string_view field_name(std::string_view member) {
  if (member.size() > 1 && member.back() == '_') member.remove_suffix(1);
  return member;
}

}  // namespace gradus

// GRADUS_EACH(f, a, b, ...) is f(a) f(b) ...; up to 256 times.
#define GRADUS_PARENS ()
#define GRADUS_EXPAND(...) GRADUS_EXPAND3(GRADUS_EXPAND3(GRADUS_EXPAND3(GRADUS_EXPAND3(__VA_ARGS__))))
#define GRADUS_EXPAND3(...) GRADUS_EXPAND2(GRADUS_EXPAND2(GRADUS_EXPAND2(GRADUS_EXPAND2(__VA_ARGS__))))
#define GRADUS_EXPAND2(...) GRADUS_EXPAND1(GRADUS_EXPAND1(GRADUS_EXPAND1(GRADUS_EXPAND1(__VA_ARGS__))))
#define GRADUS_EXPAND1(...) __VA_ARGS__
#define GRADUS_EACH(f, ...) __VA_OPT__(GRADUS_EXPAND(GRADUS_EACH_STEP(f, __VA_ARGS__)))
#define GRADUS_EACH_STEP(f, first, ...) f(first) __VA_OPT__(GRADUS_EACH_AGAIN GRADUS_PARENS(f, __VA_ARGS__))
#define GRADUS_EACH_AGAIN() GRADUS_EACH_STEP

#define GRADUS_MEMBER_SIZE(member) \
  ::gradus::detail::MemberSize{sizeof(gradus_self.member), alignof(decltype(gradus_self.member))},
#define GRADUS_VISIT_MEMBER(member) gradus_visit(::gradus::field_name(#member), gradus_self.member);
#define GRADUS_CLONE_MEMBER(member) member(::gradus::detail::clone_field(gradus_from.member, gradus_map))
#define GRADUS_CLONE_NEXT(member) , GRADUS_CLONE_MEMBER(member)
#define GRADUS_CLONE_MEMBERS(first, ...) \
  : GRADUS_CLONE_MEMBER(first) GRADUS_EACH(GRADUS_CLONE_NEXT, __VA_ARGS__)

/// Lists all members of a type with constructors or private members, in the order of declaration; stands in
/// its public section. It also makes the type move-only: a copy is asked for, clone(model). Leaving a member
/// out is an error when the list is used. A derived class does not inherit the list.
#define GRADUS_FIELDS(Type, ...)                                                                             \
  Type(Type&&) = default;                                                                                    \
  Type& operator=(Type&&) = default;                                                                         \
  template <std::same_as<::gradus::CloneMap> Map>                                                            \
  Type([[maybe_unused]] const Type& gradus_from, [[maybe_unused]] Map& gradus_map)                           \
      __VA_OPT__(GRADUS_CLONE_MEMBERS(__VA_ARGS__)) {}                                                       \
  template <class Self, class Visit>                                                                         \
    requires std::same_as<std::remove_const_t<Self>, Type>                                                   \
  friend void gradus_fields([[maybe_unused]] Self& gradus_self, [[maybe_unused]] Visit&& gradus_visit) {     \
    static_assert(::gradus::detail::fill_type(sizeof(Type), alignof(Type), std::is_polymorphic_v<Type>,      \
                                              {GRADUS_EACH(GRADUS_MEMBER_SIZE, __VA_ARGS__)}),               \
                  "GRADUS_FIELDS must list every member of the type, in the order of declaration");          \
    GRADUS_EACH(GRADUS_VISIT_MEMBER, __VA_ARGS__)                                                            \
  }
