#include <gradus/gradus.h>

#include <doctest/doctest.h>

using namespace gradus;

namespace {

double largest_difference(const Tensor& a, const Tensor& b) { return max(abs(a - b)).item(); }

}  // namespace

TEST_CASE("the tutorial's decoder: its weights do not depend on the source; additive attention's do") {
  manual_seed(1);
  const nn::LocationAttention decoder(11, 6, 8);
  const Tensor input = tensor({3, 7}, DType::int64), hidden = randn({2, 6}), source = randn({2, 5, 6}),
               other = randn({2, 5, 6});
  const nn::LocationStep a = decoder(input, hidden, source), b = decoder(input, hidden, other);
  // This is where it fails: another sentence, the very same weights.
  CHECK(largest_difference(a.weights, b.weights) == 0);
  // The source comes through as what is averaged only.
  CHECK(largest_difference(a.log_probabilities, b.log_probabilities) > 0);
  CHECK(largest_difference(sum(a.weights, {1}), ones({2})) < 1e-6);
  CHECK(largest_difference(sum(exp(a.log_probabilities), {1}), ones({2})) < 1e-6);
  // Nor is padding left out: what stands at the end of the shorter sentence changes the output.
  Tensor padded = source.clone();
  padded[{1, range(3)}] = 5.0;
  CHECK(largest_difference(decoder(input, hidden, padded).log_probabilities[1], a.log_probabilities[1]) >
        1e-3);

  const nn::Attention additive(nn::Score::additive, 6, 6);
  const Tensor query = hidden.unsqueeze(1), mask = padding_mask(tensor({5, 3}, DType::int64), 5);
  CHECK(largest_difference(additive(query, source).weights, additive(query, other).weights) > 1e-3);
  CHECK(largest_difference(additive(query, source, mask).context, additive(query, padded, mask).context) ==
        0);
}

TEST_CASE("as printed, it fits sources of one length only") {
  const nn::LocationAttention as_printed(11, 8, 8);
  const Tensor input = tensor({3}, DType::int64);
  CHECK(as_printed(input, zeros({1, 8}), zeros({1, 8, 8})).weights.shape() == Shape{1, 8});
  CHECK_THROWS_WITH_AS(as_printed(input, zeros({1, 8}), zeros({1, 9, 8})),
                       doctest::Contains("max_length = 8"), Error);
}
