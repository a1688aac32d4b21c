// What a translation model is to those who train it and decode with it, and the options of all of them.
#pragma once
#include <gradus/nn/attention.h>
#include <gradus/nn/embedding.h>
#include <gradus/nn/linear.h>
#include <gradus/nn/losses.h>
#include <gradus/nn/transformer.h>
#include <gradus/nn/visit.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace translation {

using gradus::Tensor;
namespace nn = gradus::nn;

enum class ModelKind { rnn, gru, lstm, transformer };

/// What a recurrent decoder sees of the source where it has no attention: one vector for the whole sentence.
enum class Context { last, mean, sum };

/// When a recurrent decoder attends.
enum class Timing {
  before,   // with the state before the step; the context goes into the step (Bahdanau et al. 2015)
  between,  // in the middle of a step of two: one cell takes the word in, its state attends, a second cell
            // takes the context in (the conditional GRU of Sennrich et al. 2017)
  after     // with the state after the step; tanh(W [context, state]) predicts, and goes into the next step
            // (Luong et al. 2015)
};

/// How a word is predicted.
enum class OutputLayer {
  direct,  // one linear map to the vocabulary
  deep     // a tanh layer to the width of the embedding, then the target embedding itself, transposed
};

/// Where the Transformer's positions come from: added to the embeddings, or part of self attention.
enum class Positions { none, sinusoidal, learned, shaw, t5, rotary, alibi };

/// Which tables are one: none, the target's embedding and the output, or the source's as well, which needs a
/// vocabulary for both languages. A recurrent model's output is one with a table only where it is deep.
enum class Tie { none, target, all };

/// Probabilities of dropout, by place. Where `as_dropout` stands it is what ModelOptions::dropout says there.
struct Dropouts {
  static constexpr double as_dropout = -1;
  double embedding = as_dropout;   // of the features of embedded words
  double word = 0;                 // of whole words, source and target (Gal, Ghahramani 2016)
  double output = as_dropout;      // of what a word is predicted from; as_dropout in the Transformer: none
  double attention = as_dropout;   // the Transformer: of attention weights
  double activation = as_dropout;  // the Transformer: of the position-wise networks' hidden features
  double context = 0;              // recurrent: of the encoder's states as attention and decoder see them
  double recurrent = 0;            // recurrent: of the state in its products, one mask a sentence (the same)
};

struct ModelOptions {
  ModelKind kind = ModelKind::gru;
  std::int64_t source_vocabulary = 0;
  std::int64_t target_vocabulary = 0;
  std::int64_t dim = 256;  // features of a word; in the Transformer of everything
  int layers = 1;          // of the encoder, and of the decoder
  double dropout = 0.3;
  Dropouts dropouts = {};
  Tie tie = Tie::target;

  // Recurrent models.
  std::int64_t hidden = 256;  // features of a state
  std::optional<nn::Score> attention = nn::Score::additive;
  nn::AttentionOptions attending = {.max_length = 256};
  Timing timing = Timing::before;
  bool input_feeding = true;        // with Timing::after
  Context context = Context::last;  // where there is no attention
  OutputLayer output = OutputLayer::deep;

  // The Transformer.
  std::int64_t heads = 4;
  std::int64_t ffn = 1024;
  nn::NormPlacement norm = nn::NormPlacement::pre;
  nn::NormKind norm_kind = nn::NormKind::layer;
  nn::FeedForwardKind feed_forward = nn::FeedForwardKind::relu;
  std::int64_t key_value_heads = 0;  // 0: as many as heads
  Positions positions = Positions::sinusoidal;
};

/// Words of a sentence at most that is translated, at a cost that grows with their square.
inline constexpr std::int64_t longest_sentence = 500;

/// One step of writing a translation.
struct StepOutput {
  Tensor logits;   // (B, target vocabulary)
  Tensor weights;  // (B, S) of the attention over the source, of all heads on average; undefined without it
};

/// A batch of translations that are being written.
class Decoding {
 public:
  virtual ~Decoding() = default;
  /// Reads the words chosen last, (B,) int64, and scores the next.
  virtual StepOutput step(const Tensor& previous) = 0;
  /// Goes on with these rows of the batch (int64), `width` of them side by side for every sentence that is
  /// still being written. At first there is one row for each sentence.
  virtual void select(const Tensor& rows, std::int64_t width) = 0;
};

/// The sentences that the rows given to Decoding::select belong to, (rows / width,), where there were
/// `width_before` rows to a sentence.
Tensor sentences_of(const Tensor& rows, std::int64_t width, std::int64_t width_before);

/// What writes translations word by word: a model, or several as one. source (B, S) int64 ids, lengths (B,)
/// int64 throughout.
class Predictor {
 public:
  virtual ~Predictor() = default;
  /// Words of a sentence at most that it translates, without the end.
  virtual std::int64_t most_words() const { return longest_sentence; }
  /// Whether its steps say how much they looked at each source position.
  virtual bool has_attention() const { return true; }
  /// Starts to translate, without dropout.
  virtual std::unique_ptr<Decoding> start(const Tensor& source, const Tensor& lengths) const = 0;
  /// For parameters(), save(), load() and their like.
  virtual gradus::ModelView view() const = 0;
};

/// The most positions that a model tells apart in a source and in a target, the end's included.
struct Reach {
  std::int64_t source = INT64_MAX, target = INT64_MAX;

  /// Whether there is a place for all words of both sides, and for their ends.
  bool holds(std::int64_t source_words, std::int64_t target_words) const {
    return source_words < source && target_words < target;
  }
};

/// What can be trained.
class TranslationModel : public Predictor {
 public:
  virtual Reach reach() const { return {}; }
  /// What the words behind `previous` (B, T) are predicted from, (B, T, features), with dropout in training.
  /// The decoder reads each word of `previous` with the probability `teacher_forcing`, and otherwise the one
  /// that it holds the likeliest itself (Bengio et al. 2015); the first always. Throws where the model can
  /// only read them all.
  virtual Tensor features(const Tensor& source, const Tensor& lengths, const Tensor& previous,
                          double teacher_forcing = 1) const = 0;
  /// What makes scores of the vocabulary of them.
  virtual const nn::Linear& output_layer() const = 0;
  /// The loss of the words `target` (B, T), padding left out, when the decoder reads `previous` (B, T) as in
  /// `features`.
  gradus::TokenLoss loss(const Tensor& source, const Tensor& lengths, const Tensor& previous,
                         const Tensor& target, gradus::TokenLossOptions options = {},
                         double teacher_forcing = 1) const;
};

/// A table whose rows have length 1 on average, so that an output layer can share it; `embed_words` makes
/// them sqrt(dim) times as long (Vaswani et al. 2017, section 3.4).
gradus::nn::Embedding word_table(std::int64_t words, std::int64_t dim);
/// Makes one of the tables as `tie` says. The output may be none.
void tie_tables(Tie tie, gradus::nn::Embedding& source, gradus::nn::Embedding& target,
                gradus::nn::Linear* output);

/// ids (...) -> (..., dim)
Tensor embed_words(const gradus::nn::Embedding& table, const Tensor& ids);

/// Embedded words (..., dim) with whole words left out with a probability while training, and the others
/// 1 / (1 - p) times as large.
Tensor drop_words(const Tensor& embedded, double p);

/// Throws where the options do not fit together.
std::unique_ptr<TranslationModel> make_model(const ModelOptions& options);
/// Whether any dropout acts in the model, so that two readings of a batch can differ.
bool has_dropout(const ModelOptions& options);

/// The name of the first weight that holds a number which is not finite; "" where all are.
std::string first_broken_weight(const gradus::ModelView& model);

/// The parameters that a model of these options has at least: its largest matrices, counted without asking
/// for any. A floating-point number, which sizes of any kind cannot overflow.
double least_parameters(const ModelOptions& options);

/// Names of the options, as the command line and config.json write them, and back.
const char* name_of(ModelKind kind);
const char* name_of(Context context);
const char* name_of(Timing timing);
const char* name_of(OutputLayer output);
const char* name_of(Positions positions);
const char* name_of(Tie tie);
ModelKind model_kind_named(const std::string& name);
Context context_named(const std::string& name);
Timing timing_named(const std::string& name);
OutputLayer output_named(const std::string& name);
Positions positions_named(const std::string& name);
Tie tie_named(const std::string& name);

}  // namespace translation
