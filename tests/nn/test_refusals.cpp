// What layers do with tensors that are undefined, and with sizes and options that make no sense: one clear
// error.
#include <gradus/gradus.h>
#include <gradus/tests/error_text.h>

#include <doctest/doctest.h>

using namespace gradus;
using test::contains;
using test::error_of;

TEST_CASE("an undefined tensor is refused by every layer and operation") {
  const Tensor none, x = randn({2, 3, 4}), ids = zeros({2, 3}, DType::int64);
  const auto refused = [](auto&& call) { return contains(error_of(call), "undefined"); };
  const nn::MultiHeadAttention mha(4, 2);
  CHECK(refused([&] { mha(none, none, none); }));
  CHECK(refused([&] { mha(x, none, none); }));
  CHECK_FALSE(error_of([&] { mha.attend(x, nn::KeyValues()); }).empty());
  for (const nn::Score score : {nn::Score::dot, nn::Score::cosine, nn::Score::additive, nn::Score::general}) {
    const nn::Attention attention(score, 4, 4);
    CHECK(refused([&] { attention(x, none); }));
    CHECK(refused([&] { attention(none, x); }));
  }
  CHECK(refused([&] { nn::PositionalEncoding(4)(none); }));
  CHECK(refused([&] { nn::rotate_by_position(none, 0); }));
  CHECK(refused([&] { nn::AttentionPooling(4)(none); }));
  CHECK(refused([&] { nn::HierarchicalAttention(5, 4, 3)(none); }));
  CHECK(refused([&] { nn::LocationAttention(5, 4, 3)(zeros({2}, DType::int64), randn({2, 4}), none); }));
  CHECK(refused([&] { nn::init::fans(none); }));
  CHECK(refused([&] { padding_mask(none, 3); }));
  nn::KeyValues cache(randn({2, 1, 3, 4}), randn({2, 1, 3, 4}));
  CHECK(refused([&] { cache.select_rows(none); }));
  CHECK(refused([&] { nn::GRUCell(3, 4)(none); }));
  CHECK(refused([&] { nn::RNNCell(3, 4)(none); }));
  CHECK(refused([&] { nn::LSTMCell(3, 4)(none); }));
  CHECK(refused([&] { nn::GRUCell(3, 4).step(none, none); }));
  CHECK(refused([&] { nn::LSTMCell(3, 4).step(none, none, none); }));
  CHECK(refused([&] { gru_sequence(none, none, none, none, none); }));
  CHECK(refused([&] { logical_not(none); }));
  CHECK(refused([&] { isinf(none); }));
  CHECK(refused([&] { zeros_like(none); }));
  CHECK(refused([&] { randn_like(none); }));
  CHECK(refused([&] { additive_scores(x, x, none); }));
}

TEST_CASE("sizes and options of layers are checked when they are made") {
  CHECK(contains(error_of([] { nn::Conv2d(1, 1, 0); }), "[Conv2d] a kernel has at least 1 position"));
  CHECK(contains(error_of([] { nn::Conv1d(1, 1, -2); }), "[Conv1d] a kernel has at least 1 position"));
  CHECK(contains(error_of([] { nn::SpatialAttention(0); }), "a kernel has at least 1 position"));
  CHECK(contains(error_of([] { nn::Attention(nn::Score::additive, 0, 4); }), "need features, got 0 and 4"));
  CHECK(contains(error_of([] { nn::FeedForward(4, 8, nn::FeedForwardKind::relu, 2.0); }),
                 "dropout must lie in [0, 1]"));
  const nn::TransformerOptions options{
      .heads = 2, .dropout = 2, .attention_dropout = 0, .activation_dropout = 0};
  CHECK(contains(error_of([&] { nn::TransformerEncoderLayer(4, options); }), "dropout must lie in [0, 1]"));
  CHECK(contains(error_of([] { nn::PositionalEncoding(4)(zeros({1, 1, 4}), -1); }), "cannot be -1"));
  CHECK(contains(error_of([] { nn::RMSNorm(4)(randn({2, 4}, DType::float64)); }), "dtype"));
  const Tensor weights[] = {zeros({2}).requires_grad_()};
  CHECK(contains(error_of([&] { optim::SGD(weights, {.lr = 0.1}).options(3); }), "there is no group 3"));
}

TEST_CASE("cross entropy with probabilities checks weights and dtypes as it does with class numbers") {
  const Tensor logits = randn({2, 3}), probabilities = softmax(randn({2, 3}), 1);
  CHECK(contains(error_of([&] { cross_entropy(logits, probabilities, {.weight = tensor({2.0})}); }),
                 "the class weights must be (3,), got float32 (1,)"));
  CHECK(contains(error_of([&] { cross_entropy(logits, probabilities.to(DType::float64)); }), "of one dtype"));
  CHECK(cross_entropy(logits, probabilities, {.weight = ones({3}, DType::float64)}).dtype() ==
        DType::float32);
}
