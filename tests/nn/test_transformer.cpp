#include <gradus/gradus.h>
#include <gradus/tests/error_text.h>

#include <doctest/doctest.h>

#include <cmath>
#include <string>

using namespace gradus;
using gradus::test::contains;
using gradus::test::error_of;

namespace {

double largest_difference(const Tensor& a, const Tensor& b) { return max(abs(a - b)).item(); }

nn::TransformerOptions small() {
  return {.heads = 2, .ffn = 6, .encoder_layers = 2, .decoder_layers = 2, .dropout = 0};
}

}  // namespace

TEST_CASE("the Transformer's parameters bear PyTorch's names and shapes") {
  const nn::Transformer model(4, small());
  std::string names;
  for (const auto& [name, tensor] : named_parameters(model)) names += name + to_string(tensor.shape()) + " ";
  CHECK(names.find(
            "encoder.layers.0.self_attn.in_proj_weight(12, 4) encoder.layers.0.self_attn.in_proj_bias(12,) "
            "encoder.layers.0.self_attn.out_proj.weight(4, 4) encoder.layers.0.self_attn.out_proj.bias(4,) "
            "encoder.layers.0.linear1.weight(6, 4) encoder.layers.0.linear1.bias(6,) "
            "encoder.layers.0.linear2.weight(4, 6) encoder.layers.0.linear2.bias(4,) "
            "encoder.layers.0.norm1.weight(4,) encoder.layers.0.norm1.bias(4,) ") == 0);
  for (const char* name : {"encoder.norm.weight(4,)", "decoder.layers.1.multihead_attn.out_proj.bias(4,)",
                           "decoder.layers.1.norm3.bias(4,)", "decoder.norm.bias(4,)"}) {
    CHECK(names.find(name) != std::string::npos);
  }
  CHECK(parameters(model).size() == 2 * 12 + 2 * 18 + 4);
}

TEST_CASE("what the Transformer may look at, by perturbation") {
  manual_seed(1);
  for (const auto norm : {nn::NormPlacement::post, nn::NormPlacement::pre}) {
    for (const auto positions :
         {nn::RelativePositions::none, nn::RelativePositions::shaw, nn::RelativePositions::t5,
          nn::RelativePositions::rotary, nn::RelativePositions::alibi}) {
      CAPTURE(nn::name_of(norm));
      CAPTURE(nn::name_of(positions));
      nn::TransformerOptions options = small();
      options.norm = norm;
      options.positions = positions;
      const nn::Transformer model(4, options);
      const Tensor source = randn({2, 5, 4}), target = randn({2, 4, 4});
      const Tensor padding = padding_mask(tensor({5, 3}, DType::int64), 5);
      const auto run = [&](const Tensor& s, const Tensor& t) {
        const no_grad scope;
        return model(s, t, {.key_mask = padding}, {.causal = true}, {.key_mask = padding});
      };
      const Tensor before = run(source, target);
      Tensor other_padding = source.clone(), other_future = target.clone(), other_source = source.clone();
      other_padding[{1, range(3)}] = 9.0;
      other_future[{all, range(2)}] = -3.0;
      other_source[{all, 0}] = 2.0;
      CHECK(largest_difference(run(other_padding, target), before) == 0);
      CHECK(largest_difference(run(source, other_future).slice(1, 0, 2), before.slice(1, 0, 2)) == 0);
      CHECK(largest_difference(run(source, other_future).slice(1, 2), before.slice(1, 2)) > 1e-3);
      CHECK(largest_difference(run(other_source, target), before) > 1e-3);
    }
  }
}

TEST_CASE("the decoder step by step equals the decoder all at once") {
  manual_seed(2);
  const no_grad scope;
  for (const auto positions :
       {nn::RelativePositions::none, nn::RelativePositions::shaw, nn::RelativePositions::t5,
        nn::RelativePositions::rotary, nn::RelativePositions::alibi}) {
    CAPTURE(nn::name_of(positions));
    nn::TransformerOptions options = small();
    options.positions = positions;
    options.key_value_heads = 1;
    const nn::TransformerDecoder decoder(4, options);
    const Tensor memory = randn({3, 5, 4}), target = randn({3, 6, 4}),
                 padding = padding_mask(tensor({5, 2, 4}, DType::int64), 5);
    const nn::DecoderOutput expected =
        decoder(target, memory, {.causal = true}, {.key_mask = padding, .need_weights = true});
    CHECK(expected.weights.shape() == Shape{3, 2, 6, 5});
    nn::DecoderCache cache = decoder.start(memory);
    for (std::int64_t t = 0; t < 6; ++t) {
      const nn::DecoderOutput step =
          decoder.step(target.slice(1, t, t + 1), cache, {.key_mask = padding, .need_weights = true});
      CHECK(largest_difference(step.output, expected.output.slice(1, t, t + 1)) < 1e-5);
      CHECK(largest_difference(step.weights, expected.weights.slice(2, t, t + 1)) < 1e-5);
    }
    CHECK(cache.length() == 6);
    // Sentences that go on, in another order.
    const Tensor order = tensor({2, 0}, DType::int64), more = randn({3, 1, 4}), last = randn({3, 1, 4});
    const Tensor longer = cat({target, more}, 1);
    const auto expected_last = [&](const Tensor& rows, const Tensor& sentences) {
      return decoder(cat({index_select(longer, 0, rows), index_select(last, 0, rows)}, 1),
                     index_select(memory, 0, sentences), {.causal = true},
                     {.key_mask = index_select(padding, 0, sentences), .need_weights = true});
    };
    decoder.step(more, cache, {.key_mask = padding});
    cache.select(order, order);
    const nn::DecoderOutput picked = expected_last(order, order);
    const nn::DecoderOutput two =
        decoder.step(index_select(last, 0, order), cache,
                     {.key_mask = index_select(padding, 0, order), .need_weights = true});
    CHECK(largest_difference(two.output, picked.output.slice(1, 7)) < 1e-5);
    CHECK(largest_difference(two.weights, picked.weights.slice(2, 7)) < 1e-5);
  }
}

TEST_CASE("several rows of the decoder share a sentence of the memory, as in a beam search") {
  manual_seed(5);
  const no_grad scope;
  const nn::TransformerDecoder decoder(4, small());
  const Tensor memory = randn({2, 5, 4}), padding = padding_mask(tensor({5, 3}, DType::int64), 5),
               first = randn({2, 2, 4}), then = randn({6, 1, 4});
  nn::DecoderCache cache = decoder.start(memory);
  decoder.step(first, cache, {.key_mask = padding});
  const auto compare = [&](const Tensor& rows, const Tensor& step) {  // of `first`, and what comes after it
    const Tensor sentences = rows;                                    // here a row of `first` is a sentence
    const nn::DecoderOutput expected =
        decoder(cat({index_select(first, 0, rows), step}, 1), index_select(memory, 0, sentences),
                {.causal = true}, {.key_mask = index_select(padding, 0, sentences), .need_weights = true});
    const nn::DecoderOutput got =
        decoder.step(step.slice(1, step.size(1) - 1), cache, {.key_mask = padding, .need_weights = true});
    CHECK(largest_difference(got.output, expected.output.slice(1, expected.output.size(1) - 1)) < 1e-5);
    CHECK(largest_difference(got.weights, expected.weights.slice(2, expected.weights.size(2) - 1)) < 1e-5);
  };
  // Three rows for each sentence ...
  const Tensor three = tensor({0, 0, 0, 1, 1, 1}, DType::int64), both = tensor({0, 1}, DType::int64);
  cache.select(three, both);
  compare(three, then);
  // ... of which some go on twice, in place ...
  const Tensor places = tensor({0, 0, 2, 5, 5, 5}, DType::int64), more = randn({6, 1, 4});
  cache.select(places, both);
  compare(three, cat({index_select(then, 0, places), more}, 1));
  // ... or change places.
  const Tensor turned = tensor({1, 2, 0, 4, 3, 4}, DType::int64);
  cache.select(turned, both);
  compare(three,
          cat({index_select(cat({index_select(then, 0, places), more}, 1), 0, turned), randn({6, 1, 4})}, 1));
  const std::string error = error_of([&] { decoder.step(randn({5, 1, 4}), cache, {.key_mask = padding}); });
  CHECK(contains(error, "5 rows cannot be shared out among 2 sentences"));
}

TEST_CASE("layers of the Transformer by their formulas") {
  manual_seed(3);
  const Tensor x = randn({2, 3, 4});
  for (const auto kind :
       {nn::FeedForwardKind::relu, nn::FeedForwardKind::gelu, nn::FeedForwardKind::swiglu}) {
    const nn::FeedForward network(4, 5, kind);
    const auto state = state_dict(network);  // linear1, linear2 and the gate, weight and bias each
    const Tensor first = linear(x, state[0].second, state[1].second);
    const Tensor middle = kind == nn::FeedForwardKind::relu ? maximum(first, zeros_like(first))
                          : kind == nn::FeedForwardKind::gelu
                              ? first * (1 + erf(first / std::sqrt(2.0))) / 2
                              : first / (1 + exp(-first)) * linear(x, state[4].second, state[5].second);
    CHECK(largest_difference(network(x), linear(middle, state[2].second, state[3].second)) < 1e-5);
    CHECK(nn::feed_forward_named(nn::name_of(kind)) == kind);
  }
  // RMSNorm of ones is ones; the last axis has a mean square of one afterwards.
  const Tensor normal = nn::RMSNorm(4)(x * 7);
  CHECK(largest_difference(mean(square(normal), {2}), ones({2, 3})) < 1e-4);
  const nn::Norm rms(nn::NormKind::rms, 4, 1e-6);
  CHECK(largest_difference(rms(x * 7), normal) == 0);
  CHECK(parameters(rms).size() == 1);
}

TEST_CASE("derivatives of first and second order of both layers, for every option") {
  manual_seed(4);
  const Tensor source = randn({2, 3, 4}, DType::float64).requires_grad_(),
               target = randn({2, 2, 4}, DType::float64).requires_grad_();
  const Tensor padding = padding_mask(tensor({3, 2}, DType::int64), 3);
  for (const auto norm : {nn::NormPlacement::post, nn::NormPlacement::pre}) {
    for (const auto kind :
         {nn::FeedForwardKind::relu, nn::FeedForwardKind::gelu, nn::FeedForwardKind::swiglu}) {
      for (const auto norm_kind : {nn::NormKind::layer, nn::NormKind::rms}) {
        nn::TransformerOptions options = small();
        options.ffn = 3;
        options.norm = norm;
        options.feed_forward = kind;
        options.norm_kind = norm_kind;
        options.encoder_layers = options.decoder_layers = 1;
        const nn::Transformer model = clone(nn::Transformer(4, options), DType::float64);
        std::vector<Tensor> inputs = parameters(model);
        inputs.push_back(source);
        inputs.push_back(target);
        const auto function = [&](const std::vector<Tensor>&) {
          return model(source, target, {.key_mask = padding}, {.causal = true}, {.key_mask = padding})
              .slice(2, 0, 2);
        };
        const GradcheckResult first = gradcheck(function, inputs, {.full_jacobian = 4});
        CHECK_MESSAGE(first, first.text);
        if (norm == nn::NormPlacement::post) continue;
        const GradcheckResult second = gradgradcheck(function, inputs, {.full_jacobian = 4});
        CHECK_MESSAGE(second, second.text);
      }
    }
  }
}

TEST_CASE("dropout acts while training only; a clone is deep") {
  manual_seed(5);
  nn::TransformerOptions options = small();
  options.dropout = 0.5;
  const nn::Transformer model(4, options);
  const Tensor source = randn({1, 3, 4}), target = randn({1, 2, 4});
  CHECK(largest_difference(model(source, target), model(source, target)) > 1e-3);
  const evaluating scope;
  CHECK(largest_difference(model(source, target), model(source, target)) == 0);
  const nn::Transformer copy = clone(model);
  CHECK(largest_difference(copy(source, target), model(source, target)) == 0);
  CHECK(!parameters(copy)[0].is_same(parameters(model)[0]));
}

TEST_CASE("dropout of attention weights and of hidden features by themselves") {
  manual_seed(12);
  const Tensor x = randn({1, 3, 8});
  Tensor first_changed = x.clone();
  first_changed[{0, 0}] = 2;
  const auto last = [](const nn::TransformerEncoderLayer& layer, const Tensor& in) {
    return layer(in)[{0, 2}].to_vector<float>();
  };
  nn::TransformerOptions options = small();
  options.dropout = 0;
  const nn::TransformerEncoderLayer none(8, options);
  CHECK(last(none, x) != last(none, first_changed));
  options.attention_dropout = 1;  // nobody sees anybody
  const nn::TransformerEncoderLayer apart(8, options);
  CHECK(last(apart, x) == last(apart, first_changed));
  options = small();
  options.dropout = 0;
  options.activation_dropout = 1;  // the network gives its last bias alone
  const nn::TransformerEncoderLayer idle(8, options);
  const std::vector<float> before = last(idle, x);
  for (const auto& [name, parameter] : named_parameters(idle)) {
    const no_grad scope;
    if (name == "linear1.weight" || name == "linear2.weight") Tensor(parameter).mul_(3);
  }
  CHECK(last(idle, x) == before);
}

TEST_CASE("the Transformer refuses what does not fit") {
  CHECK_THROWS_WITH_AS(nn::Transformer(4, {.heads = 3}), doctest::Contains("3 heads"), Error);
  CHECK_THROWS_WITH_AS(nn::TransformerEncoder(4, {.heads = 2, .encoder_layers = -1}), doctest::Contains("-1"),
                       Error);
  CHECK_THROWS_WITH_AS(nn::norm_placement_named("middle"), doctest::Contains("middle"), Error);
  const nn::TransformerDecoder decoder(4, small());
  nn::DecoderCache none;
  CHECK_THROWS_WITH_AS(decoder.step(zeros({1, 1, 4}), none), doctest::Contains("start()"), Error);
}
