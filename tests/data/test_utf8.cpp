#include <doctest/doctest.h>
#include <gradus/data/utf8.h>
#include <gradus/tensor/error.h>

using namespace gradus;

TEST_CASE("utf8: valid sequences at the ends of their ranges decode to their code points") {
  const auto value = [](std::string_view bytes) { return decode_utf8(bytes, 0).value().value; };
  CHECK(value("\x7F") == 0x7F);
  CHECK(value("\xC2\x80") == 0x80);
  CHECK(value("\xDF\xBF") == 0x7FF);
  CHECK(value("\xE0\xA0\x80") == 0x800);
  CHECK(value("\xED\x9F\xBF") == 0xD7FF);
  CHECK(value("\xEE\x80\x80") == 0xE000);
  CHECK(value("\xEF\xBF\xBF") == 0xFFFF);
  CHECK(value("\xF0\x90\x80\x80") == 0x10000);
  CHECK(value("\xF4\x8F\xBF\xBF") == 0x10FFFF);
  CHECK(find_invalid_utf8(std::string_view("a\0b", 3)) == std::nullopt);
  CHECK(find_invalid_utf8("") == std::nullopt);
}

TEST_CASE("utf8: what is not strict UTF-8 is found at its first byte") {
  const std::string_view invalid[] = {
      "ab\x80",              // a continuation byte without a start
      "ab\xC0\x80",          // overlong, two bytes
      "ab\xC1\xBF",          // overlong, two bytes
      "ab\xE0\x80\x80",      // overlong, three bytes
      "ab\xE0\x9F\xBF",      // overlong, three bytes
      "ab\xF0\x8F\xBF\xBF",  // overlong, four bytes
      "ab\xED\xA0\x80",      // the first surrogate
      "ab\xED\xBF\xBF",      // the last surrogate
      "ab\xF4\x90\x80\x80",  // U+110000
      "ab\xF5\x80\x80\x80",  // above all code points
      "ab\xFF",              // in no sequence
      "ab\xC3",              // truncated
      "ab\xE4\xB8",          // truncated
      "ab\xF0\x9F\x98",      // truncated
      "ab\xE4\xB8z",         // a start without its last continuation
      "ab\xC3\xC3\xA9",      // a start without any
  };
  for (const std::string_view text : invalid) {
    CAPTURE(text.size());
    CHECK(find_invalid_utf8(text) == 2u);
    CHECK_THROWS_AS(split_code_points(text), Error);
    CHECK_THROWS_AS(split_white_space(text), Error);
    CHECK_THROWS_AS(lowercase(text), Error);
  }
  CHECK_THROWS_WITH_AS(split_code_points("caf\xE9"),
                       "[split_code_points] invalid UTF-8: byte 0xE9 at byte offset 3 of a text of 4 bytes; "
                       "convert the text to UTF-8",
                       Error);
}

TEST_CASE("utf8: a text is split into its code points") {
  using Pieces = std::vector<std::string_view>;
  CHECK(split_code_points("我爱GPU, é😀") == Pieces{"我", "爱", "G", "P", "U", ",", " ", "é", "😀"});
  CHECK(split_code_points("e\u0301") == Pieces{"e", "\u0301"});
  CHECK(split_code_points("").empty());
}

TEST_CASE("utf8: a text is split at Unicode white space") {
  using Pieces = std::vector<std::string_view>;
  CHECK(split_white_space(" a  double\tspace ") == Pieces{"a", "double", "space"});
  CHECK(split_white_space("mots\u00A0insécables\u202F!") == Pieces{"mots", "insécables", "!"});
  CHECK(split_white_space("我\u3000爱\u2028你") == Pieces{"我", "爱", "你"});
  CHECK(split_white_space("a\u200Bb") == Pieces{"a\u200Bb"});  // the zero-width space is not white space
  CHECK(split_white_space(" \u00A0\u3000\n").empty());
}

TEST_CASE("utf8: white space has 29 members, as in Python") {
  int members = 0;
  for (char32_t c = 0; c <= 0x10FFFF; ++c) members += is_white_space(c) ? 1 : 0;
  CHECK(members == 29);
  for (const char32_t c :
       {0x09, 0x0D, 0x1C, 0x1F, 0x20, 0x85, 0xA0, 0x1680, 0x2000, 0x200A, 0x2029, 0x205F}) {
    CHECK(is_white_space(c));
  }
  CHECK_FALSE(is_white_space(0xFEFF));
}

TEST_CASE("utf8: widths in terminal columns") {
  CHECK(display_width("") == 0);
  CHECK(display_width("je t'aime") == 9);
  CHECK(display_width("été") == 3);
  CHECK(display_width("e\u0301te\u0301") == 3);  // with combining accents
  CHECK(display_width("我爱编程") == 8);
  CHECK(display_width("コード") == 6);
  CHECK(display_width("ｱ") == 1);         // a halfwidth letter
  CHECK(display_width("か\u3099") == 2);  // with a combining voice mark
  CHECK(display_width("한국어") == 6);
  CHECK(display_width("Ａ！") == 4);  // fullwidth forms
  CHECK(display_width("我，GPU。") == 9);
  CHECK(display_width("😀") == 2);
  CHECK(display_width("▁█░") == 3);
  CHECK(display_width("\U00020000") == 2);  // Extension B
  CHECK(display_width("a\u200B\uFEFF\tb") == 2);
  CHECK(display_width("a\xFF") == 2);
}

TEST_CASE("utf8: lower case") {
  CHECK(lowercase("L'ÉTÉ À 25°C, ÇA × ÿ") == "l'été à 25°c, ça × ÿ");
  CHECK(lowercase("ŁÓDŹ ŽIŽEK ĲSSEL ŸŒÆ ŞIĞ ĿĹ") == "łódź žižek ĳssel ÿœæ şiğ ŀĺ");
  CHECK(lowercase("ΆΈΉΊΌΎΏ ΑΒΓΡΤΩΫ") == "άέήίόύώ αβγρτωϋ");
  CHECK(lowercase("ЀЁЏ АЯ ҐӁӀ") == "ѐёџ ая ґӂӏ");
  CHECK(lowercase("TIẾNG VIỆT ƠƯ, ȘȚ, STRAẞE") == "tiếng việt ơư, șț, straße");
  CHECK(lowercase("\u0130") == "i\u0307");
  CHECK(lowercase("ԱՐԵՎ ႠႡ ᲐᲑ ᎠᏰ ⰀⰁ ⅧⒶ ÅK ꞋꭰǅǕƏ 𐐀𞤀") ==
        "արեվ ⴀⴁ აბ ꭰᏸ ⰰⰱ ⅷⓐ åk ꞌꭰǆǖə 𐐨𞤢");
  CHECK(lowercase("ΟΔΟΣ, ΣΑΣ Σ Α'Σ' ΑΣ\u0301Β Σ1Σ") == "οδος, σας σ α'ς' ασ\u0301β σ1σ");
  CHECK(lowercase("我爱ＧＰＵ ß ı ŉ ƶ") == "我爱ｇｐｕ ß ı ŉ ƶ");
}
