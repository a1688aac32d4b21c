// What the attention layers of a model look at, taken down while it runs: all layers and heads at once,
// wherever in the model they are.
//
//   const evaluating scope;
//   nn::AttentionRecord record(model);
//   model(source, target);
//   for (const auto& [name, weights] : record.joined()) {
//     std::cout << name << " " << to_string(weights.shape()) << "\n";
//   }                                        // decoder.layers.0.multihead_attn (1, 8, 7, 9) ...
//   save_tensors("attention.safetensors", record.joined());
//
// MultiHeadAttention and Attention are recorded. A layer of your own is, where it says so:
//
//   if (nn::AttentionRecord::wants(weight_)) nn::AttentionRecord::add(weight_, weights);
#pragma once
#include <gradus/nn/visit.h>
#include <gradus/tensor/safetensors.h>

#include <string>
#include <utility>
#include <vector>

namespace gradus::nn {

/// While it lives, what its thread computes with attention layers of `model` is recorded; other threads and
/// other models are not. Several may live at once: each records the layers of its own model. A layer has to
/// compute its weights then, which the fast path in blocks never does; outputs stay the same up to rounding.
/// The weights are those before dropout, and cut off from the graph. The model must stay where it is, and the
/// record end in the thread that it began in.
class [[nodiscard]] AttentionRecord {
 public:
  explicit AttentionRecord(const ModelView& model);
  ~AttentionRecord();
  AttentionRecord(const AttentionRecord&) = delete;
  AttentionRecord& operator=(const AttentionRecord&) = delete;

  /// Every call in order: the layer's path in the model ("decoder.layers.0.multihead_attn", empty where the
  /// layer is the model) and its weights (batch, heads, Q, S); Attention has one head.
  const NamedTensors& calls() const { return calls_; }
  /// Every layer once, in the order of their first calls: the rows of its calls one behind the other, (batch,
  /// heads, Q of all calls, S of the longest), where keys that a call did not have yet get zeros. So a
  /// decoder that goes step by step gives the same as one that does all steps at once. Throws where batch or
  /// heads differ from call to call.
  NamedTensors joined() const;

  /// For layers. `field` is a tensor that the layer holds, as such and not a copy, defined or not: the layer
  /// is known by its place. True where a living record of this thread has the layer in its model.
  static bool wants(const Tensor& field);
  /// weights (batch, heads, Q, S), to every record that wants them.
  static void add(const Tensor& field, const Tensor& weights);

 private:
  const std::string* path_of_holder(const Tensor& field) const;

  std::vector<std::pair<const Tensor*, std::string>> fields_;  // with the path of what holds each
  NamedTensors calls_;
  AttentionRecord* outer_;
};

}  // namespace gradus::nn
