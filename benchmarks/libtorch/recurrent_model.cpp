// A GRU that reads in both directions, additive attention, and a GRU that writes, in LibTorch.
#include "model.h"

#include <cmath>
#include <stdexcept>
#include <vector>

namespace benchmarks {
namespace {

namespace nn = torch::nn;
using torch::Tensor;

/// score(query, key) = v . tanh(W query + U key).
class AdditiveAttention : public nn::Module {
 public:
  explicit AdditiveAttention(std::int64_t hidden) {
    const auto uniform = [](torch::IntArrayRef shape) {
      const double bound = 1 / std::sqrt(static_cast<double>(shape.back()));
      return torch::empty(shape).uniform_(-bound, bound);
    };
    query_weight_ = register_parameter("query_weight", uniform({hidden, hidden}));
    key_weight_ = register_parameter("key_weight", uniform({hidden, 2 * hidden}));
    v_ = register_parameter("v", uniform({hidden}));
  }
  /// memory (B, S, 2H) -> (B, S, H)
  Tensor project_keys(const Tensor& memory) { return torch::linear(memory, key_weight_); }
  /// query (B, H) -> the context (B, 2H)
  Tensor attend(const Tensor& query, const Tensor& keys, const Tensor& memory, const Tensor& padding) {
    const Tensor sums = torch::linear(query, query_weight_).unsqueeze(1) + keys;  // (B, S, H)
    const Tensor scores = torch::matmul(torch::tanh(sums), v_).masked_fill(padding, -INFINITY);
    return torch::bmm(torch::softmax(scores, 1).unsqueeze(1), memory).squeeze(1);
  }

 private:
  Tensor query_weight_, key_weight_, v_;
};

class RecurrentModel : public TranslationModel {
 public:
  explicit RecurrentModel(const Workload& work) {
    if (work.model != "gru" || work.layers != 1 || work.dropout != 0) {
      throw std::runtime_error("the recurrent model here is a GRU of one layer without dropout");
    }
    const std::int64_t E = work.dim, H = work.hidden, features = 3 * H + E;
    source_embedding_ = register_module("source_embedding", word_table(work.vocabulary, E));
    target_embedding_ = register_module("target_embedding", word_table(work.vocabulary, E));
    encoder_ = register_module("encoder", nn::GRU(nn::GRUOptions(E, H).bidirectional(true)));
    bridge_ = register_module("bridge", nn::Linear(2 * H, H));
    decoder_ = register_module("decoder", nn::GRUCell(E + 2 * H, H));
    attention_ = register_module("attention", std::make_shared<AdditiveAttention>(H));
    if (work.output == "deep") {
      deep_ = register_module("deep", nn::Linear(features, E));
      tied_output_ = register_module("output", TiedOutput(E, work.vocabulary));
    } else {
      output_ = register_module("output", nn::Linear(features, work.vocabulary));
    }
  }

  Tensor logits(const Sentences& sentences) override {
    auto [states, ends] =
        encoder_(embed_words(source_embedding_, sentences.source));          // (S, B, 2H), (2, B, H)
    Tensor state = torch::tanh(bridge_(torch::cat({ends[0], ends[1]}, 1)));  // (B, H)
    const Tensor memory = states.transpose(0, 1).contiguous();               // (B, S, 2H)
    const Tensor keys = attention_->project_keys(memory);
    const Tensor embedded = embed_words(target_embedding_, sentences.previous);  // (T, B, E)
    std::vector<Tensor> features;
    for (std::int64_t t = 0; t < embedded.size(0); ++t) {
      const Tensor word = embedded[t];
      const Tensor context = attention_->attend(state, keys, memory, sentences.padding);
      state = decoder_(torch::cat({word, context}, 1), state);
      features.push_back(torch::cat({state, context, word}, 1));
    }
    const Tensor all = torch::stack(features);  // (T, B, 3H + E)
    return deep_ ? tied_output_(torch::tanh(deep_(all)), target_embedding_->weight) : output_(all);
  }

 private:
  nn::Embedding source_embedding_{nullptr}, target_embedding_{nullptr};
  nn::GRU encoder_{nullptr};
  nn::Linear bridge_{nullptr}, deep_{nullptr}, output_{nullptr};
  TiedOutput tied_output_{nullptr};
  nn::GRUCell decoder_{nullptr};
  std::shared_ptr<AdditiveAttention> attention_;
};

}  // namespace

std::unique_ptr<TranslationModel> make_recurrent_model(const Workload& work) {
  return std::make_unique<RecurrentModel>(work);
}

}  // namespace benchmarks
