// Scores and tokens of sacreBLEU 2.6.0 for the sentences of tests/scoring/vectors.json.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>

#include "bleu.h"
#include "chrf.h"
#include "ter.h"

using namespace scoring;
using Json = nlohmann::json;

namespace {

const Json& vectors() {
  static const Json all = [] {
    std::ifstream file(GRADUS_SOURCE_DIR "/tests/scoring/vectors.json");
    return Json::parse(file);
  }();
  return all;
}

void check_near(double got, double expected) {
  CAPTURE(got);
  CAPTURE(expected);
  CHECK(std::abs(got - expected) <= 1e-9 * std::abs(expected));
}

void check_near(const std::vector<double>& got, const Json& expected) {
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) check_near(got[i], expected[i].get<double>());
}

Smoothing smoothing_of(const std::string& name) {
  if (name == "none") return Smoothing::none;
  if (name == "floor") return Smoothing::floor;
  if (name == "add-k") return Smoothing::add_k;
  REQUIRE(name == "exp");
  return Smoothing::exp;
}

/// Takes options out of an object, so that none is overlooked.
class Options {
 public:
  explicit Options(const Json& options) : options_(options) {}
  ~Options() { CHECK_MESSAGE(options_.empty(), options_.dump()); }

  template <class T>
  T take(const char* name, T otherwise) {
    const T value = options_.value(name, otherwise);
    options_.erase(name);
    return value;
  }

 private:
  Json options_;
};

Bleu make_bleu(const Json& json) {
  Options options(json);
  BleuOptions result;
  result.tokenizer = find_tokenizer(options.take<std::string>("tokenize", "13a")).value();
  result.lowercase = options.take("lowercase", false);
  result.max_order = options.take("max_ngram_order", 4);
  result.smoothing = smoothing_of(options.take<std::string>("smooth_method", "exp"));
  if (json.contains("smooth_value")) result.smooth_value = options.take("smooth_value", 0.0);
  result.effective_order = options.take("effective_order", false);
  return Bleu(result);
}

Chrf make_chrf(const Json& json) {
  Options options(json);
  return Chrf({.char_order = options.take("char_order", 6),
               .word_order = options.take("word_order", 0),
               .beta = options.take("beta", 2),
               .lowercase = options.take("lowercase", false),
               .whitespace = options.take("whitespace", false),
               .eps_smoothing = options.take("eps_smoothing", false)});
}

Ter make_ter(const Json& json) {
  Options options(json);
  return Ter({.case_sensitive = options.take("case_sensitive", false),
              .normalized = options.take("normalized", false),
              .no_punct = options.take("no_punct", false)});
}

void check_score(const BleuScore& got, const Json& expected) {
  check_near(got.score, expected["score"]);
  CHECK(got.counts == expected["counts"].get<std::vector<double>>());
  CHECK(got.totals == expected["totals"].get<std::vector<double>>());
  check_near(got.precisions, expected["precisions"]);
  check_near(got.brevity_penalty, expected["bp"]);
  CHECK(got.hypothesis_length == expected["sys_len"]);
  CHECK(got.reference_length == expected["ref_len"]);
}

void check_score(const ChrfScore& got, const Json& expected) { check_near(got.score, expected["score"]); }

void check_score(const TerScore& got, const Json& expected) {
  check_near(got.score, expected["score"]);
  if (!expected.contains("edits")) return;  // of single sentences the score alone is given
  CHECK(got.edits == expected["edits"].get<double>());
  check_near(got.reference_length, expected["ref_len"]);
}

std::vector<Lines> references_of(const Json& one) {
  const Lines a = vectors()["refs_A"], b = vectors()["refs_B"];
  if (one["refs"] == "A") return {a};
  REQUIRE(one["refs"] == "AB");
  return {a, b};
}

/// Calls `check` with the metric of a case.
template <class Check>
void with_metric(const Json& one, Check check) {
  INFO(one.dump());
  const std::string metric = one["metric"];
  if (metric == "bleu") check(make_bleu(one["options"]));
  else if (metric == "chrf") check(make_chrf(one["options"]));
  else if (metric == "ter") check(make_ter(one["options"]));
  else FAIL("no metric ", metric);
}

}  // namespace

TEST_CASE("scoring vectors: tokenizers") {
  REQUIRE(vectors()["tokenize"].size() == 56);
  for (const Json& one : vectors()["tokenize"]) {
    INFO(one.dump());
    const Tokenizer tokenizer = find_tokenizer(one["tokenizer"].get<std::string>()).value();
    CHECK(tokenize(tokenizer, one["in"].get<std::string>()) == one["out"].get<std::vector<std::string>>());
  }
}

TEST_CASE("scoring vectors: corpora") {
  REQUIRE(vectors()["corpus"].size() == 66);
  const Lines hypotheses = vectors()["hyps"];
  for (const Json& one : vectors()["corpus"]) {
    with_metric(one, [&](const auto& metric) {
      check_score(corpus_score(metric, hypotheses, references_of(one)), one["expect"]);
    });
  }
}

TEST_CASE("scoring vectors: sentences") {
  REQUIRE(vectors()["sentence"].size() == 84);
  for (const Json& one : vectors()["sentence"]) {
    const std::size_t i = one["i"];
    const std::string hypothesis = vectors()["hyps"][i];
    Lines references;
    for (const Lines& lines : references_of(one)) references.push_back(lines[i]);
    with_metric(one, [&](const auto& metric) {
      check_score(metric.score(metric.statistics(hypothesis, references)), one["expect"]);
    });
  }
}

TEST_CASE("scoring vectors: from statistics to the score") {
  REQUIRE(vectors()["statistics"].size() == 56);
  for (const Json& one : vectors()["statistics"]) {
    INFO(one.dump());
    Statistics sum{one["sys_len"], one["ref_len"]};
    for (const char* part : {"correct", "total"}) {
      for (const Json& number : one[part]) sum.push_back(number);
    }
    BleuOptions options;
    options.smoothing = smoothing_of(one["smooth_method"]);
    options.effective_order = one["effective_order"];
    const BleuScore bleu = Bleu(options).score(sum);
    check_near(bleu.score, one["expect"]["score"]);
    check_near(bleu.brevity_penalty, one["expect"]["bp"]);
  }
}
