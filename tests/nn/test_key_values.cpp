#include <gradus/gradus.h>
#include <gradus/tests/error_text.h>

#include <doctest/doctest.h>

#include <vector>

using namespace gradus;
using gradus::test::contains;
using gradus::test::error_of;

namespace {

Tensor ids(const std::vector<std::int64_t>& numbers) { return tensor(numbers); }

bool same(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && a.to_vector<float>() == b.to_vector<float>();
}

/// A cache beside the tensors that it must hold, joined anew for each step.
struct Both {
  nn::KeyValues cache;
  Tensor key, value;  // (batch, 2, S, 3) and (batch, 2, S, 5)

  void append(std::int64_t batch, std::int64_t positions) {
    // As projections give them: heads side by side in memory.
    const Tensor more_keys = randn({batch, positions, 2, 3}).transpose(1, 2),
                 more_values = randn({batch, positions, 2, 5}).transpose(1, 2);
    cache.append(nn::KeyValues(more_keys, more_values));
    key = key.defined() ? cat({key, more_keys}, 2) : more_keys;
    value = value.defined() ? cat({value, more_values}, 2) : more_values;
  }
  void select(const std::vector<std::int64_t>& rows) {
    cache.select_rows(ids(rows));
    key = index_select(key, 0, ids(rows));
    value = index_select(value, 0, ids(rows));
  }
  void check() const {
    CHECK(cache.batch() == key.size(0));
    CHECK(cache.length() == key.size(2));
    CHECK(same(cache.key(), key));
    CHECK(same(cache.value(), value));
  }
};

}  // namespace

TEST_CASE("appending to a cache is joining, beyond any room, and most steps stay where they are") {
  manual_seed(1);
  const no_grad scope;
  Both both;
  int moved = 0;
  for (int step = 0; step < 100; ++step) {
    const void* const before = step > 0 ? both.cache.key().raw_data() : nullptr;
    both.append(3, 1 + step % 2);
    both.check();
    moved += both.cache.key().raw_data() != before;
  }
  CHECK(moved <= 6);  // 150 positions: room that doubles
}

TEST_CASE("rows of a cache go on: in place, twice, fewer, more, none") {
  manual_seed(2);
  const no_grad scope;
  Both both;
  for (int step = 0; step < 5; ++step) both.append(4, 1);
  const void* const place = both.cache.key().raw_data();
  both.select({0, 1, 2, 3});
  both.check();
  both.select({0, 3, 0, 3});  // rows 0 and 3 stay
  both.check();
  CHECK(both.cache.key().raw_data() == place);
  both.append(4, 1);
  both.check();
  both.select({3, 2, 1, 0});
  both.check();
  both.append(4, 20);
  both.select({1, 1, 2, 0, 3, 3, 0});
  both.append(7, 1);
  both.check();
  both.select({6, 2});
  both.append(2, 1);
  both.check();
  both.select({});
  both.append(0, 1);
  both.check();
  // What has not grown yet is not written either.
  const Tensor key = randn({2, 1, 3, 4}), value = randn({2, 1, 3, 4}), copy = key.clone();
  nn::KeyValues memory(key, value);
  memory.select_rows(ids({1, 1}));
  CHECK(same(memory.key(), index_select(copy, 0, ids({1, 1}))));
  memory.append(nn::KeyValues(randn({2, 1, 1, 4}), randn({2, 1, 1, 4})));
  CHECK(same(key, copy));
}

TEST_CASE("gradients go through a cache") {
  manual_seed(3);
  const nn::MultiHeadAttention attention = clone(nn::MultiHeadAttention(4, 2), DType::float64);
  Tensor x = randn({2, 5, 4}, DType::float64).requires_grad_();
  const Tensor weight = randn({2, 5, 4}, DType::float64);
  sum(attention(x, x, x, {.causal = true}).output * weight).backward();
  const Tensor expected = x.grad().clone();
  x.set_grad({});
  nn::KeyValues cache;
  std::vector<Tensor> outputs;
  for (std::int64_t t = 0; t < 5; ++t) outputs.push_back(attention.step(x.slice(1, t, t + 1), cache).output);
  sum(cat(outputs, 1) * weight).backward();
  CHECK(max(abs(x.grad() - expected)).item() < 1e-12);
  // A cache that was recorded goes on without.
  const no_grad scope;
  attention.step(randn({2, 1, 4}, DType::float64), cache);
  cache.select_rows(ids({1, 0}));
  CHECK(cache.length() == 6);
}

TEST_CASE("gradients go through a cache where the queries alone are trained") {
  manual_seed(4);
  nn::MultiHeadAttention attention(8, 4, {.bias = false, .key_value_heads = 2});
  Tensor trained;
  for (auto& [name, tensor] : named_parameters(attention)) {
    tensor.requires_grad_(name == "q_proj_weight");
    if (name == "q_proj_weight") trained = tensor;
  }
  const Tensor x = randn({2, 3, 8});
  sum(square(attention(x, x, x, {.causal = true}).output)).backward();
  const Tensor expected = trained.grad().clone();
  zero_grad(attention);
  nn::KeyValues cache;
  Tensor loss = zeros({});
  for (std::int64_t t = 0; t < 3; ++t)
    loss = loss + sum(square(attention.step(x.slice(1, t, t + 1), cache).output));
  loss.backward();
  CHECK(max(abs(trained.grad() - expected)).item() < 1e-5);
}

TEST_CASE("a cache that was filled without recording may grow behind what was attended to") {
  manual_seed(5);
  nn::MultiHeadAttention attention(8, 2, {.bias = false});
  for (auto& [name, tensor] : named_parameters(attention)) tensor.requires_grad_(name == "out_proj.weight");
  nn::KeyValues cache;
  const auto step = [&] { return attention.step(randn({1, 1, 8}), cache).output; };
  {
    const no_grad scope;
    step();
  }
  const Tensor output = step();
  {
    const no_grad scope;
    step();
  }
  sum(output).backward();
  CHECK(cache.length() == 3);
}

TEST_CASE("a cache refuses what does not continue it") {
  nn::KeyValues cache;
  cache.append(nn::KeyValues(zeros({2, 1, 3, 4}), zeros({2, 1, 3, 4})));
  const auto append = [&](const Tensor& x) { return error_of([&] { cache.append(nn::KeyValues(x, x)); }); };
  CHECK(contains(append(zeros({3, 1, 1, 4})), "only the number of positions may differ"));
  CHECK(contains(append(zeros({2, 1, 1, 5})), "only the number of positions may differ"));
  CHECK(contains(append(zeros({2, 1, 1, 4}, DType::float64)), "only the number of positions may differ"));
  CHECK(contains(append(zeros({2, 4})), "(batch, heads, positions, size)"));
  CHECK(contains(error_of([&] { cache.append(nn::KeyValues()); }), "(batch, heads, positions, size)"));
  CHECK(contains(error_of([&] { cache.select_rows(ids({0, 2})); }), "no row 2 in a batch of 2"));
  CHECK(contains(error_of([&] { cache.select_rows(ids({-1, 0})); }), "no row -1"));
  CHECK(contains(error_of([&] { cache.select_rows(zeros({2})); }), "must be int64"));
  CHECK(cache.length() == 3);
}
