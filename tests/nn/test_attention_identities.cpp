// Members of the attention family against each other, and against their papers' formulas in plain loops.
#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

using namespace gradus;

namespace {

double largest_difference(const Tensor& a, const Tensor& b) { return max(abs(a - b)).item(); }

Tensor random(const Shape& shape) { return randn(shape, DType::float64); }

nn::Attention make(nn::Score score, nn::AttentionOptions options = {}, std::int64_t size = 3) {
  return clone(nn::Attention(score, size, size, options), DType::float64);
}

/// The parameter of that name; the handle writes into the layer.
Tensor parameter(const nn::Attention& attention, const std::string& name) {
  const NamedTensors named = named_parameters(attention);
  return std::map<std::string, Tensor>(named.begin(), named.end()).at(name).detach();
}

/// Scores of one query for three features in plain loops: v . tanh(W query + U key).
double additive_score(const nn::Attention& attention, const Tensor& query, const Tensor& key) {
  const Tensor W = parameter(attention, "query_weight"), U = parameter(attention, "key_weight");
  const Tensor v = parameter(attention, "v");
  double score = 0;
  for (std::int64_t h = 0; h < v.size(0); ++h) {
    double inner = 0;
    for (std::int64_t i = 0; i < 3; ++i)
      inner += W[{h, i}].item() * query[i].item() + U[{h, i}].item() * key[i].item();
    score += v[h].item() * std::tanh(inner);
  }
  return score;
}

std::vector<double> softmax_of(std::vector<double> scores) {
  double total = 0;
  for (double& score : scores) total += score = std::exp(score);
  for (double& score : scores) score /= total;
  return scores;
}

/// The nearest point of the simplex by trying every set of elements that may be positive.
std::vector<double> nearest_of_simplex(const std::vector<double>& x) {
  std::vector<double> best;
  double least = HUGE_VAL;
  for (unsigned chosen = 1; chosen < 1u << x.size(); ++chosen) {
    double sum = 0, count = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (chosen >> i & 1) sum += x[i], count += 1;
    }
    std::vector<double> w(x.size());
    double distance = 0, lowest = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (chosen >> i & 1) w[i] = x[i] - (sum - 1) / count;
      lowest = std::min(lowest, w[i]);
      distance += (w[i] - x[i]) * (w[i] - x[i]);
    }
    if (lowest >= 0 && distance < least) least = distance, best = w;
  }
  return best;
}

}  // namespace

TEST_CASE("additive attention is v . tanh(W [q; k]) with W split in two") {
  manual_seed(21);
  const nn::Attention attention = make(nn::Score::additive, {.hidden = 4});
  const Tensor query = random({2, 2, 3}), keys = random({2, 5, 3});
  const Tensor W =
      cat({parameter(attention, "query_weight"), parameter(attention, "key_weight")}, 1);  // (4, 6)
  const Tensor pairs =
      cat({query.unsqueeze(2).expand({2, 2, 5, 3}), keys.unsqueeze(1).expand({2, 2, 5, 3})}, 3);
  const Tensor scores = matmul(tanh(linear(pairs, W)), parameter(attention, "v"));
  CHECK(largest_difference(attention(query, keys).weights, softmax(scores, -1)) < 1e-12);
}

TEST_CASE(
    "scaled_dot is dot of queries divided by sqrt(d), general with W = I is dot, and a temperature scales") {
  manual_seed(22);
  const Tensor query = random({2, 2, 3}), keys = random({2, 5, 3});
  const nn::Attention dot = make(nn::Score::dot);
  CHECK(largest_difference(make(nn::Score::scaled_dot)(query, keys).weights,
                           dot(query / std::sqrt(3.0), keys).weights) < 1e-12);
  const nn::Attention general = make(nn::Score::general);
  parameter(general, "key_weight").copy_(eye(3));
  CHECK(largest_difference(general(query, keys).weights, dot(query, keys).weights) < 1e-12);
  const nn::Attention tempered = make(nn::Score::dot, {.learn_temperature = true});
  CHECK(largest_difference(tempered(query, keys).weights, dot(query, keys).weights) == 0);
  parameter(tempered, "log_factor").fill_(std::log(2.5));
  CHECK(largest_difference(tempered(query, keys).weights, dot(2.5 * query, keys).weights) < 1e-12);
}

TEST_CASE("patterns are the masks of nn/masks.h given to full attention, at the position of the step") {
  manual_seed(23);
  const Tensor query = random({2, 3, 3}), keys = random({2, 6, 3});
  const std::map<nn::Pattern, Tensor> masks = {{nn::Pattern::causal, nn::causal_mask(3, 6, 2)},
                                               {nn::Pattern::window, nn::window_mask(3, 6, 1, 2)},
                                               {nn::Pattern::local_m, nn::window_mask(3, 6, 1, 2)},
                                               {nn::Pattern::strided, nn::strided_mask(3, 6, 2, 2)}};
  for (const nn::Normalizer normalizer : nn::all_normalizers) {
    for (const auto& known : masks) {
      const nn::Pattern pattern = known.first;
      CAPTURE(nn::name_of(normalizer));
      CAPTURE(nn::name_of(pattern));
      const nn::Attention whole = make(nn::Score::dot, {.normalizer = normalizer});
      const nn::Attention part =
          make(nn::Score::dot, {.normalizer = normalizer, .pattern = pattern, .window = 1, .stride = 2});
      CHECK(largest_difference(part(query, keys, {}, {.position = 2}).weights,
                               whole(query, keys, known.second.unsqueeze(0)).weights) == 0);
    }
  }
  // By hand: at step 3 a window of half width 1 holds the keys 2, 3 and 4.
  const nn::Attention window = make(nn::Score::dot, {.pattern = nn::Pattern::window, .window = 1});
  const Tensor seen = gt(window(query, keys, {}, {.position = 3}).weights[{0, 0}], 0);
  CHECK(seen.to_vector<double>() == std::vector<double>{0, 0, 1, 1, 1, 0});
}

TEST_CASE("a mask and a bias add up, and a bias is added to the scores") {
  manual_seed(24);
  const nn::Attention dot = make(nn::Score::dot);
  const Tensor query = random({2, 2, 3}), keys = random({2, 4, 3}), bias = random({2, 2, 4});
  const Tensor mask = tensor({{0, 1, 0, 0}, {0, 0, 0, 1}}, DType::boolean);
  const Tensor scores = bmm(query, keys.transpose(1, 2)) + bias;
  CHECK(largest_difference(dot(query, keys, bias).weights, softmax(scores, -1)) < 1e-12);
  CHECK(largest_difference(dot(query, keys, {mask, bias}).weights,
                           masked_softmax(scores, mask.unsqueeze(1))) < 1e-12);
}

TEST_CASE(
    "content scores: permuted keys permute the weights and leave the context; location does not see the "
    "keys") {
  manual_seed(25);
  const Tensor query = random({2, 3, 3}), keys = random({2, 5, 3});
  const Tensor order = tensor({3, 0, 4, 1, 2}, DType::int64);
  for (const nn::Score score : nn::all_scores) {
    CAPTURE(nn::name_of(score));
    const nn::Attention attention = make(score, {.max_length = 8});
    const nn::AttentionOutput seen = attention(query, keys);
    const nn::AttentionOutput permuted = attention(query, index_select(keys, 1, order));
    const double moved = largest_difference(permuted.weights, index_select(seen.weights, 2, order));
    const double changed = largest_difference(permuted.context, seen.context);
    if (score == nn::Score::location) {
      CHECK(largest_difference(attention(query, random({2, 5, 3})).weights, seen.weights) == 0);
      CHECK(changed > 1e-3);
    } else if (score == nn::Score::content_location) {
      CHECK(moved > 1e-6);  // it sees where it looked before
    } else {
      CHECK(moved < 1e-12);
      CHECK(changed < 1e-12);
    }
  }
}

TEST_CASE("location scores are W q over the first keys") {
  manual_seed(26);
  const nn::Attention attention = make(nn::Score::location, {.max_length = 8});
  const Tensor query = random({1, 1, 3}), weight = parameter(attention, "location_weight");
  std::vector<double> scores;
  for (std::int64_t s = 0; s < 5; ++s) scores.push_back(dot(weight[s], query[{0, 0}]).item());
  CHECK(largest_difference(attention(query, random({1, 5, 3})).weights[{0, 0}], tensor(softmax_of(scores))) <
        1e-12);
}

TEST_CASE("content_location, two steps by plain loops") {
  manual_seed(27);
  const nn::Attention attention = make(nn::Score::content_location, {.hidden = 4, .filters = 2, .kernel = 5});
  const Tensor query = random({1, 2, 3}), keys = random({1, 4, 3});
  const Tensor W = parameter(attention, "query_weight"), V = parameter(attention, "key_weight");
  const Tensor v = parameter(attention, "v"), F = parameter(attention, "filter"),
               U = parameter(attention, "filter_weight");
  std::vector<double> before(4, 0.0);
  const Tensor found = attention(query, keys).weights;
  for (std::int64_t t = 0; t < 2; ++t) {
    std::vector<double> scores;
    for (std::int64_t s = 0; s < 4; ++s) {
      double score = 0;
      for (std::int64_t h = 0; h < 4; ++h) {
        double inner = dot(W[h], query[{0, t}]).item() + dot(V[h], keys[{0, s}]).item();
        for (std::int64_t c = 0; c < 2; ++c) {
          for (std::int64_t j = 0; j < 5; ++j) {
            const std::int64_t from = s + j - 2;
            if (from >= 0 && from < 4)
              inner += U[{h, c}].item() * F[{c, j}].item() * before[static_cast<std::size_t>(from)];
          }
        }
        score += v[h].item() * std::tanh(inner);
      }
      scores.push_back(score);
    }
    before = softmax_of(scores);
    CHECK(largest_difference(found[{0, t}], tensor(before)) < 1e-12);
  }
  CHECK(largest_difference(found[{0, 1}], make(nn::Score::dot)(query, keys).weights[{0, 1}]) > 1e-6);
}

TEST_CASE("steps one by one with the weights handed on are the steps at once") {
  manual_seed(28);
  const Tensor query = random({2, 4, 3}), keys = random({2, 5, 3});
  const Tensor mask = padding_mask(tensor({5, 3}, DType::int64), 5);
  for (const nn::Score score : {nn::Score::additive, nn::Score::content_location}) {
    for (const nn::Normalizer normalizer : nn::all_normalizers) {
      for (const nn::Pattern pattern : nn::all_patterns) {
        CAPTURE(nn::name_of(score));
        CAPTURE(nn::name_of(normalizer));
        CAPTURE(nn::name_of(pattern));
        const nn::Attention attention =
            make(score, {.normalizer = normalizer, .pattern = pattern, .window = 2, .kernel = 3});
        const Tensor at_once = attention(query, keys, mask).weights;
        nn::AttentionStep step;
        for (; step.position < 4; ++step.position) {
          const std::int64_t t = step.position;
          step.previous = attention(query.narrow(1, t, 1), keys, mask, step).weights;
          CHECK(largest_difference(step.previous, at_once.narrow(1, t, 1)) < 1e-12);
        }
      }
    }
  }
}

TEST_CASE("sparsemax is the projection on the simplex, with exact zeros") {
  manual_seed(29);
  std::int64_t zeros_found = 0;
  for (int trial = 0; trial < 50; ++trial) {
    const Tensor scores = random({6}) * 0.7, weights = sparsemax(scores, 0);
    CHECK(largest_difference(weights, tensor(nearest_of_simplex(scores.to_vector<double>()))) < 1e-12);
    CHECK(std::abs(sum(weights).item() - 1) < 1e-12);
    zeros_found += sum(eq(weights, 0)).item<std::int64_t>();
  }
  CHECK(zeros_found > 50);
  // By hand: the threshold of (1, 0.5, -1) is 0.25. A shift changes nothing; a tie shares.
  CHECK(largest_difference(sparsemax(tensor({1, 0.5, -1}), 0), tensor({0.75, 0.25, 0})) < 1e-6);
  CHECK(largest_difference(sparsemax(tensor({1e6 + 1, 1e6 + 0.5, 1e6 - 1}), 0), tensor({0.75, 0.25, 0})) <
        1e-6);
  CHECK(largest_difference(sparsemax(tensor({2, 2, 0}), 0), tensor({0.5, 0.5, 0})) == 0);
  CHECK(all_of(isnan(sparsemax(tensor({1, NAN, 0}), 0))).item<bool>());
  CHECK_THROWS_WITH_AS(sparsemax(zeros({2}, DType::int64), 0), doctest::Contains("int64"), Error);
  CHECK_THROWS_WITH_AS(monotonic_weights(zeros({2, 3}), zeros({3})), doctest::Contains("(2, 3)"), Error);
}

TEST_CASE("monotonic attention by plain loops of Raffel's recursion") {
  manual_seed(30);
  const nn::Attention attention =
      make(nn::Score::additive, {.hidden = 4, .normalizer = nn::Normalizer::monotonic});
  const Tensor query = random({1, 3, 3}), keys = random({1, 4, 3});
  const Tensor found = attention(query, keys).weights;
  std::vector<double> alpha{1, 0, 0, 0};  // before the first step: at key 0
  for (std::int64_t t = 0; t < 3; ++t) {
    // alpha_j = p_j sum_{k <= j} before_k prod_{k <= l < j} (1 - p_l)
    std::vector<double> p, next;
    for (std::int64_t s = 0; s < 4; ++s)
      p.push_back(1 / (1 + std::exp(-additive_score(attention, query[{0, t}], keys[{0, s}]))));
    for (std::size_t j = 0; j < 4; ++j) {
      double reached = 0;
      for (std::size_t k = 0; k <= j; ++k) {
        double passed = alpha[k];
        for (std::size_t l = k; l < j; ++l) passed *= 1 - p[l];
        reached += passed;
      }
      next.push_back(p[j] * reached);
    }
    CHECK(largest_difference(found[{0, t}], tensor(next)) < 1e-12);
    CHECK(std::accumulate(next.begin(), next.end(), 0.0) <= std::accumulate(alpha.begin(), alpha.end(), 0.0));
    alpha = next;
  }
}

TEST_CASE("local_p by plain loops of Luong's equations") {
  manual_seed(31);
  const nn::Attention attention =
      make(nn::Score::dot, {.hidden = 4, .pattern = nn::Pattern::local_p, .window = 2});
  parameter(attention, "position_v").copy_(random({4}) * 3);
  const Tensor query = random({2, 3, 3}), keys = random({2, 8, 3});
  const std::vector<std::int64_t> lengths{8, 5};
  const Tensor found = attention(query, keys, padding_mask(tensor(lengths), 8)).weights;
  const Tensor W = parameter(attention, "position_weight"), v = parameter(attention, "position_v");
  for (std::int64_t b = 0; b < 2; ++b) {
    const std::int64_t length = lengths[static_cast<std::size_t>(b)];
    for (std::int64_t t = 0; t < 3; ++t) {
      double inner = 0;
      for (std::int64_t h = 0; h < 4; ++h) inner += v[h].item() * std::tanh(dot(W[h], query[{b, t}]).item());
      const double place = static_cast<double>(length) / (1 + std::exp(-inner)), sigma = 1;  // D / 2
      double total = 0;
      std::vector<double> expected(8, 0.0);
      for (std::int64_t s = 0; s < length; ++s) {
        const double away = static_cast<double>(s) - place;
        if (std::abs(away) > 2) continue;
        const double raw = std::exp(dot(query[{b, t}], keys[{b, s}]).item());
        total += raw;
        expected[static_cast<std::size_t>(s)] = raw * std::exp(-away * away / (2 * sigma * sigma));
      }
      for (double& weight : expected) weight /= total;
      CHECK(largest_difference(found[{b, t}], tensor(expected)) < 1e-12);
    }
  }
}

TEST_CASE("adaptive_span by plain loops, and a wide span is full attention") {
  manual_seed(32);
  const Tensor query = random({1, 3, 3}), keys = random({1, 7, 3});
  const nn::Attention attention =
      make(nn::Score::dot, {.pattern = nn::Pattern::adaptive_span, .window = 1, .ramp = 2});
  parameter(attention, "log_span").fill_(std::log(1.3));
  const Tensor found = attention(query, keys, {}, {.position = 2}).weights;
  for (std::int64_t t = 0; t < 3; ++t) {
    double total = 0;
    std::vector<double> expected;
    for (std::int64_t s = 0; s < 7; ++s) {
      const double distance = std::abs(static_cast<double>(s - (t + 2)));
      const double ramp = std::min(std::max((2 + 1.3 - distance) / 2, 0.0), 1.0);
      expected.push_back(ramp * std::exp(dot(query[{0, t}], keys[{0, s}]).item()));
      total += expected.back();
    }
    for (double& weight : expected) weight /= total;
    CHECK(largest_difference(found[{0, t}], tensor(expected)) < 1e-12);
  }
  const nn::Attention wide = make(nn::Score::dot, {.pattern = nn::Pattern::adaptive_span, .window = 50});
  CHECK(largest_difference(wide(query, keys).weights, make(nn::Score::dot)(query, keys).weights) < 1e-12);
}
