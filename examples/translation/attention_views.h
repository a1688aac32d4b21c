// What a translator looks at while it writes one translation: every layer, head and step.
#pragma once
#include "storage.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace translation {

/// A token as it is shown: as it stands in the text.
struct ShownToken {
  enum Kind {
    known,
    unknown,  // to the vocabulary: the model reads <unk>
    mark      // the begin or the end of a sentence
  };
  std::string text;
  Kind kind = known;
};

/// Which tokens look at which: rows of weights at columns.
enum class AttentionRole {
  cross,    // the written at the source; the attention of a recurrent decoder as well
  encoder,  // the source at itself
  decoder,  // the written at what was written before
  erasure   // no attention, but what to hold against it: what the written loses without a token of the source
};
const char* name_of(AttentionRole role);

/// The layers that attend at one place of the model, from the first to the last. Of erasure one "layer" with
/// one "head": which share of its probability a written token loses when the source is read without one of
/// its tokens (Li, Monroe and Jurafsky 2016, "Understanding Neural Networks through Representation Erasure");
/// 0 where it gains, and for the end of the source, which cannot be left out. A token that is looked at need
/// not be needed, nor the other way round.
struct AttentionView {
  AttentionRole role;
  gradus::NamedTensors layers;  // (heads, rows, columns) each, float32, under the layer's path in the model
};

struct SentenceAttention {
  std::string sentence, translation;
  std::string source_tokens, target_tokens;  // what a token is on either side: Language::token_kind()
  std::vector<ShownToken> source;            // with its end
  std::vector<ShownToken> written;           // the translation; with its end, unless it was cut off before
  std::vector<ShownToken>
      history;  // what the decoder had read: row i of decoder attention ends at its token i
  std::vector<AttentionView> views;  // in the order of AttentionRole; those that the model has, and erasure
};

struct AttentionQuery {
  std::string sentence;
  std::int64_t beam = 1;                   // of the search for the translation
  std::optional<std::string> target = {};  // the translation to write, instead of a search
};

/// Translates the sentence, or takes the translation that is given, and runs the model over both once,
/// without dropout. Throws where the sentence has no token or too many, and where the model has no attention.
SentenceAttention attention_of(const Translator& translator, const AttentionQuery& query);

/// The mean over layers and heads, (rows, columns).
std::vector<std::vector<float>> mean_weights(const AttentionView& view);

}  // namespace translation
