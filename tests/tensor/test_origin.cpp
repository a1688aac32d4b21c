#include <doctest/doctest.h>
#include <gradus/tensor/origin.h>
#include <gradus/tests/error_text.h>

using namespace gradus;
using namespace gradus::test;

TEST_CASE("origin: its errors name the operation and the file") {
  CHECK(error_of([] { Origin{"load", "'a'"}.refuse("is bad"); }) == "[load] 'a' is bad");
}

// Well-formed and ill-formed sequences: the Unicode Standard, table 3-7.
TEST_CASE("origin: what is UTF-8") {
  for (const char* text : {"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                           "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf",
                           "gr\xc3\xb6\xc3\x9f"
                           "e"}) {
    CAPTURE(text);
    CHECK(is_utf8(text));
  }
  for (const char* text : {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2",
                           "\xc2"
                           "a",
                           "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xe2\x82", "\xf0\x8f\xbf\xbf",
                           "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "a\xf0\x90\x80"}) {
    CAPTURE(text);
    CHECK_FALSE(is_utf8(text));
  }
}

TEST_CASE("origin: what is printed holds no control character, no invalid byte and not too much") {
  CHECK(printable("gr\xc3\xb6\xc3\x9f"
                  "e 1.5") ==
        "gr\xc3\xb6\xc3\x9f"
        "e 1.5");
  CHECK(printable(std::string("a\0\n\r\t\\\x1b[2J\x7f", 11)) == "a\\x00\\n\\r\\t\\\\\\x1b[2J\\x7f");
  CHECK(printable("\xff\xc3(\xe2\x82") == "\\xff\\xc3(\\xe2\\x82");
  CHECK(printable("\xc2\x9b") == "\\x9b");  // a control of eight bits
  CHECK(printable("\xe2\x80\xae"
                  "exe") == "\\u{202e}exe");  // writes from right to left
  CHECK(printable("\xef\xbb\xbf\xe2\x80\x8b") == "\\u{feff}\\u{200b}");
  CHECK(printable("abcdef", 6) == "abcdef");
  CHECK(printable("abcdefg", 6) == "abcdef...");
}
