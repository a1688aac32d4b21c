// Attention of queries over keys and values: the family that decoders of recurrent models use, behind one
// interface.
//
// Three choices make a member of the family. A Score says how well a query and a key fit, a Pattern which
// keys a query may look at by its position, a Normalizer how scores become weights. They compose freely.
#pragma once
#include <gradus/nn/fields.h>

#include <cstdint>
#include <string_view>
#include <utility>

namespace gradus::nn {

/// How a query q and a key k are compared. W, U and v are learnt.
enum class Score {
  dot,         // q . k                 (Luong et al. 2015)
  scaled_dot,  // q . k / sqrt(d)       (Vaswani et al. 2017)
  general,     // q . W k, bilinear     (Luong et al. 2015)
  additive,    // v . tanh(W q + U k)   (Bahdanau et al. 2015)
  // q . k / (|q| |k|) times a learnt factor that starts at 10 (Graves et al. 2014); 0 where q or k is 0.
  cosine,
  // (W q)_s for the key at position s, whatever the key is (Luong et al. 2015).
  location,
  // v . tanh(W q + V k + U f), with f_s = filters over the weights of the step before around s; these are
  // zeros at the first step (Chorowski et al. 2015).
  content_location
};

/// How the scores of a query become weights.
enum class Normalizer {
  softmax,    // all positive, sum 1
  sparsemax,  // the nearest point of the simplex: many exactly 0, sum 1 (Martins, Astudillo 2016)
  // sigmoid(score) is the probability to stop at a key when going on from where the step before stopped, in
  // expectation (Raffel et al. 2017; autograd/monotonic.h). The first step goes on from key 0. Sum at most 1.
  monotonic
};

/// Which keys s a query at position t looks at. D is AttentionOptions::window.
enum class Pattern {
  full,     // all
  causal,   // s <= t
  window,   // |s - t| <= D
  strided,  // nearer than the stride, and every stride-th beyond (Child et al. 2019)
  // |s - p| <= D around p = t, "monotonic" (Luong et al. 2015): the window, for a decoder that keeps pace.
  local_m,
  // |s - p| <= D around p = S sigmoid(v . tanh(W q)), S: the number of keys that no mask leaves out; the
  // weights times exp(-(s - p)^2 / (2 (D/2)^2)), "predictive" (Luong et al. 2015, equations 9 and 10).
  local_p,
  // The weights times min(max((R + z - |s - t|) / R, 0), 1) and, but for monotonic, normalised again. z is
  // learnt and starts at D, R is AttentionOptions::ramp (Sukhbaatar et al. 2019; there z is cut to its range,
  // here it is D times e to a parameter).
  adaptive_span
};

inline constexpr Score all_scores[] = {
    Score::dot,    Score::scaled_dot, Score::general,         Score::additive,
    Score::cosine, Score::location,   Score::content_location};
inline constexpr Normalizer all_normalizers[] = {Normalizer::softmax, Normalizer::sparsemax,
                                                 Normalizer::monotonic};
inline constexpr Pattern all_patterns[] = {Pattern::full,         Pattern::causal,  Pattern::window,
                                           Pattern::strided,      Pattern::local_m, Pattern::local_p,
                                           Pattern::adaptive_span};

/// "scaled_dot", "sparsemax", "local_p", ..., and back; an unknown name throws and lists the known ones.
const char* name_of(Score score);
const char* name_of(Normalizer normalizer);
const char* name_of(Pattern pattern);
/// Also "concat" and "mlp" for additive, and "bilinear" for general.
Score score_named(std::string_view name);
Normalizer normalizer_named(std::string_view name);
Pattern pattern_named(std::string_view name);

/// One line for a reader: what this kind can look at, and what not.
const char* what_it_sees(Score score);
const char* what_it_sees(Normalizer normalizer);
const char* what_it_sees(Pattern pattern);

struct AttentionOptions {
  std::int64_t hidden = 0;  // features inside tanh (additive, content_location, local_p); 0: the query's
  Normalizer normalizer = Normalizer::softmax;
  Pattern pattern = Pattern::full;
  std::int64_t window = 10;     // D of window, local_m and local_p; the first span of adaptive_span
  std::int64_t ramp = 4;        // R of adaptive_span: over how many keys the weight falls off behind the span
  std::int64_t stride = 4;      // of strided
  std::int64_t max_length = 0;  // of location: the most keys that it can tell apart; it has to be given
  std::int64_t filters = 10;    // of content_location
  std::int64_t kernel = 11;     // of content_location: width of a filter, odd
  bool learn_temperature = false;  // scores times e^a with a learnt a that starts at 0; cosine always has one
};

/// What no query, or not every query, may look at. A mask is bool and true where a key is left out; a bias is
/// floating and added to the scores, and -infinity in it leaves a key out as well. Both may be given. Shapes:
/// (batch, S), or (batch, Q, S) with 1 in place of batch or Q where it is the same for all; a (Q, S) mask of
/// nn/masks.h comes as mask.unsqueeze(0).
struct AttentionMask {
  AttentionMask() = default;
  /// A mask or a bias, told apart by the dtype; an undefined tensor is neither.
  AttentionMask(const Tensor& mask_or_bias);
  AttentionMask(Tensor mask_, Tensor bias_) : mask(std::move(mask_)), bias(std::move(bias_)) {}
  Tensor mask, bias;
};

/// What a decoder knows of the steps before.
struct AttentionStep {
  Tensor previous = {};       // (batch, 1, S): the weights of the step before; undefined at the first
  std::int64_t position = 0;  // number of the first query
};

struct AttentionOutput {
  Tensor context;  // (batch, Q, value features): the values, summed with the weights
  Tensor weights;  // (batch, Q, S): how much each query looks at each key
};

/// weights = normalised score(query, key) over the keys that the pattern and the mask leave; context =
/// weights times values. A row that has no key left gets zeros, and gives no gradients.
class Attention {
 public:
  Attention(Score score, std::int64_t query_size, std::int64_t key_size, AttentionOptions options = {});

  /// query (batch, Q, query_size); keys (batch, S, key_size), which are the values as well. The queries are
  /// steps that follow each other, from step.position on.
  AttentionOutput operator()(const Tensor& query, const Tensor& keys, const AttentionMask& mask = {},
                             const AttentionStep& step = {}) const;

  /// The part of the scores that depends on the keys alone, (batch, S, ...): computed once where many queries
  /// follow each other, as in a decoder.
  Tensor project_keys(const Tensor& keys) const;
  /// The same as operator(), on keys that project_keys has been through.
  AttentionOutput attend(const Tensor& query, const Tensor& projected_keys, const Tensor& values,
                         const AttentionMask& mask = {}, const AttentionStep& step = {}) const;

  /// True where the weights depend on those of the step before: a decoder that attends step by step has to
  /// hand them on in AttentionStep::previous.
  bool uses_previous() const;
  const AttentionOptions& options() const { return options_; }

  GRADUS_FIELDS(Attention, score_, options_, query_weight_, key_weight_, v_, location_weight_, filter_,
                filter_weight_, log_factor_, position_weight_, position_v_, log_span_)

 private:
  /// Which keys a pattern leaves, and by what it multiplies their weights.
  struct Focus {
    Tensor mask;    // true: left out; broadcasts to (batch, Q, S); undefined: none
    Tensor factor;  // broadcasts to (batch, Q, S); undefined: 1
  };

  Tensor scores(const Tensor& query, const Tensor& keys, const Tensor& previous) const;
  Tensor seen_before(const Tensor& previous) const;
  Focus focus(const Tensor& query, std::int64_t keys, const Tensor& mask, std::int64_t position) const;
  Focus focus_on_predicted(const Tensor& query, std::int64_t keys, const Tensor& mask) const;
  Focus focus_on_span(const Tensor& query, std::int64_t keys, std::int64_t position) const;
  Tensor normalized(const Tensor& scores, const Tensor& mask, const Tensor& previous) const;
  Tensor weights(const Tensor& query, const Tensor& keys, const AttentionMask& mask,
                 const AttentionStep& step) const;
  Tensor weights_in_turn(const Tensor& query, const Tensor& keys, const AttentionMask& mask,
                         const AttentionStep& step) const;

  Score score_;
  AttentionOptions options_;
  Tensor query_weight_;     // (hidden, query_size) for additive and content_location
  Tensor key_weight_;       // (hidden, key_size) for these, (query_size, key_size) for general
  Tensor v_;                // (hidden,) for these
  Tensor location_weight_;  // (max_length, query_size)
  Tensor filter_;           // (filters, kernel)
  Tensor filter_weight_;    // (hidden, filters)
  Tensor log_factor_;       // (): the scores are multiplied by e to this, for cosine and learn_temperature
  Tensor position_weight_;  // (hidden, query_size) for local_p
  Tensor position_v_;       // (hidden,)
  Tensor log_span_;         // (): the span of adaptive_span is window times e to this
};

}  // namespace gradus::nn
