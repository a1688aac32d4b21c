// Writing a translation word by word.
#pragma once
#include "model.h"
#include "text.h"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace translation {

using SentenceIds = std::span<const std::vector<std::int64_t>>;

struct Translation {
  std::vector<std::int64_t> ids;  // without begin and end
  /// Of the attention, one row over the source positions and the end per id, and one for the end.
  std::vector<std::vector<float>> weights;
  double score = 0;  // of best_translations and sampled_translations
};

/// Whether a search may write <unk>, which has to be replaced then. Padding and begin are never written.
enum class Unknown { left_out, written };

/// Words of a translation at most, the end included: twice those of the source, its end included, and ten.
constexpr std::int64_t longest_translation(std::int64_t source_words) { return 2 * (source_words + 1) + 10; }

/// The most likely word at every step, for a batch of sentences at once. A sentence ends at its end symbol,
/// or when it is longest_translation of its source.
std::vector<Translation> greedy_search(const Predictor& predictor, SentenceIds sources,
                                       Unknown unknown = Unknown::left_out);

/// How translations are followed side by side, and how they are compared once they have ended:
///
///     score = ln p / |Y|^length_penalty + coverage * sum over the source words i of ln min(1, sum_j p_ij)
///
/// ln p is the log-probability of the translation Y given the source, |Y| the number of its words, the end
/// included; p_ij is the weight with which word j looked at source word i (Wu et al. 2016, equation 14; their
/// length penalty has another form).
struct BeamOptions {
  std::int64_t width = 1;
  double length_penalty = 1;  // 0: no; 1: the mean log-probability of a word; more: longer translations
  double coverage = 0;        // needs attention. A word that nothing looked at counts as looked at by 1e-9
  std::int64_t best = 1;      // translations of each sentence, at most `width`
  Unknown unknown = Unknown::left_out;
  bool weights = true;  // give what the words looked at, which takes memory for every step of every row
};

/// The best that a beam finds of every sentence, best first: the `width` likeliest beginnings are kept at
/// each step. A sentence is done when that many have ended; or when `best` have, and no other can catch up:
/// whatever follows a beginning of log-probability l, the score of the whole is l / L^length_penalty at most,
/// where L is longest_translation of the source. At that length what has not ended is cut off; the likeliest
/// cut ones come last where fewer than `best` have ended. Fewer are found where there are no more to be
/// written.
std::vector<std::vector<Translation>> best_translations(const Predictor& predictor, SentenceIds sources,
                                                        const BeamOptions& options);

/// The best of each by the mean log-probability of its words. Width 1 is greedy_search.
std::vector<Translation> beam_search(const Predictor& predictor, SentenceIds sources, std::int64_t width);

struct SampleOptions {
  double temperature = 1;  // logits are divided by it
  std::int64_t top_k = 0;  // draw among so many likeliest words; 0: among all
  double top_p = 1;        // and of those among the likeliest ones that have this share of their probability
  std::int64_t draws = 1;  // translations of each sentence
  std::uint64_t seed = 0;
  Unknown unknown = Unknown::left_out;
};

/// Translations whose words are drawn from softmax(logits / temperature), cut off by top_k (Fan et al. 2018),
/// then by top_p (Holtzman et al. 2020). Draw d of sentence i depends on the seed, numbers[i] and d, and on
/// nothing else in the batch. Its score is the mean log-probability of its words, the end included, before
/// temperature and cuts.
std::vector<std::vector<Translation>> sampled_translations(const Predictor& predictor, SentenceIds sources,
                                                           std::span<const std::uint64_t> numbers,
                                                           const SampleOptions& options);

/// The places of all sentences that are not empty, in batches of `size`: similar lengths together, so that
/// little padding is computed.
std::vector<std::vector<std::size_t>> batches_by_length(SentenceIds sentences, std::size_t size);

/// Encoded sentences in the target language, in batches, by greedy_search. An empty one stays empty; of one
/// of more than predictor.most_words() words the first ones are translated. Nothing where `stop` asked for an
/// end in between.
std::optional<std::vector<std::string>> translate_sentences(const Predictor& predictor,
                                                            const Language& target,
                                                            std::vector<std::vector<std::int64_t>> sources,
                                                            const std::function<bool()>& stop = {});

/// The same from text.
std::vector<std::string> translate_lines(const Predictor& predictor, const Language& source,
                                         const Language& target, std::span<const std::string> lines);

}  // namespace translation
