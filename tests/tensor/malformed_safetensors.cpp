#include <gradus/tests/tensor/file_bytes.h>
#include <gradus/tests/tensor/malformed_files.h>

namespace gradus::test {
namespace {

using namespace std::string_literals;

const std::string eight = "12345678";

std::string header(const std::string& text) { return safetensors(text, eight); }
std::string good(const std::string& name = "w") { return entry(name, "F32", "[2]", "[0,8]"); }
std::string beside(const std::string& more) { return header("{" + good() + more + "}"); }
std::string value(const std::string& text) { return header("{\"w\":" + text + "}"); }
std::string dtype(const std::string& text) {
  return value("{\"dtype\":" + text + R"(,"shape":[2],"data_offsets":[0,8]})");
}
std::string shape(const std::string& text) {
  return value(R"({"dtype":"F32","shape":)" + text + R"(,"data_offsets":[0,8]})");
}
std::string offsets(const std::string& text) {
  return value(R"({"dtype":"F32","shape":[2],"data_offsets":)" + text + "}");
}
std::string two(const std::string& first, const std::string& second) {
  return header("{" + entry("a", "U8", "[4]", first) + "," + entry("b", "U8", "[4]", second) + "}");
}
std::string metadata(const std::string& text) {
  return header("{\"__metadata__\":" + text + "," + good() + "}");
}

void frame(std::vector<MalformedFile>& cases) {
  cases.insert(
      cases.end(),
      {
          {"empty file", "", "it has 0 bytes"},
          {"seven bytes", "1234567", "it has 7 bytes"},
          {"length only", number(2, 8), "said to have 2 bytes, the file has 8"},
          {"length one too large", number(9, 8) + eight, "said to have 9 bytes, the file has 16"},
          {"length of 2^64 - 1", number(~0ull, 8) + "{}", "18446744073709551615"},
          {"length of 2^63", number(1ull << 63, 8) + "{}", "9223372036854775808"},
          {"header of no bytes", safetensors("", ""), "it is empty"},
          {"byte-order mark", header("\xef\xbb\xbf{" + good() + "}"),
           "does not begin with '{' but with '\\xef'"},
          {"space before the brace", header(" {" + good() + "}"), "does not begin with '{' but with ' '"},
          {"line break before the brace", header("\n{" + good() + "}"),
           "does not begin with '{' but with '\\n'"},
          {"an array as the header", header("[{" + good() + "}]"), "does not begin with '{' but with '['"},
          {"a text as the header", header("\"w\""), "does not begin with '{'"},
          {"a number as the header", header("17"), "does not begin with '{' but with '1'"},
          {"null as the header", header("null"), "does not begin with '{' but with 'n'"},
          {"a UTF-16 header", header("{\0}\0"s), "it ends with '\\x00'"},
          {"NUL as padding", header("{" + good() + "}" + "\0"s), "it ends with '\\x00'"},
          {"NUL between spaces", header("{" + good() + "} \0 "s), "it ends with '\\x00'"},
          {"NUL and another brace", header("{" + good() + "}" + "\0}"s), "NUL byte"},
          {"NUL in a name", header("{" + good("a\0b"s) + "}"), "NUL byte at its byte 3"},
          {"line break as padding", header("{" + good() + "}\n"), "it ends with '\\n'"},
          {"tab as padding", header("{" + good() + "}\t"), "it ends with '\\t'"},
          {"text behind the brace", header("{" + good() + "} x"), "it ends with 'x'"},
          {"two objects", header("{" + good() + "}{}"), "the header is no JSON"},
          {"two objects and a line break", header("{" + good() + "}\n{}"), "the header is no JSON"},
          {"one byte too many", safetensors("{" + good() + "}", eight + "9"), "end at byte 8 of 9"},
          {"one byte too few", safetensors("{" + good() + "}", "1234567"),
           "lies at 0 to 8, but there are 7 bytes"},
          {"bytes without a tensor", header("{}"), "end at byte 0 of 8"},
      });
}

void json(std::vector<MalformedFile>& cases) {
  cases.insert(
      cases.end(),
      {
          {"only a brace", header("{"), "it ends with '{'"},
          {"no closing brace", header("{" + good()), "the header is no JSON"},
          {"comma at the end", beside(","), "the header is no JSON"},
          {"two commas", beside(",," + good("v")), "the header is no JSON"},
          {"no colon", header("{\"w\"{}}"), "the header is no JSON"},
          {"a comment", beside("/* */"), "the header is no JSON"},
          {"single quotes", header("{'w':{}}"), "the header is no JSON"},
          {"a name without quotes", header("{w:{}}"), "the header is no JSON"},
          {"a number as a name", header("{1:{}}"), "the header is no JSON"},
          {"a text without an end", header("{\"w}"), "the header is no JSON"},
          {"NaN", shape("[NaN]"), "the header is no JSON"},
          {"a number that overflows", shape("[1e999]"), "the header is no JSON"},
          {"a leading zero", shape("[02]"), "the header is no JSON"},
          {"a leading plus", shape("[+2]"), "the header is no JSON"},
          {"a hexadecimal size", shape("[0x2]"), "the header is no JSON"},
          {"a line break in a name", header("{" + good("a\nb") + "}"), "the header is no JSON"},
          {"an unknown escape", header("{" + good("\\x41") + "}"), "the header is no JSON"},
          {"half a surrogate pair", header("{" + good("\\ud800") + "}"), "the header is no JSON"},
          {"a byte that is no UTF-8", header("{" + good("\xff") + "}"), "the header is no JSON"},
          {"an overlong form", header("{" + good("\xc0\xaf") + "}"), "the header is no JSON"},
          {"a surrogate in UTF-8", header("{" + good("\xed\xa0\x80") + "}"), "the header is no JSON"},
          {"a code point above U+10FFFF", header("{" + good("\xf4\x90\x80\x80") + "}"),
           "the header is no JSON"},
          {"a sequence that is cut off", header("{" + good("\xe2\x82") + "}"), "the header is no JSON"},
          {"a no-break space", header("{\xc2\xa0" + good() + "}"), "the header is no JSON"},
          {"arrays nested deep", value(std::string(100000, '[') + std::string(100000, ']')),
           "'w' is an array"},
          {"objects nested deep", header([] {
             std::string s;
             for (int i = 0; i < 100000; ++i) s += "{\"a\":";
             return s + std::string(100000, '}');
           }()),
           "the unknown key 'a'"},
          {"arrays nested in a shape", shape("[" + std::string(100000, '[') + std::string(100000, ']') + "]"),
           "a shape with an array"},
          {"a text of 3 MB", header("{" + good(std::string(3 << 20, 'a')) + "}"), "more than 2097152 bytes"},
          {"a number of 3 MB", shape("[" + std::string(3 << 20, '1') + "]"), "more than 2097152 bytes"},
          {"a gap of 3 MB", header("{" + std::string(3 << 20, ' ') + good() + "}"),
           "more than 2097152 bytes"},
          {"a text of 3 MB of quotes",
           header("{" + good([] {
                    std::string s;
                    for (int i = 0; i < 3 << 19; ++i) s += "\\\"";
                    return s;
                  }()) +
                  "}"),
           "more than 2097152 bytes"},
      });
}

void keys(std::vector<MalformedFile>& cases) {
  cases.insert(
      cases.end(),
      {
          {"a name twice", beside("," + good()), "'w' stands twice"},
          {"a name twice, once escaped", beside("," + good("\\u0077")), "'w' stands twice"},
          {"dtype twice", value(R"({"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]})"),
           "'dtype' twice"},
          {"shape twice", value(R"({"dtype":"F32","shape":[3],"shape":[2],"data_offsets":[0,8]})"),
           "'shape' twice"},
          {"data_offsets twice",
           value(R"({"dtype":"F32","shape":[2],"data_offsets":[0,4],"data_offsets":[0,8]})"),
           "'data_offsets' twice"},
          {"a metadata key twice", metadata(R"({"k":"1","k":"2"})"), "metadata 'k' stands twice"},
          {"metadata twice", header(R"({"__metadata__":{},"__metadata__":{},)" + good() + "}"),
           "'__metadata__' stands twice"},
          {"metadata is an array", metadata("[]"), "metadata is no JSON object but an array"},
          {"metadata is null", metadata("null"), "metadata is no JSON object but null"},
          {"metadata is a text", metadata("\"k\""), "metadata is no JSON object but the text 'k'"},
          {"a number in the metadata", metadata(R"({"k":1})"), "metadata 'k' is no text but the number 1"},
          {"null in the metadata", metadata(R"({"k":null})"), "metadata 'k' is no text but null"},
          {"false in the metadata", metadata(R"({"k":false})"), "metadata 'k' is no text but false"},
          {"an object in the metadata", metadata(R"({"k":{}})"), "metadata 'k' is no text but an object"},
          {"an array in the metadata", metadata(R"({"k":["v"]})"), "metadata 'k' is no text but an array"},
          {"a tensor that is a number", value("3"), "'w' is the number 3, not an object"},
          {"a tensor that is null", value("null"), "'w' is null, not an object"},
          {"a tensor that is a text", value("\"F32\""), "'w' is the text 'F32', not an object"},
          {"a tensor that is an array", value("[]"), "'w' is an array, not an object"},
          {"an empty tensor object", value("{}"), "'w' lacks dtype, shape or data_offsets"},
          {"no dtype", value(R"({"shape":[2],"data_offsets":[0,8]})"), "'w' lacks dtype"},
          {"no shape", value(R"({"dtype":"F32","data_offsets":[0,8]})"), "'w' lacks dtype"},
          {"no data_offsets", value(R"({"dtype":"F32","shape":[2]})"), "'w' lacks dtype"},
          {"one key too many", value(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8],"strides":[1]})"),
           "'w' has the unknown key 'strides'"},
          {"a key in capitals", value(R"({"DType":"F32","shape":[2],"data_offsets":[0,8]})"),
           "'w' has the unknown key 'DType'"},
          {"an escape sequence of terminals",
           header("{" + good("\\u001b[2J") + "," + good("\\u001b[2J") + "}"), "'\\x1b[2J' stands twice"},
      });
}

void numbers(std::vector<MalformedFile>& cases) {
  cases.insert(
      cases.end(),
      {
          {"a dtype that is a number", dtype("32"), "'w' has a dtype that is no text but the number 32"},
          {"a dtype that is null", dtype("null"), "a dtype that is no text but null"},
          {"a dtype in small letters", dtype("\"f32\""), "a dtype that is not known: 'f32'"},
          {"an empty dtype", dtype("\"\""), "a dtype that is not known: ''"},
          {"a dtype of another library", dtype("\"float32\""), "a dtype that is not known: 'float32'"},
          {"a shape that is a number", shape("2"), "'w' has a shape that is no array but the number 2"},
          {"a shape that is null", shape("null"), "a shape that is no array but null"},
          {"a shape that is a text", shape("\"2\""), "a shape that is no array but the text '2'"},
          {"a shape that is an object", shape("{}"), "a shape that is no array but an object"},
          {"a negative size", shape("[-2]"), "a shape with the number -2"},
          {"a negative zero", shape("[-0,2]"), "not a whole number"},
          {"a size with a point", shape("[2.0]"), "a shape with the number 2.0"},
          {"a size that would be cut", shape("[2.9]"), "a shape with the number 2.9"},
          {"a size with an exponent", shape("[2e0]"), "a shape with the number 2e0"},
          {"1e3", shape("[1e3]"), "a shape with the number 1e3"},
          {"a size of 2^63", shape("[9223372036854775808]"), "the number 9223372036854775808"},
          {"a size of 2^64", shape("[18446744073709551616]"), "the number 18446744073709551616"},
          {"a size of 2^64 + 2", shape("[18446744073709551618]"), "the number 18446744073709551618"},
          {"true as a size", shape("[true]"), "a shape with true"},
          {"null as a size", shape("[null]"), "a shape with null"},
          {"a text as a size", shape("[\"2\"]"), "a shape with the text '2'"},
          {"an array as a size", shape("[[2]]"), "a shape with an array"},
          {"65 axes",
           shape("[2" +
                 [] {
                   std::string s;
                   for (int i = 0; i < 64; ++i) s += ",1";
                   return s;
                 }() +
                 "]"),
           "more than 64 axes"},
          {"a product of 2^64 elements", shape("[4294967296,4294967296]"), "larger than any memory"},
          {"a product that wraps to 2", shape("[6148914691236517206,3]"), "larger than any memory"},
          {"a product of 2^63 bytes", shape("[2305843009213693952]"), "larger than any memory"},
          {"a product that is too large but for a zero", shape("[0,4294967296,4294967296]"),
           "larger than any memory"},
          {"more than its offsets hold", shape("[3]"), "F32 (3,) takes 12 bytes, its offsets hold 8"},
          {"less than its offsets hold", shape("[1]"), "F32 (1,) takes 4 bytes, its offsets hold 8"},
          {"far more than the file", shape("[1099511627776]"),
           "takes 4398046511104 bytes, its offsets hold 8"},
          {"a scalar of eight bytes", shape("[]"), "F32 () takes 4 bytes, its offsets hold 8"},
          {"offsets that are null", offsets("null"), "'w' has data_offsets that are no array but null"},
          {"offsets that are an object", offsets("{}"), "data_offsets that are no array but an object"},
          {"no offsets", offsets("[]"), "has 0 data_offsets, not two"},
          {"one offset", offsets("[0]"), "has 1 data_offsets, not two"},
          {"three offsets", offsets("[0,8,8]"), "more than two data_offsets"},
          {"a negative offset", offsets("[-8,0]"), "data_offsets with the number -8"},
          {"an offset with a point", offsets("[0,8.0]"), "data_offsets with the number 8.0"},
          {"an offset of 2^64", offsets("[18446744073709551616,8]"),
           "data_offsets with the number 18446744073709551616"},
          {"a text as an offset", offsets("[\"0\",8]"), "data_offsets with the text '0'"},
          {"offsets the wrong way round", offsets("[8,0]"), "lies at 8 to 0"},
          {"offsets behind the end", offsets("[8,16]"), "lies at 8 to 16, but there are 8 bytes"},
          {"offsets far behind the end", offsets("[9223372036854775799,9223372036854775807]"),
           "but there are 8 bytes"},
      });
}

void places(std::vector<MalformedFile>& cases) {
  cases.insert(
      cases.end(),
      {
          {"overlap", two("[0,4]", "[2,6]"),
           "'b' overlaps the one before it: it begins at 2, that one ends at 4"},
          {"the same bytes", two("[0,4]", "[0,4]"), "'b' overlaps the one before it"},
          {"a hole at the front", two("[1,5]", "[4,8]"), "'a' leaves a gap before it: it begins at 1"},
          {"a hole at the end", two("[0,4]", "[3,7]"), "'b' overlaps"},
          {"no elements inside of another",
           header("{" + good() + "," + entry("e", "F32", "[0]", "[4,4]") + "}"), "'e' overlaps"},
          {"no elements behind a hole", safetensors("{" + entry("e", "F32", "[0]", "[1,1]") + "}", "1"),
           "'e' leaves a gap"},
          {"a hole between",
           safetensors("{" + entry("a", "U8", "[3]", "[0,3]") + "," + entry("b", "U8", "[4]", "[4,8]") + "}",
                       eight),
           "'b' leaves a gap before it: it begins at 4, that one ends at 3"},
          {"a bool of value 2", safetensors("{" + entry("w", "BOOL", "[3]", "[0,3]") + "}", "\0\1\2"s),
           "'w' is of bool, but its element 2 is 2"},
      });
}

}  // namespace

std::vector<MalformedFile> malformed_safetensors() {
  std::vector<MalformedFile> cases;
  frame(cases);
  json(cases);
  keys(cases);
  numbers(cases);
  places(cases);
  return cases;
}

}  // namespace gradus::test
