// Translators without a network, to measure the learnt one against.
#pragma once
#include "demo_corpus.h"

#include <string>
#include <vector>

namespace translation {

/// The words between the spaces; for Chinese characters, the longest words of the lexicon from left to right.
std::vector<std::string> demo_words(const std::string& sentence, bool is_characters);

/// Percent of the test sentences that a word-by-word dictionary gets right: the most likely target word of
/// each source word under IBM model 1 (Brown et al., "The mathematics of statistical machine translation",
/// 1993), estimated on the training set in five rounds. Chinese words are those of the lexicon.
double dictionary_exact_match(const DemoCorpus& corpus, bool target_is_characters);

/// Percent of the test sentences whose translation is that of the training sentence nearest in words
/// inserted, deleted and replaced, the first of equally near ones.
double nearest_exact_match(const DemoCorpus& corpus);

}  // namespace translation
