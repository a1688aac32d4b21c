#include <gradus/nn/linear.h>
#include <gradus/nn/model.h>
#include <gradus/nn/transformer.h>
#include <gradus/tensor/create.h>

#include <doctest/doctest.h>

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

using namespace gradus;

namespace {

std::vector<std::string> names_of(const ModelView& model) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : state_dict(model)) names.push_back(name);
  return names;
}
using Names = std::vector<std::string>;

Tensor parameter() { return zeros({2}).requires_grad_(); }

struct Pair {
  Tensor first = parameter();
  Tensor second = parameter();
};

struct NoDefault {
  explicit NoDefault(int n) : weight(zeros({n})) {}
  Tensor weight;
  GRADUS_FIELDS(NoDefault, weight)
};

enum class Colour { red };
struct Options {
  int layers = 2;
  double rate = 0.5;
  std::string name = "x";
  std::vector<int> sizes = {1, 2};
  Colour colour = Colour::red;
};

struct Containers {
  std::vector<Pair> layers = std::vector<Pair>(2);
  std::array<Tensor, 2> scales = {parameter(), parameter()};
  std::optional<Pair> maybe = Pair();
  std::optional<Pair> absent;
  std::unique_ptr<Pair> held = std::make_unique<Pair>();
  std::pair<Tensor, int> pair = {parameter(), 1};
  std::tuple<Tensor, Pair> tuple;
  std::map<std::string, Tensor> by_name = {{"de", parameter()}, {"en", parameter()}};
  std::unordered_map<int, Tensor> by_number = {{7, parameter()}};
  Options options;
  opaque<std::function<int()>> callback{[] { return 3; }};
  Tensor undefined;
};

class Private {
 public:
  explicit Private(int n) : weight_(zeros({n}).requires_grad_()), n_(n) {}
  int n() const { return n_; }
  GRADUS_FIELDS(Private, weight_, inner_, n_)

 private:
  Tensor weight_;
  Pair inner_;
  int n_;
};

template <class T>
struct Template {
  explicit Template(T start) : value(full({}, start)) {}
  Tensor value;
  GRADUS_FIELDS(Template, value)
};

struct Tree {
  Tensor value = parameter();
  std::unique_ptr<Tree> left, right;
};

struct Empty {};

struct Forty {
  Tensor t1, t2, t3, t4, t5, t6, t7, t8, t9, t10, t11, t12, t13, t14, t15, t16, t17, t18, t19, t20;
  int i1, i2, i3, i4, i5, i6, i7, i8, i9, i10, i11, i12, i13, i14, i15, i16, i17, i18, i19, i20;
};

struct SixtyFour {
  std::array<int, 2> a1, a2, a3, a4, a5, a6, a7, a8;
  int b1, b2, b3, b4, b5, b6, b7, b8, c1, c2, c3, c4, c5, c6, c7, c8, d1, d2, d3, d4, d5, d6, d7, d8;
  int e1, e2, e3, e4, e5, e6, e7, e8, f1, f2, f3, f4, f5, f6, f7, f8, g1, g2, g3, g4, g5, g6, g7, g8;
  int h1, h2, h3, h4, h5, h6, h7;
  Tensor last;
};

}  // namespace

TEST_CASE("fields of a plain struct come by name in the order of declaration") {
  Options options;
  Names names;
  for_each_field(options, [&](std::string_view name, auto&) { names.emplace_back(name); });
  CHECK(names == Names{"layers", "rate", "name", "sizes", "colour"});

  for_each_field(options, [](std::string_view, auto& field) {
    if constexpr (std::is_same_v<std::remove_reference_t<decltype(field)>, int>) field = 9;
  });
  CHECK(options.layers == 9);

  Empty empty;
  for_each_field(empty, [](std::string_view, auto&) { FAIL("there is no field"); });
}

TEST_CASE("every kind of field is visited") {
  const Containers model;
  CHECK(names_of(model) == Names{"layers.0.first", "layers.0.second", "layers.1.first", "layers.1.second",
                                 "scales.0", "scales.1", "maybe.first", "maybe.second", "held.first",
                                 "held.second", "pair.0", "tuple.1.first", "tuple.1.second", "by_name.de",
                                 "by_name.en", "by_number.7"});
}

TEST_CASE("an unordered map is visited by its keys, and so is its clone") {
  std::unordered_map<std::string, Tensor> heads;
  for (const char* key : {"it", "de", "fr", "en", "es", "cs", "nl"}) heads.emplace(key, parameter());
  CHECK(names_of(heads) == Names{"cs", "de", "en", "es", "fr", "it", "nl"});
  CHECK(names_of(clone(heads)) == names_of(heads));
}

TEST_CASE("a nameless field adds nothing to the path, the same type elsewhere does") {
  struct Layer {
    nameless<Pair> inner;
    Pair named;
  };
  const Layer layer;
  CHECK(names_of(layer) == Names{"first", "second", "named.first", "named.second"});
  CHECK(layer.inner->first.is_same((*layer.inner).first));
  CHECK(names_of(clone(layer)) == names_of(layer));
  struct Experts {
    std::vector<nn::FeedForward> experts;
    nn::FeedForward shared{2, 3, nn::FeedForwardKind::relu};
  };
  Experts model;
  for (int i = 0; i < 2; ++i) model.experts.emplace_back(2, 3, nn::FeedForwardKind::relu);
  const Names names = names_of(model);
  CHECK(names.size() == 12);
  CHECK(names[0] == "experts.0.linear1.weight");
  CHECK(names[4] == "experts.1.linear1.weight");
  CHECK(names[8] == "shared.linear1.weight");
  load_state_dict(model, state_dict(clone(model)));
}

TEST_CASE("a container, a tensor and a field are models by themselves") {
  CHECK(names_of(std::vector<Pair>(1)) == Names{"0.first", "0.second"});
  CHECK(names_of(parameter()) == Names{""});
  CHECK(names_of(Empty()).empty());
}

TEST_CASE("listed members: private ones lose their underscore, templates and odd constructors work") {
  const Private model(3);
  CHECK(names_of(model) == Names{"weight", "inner.first", "inner.second"});
  CHECK(names_of(Template<double>(1.5)) == Names{"value"});
  struct Local {
    NoDefault a{2};
    NoDefault b{3};
  };
  CHECK(names_of(Local()) == Names{"a.weight", "b.weight"});
  static_assert(!std::is_copy_constructible_v<Private> && std::is_nothrow_move_constructible_v<Private>);
  static_assert(!std::is_copy_constructible_v<Local> && std::is_move_assignable_v<Local>);
}

TEST_CASE("recursive, local and large types") {
  Tree tree;
  tree.left = std::make_unique<Tree>();
  tree.left->right = std::make_unique<Tree>();
  CHECK(names_of(tree) == Names{"value", "left.value", "left.right.value"});

  static_assert(reflect::count_fields<Forty>() == 40);
  static_assert(reflect::field_names<Forty>[39] == "i20");
  static_assert(reflect::count_fields<SixtyFour>() == 64);
  SixtyFour large{};
  large.last = parameter();
  CHECK(names_of(large) == Names{"last"});

  struct {
    int count = 1;
    Tensor weight = parameter();
  } unnamed;
  CHECK(names_of(unnamed) == Names{"weight"});
}

TEST_CASE("buffers and integers are state, not parameters") {
  struct {
    Tensor weight = parameter();
    Tensor frozen = zeros({3});
    Tensor counts = zeros({4}, DType::int64);
    Buffer table = zeros({5});
  } model;
  CHECK(names_of(model) == Names{"weight", "frozen", "counts", "table"});
  Names names;
  for (const auto& [name, tensor] : named_parameters(model)) names.push_back(name);
  CHECK(names == Names{"weight", "frozen"});
}

TEST_CASE("names of types") {
  CHECK(reflect::type_name<nn::Linear>() == "nn::Linear");
  CHECK(reflect::type_name<int>() == "int");
}
