// Words that a translator does not know, taken over from the source.
#pragma once
#include "search.h"

#include <span>
#include <string>
#include <vector>

namespace translation {

/// The words of a translation, each <unk> replaced by the source word that it looked at most, the first of
/// equal ones (Luong et al. 2015, "Addressing the Rare Word Problem", with attention in the place of
/// alignments). The end of the source is no word. Tokens are words on both sides, and the weights of the
/// translation are there.
std::string with_source_words(const Translation& translation, std::span<const std::string> source_words,
                              const gradus::Vocabulary& target);

/// Throws where that makes no sense: the tokens of either side are no whole words, or there is no attention.
void check_source_words(const Predictor& predictor, const Language& source, const Language& target);

}  // namespace translation
