// Where a token stands: encodings that are added to the input, and positions that attention itself takes into
// account.
#pragma once
#include <gradus/nn/fields.h>

#include <cstdint>
#include <string_view>

namespace gradus::nn {

/// The sinusoid table of "Attention Is All You Need" (Vaswani et al. 2017, section 3.5), (length, features):
/// [p, 2i] = sin(p / 10000^(2i / features)), [p, 2i + 1] = cos of the same.
Tensor sinusoid_table(std::int64_t length, std::int64_t features, DType dtype = DType::float32);

struct PositionalEncodingOptions {
  bool learned = false;            // a trained table (Gehring et al. 2017) instead of sinusoids
  bool concat = false;             // put beside the input instead of added to it
  std::int64_t max_length = 1024;  // rows of a learned table; sinusoids go on for ever
};

/// Tells positions apart: x (batch, time, features) -> x + table, the same shape. With `concat` the table
/// stands beside the input, (batch, time, features + encoding features): the standard model adds.
class PositionalEncoding {
 public:
  explicit PositionalEncoding(std::int64_t features, PositionalEncodingOptions options = {});
  /// `first` is the position of x's first step. Throws where a learned table is too short.
  Tensor operator()(const Tensor& x, std::int64_t first = 0) const;
  GRADUS_FIELDS(PositionalEncoding, weight_, sinusoids_, features_, concat_)

 private:
  Tensor weight_;             // (max_length, features) where learned
  opaque<Tensor> sinusoids_;  // the first rows of the table in float64, made once
  std::int64_t features_;
  bool concat_;
};

/// Positions inside attention: what the score of query i and key j has to do with i - j.
enum class RelativePositions {
  none,
  shaw,    // a learnt vector for each clipped distance beside the key (Shaw et al. 2018, equation 4)
  t5,      // a learnt number for each head and bucket of distances (Raffel et al. 2020)
  rotary,  // queries and keys are turned by an angle that grows with the position (Su et al. 2021)
  alibi  // a penalty that grows with the distance, steeper for some heads than for others (Press et al. 2022)
};
const char* name_of(RelativePositions positions);
RelativePositions relative_positions_named(std::string_view name);

/// Turns each pair (i, i + features / 2) of x (batch, heads, time, features) by position / 10000^(2i /
/// features). The features must be even. `first` is the position of the first step.
Tensor rotate_by_position(const Tensor& x, std::int64_t first = 0);

/// (1, heads, Q, S): -slope |i - j|, with slopes 2^(-8/heads), 2^(-16/heads), ...; for a number of heads that
/// is no power of two, those of the next smaller one and every other of the next larger one, as in the
/// paper's own code.
Tensor alibi_bias(std::int64_t heads, std::int64_t queries, std::int64_t keys, std::int64_t first_query = 0,
                  DType dtype = DType::float32);

/// (Q, S) of int64: the T5 bucket of each distance key - query. Half of the buckets tell every distance
/// apart, the others cover distances up to max_distance logarithmically. One-directional buckets hold keys
/// that lie before the query; two-directional ones split them evenly.
Tensor t5_buckets(std::int64_t queries, std::int64_t keys, std::int64_t buckets, std::int64_t max_distance,
                  bool bidirectional, std::int64_t first_query = 0);

struct RelativeBiasOptions {
  bool bidirectional = true;       // keys behind the query differ from those before it
  std::int64_t max_distance = 16;  // shaw: distances are clipped to it
  std::int64_t buckets = 32;       // t5, over distances up to 128
};

/// The part of the scores that depends on the distance, for RelativePositions shaw, t5 and alibi.
class RelativeBias {
 public:
  RelativeBias(RelativePositions positions, std::int64_t heads, std::int64_t head_size,
               RelativeBiasOptions options = {});
  /// query (batch, heads, Q, head size), `keys` of them -> what is added to the scores, broadcast to (batch,
  /// heads, Q, S); undefined for none and rotary.
  Tensor operator()(const Tensor& query, std::int64_t keys, std::int64_t first_query = 0) const;
  GRADUS_FIELDS(RelativeBias, weight_, positions_, heads_, bidirectional_, max_distance_)

 private:
  Tensor weight_;  // shaw: (2 max_distance + 1, head size); t5: (buckets, heads)
  RelativePositions positions_;
  std::int64_t heads_;
  bool bidirectional_;
  std::int64_t max_distance_;
};

}  // namespace gradus::nn
