// What several threads may do at once: forward passes of one model, and trainings of models of their own.
// Every result has to be what one thread alone gets, bit for bit.
#include <gradus/gradus.h>
#include <gradus/tests/same_bits.h>
#include <gradus/tests/threads.h>

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <string>

using namespace gradus;
using test::at_once, test::same_bits, test::wave;

namespace {

constexpr std::size_t thread_count = 4;

/// (count,) of int64: 0, 1, ... period - 1 and again.
Tensor cycle(std::int64_t count, std::int64_t period) {
  std::vector<std::int64_t> values;
  for (std::int64_t i = 0; i < count; ++i) values.push_back(i % period);
  return tensor(values);
}

/// Some outputs of a layer for an input of this size.
using Forward = std::function<std::vector<Tensor>(std::int64_t size)>;

constexpr std::int64_t sizes[] = {1, 6, 33, 130};

/// The outputs for all sizes, beginning with the one of this number.
std::vector<std::vector<Tensor>> outputs(const Forward& forward, std::size_t first) {
  const evaluating scope;
  std::vector<std::vector<Tensor>> results(std::size(sizes));
  for (std::size_t i = 0; i < std::size(sizes); ++i) {
    const std::size_t at = (first + i) % std::size(sizes);
    results[at] = forward(sizes[at]);
  }
  return results;
}

/// Threads that all begin with another size. They come first, so that whatever a layer makes at its first use
/// is made by several at once.
void check_shared(const std::string& name, const Forward& forward) {
  CAPTURE(name);
  std::vector<std::vector<Tensor>> together[thread_count];
  at_once(thread_count, [&](std::size_t thread) { together[thread] = outputs(forward, thread); });
  const std::vector<std::vector<Tensor>> alone = outputs(forward, 0);
  for (const auto& of_thread : together) {
    for (std::size_t i = 0; i < std::size(sizes); ++i) {
      CAPTURE(sizes[i]);
      CHECK(same_bits(of_thread[i], alone[i]));
    }
  }
}

/// Puts the number of threads back.
struct Threads {
  explicit Threads(int count) { set_num_threads(count); }
  ~Threads() { set_num_threads(before); }
  int before = num_threads();
};

struct Picture {
  nn::Conv2d convolution{2, 6, {3, 3}, {.padding = 1}};
  nn::BatchNorm norm{6};
  nn::Linear out{6, 3};
  Tensor operator()(const Tensor& x) const { return out(mean(relu(norm(convolution(x))), {2, 3})); }
};

struct Sequence {
  nn::GRU gru{12, 40, {.layers = 2}};
  nn::MultiHeadAttention attention{40, 4};
  nn::LayerNorm norm{40};
  nn::Linear out{40, 3};
  Tensor operator()(const Tensor& x) const {
    const Tensor states = gru(x).output;
    return out(mean(norm(states + attention(states, states, states, {.causal = true}).output), {1}));
  }
};

/// The state after a few steps on this input, with gradients from fixed classes.
template <class Model>
std::vector<Tensor> trained(const Model& model, const Tensor& x) {
  optim::Adam adam(parameters(model), {.lr = 1e-2});
  const Tensor classes = cycle(x.size(0), 3);
  std::vector<Tensor> result;
  for (int step = 0; step < 5; ++step) {
    const Tensor loss = cross_entropy(model(x), classes);
    adam.zero_grad();
    loss.backward();
    adam.step();
    result.push_back(loss.detach());
  }
  for (const auto& [name, tensor] : state_dict(model)) result.push_back(tensor);
  return result;
}

}  // namespace

TEST_CASE("threads: one model for all of them, layer by layer") {
  manual_seed(1);
  const nn::Linear linear(90, 70);
  check_shared("Linear", [&](std::int64_t size) { return std::vector{linear(wave({8 * size, 90}))}; });

  const nn::Embedding embedding(50, 16);
  check_shared("Embedding", [&](std::int64_t size) {
    return std::vector{embedding(cycle(5 * size, 50).reshape({size, 5}))};
  });
  const nn::LayerNorm norm(40);
  check_shared("LayerNorm", [&](std::int64_t size) { return std::vector{norm(wave({8 * size, 40}))}; });

  const nn::RNN rnn(10, 20);
  check_shared("RNN", [&](std::int64_t size) { return std::vector{rnn(wave({size, 7, 10})).output}; });
  const nn::GRU gru(24, 32, {.layers = 2, .bidirectional = true, .dropout = 0.5});
  check_shared("GRU", [&](std::int64_t size) {
    const nn::GRUOutput out = gru(wave({size, 7, 24}), {}, cycle(size, 7) + 1);
    return std::vector{out.output, out.state};
  });
  const nn::LSTM lstm(24, 32, {.layers = 2, .bidirectional = true, .dropout = 0.5});
  check_shared("LSTM", [&](std::int64_t size) {
    const nn::LSTMOutput out = lstm(wave({size, 7, 24}), {}, {}, cycle(size, 7) + 1);
    return std::vector{out.output, out.state, out.cell};
  });

  const nn::Conv2d convolution(3, 8, {3, 3}, {.padding = 1});
  check_shared("Conv2d", [&](std::int64_t size) { return std::vector{convolution(wave({size, 3, 11, 9}))}; });
  const nn::BatchNorm batch_norm(5);
  (void)batch_norm(wave({9, 5, 4}));  // running statistics other than 0 and 1
  check_shared("BatchNorm", [&](std::int64_t size) { return std::vector{batch_norm(wave({size, 5, 30}))}; });
}

TEST_CASE("threads: one attention for all of them, with each kind of positions") {
  for (const auto positions :
       {nn::RelativePositions::none, nn::RelativePositions::shaw, nn::RelativePositions::t5,
        nn::RelativePositions::rotary, nn::RelativePositions::alibi}) {
    manual_seed(2);
    const nn::MultiHeadAttention attention(32, 4, {.dropout = 0.5, .positions = positions});
    check_shared(nn::name_of(positions), [&](std::int64_t size) {
      const Tensor x = wave({3, size, 32});
      const nn::MultiHeadOutput out = attention(x, x, x, {.causal = true, .need_weights = true});
      return std::vector{out.output, out.weights};
    });
  }
  manual_seed(3);
  for (const bool learned : {false, true}) {
    // Threads that go beyond the table make a longer one.
    const nn::PositionalEncoding encoding(32, {.learned = learned, .max_length = learned ? 130 : 32});
    check_shared("PositionalEncoding", [&](std::int64_t size) {
      return std::vector{encoding(wave({2, size, 32}))};
    });
  }
}

TEST_CASE("threads: one Transformer for all of them, as a whole and step by step with caches") {
  manual_seed(4);
  const nn::Transformer model(32, {.heads = 4,
                                   .ffn = 48,
                                   .encoder_layers = 2,
                                   .decoder_layers = 2,
                                   .positions = nn::RelativePositions::shaw});
  check_shared("whole", [&](std::int64_t size) {
    return std::vector{model(wave({2, size, 32}), wave({2, size + 1, 32}))};
  });
  const auto step_by_step = [&](std::int64_t size) {
    nn::DecoderCache cache = model.decoder.start(model.encoder(wave({3, size, 32})));
    const Tensor x = wave({3, 6, 32});
    std::vector<Tensor> steps;
    for (std::int64_t t = 0; t < 6; ++t) {
      steps.push_back(model.decoder.step(x.slice(1, t, t + 1), cache).output);
      if (t == 2) cache.select(tensor({2, 0, 1}, DType::int64), tensor({2, 0, 1}, DType::int64));
    }
    return steps;
  };
  check_shared("step by step", step_by_step);
  check_shared("step by step, weights packed by each thread", [&](std::int64_t size) {
    const PackedWeights packed(parameters(model));
    return step_by_step(size);
  });
}

TEST_CASE("threads: what is done with a model that is shared") {
  manual_seed(5);
  const Sequence model;
  // The first visits complete the names of the parameters.
  std::vector<std::string> names[thread_count];
  at_once(thread_count, [&](std::size_t thread) {
    const evaluating scope;
    if (thread % 2 == 0) (void)model(wave({3, 4, 12}));
    for (const auto& [name, parameter] : named_parameters(model)) names[thread].push_back(parameter.name());
  });
  for (const auto& of_thread : names) CHECK(of_thread == names[0]);
  CHECK(names[0].front() == "gru.weight_ih_l0");
}

TEST_CASE("threads: gradients of their own inputs through one frozen model") {
  manual_seed(6);
  const Sequence model;
  freeze(model);
  const auto gradient = [&](std::int64_t size) {
    const Tensor x = wave({size, 5, 12}).requires_grad_();
    sum(model(x)).backward();
    return std::vector{x.grad()};
  };
  std::vector<Tensor> together[thread_count];
  at_once(thread_count, [&](std::size_t thread) { together[thread] = gradient(sizes[thread]); });
  for (std::size_t thread = 0; thread < thread_count; ++thread)
    CHECK(same_bits(together[thread], gradient(sizes[thread])));
}

TEST_CASE("threads: each trains a model of its own") {
  const auto models = [] {
    manual_seed(7);
    return std::tuple<Sequence, Picture, Sequence>();
  };
  const auto train = [](const auto& from, std::size_t which) {
    if (which == 0) return trained(std::get<0>(from), wave({20, 6, 12}));
    if (which == 1) return trained(std::get<1>(from), wave({10, 2, 12, 9}));
    return trained(std::get<2>(from), wave({7, 9, 12}));
  };
  const auto shared = models(), own = models();
  std::vector<Tensor> together[3];
  at_once(3, [&](std::size_t thread) { together[thread] = train(shared, thread); });
  for (std::size_t i = 0; i < 3; ++i) {
    CAPTURE(i);
    CHECK(same_bits(together[i], train(own, i)));
  }
}

TEST_CASE("threads: a training is the same with one for its loops or two") {
  const auto train = [](int threads) {
    const Threads scope(threads);
    manual_seed(8);
    const Sequence sequence;
    const Picture picture;
    std::vector<Tensor> result = trained(sequence, wave({64, 9, 12}));
    for (const Tensor& tensor : trained(picture, wave({40, 2, 25, 25}))) result.push_back(tensor);
    return result;
  };
  CHECK(same_bits(train(1), train(2)));
}

TEST_CASE("threads: their number may change while others compute") {
  const Threads scope(2);
  manual_seed(9);
  const Sequence model;
  const auto forward = [&] {
    const evaluating evaluation;
    return model(wave({64, 9, 12}));
  };
  const Tensor alone = forward();
  std::atomic<bool> done{false};
  std::vector<Tensor> results;
  at_once(2, [&](std::size_t thread) {
    if (thread == 0) {
      for (int round = 0; round < 20; ++round) results.push_back(forward());
      done = true;
    } else {
      for (int count = 1; !done; count = 3 - count) set_num_threads(count);
    }
  });
  for (const Tensor& result : results) CHECK(same_bits(result, alone));
}

TEST_CASE("threads: what one allocates others free") {
  constexpr int rounds = 200;
  std::vector<Tensor> passed_on[thread_count];
  for (int round = 0; round < rounds; round += 50) {
    at_once(thread_count, [&](std::size_t thread) {
      for (int i = 1; i <= 50; ++i) passed_on[thread].push_back(wave({i, 7}) + 1);
    });
    at_once(thread_count, [&](std::size_t thread) { passed_on[(thread + 1) % thread_count].clear(); });
  }
  at_once(thread_count, [&](std::size_t thread) {
    if (thread == 0) empty_memory_cache();
    const Tensor x = wave({static_cast<std::int64_t>(thread) + 1, 2000});
    passed_on[thread].push_back(x * 2);
    (void)memory_statistics();
  });
  for (std::size_t thread = 0; thread < thread_count; ++thread)
    CHECK(same_bits(passed_on[thread][0], wave({static_cast<std::int64_t>(thread) + 1, 2000}) * 2));
}
