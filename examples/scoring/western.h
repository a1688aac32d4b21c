// Rules that split Western text into tokens, which the tokenizer 13a of BLEU and the normalisation of TER
// share. They are those of the script mteval-v13a of the NIST machine translation evaluations. Each reads its
// text from left to right and goes on behind what it matched; tokens end up between spaces.
#pragma once
#include <string>
#include <string_view>

namespace scoring {

/// Writes `to` for every `from` (which is not empty).
std::string replace_all(std::string_view text, std::string_view from, std::string_view to);

/// `&quot; &amp; &lt; &gt;` become the characters they stand for, in this order: `&amp;lt;` becomes `<`.
std::string unescape(std::string_view text);

/// Spaces around every ASCII punctuation mark and symbol but the apostrophe, the comma, the hyphen and the
/// dot.
std::string separate_marks(std::string_view text);

/// Splits off a dot or comma that follows no digit, then one that comes before no digit, then a hyphen that
/// follows a digit.
std::string separate_stops(std::string_view text);

}  // namespace scoring
