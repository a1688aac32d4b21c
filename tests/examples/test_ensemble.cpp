// Several models that write together, translations that are scored, and words taken over from the source.
#include "ensemble.h"
#include "forced_decoding.h"
#include "storage.h"
#include "unknown_words.h"

#include <gradus/gradus.h>
#include <gradus/tests/data/temporary_folder.h>
#include <gradus/tests/error_text.h>
#include <gradus/tests/examples/scripted_model.h>

#include <doctest/doctest.h>

#include <numeric>

using namespace gradus;
using namespace translation;
using test::contains;
using test::error_of;
using test::Ids;
using test::ScriptedModel;
using test::TemporaryFolder;

namespace {

ModelOptions small(ModelKind kind) {
  return {.kind = kind,
          .source_vocabulary = 20,
          .target_vocabulary = 18,
          .dim = 8,
          .hidden = 6,
          .attending = {.max_length = 12},
          .heads = 2,
          .ffn = 12};
}

std::unique_ptr<TranslationModel> seeded(const ModelOptions& options, std::uint64_t seed) {
  manual_seed(seed);
  return make_model(options);
}

template <class... Members>
Ensemble ensemble_of(Members... members) {
  std::vector<std::unique_ptr<Predictor>> list;
  (list.push_back(std::move(members)), ...);
  return Ensemble(std::move(list));
}

const std::vector<Ids> sources{{4, 9, 7, 12, 5}, {8}, {6, 11, 4}, {5, 5, 13, 7}};

Language words_of(const std::string& line) {
  return Language::of_tokens(std::vector<std::string>{line}, {}, {});
}

}  // namespace

TEST_CASE("a model beside itself says what it says alone") {
  for (const ModelKind kind : {ModelKind::gru, ModelKind::transformer}) {
    const auto alone = seeded(small(kind), 3);
    const Ensemble twice = ensemble_of(seeded(small(kind), 3), seeded(small(kind), 3));
    for (const std::int64_t width : {1, 4}) {
      const auto one = best_translations(*alone, sources, {.width = width, .best = width});
      const auto two = best_translations(twice, sources, {.width = width, .best = width});
      for (std::size_t i = 0; i < sources.size(); ++i) {
        REQUIRE(one[i].size() == two[i].size());
        for (std::size_t rank = 0; rank < one[i].size(); ++rank) {
          CHECK(one[i][rank].ids == two[i][rank].ids);
          CHECK(two[i][rank].score == doctest::Approx(one[i][rank].score).epsilon(1e-6));
          REQUIRE(one[i][rank].weights.size() == two[i][rank].weights.size());
          for (std::size_t t = 0; t < one[i][rank].weights.size(); ++t)
            for (std::size_t s = 0; s < one[i][rank].weights[t].size(); ++s)
              CHECK(two[i][rank].weights[t][s] == doctest::Approx(one[i][rank].weights[t][s]).epsilon(1e-6));
        }
      }
    }
  }
}

TEST_CASE(
    "at every step an ensemble has the mean of the probabilities, also after rows have changed places") {
  const auto gru = seeded(small(ModelKind::gru), 1), transformer = seeded(small(ModelKind::transformer), 2);
  const Ensemble both =
      ensemble_of(seeded(small(ModelKind::gru), 1), seeded(small(ModelKind::transformer), 2));
  const evaluating scope;
  const SourceBatch batch = make_source_batch(sources);
  const auto a = gru->start(batch.source, batch.lengths), b = transformer->start(batch.source, batch.lengths),
             together = both.start(batch.source, batch.lengths);
  Tensor previous = full({4}, Vocabulary::begin, DType::int64);
  for (int t = 0; t < 4; ++t) {
    const StepOutput of_a = a->step(previous), of_b = b->step(previous), found = together->step(previous);
    const Tensor p = softmax(of_a.logits.to(DType::float64), 1),
                 q = softmax(of_b.logits.to(DType::float64), 1);
    CHECK(max(abs(exp(found.logits.to(DType::float64)) - (p + q) / 2)).item() < 1e-6);
    CHECK(max(abs(found.weights - (of_a.weights + of_b.weights) / 2)).item() < 1e-6);
    previous = argmax(found.logits, 1);
    // Two rows a sentence from the first step on, then the other way round, then without a sentence.
    const std::vector<std::vector<std::int64_t>> moves{
        {0, 0, 1, 1, 2, 2, 3, 3}, {1, 0, 3, 3, 4, 5, 7, 6}, {1, 1, 2, 3, 6, 7}, {}};
    if (moves[static_cast<std::size_t>(t)].empty()) break;
    const Tensor rows = tensor(moves[static_cast<std::size_t>(t)]);
    for (Decoding* decoding : {a.get(), b.get(), together.get()}) decoding->select(rows, 2);
    previous = index_select(previous, 0, rows);
  }
}

TEST_CASE(
    "probabilities that a float cannot hold have a mean all the same, and what is impossible stays so") {
  const auto model = [](float low, float high) {
    return std::make_unique<ScriptedModel>(
        test::Script{[=](const Ids&, const Ids&) {
                       return std::vector<float>{test::never, test::never, 0, low, high};
                     },
                     {}});
  };
  const Ensemble both = ensemble_of(model(-200, -300), model(-201, test::never));
  const SourceBatch batch = make_source_batch(sources);
  const auto decoding = both.start(batch.source, batch.lengths);
  const Tensor logits = decoding->step(full({4}, Vocabulary::begin, DType::int64)).logits;
  CHECK(logits[{0, 0}].item() == -std::numeric_limits<double>::infinity());
  CHECK(logits[{0, 2}].item() == doctest::Approx(0).epsilon(1e-6));
  // ln((e^-200 + e^-201) / 2) and ln(e^-300 / 2)
  CHECK(logits[{0, 3}].item() ==
        doctest::Approx(-200 + std::log1p(std::exp(-1.0)) - std::log(2.0)).epsilon(1e-6));
  CHECK(logits[{0, 4}].item() == doctest::Approx(-300 - std::log(2.0)).epsilon(1e-6));
}

TEST_CASE("an ensemble can do what all of its members can") {
  ModelOptions without = small(ModelKind::gru), short_one = small(ModelKind::gru);
  without.attention.reset();
  short_one.attention = nn::Score::location;
  const Ensemble mixed =
      ensemble_of(seeded(small(ModelKind::gru), 1), seeded(without, 2), seeded(short_one, 3));
  CHECK(mixed.most_words() == 11);
  CHECK_FALSE(mixed.has_attention());
  CHECK(greedy_search(mixed, sources)[0].weights.empty());
  CHECK(ensemble_of(seeded(small(ModelKind::gru), 1)).has_attention());
  CHECK(parameters(mixed.view()).size() == parameters(seeded(small(ModelKind::gru), 1)->view()).size() +
                                               parameters(seeded(without, 1)->view()).size() +
                                               parameters(seeded(short_one, 1)->view()).size());
  CHECK(contains(error_of([] { Ensemble({}); }), "there is no member"));
}

TEST_CASE("runs that are to write together must cut and number all text alike") {
  const TemporaryFolder folder;
  const auto write = [&](const std::string& name, const Language& source, const Language& target) {
    ModelOptions options = small(ModelKind::gru);
    options.source_vocabulary = source.vocabulary().size();
    options.target_vocabulary = target.vocabulary().size();
    std::filesystem::create_directory(folder.path(name));
    save_settings(folder.path(name), source, target, make_settings(source, target, options, {}, {}));
    save_weights(folder.path(name), state_dict(make_model(options)->view()));
    return folder.path(name);
  };
  const auto error = [](const std::string& a, const std::string& b) {
    return error_of([&] { load_predictor(std::vector<std::string>{a, b}); });
  };
  const Language words = words_of("a b c"), other = words_of("a b d"), longer = words_of("a b c d"),
                 letters = Language::of_tokens(std::vector<std::string>{"abc"}, {Tokenizer::characters}, {});
  const std::string first = write("first", words, words), same = write("same", words, words),
                    in_source = write("in_source", other, words), in_size = write("in_size", words, longer),
                    in_kind = write("in_kind", words, letters);
  const TextPredictor both = load_predictor(std::vector<std::string>{first, same});
  CHECK(both.source.encode("c b") == words.encode("c b"));
  CHECK(dynamic_cast<const Ensemble*>(both.predictor.get()) != nullptr);
  CHECK(dynamic_cast<const TranslationModel*>(
            load_predictor(std::vector<std::string>{first}).predictor.get()) != nullptr);

  CHECK(contains(error(first, in_source),
                 "the source vocabularies of '" + first + "' and '" + in_source + "'"));
  CHECK(contains(error(first, in_source), "entry 6 is 'c' in the one and 'd' in the other"));
  CHECK(contains(error(first, in_size), "the target vocabularies"));
  CHECK(contains(error(first, in_size), "there are 7 entries in the one and 8 in the other"));
  CHECK(contains(error(first, in_kind), "the tokens are words in the one and characters in the other"));
  CHECK(contains(error(first, folder.path("nowhere")), "nowhere"));

  // The same pieces, cut by other rules: of the second text the vocabulary of the first.
  const std::vector<std::string> text{"low lower lowest", "new newer newest", "wide wider widest"};
  const Subwords bpe = Subwords::learn(text, SubwordKind::bpe, 30),
                 again = Subwords::learn(text, SubwordKind::bpe, 30);
  const Language pieces = Language::of_subwords(text, bpe);
  CHECK(pieces.difference(Language::of_subwords(text, again)).empty());
  const std::string good = write("good", pieces, words), bad = write("bad", pieces, words);
  Subwords::learn({text.data(), 2}, SubwordKind::bpe, 25).save(bad + "/source.subwords");
  CHECK(contains(error(good, bad),
                 "the models of SentencePiece's, which cut words into the pieces, are not the"));
}

TEST_CASE("forced decoding gives the log-probabilities of training's loss") {
  const std::vector<Example> examples{
      {{4, 9, 7, 12, 5}, {6, 5}}, {{8}, {9, 17, 1, 4, 4}}, {{6, 11}, {}}, {{}, {5}}};
  std::vector<std::int64_t> indices(examples.size());
  std::iota(indices.begin(), indices.end(), 0);
  for (const ModelKind kind : {ModelKind::gru, ModelKind::lstm, ModelKind::transformer}) {
    const auto model = seeded(small(kind), 4);
    const auto forced = forced_log_probabilities(*model, examples);
    const evaluating scope;
    for (std::size_t i = 0; i < examples.size(); ++i) {
      const Batch batch = make_batch(examples, std::span(&indices[i], 1));
      REQUIRE(forced[i].size() == examples[i].target.size() + 1);
      const double loss = model->loss(batch.source, batch.lengths, batch.previous, batch.target).nll_sum;
      CHECK(std::accumulate(forced[i].begin(), forced[i].end(), 0.0) == doctest::Approx(-loss).epsilon(1e-5));
    }
  }
  CHECK(forced_log_probabilities(*seeded(small(ModelKind::gru), 1), {}).empty());
}

TEST_CASE("forced decoding of an ensemble averages probabilities, not their logarithms") {
  const auto model = [](double p) {
    return std::make_unique<ScriptedModel>(
        test::Script{[=](const Ids&, const Ids& written) {
                       const double now = written.empty() ? p : 1 - p;
                       return test::logits_of(6, {{Vocabulary::end, 1 - now}, {5, now}});
                     },
                     {}});
  };
  // "5" and the end: the means of 0.9 and 0.5, then, as 1 - p follows, of 0.9 and 0.5 again.
  const Example example{{4}, {5}};
  const Ensemble both = ensemble_of(model(0.9), model(0.5));
  const std::vector<double> forced = forced_log_probabilities(both, std::span(&example, 1))[0];
  REQUIRE(forced.size() == 2);
  CHECK(forced[0] == doctest::Approx(std::log(0.7)).epsilon(1e-6));
  CHECK(forced[1] == doctest::Approx(std::log(0.7)).epsilon(1e-6));
}

TEST_CASE("<unk> becomes the source word that it looked at most") {
  const Language target = words_of("a man sees");
  const Vocabulary& known = target.vocabulary();
  const std::vector<std::string> source{"ein", "Zwerg", "sieht"};
  // a <unk> sees <unk>: the first looked at Zwerg; the second at the end most, which is no word, then at ein
  // and sieht alike.
  const Translation translation{
      .ids = {known.id("a"), Vocabulary::unknown, known.id("sees"), Vocabulary::unknown},
      .weights = {
          {0.9f, 0.1f, 0, 0}, {0.2f, 0.5f, 0.3f, 0}, {0, 0, 1, 0}, {0.2f, 0.1f, 0.2f, 0.5f}, {0, 0, 0, 1}}};
  CHECK(with_source_words(translation, source, known) == "a Zwerg sees ein");

  const Language letters = Language::of_tokens(std::vector<std::string>{"abc"}, {Tokenizer::characters}, {});
  ModelOptions without = small(ModelKind::gru);
  without.attention.reset();
  const auto model = seeded(small(ModelKind::gru), 1), blind = seeded(without, 1);
  CHECK(error_of([&] { check_source_words(*model, target, target); }).empty());
  CHECK(contains(error_of([&] { check_source_words(*model, letters, target); }),
                 "the source tokens of this model are characters, not words"));
  CHECK(contains(error_of([&] { check_source_words(*model, target, letters); }), "the target tokens"));
  CHECK(
      contains(error_of([&] { check_source_words(*blind, target, target); }), "the model has no attention"));
}
