#include <doctest/doctest.h>
#include <gradus/data/tokenizer.h>
#include <gradus/tensor/error.h>

using namespace gradus;
using Tokens = std::vector<std::string>;

TEST_CASE("tokenizer: words are split at white space and joined with single spaces") {
  const Tokenizer words{Tokenizer::words};
  CHECK(words.tokenize("  je\tt'aime \u00A0 ,\u3000toi ") == Tokens{"je", "t'aime", ",", "toi"});
  CHECK(words.detokenize(words.tokenize("  je\tt'aime \u00A0 ,\u3000toi ")) == "je t'aime , toi");
  CHECK(words.tokenize("").empty());
  CHECK(words.detokenize({}) == "");
}

TEST_CASE("tokenizer: characters are code points, also where Chinese and Latin mix") {
  const Tokenizer characters{Tokenizer::characters};
  CHECK(characters.tokenize("我爱GPU é。") == Tokens{"我", "爱", "G", "P", "U", "▁", "é", "。"});
  CHECK(characters.detokenize({"我", "爱", "编", "程"}) == "我爱编程");
  CHECK(characters.tokenize(" \t ").empty());
}

TEST_CASE("tokenizer: characters give back the text with its white space made regular") {
  const Tokenizer characters{Tokenizer::characters};
  const auto round_trip = [&](const char* text) { return characters.detokenize(characters.tokenize(text)); };
  CHECK(round_trip("I  love\u00A0you , 你 ") == "I love you , 你");
  CHECK(round_trip("e\u0301t\u00E9 😀") == "e\u0301t\u00E9 😀");
  CHECK(characters.tokenize("▁▁ a") == Tokens{"▁▁", "▁▁", "▁", "a"});
  CHECK(round_trip("▁▁ a▁b") == "▁▁ a▁b");
}

TEST_CASE("tokenizer: kinds have names") {
  CHECK(Tokenizer{}.name() == "words");
  CHECK(Tokenizer::named("words").kind == Tokenizer::words);
  CHECK(Tokenizer::named("characters").name() == "characters");
  CHECK_THROWS_WITH_AS(Tokenizer::named("bpe"),
                       "[tokenizer] unknown tokenizer \"bpe\"; choose words or characters", Error);
}

TEST_CASE("tokenizer: invalid UTF-8 is refused") {
  CHECK_THROWS_AS(Tokenizer{Tokenizer::words}.tokenize("caf\xE9"), Error);
  CHECK_THROWS_AS(Tokenizer{Tokenizer::characters}.tokenize("caf\xE9"), Error);
}
