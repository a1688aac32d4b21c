// The kinds of attention by name, and in words.
#include <gradus/nn/attention.h>
#include <gradus/nn/named.h>

namespace gradus::nn {

const char* name_of(Score score) {
  switch (score) {
    case Score::dot: return "dot";
    case Score::scaled_dot: return "scaled_dot";
    case Score::general: return "general";
    case Score::additive: return "additive";
    case Score::cosine: return "cosine";
    case Score::location: return "location";
    case Score::content_location: return "content_location";
  }
  return "?";
}

const char* name_of(Normalizer normalizer) {
  switch (normalizer) {
    case Normalizer::softmax: return "softmax";
    case Normalizer::sparsemax: return "sparsemax";
    case Normalizer::monotonic: return "monotonic";
  }
  return "?";
}

const char* name_of(Pattern pattern) {
  switch (pattern) {
    case Pattern::full: return "full";
    case Pattern::causal: return "causal";
    case Pattern::window: return "window";
    case Pattern::strided: return "strided";
    case Pattern::local_m: return "local_m";
    case Pattern::local_p: return "local_p";
    case Pattern::adaptive_span: return "adaptive_span";
  }
  return "?";
}

Score score_named(std::string_view name) {
  if (name == "concat" || name == "mlp") return Score::additive;
  if (name == "bilinear") return Score::general;
  return named<Score>("score", name, all_scores);
}

Normalizer normalizer_named(std::string_view name) {
  return named<Normalizer>("normalizer", name, all_normalizers);
}

Pattern pattern_named(std::string_view name) { return named<Pattern>("pattern", name, all_patterns); }

const char* what_it_sees(Score score) {
  switch (score) {
    case Score::dot:
      return "content: direction and length of query and key; both live in one space, nothing is learnt, no "
             "positions";
    case Score::scaled_dot: return "as dot, at a temperature that does not grow with the number of features";
    case Score::general: return "content: any learnt bilinear match of query and key, no positions";
    case Score::additive: return "content: a learnt nonlinear match of query and key, no positions";
    case Score::cosine:
      return "content: directions alone, blind to the lengths of query and key, no positions";
    case Score::location:
      return "positions: the query picks places up to max_length; blind to what the keys say and to the "
             "steps before";
    case Score::content_location:
      return "content as additive, and where the step before looked: can move on from there and tell equal "
             "keys apart";
  }
  return "?";
}

const char* what_it_sees(Normalizer normalizer) {
  switch (normalizer) {
    case Normalizer::softmax: return "every key a little; the weights sum to 1";
    case Normalizer::sparsemax: return "a few keys, all others exactly 0; the weights sum to 1";
    case Normalizer::monotonic:
      return "keys from where the step before stopped on, never back; the weights sum to at most 1";
  }
  return "?";
}

const char* what_it_sees(Pattern pattern) {
  switch (pattern) {
    case Pattern::full: return "every key";
    case Pattern::causal: return "keys up to the query's own position, nothing behind it";
    case Pattern::window: return "keys around the query's own position, nothing farther away";
    case Pattern::strided: return "near keys and every stride-th beyond, none of those between";
    case Pattern::local_m: return "keys around the number of the step: source and target must keep pace";
    case Pattern::local_p:
      return "keys around a place that the query predicts, fading towards the rim, nothing beyond";
    case Pattern::adaptive_span:
      return "keys around the query's own position as far as is learnt, fading behind that";
  }
  return "?";
}

}  // namespace gradus::nn
