#include <gradus/gradus.h>
#include <gradus/tests/same_bits.h>
#include <gradus/tests/threads.h>

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace gradus;

namespace {

double largest_difference(const Tensor& a, const Tensor& b) { return max(abs(a - b)).item(); }

std::vector<std::string> names_of(const NamedTensors& layers) {
  std::vector<std::string> names;
  for (const auto& layer : layers) names.push_back(layer.first);
  return names;
}

nn::Transformer small_transformer() {
  return nn::Transformer(8,
                         {.heads = 2, .ffn = 16, .encoder_layers = 2, .decoder_layers = 2, .dropout = 0.5});
}

/// A layer between others, as models hold them.
struct Decoder {
  nn::Linear input{4, 6};
  std::optional<nn::Attention> attention;
};

/// A layer of a user's own that looks at everything alike.
class Evenly {
 public:
  Evenly() = default;
  Tensor operator()(const Tensor& x) const {  // (batch, time, features) -> (batch, time, features)
    const Tensor weights = full({x.size(0), 1, x.size(1), x.size(1)}, 1.0 / static_cast<double>(x.size(1)));
    if (nn::AttentionRecord::wants(unused_)) nn::AttentionRecord::add(unused_, weights);
    return matmul(weights.squeeze(1), x);
  }
  GRADUS_FIELDS(Evenly, unused_)

 private:
  Tensor unused_;
};

}  // namespace

TEST_CASE("a record has the weights that need_weights gives, and the same outputs come out") {
  manual_seed(1);
  const Tensor x = randn({2, 5, 8}), memory = randn({2, 7, 8}),
               mask = padding_mask(tensor({7, 3}, DType::int64), 7);
  for (const std::int64_t groups : {2, 1}) {
    const nn::MultiHeadAttention attention(8, 2, {.key_value_heads = groups});
    const nn::MultiHeadOutput asked = attention(x, memory, memory, {.key_mask = mask, .need_weights = true});
    const Tensor plain = attention(x, memory, memory, {.key_mask = mask}).output;
    nn::AttentionRecord record(attention);
    const nn::MultiHeadOutput recorded = attention(x, memory, memory, {.key_mask = mask});
    CHECK(!recorded.weights.defined());  // they were not asked for
    CHECK(largest_difference(recorded.output, plain) < 1e-5);
    REQUIRE(record.calls().size() == 1);
    const auto& [name, weights] = record.calls()[0];
    CHECK(name.empty());  // the layer is the model
    CHECK(test::same_bits(weights, asked.weights));
    CHECK(!weights.requires_grad());
    CHECK(largest_difference(sum(weights, {3}), ones({2, 2, 5})) < 1e-5);
    CHECK(max(weights[{1, all, all, range(3)}]).item() == 0);
    CHECK(attention(x, memory, memory, {.need_weights = true}).weights.defined());
    CHECK(record.calls().size() == 2);
  }
}

TEST_CASE("a record of a Transformer names every layer, in the order of the calls") {
  manual_seed(2);
  const evaluating scope;
  const nn::Transformer model = small_transformer();
  const Tensor source = randn({3, 6, 8}), target = randn({3, 4, 8});
  const Tensor plain = model(source, target);
  nn::AttentionRecord record(model);
  CHECK(largest_difference(model(source, target), plain) < 1e-5);
  REQUIRE(names_of(record.calls()) ==
          std::vector<std::string>{"encoder.layers.0.self_attn", "encoder.layers.1.self_attn",
                                   "decoder.layers.0.self_attn", "decoder.layers.0.multihead_attn",
                                   "decoder.layers.1.self_attn", "decoder.layers.1.multihead_attn"});
  CHECK(record.calls()[0].second.shape() == Shape{3, 2, 6, 6});
  CHECK(record.calls()[2].second.shape() == Shape{3, 2, 4, 4});
  CHECK(record.calls()[3].second.shape() == Shape{3, 2, 4, 6});
  for (const auto& call : record.calls()) {
    CAPTURE(call.first);
    CHECK(largest_difference(sum(call.second, {3}), ones({3, 2, call.second.size(2)})) < 1e-5);
    CHECK(min(call.second).item() >= 0);
  }
  // A word sees its own past only.
  CHECK(max(record.calls()[4].second[{all, all, 0, range(1)}]).item() == 0);
  CHECK(names_of(record.joined()) == names_of(record.calls()));
}

TEST_CASE("training goes on under a record: dropout, and the same gradients") {
  manual_seed(3);
  const nn::MultiHeadAttention attention(8, 2);
  const Tensor x = randn({2, 5, 8});
  const auto gradient = [&] {
    zero_grad(attention);
    sum(square(attention(x, x, x, {.causal = true}).output)).backward();
    return named_parameters(attention)[0].second.grad().clone();
  };
  const Tensor plain = gradient();
  {
    nn::AttentionRecord record(attention);
    CHECK(largest_difference(gradient(), plain) < 1e-4);
  }
  const nn::MultiHeadAttention dropping(8, 2, {.dropout = 0.5});
  nn::AttentionRecord record(dropping);
  dropping(x, x, x);
  // Weights before dropout still sum to 1.
  CHECK(largest_difference(sum(record.calls()[0].second, {3}), ones({2, 2, 5})) < 1e-5);
}

TEST_CASE("decoding step by step is joined to what all steps at once give") {
  manual_seed(4);
  const evaluating scope;
  const nn::Transformer model = small_transformer();
  const Tensor source = randn({1, 6, 8}), target = randn({1, 4, 8});
  const Tensor memory = model.encoder(source);
  nn::AttentionRecord whole(model.decoder);
  model.decoder(target, memory);
  nn::AttentionRecord stepwise(model.decoder);
  nn::DecoderCache cache = model.decoder.start(memory);
  for (std::int64_t t = 0; t < 4; ++t) model.decoder.step(target.slice(1, t, t + 1), cache);
  CHECK(stepwise.calls().size() == 16);
  const NamedTensors expected = whole.joined(), joined = stepwise.joined();
  REQUIRE(joined.size() == 4);
  // Both records were alive in the steps; the first four calls of the outer are those of its own pass.
  CHECK(whole.calls().size() == 20);
  for (std::size_t i = 0; i < 4; ++i) {
    CAPTURE(joined[i].first);
    CHECK(joined[i].first == whole.calls()[i].first);
    CHECK(joined[i].second.shape() == whole.calls()[i].second.shape());
    CHECK(largest_difference(joined[i].second, whole.calls()[i].second) < 1e-5);
    CHECK(expected[i].second.size(2) == 8);
  }
}

TEST_CASE("a record has attention of recurrent decoders, also without parameters, wherever in the model") {
  manual_seed(5);
  std::vector<Decoder> model(2);
  model[0].attention.emplace(nn::Score::dot, 6, 6);
  model[1].attention.emplace(nn::Score::content_location, 6, 6);
  const Tensor query = randn({2, 3, 6}), keys = randn({2, 5, 6});
  nn::AttentionRecord record(model);
  const nn::AttentionOutput second = (*model[1].attention)(query, keys);
  const nn::AttentionOutput first = (*model[0].attention)(query, keys);
  REQUIRE(names_of(record.calls()) == std::vector<std::string>{"1.attention", "0.attention"});
  CHECK(test::same_bits(record.calls()[0].second, second.weights.unsqueeze(1)));
  CHECK(test::same_bits(record.calls()[1].second, first.weights.unsqueeze(1)));
}

TEST_CASE("nothing outside of a record: before, after, other models, other threads") {
  manual_seed(6);
  const nn::MultiHeadAttention attention(8, 2), other(8, 2);
  const Tensor x = randn({1, 3, 8});
  attention(x, x, x);
  nn::AttentionRecord outer(attention);
  CHECK(outer.calls().empty());
  other(x, x, x);
  CHECK(outer.calls().empty());
  {
    nn::AttentionRecord inner(other);
    attention(x, x, x);
    other(x, x, x);
    CHECK(inner.calls().size() == 1);
  }
  CHECK(outer.calls().size() == 1);
  attention(x, x, x);
  CHECK(outer.calls().size() == 2);
  test::at_once(2, [&](std::size_t) { attention(x, x, x); });
  CHECK(outer.calls().size() == 2);
  test::at_once(2, [&](std::size_t) {
    nn::AttentionRecord own(attention);
    attention(x, x, x);
    if (own.calls().size() != 1) throw Error("test", "a thread's own record");
  });
  CHECK(outer.calls().size() == 2);
}

TEST_CASE("a layer of a user's own is recorded where it says so") {
  const Evenly layer{};
  nn::AttentionRecord record(layer);
  layer(ones({1, 4, 2}));
  REQUIRE(record.calls().size() == 1);
  CHECK(record.calls()[0].second.to_vector<float>() == std::vector<float>(16, 0.25F));
}

TEST_CASE("calls that do not fit together cannot be joined") {
  const nn::Attention attention(nn::Score::dot, 2, 2);
  nn::AttentionRecord record(attention);
  attention(ones({1, 1, 2}), ones({1, 3, 2}));
  attention(ones({2, 1, 2}), ones({2, 3, 2}));
  CHECK_THROWS_WITH_AS(record.joined(), doctest::Contains("differ in batch or heads"), Error);
}

TEST_CASE("records end in any order") {
  const Evenly layer;
  const Tensor x = randn({1, 2, 3});
  auto outer = std::make_unique<nn::AttentionRecord>(layer),
       middle = std::make_unique<nn::AttentionRecord>(layer),
       inner = std::make_unique<nn::AttentionRecord>(layer);
  middle.reset();
  layer(x);
  outer.reset();
  layer(x);
  CHECK(inner->calls().size() == 2);
  inner.reset();
  layer(x);
}
