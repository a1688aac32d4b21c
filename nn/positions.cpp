#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/indexing.h>
#include <gradus/autograd/joining.h>
#include <gradus/autograd/linalg.h>
#include <gradus/autograd/modes.h>
#include <gradus/autograd/pointwise.h>
#include <gradus/nn/init.h>
#include <gradus/nn/named.h>
#include <gradus/nn/positions.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace gradus::nn {
namespace {

constexpr std::int64_t t5_reach = 128;  // distances beyond share the last bucket (Raffel et al. 2020)

/// 1 / 10000^(2i / features) of a pair of features.
double frequency(std::int64_t pair, std::int64_t features) {
  return std::pow(10000.0, -2.0 * static_cast<double>(pair) / static_cast<double>(features));
}

/// (Q, S) of int64: position of the key less that of the query.
Tensor distances(std::int64_t queries, std::int64_t keys, std::int64_t first_query) {
  return arange(0, keys) - arange(first_query, first_query + queries).unsqueeze(1);
}

}  // namespace

Tensor sinusoid_table(std::int64_t length, std::int64_t features, DType dtype) {
  if (length < 0 || features < 1) {
    throw Error("sinusoid_table", "cannot make " + std::to_string(length) + " positions of " +
                                      std::to_string(features) + " features");
  }
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(length * features));
  for (std::int64_t position = 0; position < length; ++position) {
    for (std::int64_t feature = 0; feature < features; ++feature) {
      // Sine and cosine share a wave length.
      const double angle = static_cast<double>(position) * frequency(feature / 2, features);
      values.push_back(feature % 2 == 0 ? std::sin(angle) : std::cos(angle));
    }
  }
  return tensor(values, {length, features}).to(dtype);
}

PositionalEncoding::PositionalEncoding(std::int64_t features, PositionalEncodingOptions options)
    : features_(features), concat_(options.concat) {
  if (features < 1 || options.max_length < 1) {
    throw Error("PositionalEncoding", std::to_string(options.max_length) + " positions of " +
                                          std::to_string(features) + " features; both must be at least 1");
  }
  if (options.learned) {
    weight_ = empty({options.max_length, features});
    init::normal_(weight_, 0, 0.02);
    weight_.requires_grad_().set_name("weight");
  } else {
    sinusoids_.value = sinusoid_table(options.max_length, features, DType::float64);
  }
}

Tensor PositionalEncoding::operator()(const Tensor& x, std::int64_t first) const {
  if (!x.defined() || x.rank() != 3 || (!concat_ && x.size(2) != features_)) {
    throw Error("PositionalEncoding", "the input must be (batch, time, " +
                                          (concat_ ? std::string("features") : std::to_string(features_)) +
                                          "), got " + describe(x));
  }
  if (first < 0) throw Error("PositionalEncoding", "the first position cannot be " + std::to_string(first));
  const std::int64_t end = first + x.size(1);
  Tensor rows;  // (time, features)
  if (weight_.defined()) {
    if (end > weight_.size(0)) {
      throw Error("PositionalEncoding", "the learned table has " + std::to_string(weight_.size(0)) +
                                            " positions, the input goes on to position " +
                                            std::to_string(end - 1) + ": make it with a larger max_length");
    }
    rows = weight_.slice(0, first, end);
  } else {
    const Tensor& table = sinusoids_.value;
    const Tensor whole = end > table.size(0) ? sinusoid_table(end, features_, DType::float64) : table;
    rows = whole.slice(0, first, end).to(x.dtype());
  }
  if (!concat_) return x + rows;
  return cat({x, rows.unsqueeze(0).expand({x.size(0), x.size(1), features_})}, 2);
}

const char* name_of(RelativePositions positions) {
  switch (positions) {
    case RelativePositions::none: return "none";
    case RelativePositions::shaw: return "shaw";
    case RelativePositions::t5: return "t5";
    case RelativePositions::rotary: return "rotary";
    case RelativePositions::alibi: return "alibi";
  }
  return "?";
}

RelativePositions relative_positions_named(std::string_view name) {
  return named("kind of relative positions", name,
               {RelativePositions::none, RelativePositions::shaw, RelativePositions::t5,
                RelativePositions::rotary, RelativePositions::alibi});
}

Tensor rotate_by_position(const Tensor& x, std::int64_t first) {
  if (!x.defined() || x.rank() != 4 || x.size(3) % 2 != 0) {
    throw Error("rotate_by_position",
                "needs (batch, heads, time, features) with an even number of features, got " + describe(x));
  }
  const std::int64_t time = x.size(2), half = x.size(3) / 2;
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(time * half));
  for (std::int64_t t = first; t < first + time; ++t) {
    for (std::int64_t i = 0; i < half; ++i) values.push_back(static_cast<double>(t) * frequency(i, 2 * half));
  }
  const Tensor angles = tensor(values, {time, half});
  const Tensor cosine = cos(angles).to(x.dtype()), sine = sin(angles).to(x.dtype());
  const Tensor a = x.slice(3, 0, half), b = x.slice(3, half);
  return cat({a * cosine - b * sine, a * sine + b * cosine}, 3);
}

Tensor alibi_bias(std::int64_t heads, std::int64_t queries, std::int64_t keys, std::int64_t first_query,
                  DType dtype) {
  if (heads < 1) throw Error("alibi_bias", "needs at least one head, got " + std::to_string(heads));
  std::vector<double> slopes;
  std::int64_t power = 1;
  while (2 * power <= heads) power *= 2;
  for (std::int64_t i = 1; i <= power; ++i)
    slopes.push_back(std::exp2(-8.0 * static_cast<double>(i) / static_cast<double>(power)));
  for (std::int64_t i = 0; static_cast<std::int64_t>(slopes.size()) < heads; ++i) {
    slopes.push_back(std::exp2(-8.0 * static_cast<double>(2 * i + 1) / static_cast<double>(2 * power)));
  }
  const Tensor distance = abs(distances(queries, keys, first_query)).to(DType::float64);
  return (tensor(slopes, {1, heads, 1, 1}) * -distance).to(dtype);
}

Tensor t5_buckets(std::int64_t queries, std::int64_t keys, std::int64_t buckets, std::int64_t max_distance,
                  bool bidirectional, std::int64_t first_query) {
  const std::int64_t directed = bidirectional ? buckets / 2 : buckets, exact = directed / 2;
  if (exact < 1 || max_distance <= exact) {
    throw Error("t5_buckets", std::to_string(buckets) + " buckets for distances up to " +
                                  std::to_string(max_distance) + ": needs at least " +
                                  (bidirectional ? "4" : "2") +
                                  " buckets, and distances beyond those that have one of their own (" +
                                  std::to_string(exact) + ")");
  }
  std::vector<std::int64_t> numbers;
  numbers.reserve(static_cast<std::size_t>(queries * keys));
  for (std::int64_t q = first_query; q < first_query + queries; ++q) {
    for (std::int64_t k = 0; k < keys; ++k) {
      const std::int64_t behind = k - q;
      const std::int64_t side = bidirectional && behind > 0 ? directed : 0;
      const std::int64_t distance = bidirectional ? std::abs(behind) : std::max<std::int64_t>(-behind, 0);
      std::int64_t bucket = distance;
      if (distance >= exact) {
        const double share = std::log(static_cast<double>(distance) / static_cast<double>(exact)) /
                             std::log(static_cast<double>(max_distance) / static_cast<double>(exact));
        bucket = std::min(exact + static_cast<std::int64_t>(share * static_cast<double>(directed - exact)),
                          directed - 1);
      }
      numbers.push_back(side + bucket);
    }
  }
  return tensor(numbers, {queries, keys});
}

RelativeBias::RelativeBias(RelativePositions positions, std::int64_t heads, std::int64_t head_size,
                           RelativeBiasOptions options)
    : positions_(positions),
      heads_(heads),
      bidirectional_(options.bidirectional),
      max_distance_(options.max_distance) {
  if (positions == RelativePositions::shaw) {
    if (max_distance_ < 1)
      throw Error("RelativeBias", "max_distance must be at least 1, got " + std::to_string(max_distance_));
    weight_ = empty({2 * max_distance_ + 1, head_size});
    init::xavier_uniform_(weight_);
  } else if (positions == RelativePositions::t5) {
    t5_buckets(0, 0, options.buckets, t5_reach, bidirectional_);  // checks the number
    weight_ = zeros({options.buckets, heads});
  }
  if (weight_.defined()) weight_.requires_grad_().set_name("weight");
}

Tensor RelativeBias::operator()(const Tensor& query, std::int64_t keys, std::int64_t first_query) const {
  const std::int64_t queries = query.size(2);
  switch (positions_) {
    case RelativePositions::none:
    case RelativePositions::rotary: return {};
    case RelativePositions::alibi: return alibi_bias(heads_, queries, keys, first_query, query.dtype());
    case RelativePositions::t5: {
      const Tensor numbers =
          t5_buckets(queries, keys, weight_.size(0), t5_reach, bidirectional_, first_query);
      return embedding(numbers, weight_).permute({2, 0, 1}).unsqueeze(0);  // (1, heads, Q, S)
    }
    case RelativePositions::shaw: {
      const Tensor products = matmul(query, weight_.t());  // (batch, heads, Q, 2 max_distance + 1)
      const Tensor clipped = clamp(distances(queries, keys, first_query).to(DType::float64),
                                   static_cast<double>(-max_distance_), static_cast<double>(max_distance_))
                                 .to(DType::int64) +
                             max_distance_;
      const Tensor numbers = clipped.expand({query.size(0), query.size(1), queries, keys});
      return gather(products, 3, numbers) / std::sqrt(static_cast<double>(query.size(3)));
    }
  }
  return {};
}

}  // namespace gradus::nn
