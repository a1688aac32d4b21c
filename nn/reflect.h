// Looks into plain structs: how many fields a type has, their names, and the fields themselves.
//
// C++20 has no reflection, but an aggregate gives itself away:
//  - how many fields: T{x, x, x} compiles with as many x (each converts to anything) as there are fields;
//  - the fields: a structured binding with that many names, auto& [m1, m2, m3] = value;
//  - their names: the compiler spells a pointer to a field of a global object, &ghost.weight, in the text of
//    __PRETTY_FUNCTION__.
#pragma once
#include <array>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace gradus::reflect {

inline constexpr std::size_t max_fields = 64;

/// Converts to everything but Owner (T{x} must make a field, not copy a T).
template <class Owner>
struct Anything {
  template <class Field>
    requires(!std::is_same_v<Field, Owner>)
  operator Field() const noexcept {
    __builtin_unreachable();  // only its type is ever looked at
  }
};

/// Converts to the bases of Owner only.
template <class Owner>
struct AnyBase {
  template <class Base>
    requires(std::is_base_of_v<Base, Owner> && !std::is_same_v<Base, Owner>)
  operator Base() const noexcept {
    __builtin_unreachable();
  }
};

template <class T, std::size_t... I>
constexpr bool can_make_from(std::index_sequence<I...>) {
  return requires { T{(static_cast<void>(I), Anything<T>{})...}; };
}

/// Number of fields of an aggregate; max_fields + 1 where there are more than max_fields.
/// The counts that T{x...} takes form an interval that ends at the number of fields: fields without a default
/// constructor forbid the small ones.
template <class T, std::size_t N = 0, bool found = false>
constexpr std::size_t count_fields() {
  constexpr bool fits = can_make_from<T>(std::make_index_sequence<N>{});
  if constexpr (found && !fits) {
    return N - 1;
  } else if constexpr (N > max_fields) {
    return N;
  } else {
    return count_fields<T, N + 1, fits>();
  }
}

template <class T>
constexpr bool has_base() {
  return requires { T{AnyBase<T>{}}; };
}

// One rung of the ladder below. An error here: a field is a C array, a bit-field, a reference or an anonymous
// union. Write std::array, a plain number, a value or a named type, or list the members with GRADUS_FIELDS.
#define GRADUS_RUNG(n, ...)                      \
  if constexpr (count == n) {                    \
    auto& [__VA_ARGS__] = value;                 \
    return use(__VA_ARGS__);                     \
  } else
#define GRADUS_A a1, a2, a3, a4, a5, a6, a7, a8
#define GRADUS_B b1, b2, b3, b4, b5, b6, b7, b8
#define GRADUS_C c1, c2, c3, c4, c5, c6, c7, c8
#define GRADUS_D d1, d2, d3, d4, d5, d6, d7, d8
#define GRADUS_E e1, e2, e3, e4, e5, e6, e7, e8
#define GRADUS_F f1, f2, f3, f4, f5, f6, f7, f8
#define GRADUS_G g1, g2, g3, g4, g5, g6, g7, g8
#define GRADUS_H h1, h2, h3, h4, h5, h6, h7, h8

/// use(field1, field2, ...) with the fields of an aggregate, const where `value` is.
template <class T, class Use>
constexpr decltype(auto) with_fields(T& value, Use&& use) {
  constexpr std::size_t count = count_fields<std::remove_const_t<T>>();
  static_assert(count <= max_fields, "a plain struct may have 64 fields: make structs of groups of them");
  if constexpr (count == 0) {
    return use();
  } else
  GRADUS_RUNG(1, a1)
  GRADUS_RUNG(2, a1, a2)
  GRADUS_RUNG(3, a1, a2, a3)
  GRADUS_RUNG(4, a1, a2, a3, a4)
  GRADUS_RUNG(5, a1, a2, a3, a4, a5)
  GRADUS_RUNG(6, a1, a2, a3, a4, a5, a6)
  GRADUS_RUNG(7, a1, a2, a3, a4, a5, a6, a7)
  GRADUS_RUNG(8, GRADUS_A)
  GRADUS_RUNG(9, GRADUS_A, b1)
  GRADUS_RUNG(10, GRADUS_A, b1, b2)
  GRADUS_RUNG(11, GRADUS_A, b1, b2, b3)
  GRADUS_RUNG(12, GRADUS_A, b1, b2, b3, b4)
  GRADUS_RUNG(13, GRADUS_A, b1, b2, b3, b4, b5)
  GRADUS_RUNG(14, GRADUS_A, b1, b2, b3, b4, b5, b6)
  GRADUS_RUNG(15, GRADUS_A, b1, b2, b3, b4, b5, b6, b7)
  GRADUS_RUNG(16, GRADUS_A, GRADUS_B)
  GRADUS_RUNG(17, GRADUS_A, GRADUS_B, c1)
  GRADUS_RUNG(18, GRADUS_A, GRADUS_B, c1, c2)
  GRADUS_RUNG(19, GRADUS_A, GRADUS_B, c1, c2, c3)
  GRADUS_RUNG(20, GRADUS_A, GRADUS_B, c1, c2, c3, c4)
  GRADUS_RUNG(21, GRADUS_A, GRADUS_B, c1, c2, c3, c4, c5)
  GRADUS_RUNG(22, GRADUS_A, GRADUS_B, c1, c2, c3, c4, c5, c6)
  GRADUS_RUNG(23, GRADUS_A, GRADUS_B, c1, c2, c3, c4, c5, c6, c7)
  GRADUS_RUNG(24, GRADUS_A, GRADUS_B, GRADUS_C)
  GRADUS_RUNG(25, GRADUS_A, GRADUS_B, GRADUS_C, d1)
  GRADUS_RUNG(26, GRADUS_A, GRADUS_B, GRADUS_C, d1, d2)
  GRADUS_RUNG(27, GRADUS_A, GRADUS_B, GRADUS_C, d1, d2, d3)
  GRADUS_RUNG(28, GRADUS_A, GRADUS_B, GRADUS_C, d1, d2, d3, d4)
  GRADUS_RUNG(29, GRADUS_A, GRADUS_B, GRADUS_C, d1, d2, d3, d4, d5)
  GRADUS_RUNG(30, GRADUS_A, GRADUS_B, GRADUS_C, d1, d2, d3, d4, d5, d6)
  GRADUS_RUNG(31, GRADUS_A, GRADUS_B, GRADUS_C, d1, d2, d3, d4, d5, d6, d7)
  GRADUS_RUNG(32, GRADUS_A, GRADUS_B, GRADUS_C, GRADUS_D)
  GRADUS_RUNG(33, GRADUS_A, GRADUS_B, GRADUS_C, GRADUS_D, e1)
  GRADUS_RUNG(34, GRADUS_A, GRADUS_B, GRADUS_C, GRADUS_D, e1, e2)
  GRADUS_RUNG(35, GRADUS_A, GRADUS_B, GRADUS_C, GRADUS_D, e1, e2, e3)
  GRADUS_RUNG(36, GRADUS_A, GRADUS_B, GRADUS_C, GRADUS_D, e1, e2, e3, e4)
  GRADUS_RUNG(37, GRADUS_A, GRADUS_B, GRADUS_C, GRADUS_D, e1, e2, e3, e4, e5)
  GRADUS_RUNG(38, GRADUS_A, GRADUS_B, GRADUS_C, GRADUS_D, e1, e2, e3, e4, e5, e6)
  GRADUS_RUNG(39, GRADUS_A, GRADUS_B, GRADUS_C, GRADUS_D, e1, e2, e3, e4, e5, e6, e7)
  GRADUS_RUNG(40, GRADUS_A, GRADUS_B, GRADUS_C, GRADUS_D, GRADUS_E)
  GRADUS_RUNG(41, GRADUS_A, GRADUS_B, GRADUS_C, GRADUS_D, GRADUS_E, f1)
  GRADUS_RUNG(42, GRADUS_A, GRADUS_B, GRADUS_C, GRADUS_D, GRADUS_E, f1, f2)
  GRADUS_RUNG(43, GRADUS_A, GRADUS_B, GRADUS_C, GRADUS_D, GRADUS_E, f1, f2, f3)
  GRADUS_RUNG(44, GRADUS_A, GRADUS_B, GRADUS_C, GRADUS_D, GRADUS_E, f1, f2, f3, f4)
  GRADUS_RUNG(45, GRADUS_A, GRADUS_B, GRADUS_C, GRADUS_D, GRADUS_E, f1, f2, f3, f4, f5)
  GRADUS_RUNG(46, GRADUS_A, GRADUS_B, GRADUS_C, GRADUS_D, GRADUS_E, f1, f2, f3, f4, f5, f6)
  GRADUS_RUNG(47, GRADUS_A, GRADUS_B, GRADUS_C, GRADUS_D, GRADUS_E, f1, f2, f3, f4, f5, f6, f7)
  GRADUS_RUNG(48, GRADUS_A, GRADUS_B, GRADUS_C, GRADUS_D, GRADUS_E, GRADUS_F)
  GRADUS_RUNG(49, GRADUS_A, GRADUS_B, GRADUS_C, GRADUS_D, GRADUS_E, GRADUS_F, g1)
  GRADUS_RUNG(50, GRADUS_A, GRADUS_B, GRADUS_C, GRADUS_D, GRADUS_E, GRADUS_F, g1, g2)
  GRADUS_RUNG(51, GRADUS_A, GRADUS_B, GRADUS_C, GRADUS_D, GRADUS_E, GRADUS_F, g1, g2, g3)
  GRADUS_RUNG(52, GRADUS_A, GRADUS_B, GRADUS_C, GRADUS_D, GRADUS_E, GRADUS_F, g1, g2, g3, g4)
  GRADUS_RUNG(53, GRADUS_A, GRADUS_B, GRADUS_C, GRADUS_D, GRADUS_E, GRADUS_F, g1, g2, g3, g4, g5)
  GRADUS_RUNG(54, GRADUS_A, GRADUS_B, GRADUS_C, GRADUS_D, GRADUS_E, GRADUS_F, g1, g2, g3, g4, g5, g6)
  GRADUS_RUNG(55, GRADUS_A, GRADUS_B, GRADUS_C, GRADUS_D, GRADUS_E, GRADUS_F, g1, g2, g3, g4, g5, g6, g7)
  GRADUS_RUNG(56, GRADUS_A, GRADUS_B, GRADUS_C, GRADUS_D, GRADUS_E, GRADUS_F, GRADUS_G)
  GRADUS_RUNG(57, GRADUS_A, GRADUS_B, GRADUS_C, GRADUS_D, GRADUS_E, GRADUS_F, GRADUS_G, h1)
  GRADUS_RUNG(58, GRADUS_A, GRADUS_B, GRADUS_C, GRADUS_D, GRADUS_E, GRADUS_F, GRADUS_G, h1, h2)
  GRADUS_RUNG(59, GRADUS_A, GRADUS_B, GRADUS_C, GRADUS_D, GRADUS_E, GRADUS_F, GRADUS_G, h1, h2, h3)
  GRADUS_RUNG(60, GRADUS_A, GRADUS_B, GRADUS_C, GRADUS_D, GRADUS_E, GRADUS_F, GRADUS_G, h1, h2, h3, h4)
  GRADUS_RUNG(61, GRADUS_A, GRADUS_B, GRADUS_C, GRADUS_D, GRADUS_E, GRADUS_F, GRADUS_G, h1, h2, h3, h4, h5)
  GRADUS_RUNG(62, GRADUS_A, GRADUS_B, GRADUS_C, GRADUS_D, GRADUS_E, GRADUS_F, GRADUS_G, h1, h2, h3, h4, h5,
              h6)
  GRADUS_RUNG(63, GRADUS_A, GRADUS_B, GRADUS_C, GRADUS_D, GRADUS_E, GRADUS_F, GRADUS_G, h1, h2, h3, h4, h5,
              h6, h7)
  GRADUS_RUNG(64, GRADUS_A, GRADUS_B, GRADUS_C, GRADUS_D, GRADUS_E, GRADUS_F, GRADUS_G, GRADUS_H)
  {
  }
}
#undef GRADUS_RUNG
#undef GRADUS_A
#undef GRADUS_B
#undef GRADUS_C
#undef GRADUS_D
#undef GRADUS_E
#undef GRADUS_F
#undef GRADUS_G
#undef GRADUS_H

/// An object that is never made: only the addresses of its fields are taken. It has to be defined, or local
/// and anonymous types fail to link.
template <class T>
union Holder {
  char none;
  T value;
  constexpr Holder() : none{} {}
  // NOLINTNEXTLINE(modernize-use-equals-default): that would be deleted where T's is not trivial
  constexpr ~Holder() {}
};
template <class T>
inline constinit Holder<T> ghost{};

template <class Field>
struct Pointer {
  Field* address;
};

/// "weight" from "... [with auto Address = Pointer<Tensor>{(& ghost<A>.Holder<A>::value.A::weight)}]". One
/// trailing underscore, the mark of private members, is taken off.
constexpr std::string_view last_word(std::string_view text) {
  constexpr auto in_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c < 0;
  };
  while (!text.empty() && !in_word(text.back())) text.remove_suffix(1);
  std::size_t length = 0;
  while (length < text.size() && in_word(text[text.size() - 1 - length])) ++length;
  text.remove_prefix(text.size() - length);
  if (text.size() > 1 && text.back() == '_') text.remove_suffix(1);
  return text;
}

template <auto Address>
constexpr const char* spelled_address() {
  return __PRETTY_FUNCTION__;
}

template <class T>
constexpr auto ghost_fields() {
  return with_fields(ghost<T>.value, []<class... Fields>(Fields&... fields) {
    return std::tuple<Pointer<Fields>...>(Pointer<Fields>{&fields}...);
  });
}

template <class T, std::size_t... I>
constexpr std::array<std::string_view, sizeof...(I)> names_of(std::index_sequence<I...>) {
  return {last_word(spelled_address<std::get<I>(ghost_fields<T>())>())...};
}

/// The names of the fields of an aggregate.
template <class T>
inline constexpr auto field_names = names_of<T>(std::make_index_sequence<count_fields<T>()>{});

template <class T>
constexpr const char* spelled() {
  return __PRETTY_FUNCTION__;
}

/// "nn::Linear", "Classifier": a type's name as it is written, without the namespace gradus.
template <class T>
constexpr std::string_view type_name() {
  constexpr std::string_view probe = spelled<int>();
  constexpr std::size_t before = probe.rfind("int"), after = probe.size() - before - 3;
  std::string_view name = spelled<T>();
  name.remove_prefix(before);
  name.remove_suffix(after);
  if (name.substr(0, 8) == "gradus::") name.remove_prefix(8);
  return name;
}

}  // namespace gradus::reflect
