// The folder of a run that somebody else wrote into: every file of it is refused in one Error, whatever it
// holds.
#include "checkpoint.h"
#include "json_object.h"
#include "log.h"
#include "storage.h"
#include "training_setup.h"

#include <gradus/nn/model.h>
#include <gradus/tests/data/temporary_folder.h>
#include <gradus/tests/error_text.h>

#include <doctest/doctest.h>

using namespace gradus;
using namespace translation;
using doctest::Contains;
using gradus::test::contains;
using gradus::test::error_of;
using gradus::test::TemporaryFolder;

namespace {

/// A text that is nested deeper than the stack is, as the value of a key.
std::string nested(const std::string& key) {
  constexpr std::size_t depth = 500'000;  // both halves are less than the 1 MiB that config.json may have
  return "{\"" + key + "\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
}

std::string replaced(std::string text, const std::string& old, const std::string& with) {
  const std::size_t at = text.find(old);
  REQUIRE(at != text.npos);
  return text.replace(at, old.size(), with);
}

/// A tiny run, but for its text and its checkpoints; gives config.json.
std::string write_run(const std::string& folder, const ModelOptions& shape) {
  const Language words = Language::of_tokens(std::vector<std::string>{"a b"}, {}, {});
  ModelOptions options = shape;
  options.source_vocabulary = options.target_vocabulary = words.vocabulary().size();
  const Settings settings = make_settings(words, words, options, {}, {});
  save_settings(folder, words, words, settings);
  save_weights(folder, state_dict(make_model(options)->view()));
  return settings.text;
}

}  // namespace

TEST_CASE("a JSON object: values of just the type that is asked for") {
  const JsonObject object(
      R"({"int":-3,"big":5000000000,"most":18446744073709551615,"share":3.7,"huge":1e300,"yes":true,
          "text":"\u001b[2J","none":null,"list":[1],"part":{"lr":1}})",
      "'f' is damaged");
  CHECK(object.get<int>("int") == -3);
  CHECK(object.get<std::int64_t>("big") == 5000000000);
  CHECK(object.get<std::uint64_t>("most") == UINT64_MAX);
  CHECK(object.get<double>("share") == 3.7);
  CHECK(object.get<double>("int") == -3);
  CHECK(object.get<bool>("yes"));
  CHECK(object.get<std::string>("text") == "\x1b[2J");
  CHECK(object.number_or(7, "none") == 7);
  CHECK(object.number_or(7, "share") == 3.7);
  CHECK(object.object("part").get<double>("lr") == 1);
  CHECK(object.contains("none"));
  CHECK(!object.contains("no"));

  CHECK_THROWS_WITH_AS(
      object.get<int>("big"),
      "[load] 'f' is damaged: 'big' is 5000000000, and should be a whole number from -2147483648 "
      "to 2147483647",
      Error);
  CHECK_THROWS_WITH_AS(object.get<std::int64_t>("most"), Contains("is 18446744073709551615"), Error);
  CHECK_THROWS_WITH_AS(object.get<std::uint64_t>("int"), Contains("is -3"), Error);
  CHECK_THROWS_WITH_AS(object.get<std::int64_t>("share"), Contains("is 3.7"), Error);
  CHECK_THROWS_WITH_AS(object.get<std::uint64_t>("huge"), Contains("is 1e+300"), Error);
  CHECK_THROWS_WITH_AS(object.get<int>("yes"), Contains("is true"), Error);
  CHECK_THROWS_WITH_AS(object.get<double>("yes"), Contains("should be a number"), Error);
  CHECK_THROWS_WITH_AS(object.get<bool>("int"), Contains("should be true or false"), Error);
  CHECK_THROWS_WITH_AS(object.get<double>("text"), Contains(R"(is "\\u001b[2J", and)"), Error);
  CHECK_THROWS_WITH_AS(object.get<std::string>("list"), Contains("is an array, and should be a text"), Error);
  CHECK_THROWS_WITH_AS(object.object("list"), Contains("should be an object"), Error);
  CHECK_THROWS_WITH_AS(object.get<int>("no"), "[load] 'f' is damaged: 'no' is missing", Error);
}

TEST_CASE("a JSON object: texts that are none") {
  for (const char* text : {"", "{", "{\"a\":\xff}", "{\"a\":1e999}", "{} {}"}) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(JsonObject(text, "'f' is damaged"), Contains("'f' is damaged: it is no JSON: "),
                         Error);
  }
  CHECK_THROWS_WITH_AS(JsonObject("[1]", "'f' is damaged"), Contains("no JSON object but an array"), Error);
  const std::string message =
      error_of([] { JsonObject("{\"\x1b[2J\xe2\x80\xae" + std::string(9999, 'x'), "'f' is damaged"); });
  CHECK(message.size() < 400);
  CHECK(!contains(message, "\x1b"));
  CHECK_THROWS_WITH_AS(JsonObject(nested("a"), "'f' is damaged").get<int>("a"), Contains("'a' is an array"),
                       Error);
}

TEST_CASE("config.json: sizes that the weights do not have ask for no memory") {
  const TemporaryFolder folder;
  const std::string path = folder.path("");
  const std::string good = write_run(path, {.dim = 4, .hidden = 4});
  CHECK(load_translator(path).model);
  const auto error_with = [&](const std::string& old, const std::string& with) {
    folder.write("config.json", replaced(good, old, with));
    return error_of([&] { load_translator(path); });
  };
  const std::string too_large = "does not fit the model: config.json tells of one with";
  CHECK(contains(error_with("\"dim\": 4", "\"dim\": 1000000000"), too_large));
  CHECK(contains(error_with("\"hidden\": 4", "\"hidden\": 9223372036854775807"), too_large));
  CHECK(contains(error_with("\"layers\": 1", "\"layers\": 2147483647"), too_large));
  CHECK(contains(error_with("\"layers\": 1", "\"layers\": 4294967297"), "'layers' is 4294967297"));
  CHECK(contains(error_with("\"dim\": 4", "\"dim\": 1e300"), "'dim' is 1e+300"));
  CHECK(contains(error_with("\"dim\": 4", "\"dim\": -4"), "dim"));
  CHECK(contains(error_with("\"hidden\": 4", "\"hidden\": 5"), "does not fit the model"));
  CHECK(contains(error_with("\"format\": 3", "\"format\": 2"),
                 "of another format: 2, and this program reads 3"));
  CHECK(contains(error_with("\"gru\"", "\"\\u001b[2J\""), "there is no model '\\x1b[2J'"));
  CHECK(contains(error_with("\"words\"", "\"\\n\""), "unknown tokenizer \"\\n\""));
  CHECK(contains(error_with("\"softmax\"", "\"\\n\""), "there is no normalizer '\\n'"));

  folder.write("config.json", nested("format"));
  CHECK(contains(error_of([&] { load_translator(path); }), "'format' is an array"));
  CHECK(contains(error_of([&] { check_texts({}, {}, nested("text")); }), "'text' is an array"));
}

TEST_CASE("config.json: every kind of model has at least the parameters that are asked of its weights") {
  const TemporaryFolder folder;
  for (const ModelKind kind : {ModelKind::rnn, ModelKind::gru, ModelKind::lstm, ModelKind::transformer}) {
    for (const auto score : {nn::Score::dot, nn::Score::location}) {
      for (const OutputLayer output : {OutputLayer::direct, OutputLayer::deep}) {
        for (const Tie tie : {Tie::none, Tie::all}) {
          ModelOptions options{.kind = kind, .dim = 2, .hidden = 2, .attention = score, .output = output};
          options.attending.max_length = 100;
          options.heads = options.key_value_heads = 1;
          options.ffn = 2;
          options.tie = tie;
          options.source_vocabulary = options.target_vocabulary = 5;
          const double numbers = static_cast<double>(num_parameters(make_model(options)->view()));
          CHECK(least_parameters(options) <= numbers);
          options.layers = 50;
          CHECK(least_parameters(options) > numbers);
        }
      }
    }
  }
}

TEST_CASE("log.jsonl: a step that is not as it is written is an Error that names its line") {
  const TemporaryFolder folder;
  const auto error_with = [&](const std::string& text) {
    folder.write("log.jsonl", text);
    return error_of([&] { logged_step(folder.path(""), 2); });
  };
  const std::string first = "{\"step\":1,\"loss\":1,\"gradient_norm\":1}\nhalf a li\n{\"epoch\":1}\n";
  CHECK(error_with(first + "{\"step\":2,\"loss\":null,\"gradient_norm\":1}\n") == "");
  CHECK(contains(error_with(first), "there is no step 2"));
  CHECK(contains(error_with(first + "{\"step\":2}\n"), "line 4 of '"));
  CHECK(contains(error_with(first + "{\"step\":2}\n"), "'loss' is missing"));
  CHECK(contains(error_with("{\"step\":\"2\"}\n"), "'step' is \"2\", and should be a whole number"));
  CHECK(contains(error_with("{\"step\":1e300}\n"), "'step' is 1e+300"));
  CHECK(contains(error_with("{\"step\":2,\"loss\":\"\",\"gradient_norm\":1}\n"), "'loss' is \"\""));
}

TEST_CASE("a checkpoint whose digest is right and whose state is not") {
  const TemporaryFolder folder;
  const std::string path = folder.path("c");
  const auto error_with = [&](const std::string& state) {
    const auto write = [&](const std::string& digest) {
      save_tensors(path, {}, {{"state", state}, {"digest", digest}});
      return error_of([&] { load_checkpoint(path); });
    };
    const std::string message = write("0123456789abcdef"), mark = "its digest is ";
    REQUIRE(contains(message, mark));
    return write(message.substr(message.find(mark) + mark.size(), 16));
  };
  save_checkpoint(path, {});
  const std::string good = load_tensors(path).metadata.at("state");
  CHECK(error_with(good) == "");
  CHECK(contains(error_with("[]"), "is damaged: it is no JSON object"));
  CHECK(contains(error_with("{}"), "'format' is missing"));
  CHECK(contains(error_with(replaced(good, "\"format\":1", "\"format\":2")), "of another format: 2"));
  CHECK(contains(error_with(replaced(good, "\"step\":0", "\"step\":-1")), "'step' is -1"));
  CHECK(contains(error_with(replaced(good, "\"step\":0", "\"step\":1.5")), "'step' is 1.5"));
  CHECK(contains(error_with(replaced(good, "\"seed\":", "\"seed\":1e300,\"s\":")), "'seed' is 1e+300"));
  CHECK(contains(error_with(nested("format")), "'format' is an array"));
  CHECK(contains(error_with(replaced(good, "\"lr\":", "\"lr\":true,\"l\":")), "'lr' is true"));
}
