// Writing a translation word by word.
#pragma once
#include "model.h"
#include "text.h"

#include <span>
#include <string>
#include <vector>

namespace translation {

struct Translation {
  std::vector<std::int64_t> ids;            // without begin and end
  std::vector<std::vector<float>> weights;  // of the attention, one row over the source positions per id and one for the end
};

/// The most likely word at every step, for a batch of sentences at once. A sentence ends at its end symbol, or at twice
/// its source's length and ten words more; padding, unknown and begin are never written.
std::vector<Translation> greedy_search(const TranslationModel& model, std::span<const std::vector<std::int64_t>> sources);

/// The same with the `width` likeliest beginnings of every sentence kept at each step. A sentence is done when that
/// many have ended; it is the one with the largest mean log-probability of its words, the end included. Width 1 is
/// greedy_search.
std::vector<Translation> beam_search(const TranslationModel& model, std::span<const std::vector<std::int64_t>> sources,
                                     std::int64_t width);

/// The lines in the target language, in batches, by beam_search. An empty line stays empty; of a line of more
/// than model.most_words() words the first ones are translated.
std::vector<std::string> translate_lines(const TranslationModel& model, const Language& source, const Language& target,
                                         std::span<const std::string> lines, std::int64_t beam = 1);

}  // namespace translation
