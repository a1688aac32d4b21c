// What a translator looks at: the same as its search does step by step, and what the page and the terminal
// show of it.
#include "attention_page.h"
#include "heatmap.h"
#include "search.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

using namespace gradus;
using namespace translation;
using nlohmann::json;

namespace {

/// An untrained translator between three words of either side.
Translator make_translator(ModelOptions options) {
  manual_seed(1);
  Translator translator;
  translator.source = Language::of_tokens(std::vector<std::string>{"ein hund bellt"}, {}, {});
  translator.target = Language::of_tokens(std::vector<std::string>{"un chien été"}, {}, {});
  options.source_vocabulary = options.target_vocabulary = translator.source.vocabulary().size();
  translator.model = make_model(options);
  return translator;
}

ModelOptions small_transformer() {
  return {.kind = ModelKind::transformer, .dim = 8, .layers = 2, .heads = 2, .ffn = 8};
}

std::vector<std::string> texts_of(const std::vector<ShownToken>& tokens) {
  std::vector<std::string> texts;
  for (const ShownToken& token : tokens) texts.push_back(token.text);
  return texts;
}

/// How far rows of weights are from what a search has seen, row by row.
double largest_difference(const Tensor& weights, const std::vector<std::vector<float>>& rows) {
  REQUIRE(weights.size(0) == static_cast<std::int64_t>(rows.size()));
  double largest = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::vector<float> row = weights[static_cast<std::int64_t>(i)].to_vector<float>();
    REQUIRE(row.size() == rows[i].size());
    for (std::size_t j = 0; j < row.size(); ++j) {
      largest = std::max(largest, static_cast<double>(std::abs(row[j] - rows[i][j])));
    }
  }
  return largest;
}

Translation searched(const Translator& translator, const std::string& sentence, std::int64_t beam) {
  const std::vector<std::vector<std::int64_t>> sources{translator.source.encode(sentence)};
  return beam_search(*translator.model, sources, beam)[0];
}

/// The part of a page between two marks.
std::string between(const std::string& page, const std::string& from, const std::string& to) {
  const std::size_t begin = page.find(from) + from.size();
  return page.substr(begin, page.find(to, begin) - begin);
}

json data_of(const std::string& page) {
  return json::parse(between(page, R"(<script type="application/json" id="data">)", "</script>"));
}

std::size_t count_of(const std::string& page, const std::string& text) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = page.find(text, at)) != std::string::npos; ++at) ++count;
  return count;
}

/// The numbers of three bytes behind base64 (RFC 4648), as shares of 2^24 - 1.
std::vector<double> decoded(const std::string& base64) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::vector<double> weights;
  for (std::size_t i = 0; i + 3 < base64.size(); i += 4) {
    std::size_t value = 0;
    for (std::size_t j = 0; j < 4; ++j) value = value * 64 + digits.find(base64[i + j]);
    weights.push_back(static_cast<double>(value) / 16777215.0);
  }
  return weights;
}

}  // namespace

TEST_CASE("the attention of a Transformer: every layer, as the search saw the last one") {
  const Translator translator = make_translator(small_transformer());
  for (const std::int64_t beam : {1, 3}) {
    CAPTURE(beam);
    const SentenceAttention seen = attention_of(translator, {.sentence = "ein hund bellt", .beam = beam});
    const Translation found = searched(translator, "ein hund bellt", beam);
    CHECK(seen.translation == translator.target.decode(found.ids));
    CHECK(texts_of(seen.source) == std::vector<std::string>{"ein", "hund", "bellt", "(end)"});
    CHECK(seen.written.size() == found.weights.size());
    CHECK(seen.history.size() == seen.written.size());
    CHECK(seen.history[0].text == "(begin)");
    REQUIRE(seen.views.size() == 4);  // and erasure
    const auto T = static_cast<std::int64_t>(seen.written.size());
    const Shape shapes[] = {{2, T, 4}, {2, 4, 4}, {2, T, T}};
    const char* const roles[] = {"cross", "encoder", "decoder"};
    const char* const layers[] = {"core.decoder.layers.1.multihead_attn", "core.encoder.layers.1.self_attn",
                                  "core.decoder.layers.1.self_attn"};
    for (std::size_t i = 0; i < 3; ++i) {
      CAPTURE(roles[i]);
      const AttentionView& view = seen.views[i];
      CHECK(std::string(name_of(view.role)) == roles[i]);
      REQUIRE(view.layers.size() == 2);
      CHECK(view.layers[1].first == layers[i]);
      for (const auto& layer : view.layers) {
        CHECK(layer.second.shape() == shapes[i]);
        CHECK(max(abs(sum(layer.second, {2}) - 1)).item() < 1e-5);
      }
    }
    CHECK(largest_difference(mean(seen.views[0].layers[1].second, {0}), found.weights) < 1e-5);
    // What is not written yet is not seen.
    if (T > 1) CHECK(max(seen.views[2].layers[0].second[{all, 0, range(1)}]).item() == 0);
    const Tensor both =
        (mean(seen.views[0].layers[0].second, {0}) + mean(seen.views[0].layers[1].second, {0})) / 2;
    CHECK(largest_difference(both, mean_weights(seen.views[0])) < 1e-6);
  }
}

TEST_CASE("the attention of recurrent models is what the search saw") {
  for (const nn::Score score : {nn::Score::additive, nn::Score::dot, nn::Score::content_location}) {
    for (const Timing timing : {Timing::before, Timing::after}) {
      CAPTURE(nn::name_of(score));
      const Translator translator =
          make_translator({.dim = 6, .hidden = 8, .attention = score, .timing = timing});
      const SentenceAttention seen = attention_of(translator, {.sentence = "hund bellt"});
      const Translation found = searched(translator, "hund bellt", 1);
      REQUIRE(seen.views.size() == 2);  // and erasure
      CHECK(std::string(name_of(seen.views[0].role)) == "cross");
      REQUIRE(seen.views[0].layers.size() == 1);
      CHECK(seen.views[0].layers[0].first == "attention");
      CHECK(largest_difference(seen.views[0].layers[0].second.squeeze(0), found.weights) < 1e-5);
    }
  }
}

TEST_CASE("what a translation loses without a token of the source") {
  for (const bool transformer : {true, false}) {
    CAPTURE(transformer);
    const Translator translator =
        make_translator(transformer ? small_transformer() : ModelOptions{.dim = 6, .hidden = 8});
    const auto probabilities =
        [&](const std::string& sentence) {  // of each target word and the end, all at once
          const evaluating scope;
          const std::vector<Example> examples{
              {translator.source.encode(sentence), translator.target.encode("été chien")}};
          const Batch batch = make_batch(examples, std::vector<std::int64_t>{0});
          const Tensor logits = translator.model->output_layer()(
              translator.model->features(batch.source, batch.lengths, batch.previous));
          return gather(softmax(logits.squeeze(0), 1), 1, batch.target.transpose(0, 1)).flatten();
        };
    const Tensor whole = probabilities("ein hund bellt");
    const SentenceAttention seen =
        attention_of(translator, {.sentence = "ein hund bellt", .target = "été chien"});
    CHECK(std::string(name_of(seen.views.back().role)) == "erasure");
    const Tensor lost = seen.views.back().layers[0].second;
    REQUIRE(lost.shape() == Shape{1, 3, 4});
    const char* const without[] = {"hund bellt", "ein bellt", "ein hund"};
    for (std::int64_t s = 0; s < 3; ++s) {
      const Tensor expected = relu(1 - probabilities(without[s]) / whole);
      CHECK(max(abs(lost.squeeze(0).select(1, s) - expected)).item() < 1e-5);
    }
    CHECK(max(lost).item() > 1e-3);
    CHECK(max(lost.select(2, 3)).item() == 0);
  }
}

TEST_CASE("a translation that is given, and words that nobody knows") {
  const Translator translator = make_translator(small_transformer());
  const SentenceAttention seen =
      attention_of(translator, {.sentence = "ein wal bellt", .target = "été une été chien"});
  CHECK(seen.translation == "été une été chien");
  CHECK(texts_of(seen.written) == std::vector<std::string>{"été", "une", "été", "chien", "(end)"});
  CHECK(texts_of(seen.history) == std::vector<std::string>{"(begin)", "été", "une", "été", "chien"});
  CHECK(seen.source[1].text == "wal");
  CHECK(seen.source[1].kind == ShownToken::unknown);
  CHECK(seen.source[2].kind == ShownToken::known);
  CHECK(seen.source[3].kind == ShownToken::mark);
  CHECK(seen.written[1].kind == ShownToken::unknown);
  CHECK(seen.views[0].layers[0].second.shape() == Shape{2, 5, 4});
}

TEST_CASE("sentences and models that there is no attention of") {
  const auto refused = [](const Translator& translator, const AttentionQuery& query, const char* why) {
    CHECK_THROWS_WITH_AS(attention_of(translator, query), doctest::Contains(why), Error);
  };
  const Translator translator = make_translator(small_transformer());
  refused(translator, {.sentence = " \t"}, "the sentence has no words");
  refused(translator, {.sentence = "ein", .target = ""}, "the translation has no words");
  refused(translator, {.sentence = "ein \xff"}, "the sentence is no UTF-8 text: byte 4");
  std::string words;
  for (int i = 0; i < 501; ++i) words += "ein ";
  refused(translator, {.sentence = words}, "has 501 tokens, and may have 500 at most");
  refused(make_translator({.dim = 6, .hidden = 8, .attention = std::nullopt}), {.sentence = "ein"},
          "the model has no attention");
  // The other normalisers take what is no number for a key that is left out.
  const Translator broken =
      make_translator({.dim = 6, .hidden = 8, .attending = {.normalizer = nn::Normalizer::monotonic}});
  for (Tensor& parameter : parameters(broken.model->view())) {
    const no_grad scope;
    parameter.fill_(std::nan(""));
  }
  refused(broken, {.sentence = "ein", .target = "un"}, "no finite numbers");
}

TEST_CASE("the page holds the weights and tokens of every view") {
  const Translator translator = make_translator(small_transformer());
  const SentenceAttention seen = attention_of(translator, {.sentence = "ein wal bellt", .target = "été 狗"});
  const std::string page = attention_page(seen);
  const json data = data_of(page);
  CHECK(data["sourceTokens"] == "words");
  CHECK(data["source"][1] == json{{"text", "wal"}, {"kind", "unknown"}});
  CHECK(data["written"][0] == json{{"text", "été"}, {"kind", "known"}});
  CHECK(data["written"][1]["text"] == "狗");
  CHECK(data["history"][0] == json{{"text", "(begin)"}, {"kind", "mark"}});
  REQUIRE(data["views"].size() == 4);
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t layer = 0; layer < 2; ++layer) {
      const json& stored = data["views"][i]["layers"][layer];
      const Tensor& weights = seen.views[i].layers[layer].second;
      CHECK(stored["heads"] == 2);
      const std::vector<double> numbers = decoded(stored["weights"]);
      const std::vector<float> expected = weights.to_vector<float>();
      REQUIRE(numbers.size() == expected.size());
      for (std::size_t j = 0; j < numbers.size(); ++j) {
        CHECK(numbers[j] == doctest::Approx(expected[j]).epsilon(1e-6));
      }
    }
  }
  CHECK(page.find("{{") == std::string::npos);
  for (const char* outside : {"http:", "https:", "src=", "@import", "url(", "<link"}) {
    CAPTURE(outside);
    CHECK(page.find(outside) == std::string::npos);
  }
}

TEST_CASE("no sentence gets out of its place in the page") {
  const Translator translator = make_translator(small_transformer());
  const std::string hostile =
      "</script><script>alert('1')</script> \"&amp;\" <!-- {{style}} <b> \\u003c 狗\u2028";
  const std::string plain =
                        attention_page(attention_of(translator, {.sentence = "ein hund", .target = "un"})),
                    page = attention_page(attention_of(translator, {.sentence = hostile, .target = hostile}));
  for (const char* tag : {"<script", "</script", "<!--", "<b>", "<style"}) {
    CAPTURE(tag);
    CHECK(count_of(page, tag) == count_of(plain, tag));
  }
  const json data = data_of(page);
  CHECK(data["source"][0]["text"] == "</script><script>alert('1')</script>");
  CHECK(data["written"][1]["text"] == "\"&amp;\"");
  CHECK(data["source"][5]["text"] == "\\u003c");
  CHECK(between(page, "<h1 dir=\"auto\">", "</h1>") ==
        "&lt;/script&gt;&lt;script&gt;alert('1')&lt;/script&gt; &quot;&amp;amp;&quot; &lt;!-- {{style}} "
        "&lt;b&gt; "
        "\\u003c 狗\u2028");
}

TEST_CASE("a page that no browser would take is refused") {
  SentenceAttention seen;
  seen.views.push_back({AttentionRole::cross, {{"attention", zeros({8, 1500, 1500})}}});
  CHECK_THROWS_WITH_AS(attention_page(seen), doctest::Contains("68 MiB, more than 64"), Error);
}

TEST_CASE("the picture in the terminal: shades, percentages, and panels as wide as it is") {
  const std::vector<std::string> source{"ein", "hund", "狗"}, target{"a", "dog"};
  const std::vector<std::vector<float>> weights{{1, 0, 0}, {0.12F, 0.63F, 0.25F}};
  CHECK(heatmap(source, target, weights, {}) ==
        "     ein  hund 狗   \n"
        "a    ██100   0    0   ein\n"
        "dog    12 ▓▓63 ░░25   hund\n");
  // 5 columns for the rows' words, 6 for the word that is looked at most, 5 for each of two words of the
  // source.
  CHECK(heatmap(source, target, weights, {.width = 21}) ==
        "     ein  hund \n"
        "a    ██100   0   ein\n"
        "dog    12 ▓▓63   hund\n"
        "\n"
        "     狗   \n"
        "a       0 \n"
        "dog  ░░25 \n");
  CHECK(heatmap({"x"}, {"y"}, {{1}}, {.colour = true}) ==
        "   x    \ny  \033[48;5;255;38;5;16m100  \033[0m  x\n");
}
