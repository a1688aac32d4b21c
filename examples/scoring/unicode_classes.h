// General categories of the Unicode character database.
#pragma once

namespace scoring {

/// Category P: of all scripts, `„`, `–` and `。` among them.
bool is_punctuation(char32_t code_point);

/// Category S: mathematical, currency and other symbols, `$`, `+` and `°` among them.
bool is_symbol(char32_t code_point);

/// Category N: digits of all scripts, and `½`, `²` and `Ⅷ`.
bool is_number(char32_t code_point);

}  // namespace scoring
