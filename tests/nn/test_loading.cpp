// What load_state_dict and load say about a state that is not quite the model's. All texts are written by
// hand.
#include <gradus/nn/nn.h>
#include <gradus/nn/similar_names.h>
#include <gradus/tensor/create.h>
#include <gradus/tests/error_text.h>
#include <gradus/tests/nn/small_models.h>

#include <doctest/doctest.h>

#include <cstdio>

using namespace gradus;
using test::Classifier;
using test::contains;
using test::error_of;
using test::tied_model;
using test::TiedModel;

namespace {

NamedTensors fitting(const std::string& prefix = "") {
  return {{prefix + "hidden.weight", full({4, 3}, 1)},
          {prefix + "hidden.bias", full({4}, 2)},
          {prefix + "out.weight", full({2, 4}, 3)},
          {prefix + "out.bias", full({2}, 4)}};
}

std::vector<double> values(const Tensor& tensor) { return tensor.to_vector<double>(); }

using Names = std::vector<std::string>;
Names names_of(const std::vector<LoadNote>& notes) {
  Names names;
  for (const LoadNote& note : notes) names.push_back(note.name);
  return names;
}

}  // namespace

TEST_CASE("one error names everything that is wrong, and nothing is changed") {
  Classifier model;
  const std::vector<double> before = values(model.hidden.bias);
  const NamedTensors state = {{"hidden.bias", ones({4})},
                              {"hiden.weight", ones({3, 4})},
                              {"out.weight", ones({2, 4}, DType::int64)},
                              {"head.scale", ones({1})}};
  CHECK(error_of([&] { load_state_dict(model, state); }) ==
        "[load_state_dict] the state does not fit the model:\n"
        "  missing (2):\n"
        "    hidden.weight, float32 (4, 3)\n"
        "    out.bias, float32 (2,)\n"
        "  unexpected (2):\n"
        "    hiden.weight, float32 (3, 4): did you mean hidden.weight? It is transposed\n"
        "    head.scale, float32 (1,)\n"
        "  of another shape or dtype (1):\n"
        "    out.weight is float32 (2, 4) in the model and int64 (2, 4) in the state: of the dtypes, only "
        "float32 "
        "and float64 are converted into each other\n"
        "  {.strict = false} does not take these either: change them in the state, or leave them out of it");
  CHECK(values(model.hidden.bias) == before);
  CHECK_THROWS_AS(load_state_dict(model, state, {.strict = false}), Error);
  CHECK(values(model.hidden.bias) == before);
}

TEST_CASE("a tensor that is transposed, of another shape, or undefined") {
  Classifier model;
  NamedTensors state = fitting();
  state[0].second = ones({3, 4});
  state[2].second = ones({2, 5});
  state[3].second = Tensor();
  CHECK(error_of([&] { load_state_dict(model, state); }) ==
        "[load_state_dict] the state does not fit the model:\n"
        "  of another shape or dtype (3):\n"
        "    hidden.weight is float32 (4, 3) in the model and float32 (3, 4) in the state: it is transposed\n"
        "    out.weight is float32 (2, 4) in the model and float32 (2, 5) in the state\n"
        "    out.bias is float32 (2,) in the model and undefined in the state\n"
        "  {.strict = false} does not take these either: change them in the state, or leave them out of it");
}

TEST_CASE("leniently, the names that fit are taken, and the report tells the others") {
  Classifier model;
  const std::vector<double> before = values(model.out.weight);
  const LoadReport report = load_state_dict(
      model, {{"hidden.bias", full({4}, 7)}, {"out.wieght", ones({2, 4})}}, {.strict = false});
  CHECK(values(model.hidden.bias) == std::vector<double>(4, 7));
  CHECK(values(model.out.weight) == before);
  CHECK(report.loaded == 1);
  CHECK(names_of(report.missing) == Names{"hidden.weight", "out.weight", "out.bias"});
  CHECK(names_of(report.unexpected) == Names{"out.wieght"});
  CHECK(to_string(report) ==
        "1 of the model's 4 tensors were loaded\n"
        "  missing (3):\n"
        "    hidden.weight, float32 (4, 3)\n"
        "    out.weight, float32 (2, 4)\n"
        "    out.bias, float32 (2,)\n"
        "  unexpected (1):\n"
        "    out.wieght, float32 (2, 4): did you mean out.weight?");
  CHECK(to_string(load_state_dict(model, fitting())) == "4 of the model's 4 tensors were loaded");
  CHECK(contains(error_of([&] {
                   load_state_dict(model, {{"hidden.bias", ones({4})}});
                 }),
                 "\n  {.strict = false} takes the tensors that fit"));
}

TEST_CASE("a name of the same shape is meant rather than a nearer one of another shape") {
  Classifier model;
  NamedTensors state = fitting();
  state[0].first = "fc1.weight";  // three changes make it out.weight, which has another shape
  state[2].first = "fc2.weight";
  std::string text = error_of([&] { load_state_dict(model, state); });
  CHECK(contains(text, "fc1.weight, float32 (4, 3): did you mean hidden.weight?\n"));
  CHECK(contains(text, "fc2.weight, float32 (2, 4): did you mean out.weight?\n"));

  state = fitting();
  state[3] = {"out.bais", ones({3})};
  text = error_of([&] { load_state_dict(model, state); });
  CHECK(contains(text, "out.bais, float32 (3,): did you mean out.bias, float32 (2,)?\n"));
}

TEST_CASE("a wrapper's prefix is recognised and can be taken off") {
  Classifier model;
  const std::string text = error_of([&] { load_state_dict(model, fitting("module.")); });
  CHECK(contains(text, "    module.hidden.weight, float32 (4, 3)\n"));
  CHECK(text.ends_with(
      "\n  all missing names stand in the state behind \"module.\": {.prefix = \"module.\"} takes it off"));
  CHECK(to_string(load_state_dict(model, fitting("module."), {.strict = false})).ends_with("takes it off"));

  CHECK(load_state_dict(model, fitting("module."), {.prefix = "module."}).loaded == 4);
  CHECK(values(model.out.bias) == std::vector<double>(2, 4));
  CHECK(error_of([&] {
          load_state_dict(model, fitting(), {.prefix = "module."});
        }).ends_with("\n  no name in the state begins with \"module.\""));

  NamedTensors state = fitting("module.");
  state.emplace_back("step", ones({1}));  // what does not begin with the prefix is not expected
  CHECK(contains(error_of([&] { load_state_dict(model, state, {.prefix = "module."}); }),
                 "unexpected (1):\n    step, float32 (1,)\n"));
  CHECK(error_of([&] {
          load_state_dict(model, state);
        }).ends_with("{.strict = false, .prefix = \"module.\"} takes it off and leaves the others aside"));
  CHECK(load_state_dict(model, state, {.strict = false, .prefix = "module."}).loaded == 4);
  state = fitting();
  state[3].first = "module.out.bias";  // the others have no such prefix
  CHECK(contains(error_of([&] { load_state_dict(model, state); }),
                 "module.out.bias, float32 (2,): did you mean out.bias?\n  {.strict = false}"));
}

TEST_CASE("a state of a part of the model") {
  struct {
    Classifier encoder;
    nn::Linear head{2, 1};
  } model;
  CHECK(error_of([&] { load_state_dict(model, fitting()); })
            .ends_with(
                "\n  all unexpected names are those of the model's part \"encoder\": load into that part"));
  CHECK(load_state_dict(model.encoder, fitting()).loaded == 4);
}

TEST_CASE("float64 is rounded to float32 and reported, float32 becomes float64 without a word") {
  Classifier model;
  NamedTensors state = fitting();
  state[1].second = full({4}, 0.1, DType::float64);
  CHECK(to_string(load_state_dict(model, state)) ==
        "4 of the model's 4 tensors were loaded\n"
        "  rounded (1):\n"
        "    hidden.bias, float64 to float32");
  CHECK(model.hidden.bias.dtype() == DType::float32);
  CHECK(model.hidden.bias.data<float>()[0] == 0.1f);

  const Classifier precise = clone(model, DType::float64);
  CHECK(load_state_dict(precise, fitting()).converted.empty());
  CHECK(values(precise.out.bias) == std::vector<double>(2, 4));
}

TEST_CASE("tied parameters: one name is enough, and two have to agree") {
  const TiedModel model = tied_model();
  CHECK(load_state_dict(model, {{"out.weight", full({5, 3}, 3)}, {"out.bias", ones({5})}}).loaded == 3);
  CHECK(values(model.embedding.weight) == std::vector<double>(15, 3));

  NamedTensors state = {
      {"out.weight", full({5, 3}, 2)}, {"embedding.weight", full({5, 3}, 1)}, {"out.bias", ones({5})}};
  CHECK(error_of([&] { load_state_dict(model, state); }) ==
        "[load_state_dict] the state does not fit the model:\n"
        "  tied in the model, different in the state (1):\n"
        "    out.weight and embedding.weight\n"
        "  {.strict = false} takes the tensors that fit");
  CHECK(values(model.embedding.weight) == std::vector<double>(15, 3));
  const LoadReport report = load_state_dict(model, state, {.strict = false});
  CHECK(names_of(report.untied) == Names{"out.weight"});
  CHECK(values(model.out.weight) == std::vector<double>(15, 1));  // the first in the model's order

  state[0].second = full({5, 3}, 1, DType::float64);  // the same value in another dtype
  CHECK(load_state_dict(model, state).untied.empty());

  const std::string text = error_of([&] { load_state_dict(model, {{"out.bias", ones({5})}}); });
  CHECK(
      contains(text, "missing (2):\n    embedding.weight, float32 (5, 3)\n    out.weight, float32 (5, 3)\n"));
}

TEST_CASE("BatchNorm's counter may be missing") {
  struct {
    nn::Linear hidden{1, 2};
    nn::BatchNorm norm{2};
  } model;
  NamedTensors state = state_dict(model);
  std::erase_if(state, [](const auto& entry) { return entry.first == "norm.num_batches_tracked"; });
  CHECK(to_string(load_state_dict(model, state)) ==
        "6 of the model's 7 tensors were loaded\n"
        "  missing (1):\n"
        "    norm.num_batches_tracked, int64 (): it may be missing");
  for (auto& [name, tensor] : state) name = "module." + name;
  CHECK(load_state_dict(model, state, {.prefix = "module."}).loaded == 6);
  CHECK(contains(error_of([&] { load_state_dict(model, state); }), "{.prefix = \"module.\"}"));
  state.pop_back();
  CHECK_THROWS_AS(load_state_dict(model, state, {.prefix = "module."}), Error);
}

TEST_CASE("long lists are cut after 20") {
  std::vector<nn::Linear> model;
  for (int i = 0; i < 12; ++i) model.emplace_back(2, 2);
  NamedTensors state;
  for (int i = 0; i < 1000; ++i) state.emplace_back("x" + std::to_string(i), ones({7}));
  const std::string text = error_of([&] { load_state_dict(model, state); });
  CHECK(contains(text, "missing (24):\n    0.weight, float32 (2, 2)\n    0.bias, float32 (2,)\n"));
  CHECK(contains(text, "\n    9.bias, float32 (2,)\n    and 4 more\n"));
  CHECK(contains(text, "unexpected (1000):\n    x0, float32 (7,)"));
  CHECK(contains(text, "\n    and 980 more\n"));
  CHECK(!contains(text, "10.weight"));
  CHECK(!contains(text, "x20"));
}

TEST_CASE("a name that stands twice, and names that nobody should print") {
  Classifier model;
  NamedTensors state = fitting();
  state.emplace_back("out.bias", ones({2}));
  CHECK(contains(error_of([&] { load_state_dict(model, state); }),
                 "\n    out.bias stands twice in the state\n"));
  state = fitting();
  state.emplace_back("\x1b[2J\n\u202e", ones({2}));
  state.emplace_back(std::string(100'000, 'x'), ones({2}));
  const std::string long_name = std::string(118, 'y') + "\u4f60";
  state.emplace_back(long_name + "\u597d", ones({2}));  // not cut within a character
  const std::string text = error_of([&] { load_state_dict(model, state); });
  CHECK(contains(text, "\n    \\x1b[2J\\n\\u{202e}, float32 (2,)\n"));
  CHECK(contains(text, "\n    " + long_name + "..., float32 (2,)"));
  CHECK(text.size() < 1000);
}

TEST_CASE("loading a file names the file") {
  const std::string path = "test_loading.safetensors";
  save(Classifier(), path);
  const TiedModel model = tied_model();
  CHECK(error_of([&] {
          load(model, path);
        }).starts_with("[load] 'test_loading.safetensors' does not fit the model:\n  unexpected (2):\n"));
  Classifier same;
  CHECK(load(same, path).loaded == 4);
  std::remove(path.c_str());
}

TEST_CASE("edit distances") {
  using detail::edit_distance;
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("weight", "weight") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);   // the textbook's example: k-s, e-i, +g
  CHECK(edit_distance("saturday", "sunday") == 3);  // -a, -t, r-n
  CHECK(edit_distance("ab", "ba") == 2);
  CHECK(edit_distance("aaa", "aa") == 1);
}

TEST_CASE("the prefix between two lists of names") {
  using detail::prefix_between;
  CHECK(prefix_between({"0.bias"}, {"module.0.bias", "x"}) == "module.");
  CHECK(prefix_between({"a", "b"}, {"m.a", "n.a", "n.b"}) == "n.");
  CHECK(prefix_between({"a", "b"}, {"m.a", "n.b"}) == "");
  CHECK(prefix_between({"a"}, {"ba"}) == "");
  CHECK(prefix_between({"a"}, {".a"}) == "");
  CHECK(prefix_between({}, {"m.a"}) == "");
}
