#include <gradus/tests/tensor/file_bytes.h>
#include <gradus/tests/tensor/malformed_files.h>

namespace gradus::test {
namespace {

using namespace std::string_literals;

const std::string eight = "12345678";
const std::string magic = "\x93NUMPY";

std::string good() { return plain_npy("<f4", "(2,)", eight); }
std::string dictionary(const std::string& text) { return npy(text, eight); }
std::string descr(const std::string& text) {
  return npy("{'descr': " + text + ", 'fortran_order': False, 'shape': (2,), }\n", eight);
}
std::string order(const std::string& text) {
  return npy("{'descr': '<f4', 'fortran_order': " + text + ", 'shape': (2,), }\n", eight);
}
std::string shape(const std::string& text) { return plain_npy("<f4", text, eight); }

std::vector<MalformedFile> frame() {
  return {
      {"empty file", "", "it has 0 bytes"},
      {"six bytes", magic, "it has 6 bytes"},
      {"another format", "some text in a file", "does not start with \\x93NUMPY"},
      {"version 0.0", npy("{}", eight, 0), "version 0.0"},
      {"version 4.0", npy("{}", eight, 4), "version 4.0"},
      {"version 1.1", patched(good(), 7, "\1"), "version 1.1"},
      {"a header longer than the file", magic + number(1, 2) + number(500, 2) + eight,
       "said to have 500 bytes, the file has 18"},
      {"a header of 4 GB", magic + number(2, 2) + number(0xffffffff, 4) + eight,
       "said to have 4294967295 bytes"},
      {"a header of 70,000 bytes", npy(std::string(70000, ' '), "", 2), "its header has 70000 bytes"},
      {"one byte too many", good() + "9", "takes 8 bytes, the file holds 9"},
      {"one byte too few", good().substr(0, good().size() - 1), "takes 8 bytes, the file holds 7"},
      {"no elements", plain_npy("<f4", "(2,)", ""), "takes 8 bytes, the file holds 0"},
      {"a bool of value 2", plain_npy("|b1", "(3,)", "\0\1\2"s), "element 2 is 2"},
  };
}

std::vector<MalformedFile> dictionaries() {
  return {
      {"no dictionary", dictionary(""), "no '{'"},
      {"an empty dictionary", dictionary("{}"), "no descr, no fortran_order or no shape"},
      {"a list", dictionary("['<f4']"), "no '{'"},
      {"no closing brace", dictionary("{'descr': '<f4'"), "no '}'"},
      {"no colon", dictionary("{'descr' '<f4'}"), "no ':'"},
      {"no descr", dictionary("{'fortran_order': False, 'shape': (2,)}"), "no descr"},
      {"no order", dictionary("{'descr': '<f4', 'shape': (2,)}"), "no descr, no fortran_order"},
      {"no shape", dictionary("{'descr': '<f4', 'fortran_order': False}"), "or no shape"},
      {"descr twice", dictionary("{'descr': '<f4', 'descr': '<f4'}"), "repeated key"},
      {"an unknown key", dictionary("{'strides': (4,)}"), "unknown or repeated key"},
      {"a program behind it", dictionary("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} import os"),
       "more than the dictionary"},
      {"a NUL behind it", dictionary("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}\0"s),
       "more than the dictionary"},
      {"a text without an end", dictionary("{'descr"), "text without an end"},
      {"an escape in a text", descr("'\\x3cf4'"), "odd characters"},
      {"a byte beyond ASCII", descr("'\xff'"), "odd characters"},
      {"an escape sequence of terminals", descr("'\x1b[2J'"), "odd characters"},
      {"a number as the order", order("1"), "neither True nor False"},
      {"a small true", order("true"), "neither True nor False"},
      {"True and more", order("Truex"), "no '}'"},
      {"None as the order", order("None"), "neither True nor False"},
  };
}

std::vector<MalformedFile> types() {
  return {
      {"big-endian float32", descr("'>f4'"), "'>f4': they are big-endian; turn them with astype('<f4')"},
      {"big-endian int64", descr("'>i8'"), "big-endian"},
      {"Python objects", descr("'|O'"), "'|O': Python objects"},
      {"Python objects, bare", descr("'O'"), "'O': Python objects"},
      {"Python objects of 8 bytes", descr("'|O8'"), "Python objects"},
      {"fields", descr("[('a', '<f4')]"), "fields instead of one plain element type"},
      {"bytes", descr("'|S4'"), "elements of type '|S4'"},
      {"text", descr("'<U1'"), "elements of type '<U1'"},
      {"raw bytes", descr("'|V4'"), "elements of type '|V4'"},
      {"dates", descr("'<M8[ns]'"), "elements of type '<M8[ns]'"},
      {"complex numbers", descr("'<c8'"), "elements of type '<c8'"},
      {"long doubles", descr("'<f16'"), "elements of type '<f16'"},
      {"no byte order", descr("'f4'"), "elements of type 'f4'"},
      {"the machine's byte order", descr("'=f4'"), "elements of type '=f4'"},
      {"an empty type", descr("''"), "elements of type ''"},
      {"a type that is a number", descr("4"), "no text"},
  };
}

std::vector<MalformedFile> shapes() {
  return {
      {"a size that is no tuple", shape("(2)"), "no ',' behind the only size"},
      {"a list as the shape", shape("[2]"), "no '('"},
      {"a number as the shape", shape("2"), "no '('"},
      {"a shape without an end", shape("(2,"), "no size"},
      {"two commas", shape("(2,,)"), "no size"},
      {"only a comma", shape("(,)"), "no size"},
      {"no comma between", shape("(1 2)"), "no ','"},
      {"a negative size", shape("(-2,)"), "negative size -2"},
      {"a size with a point", shape("(2.0,)"), "behind the only size"},
      {"a size with an exponent", shape("(1, 2e0)"), "no ')'"},
      {"a long of Python 2", shape("(2L,)"), "behind the only size"},
      {"a hexadecimal size", shape("(1, 0x2)"), "no ')'"},
      {"a leading plus", shape("(+2,)"), "no size"},
      {"a leading zero", shape("(02,)"), "leading zero"},
      {"a size of 2^63", shape("(9223372036854775808,)"), "too large"},
      {"a product of 2^64", shape("(4294967296, 4294967296)"), "larger than any memory"},
      {"a product that wraps to 2", shape("(6148914691236517206, 3)"), "larger than any memory"},
      {"a product that is too large but for a zero", plain_npy("<f4", "(0, 4294967296, 4294967296)", ""),
       "larger than any memory"},
      {"far more than the file", shape("(1099511627776,)"), "takes 4398046511104 bytes, the file holds 8"},
      {"65 axes",
       shape("(2" +
             [] {
               std::string s;
               for (int i = 0; i < 64; ++i) s += ", 1";
               return s;
             }() +
             ")"),
       "more than 64 axes"},
  };
}

}  // namespace

std::vector<MalformedFile> malformed_npy() {
  std::vector<MalformedFile> cases = frame();
  for (const auto& more : {dictionaries(), types(), shapes()})
    cases.insert(cases.end(), more.begin(), more.end());
  return cases;
}

}  // namespace gradus::test
