#include "transformer_model.h"

#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/indexing.h>
#include <gradus/autograd/modes.h>
#include <gradus/autograd/normalize.h>
#include <gradus/autograd/reduce.h>
#include <gradus/data/loader.h>
#include <gradus/tensor/error.h>

#include <utility>

namespace translation {

using namespace gradus;

namespace {

nn::RelativePositions relative(Positions positions) {
  switch (positions) {
    case Positions::shaw: return nn::RelativePositions::shaw;
    case Positions::t5: return nn::RelativePositions::t5;
    case Positions::rotary: return nn::RelativePositions::rotary;
    case Positions::alibi: return nn::RelativePositions::alibi;
    default: return nn::RelativePositions::none;
  }
}

class TransformerDecoding : public Decoding {
 public:
  TransformerDecoding(const TransformerModel& model, nn::DecoderCache cache, const Tensor& mask)
      : model_(model), cache_(std::move(cache)), mask_(mask) {}
  StepOutput step(const Tensor& previous) override { return model_.step(previous, cache_, mask_); }
  void select(const Tensor& rows, std::int64_t width) override {
    const Tensor sentences = sentences_of(rows, width, width_);
    cache_.select(rows, sentences);
    mask_ = index_select(mask_, 0, sentences);
    width_ = width;
  }

 private:
  const TransformerModel& model_;
  nn::DecoderCache cache_;
  Tensor mask_;  // (sentences, S): what of the source is padding
  std::int64_t width_ = 1;
};

}  // namespace

TransformerModel::Parts TransformerModel::make_parts(const ModelOptions& options) {
  const nn::TransformerOptions core{.heads = options.heads,
                                    .ffn = options.ffn,
                                    .encoder_layers = options.layers,
                                    .decoder_layers = options.layers,
                                    .dropout = options.dropout,
                                    .attention_dropout = options.dropouts.attention,
                                    .activation_dropout = options.dropouts.activation,
                                    .norm = options.norm,
                                    .norm_kind = options.norm_kind,
                                    .feed_forward = options.feed_forward,
                                    .key_value_heads = options.key_value_heads,
                                    .positions = relative(options.positions)};
  Parts parts{.source_embedding = word_table(options.source_vocabulary, options.dim),
              .target_embedding = word_table(options.target_vocabulary, options.dim),
              .positions = {},
              .core = nn::Transformer(options.dim, core),
              .output = nn::Linear(options.dim, options.target_vocabulary)};
  if (options.positions == Positions::sinusoidal || options.positions == Positions::learned) {
    parts.positions.emplace(
        options.dim, nn::PositionalEncodingOptions{.learned = options.positions == Positions::learned});
  }
  tie_tables(options.tie, parts.source_embedding, parts.target_embedding, &parts.output);
  return parts;
}

TransformerModel::TransformerModel(const ModelOptions& options)
    : options_(options), parts_(make_parts(options)) {}

Reach TransformerModel::reach() const {
  if (options_.positions != Positions::learned) return {};
  const std::int64_t rows = nn::PositionalEncodingOptions{}.max_length;
  return {.source = rows, .target = rows};
}

/// ids (B, T) -> (B, T, dim); `first` is the position of the first.
Tensor TransformerModel::embed(const nn::Embedding& table, const Tensor& ids, std::int64_t first) const {
  const Tensor words = drop_words(embed_words(table, ids), options_.dropouts.word);
  return dropout(parts_.positions ? (*parts_.positions)(words, first) : words, options_.dropouts.embedding);
}

TransformerModel::Memory TransformerModel::encode(const Tensor& source, const Tensor& lengths) const {
  const Tensor mask = padding_mask(lengths, source.size(1));
  return {parts_.core.encoder(embed(parts_.source_embedding, source), {.key_mask = mask}), mask};
}

Tensor TransformerModel::features(const Tensor& source, const Tensor& lengths, const Tensor& previous,
                                  double teacher_forcing) const {
  if (teacher_forcing != 1) {
    throw Error(
        "translation model",
        "a Transformer learns from all words of a sentence at once, so that there is no word of its own "
        "yet that it could read: teacher forcing must be 1, got " +
            std::to_string(teacher_forcing) + "; a recurrent model can do with less");
  }
  const Memory memory = encode(source, lengths);
  // The target needs no mask of its own: what it pads lies behind every word that counts.
  const Tensor hidden = parts_.core
                            .decoder(embed(parts_.target_embedding, previous), memory.values,
                                     {.causal = true}, {.key_mask = memory.mask})
                            .output;  // (B, T, dim)
  return dropout(hidden, options_.dropouts.output);
}

std::unique_ptr<Decoding> TransformerModel::start(const Tensor& source, const Tensor& lengths) const {
  const evaluating scope;
  const Memory memory = encode(source, lengths);
  return std::make_unique<TransformerDecoding>(*this, parts_.core.decoder.start(memory.values), memory.mask);
}

StepOutput TransformerModel::step(const Tensor& previous, nn::DecoderCache& cache,
                                  const Tensor& source_mask) const {
  const evaluating scope;
  const Tensor word = embed(parts_.target_embedding, previous.unsqueeze(1), cache.length());  // (B, 1, dim)
  const nn::DecoderOutput seen =
      parts_.core.decoder.step(word, cache, {.key_mask = source_mask, .need_weights = true});
  return {parts_.output(seen.output.squeeze(1)), mean(seen.weights, {1}).squeeze(1)};
}

}  // namespace translation
