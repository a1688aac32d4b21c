#include <gradus/tensor/create.h>
#include <gradus/tensor/npy_layout.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace gradus {
namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t alignment = 64;            // of the elements in the file
constexpr std::uint64_t largest_header = 65535;  // a plain array's takes less than 300
constexpr std::size_t most_axes = 64;            // of NumPy's arrays

const char* format_name(DType dtype) {
  switch (dtype) {
    case DType::float32: return "<f4";
    case DType::float64: return "<f8";
    case DType::int64: return "<i8";
    case DType::boolean: return "|b1";
  }
  return "?";
}

}  // namespace

/// Magic, version 1.0, the length of the rest in two bytes, a Python dictionary, spaces, a line break.
std::string npy_header(const Tensor& tensor) {
  const std::string dictionary = std::string("{'descr': '") + format_name(tensor.dtype()) +
                                 "', 'fortran_order': False, 'shape': " + to_string(tensor.shape()) + ", }";
  const std::size_t before = magic.size() + 4;
  const std::size_t total = (before + dictionary.size() + 1 + alignment - 1) / alignment * alignment;
  const std::size_t length = total - before;
  std::string header(magic);
  header += {'\x01', '\x00', static_cast<char>(length & 255), static_cast<char>(length >> 8)};
  header += dictionary;
  header.resize(total - 1, ' ');
  return header + '\n';
}

namespace {

struct Header {
  std::string descr;
  bool fortran_order = false;
  std::vector<std::int64_t> shape;
};

/// Reads the dictionary of the header: three keys in any order, a text, True or False, and a tuple of sizes.
class HeaderParser {
 public:
  HeaderParser(const Origin& origin, std::string_view text) : origin_(origin), text_(text) {}

  Header parse() {
    Header header;
    bool has_descr = false, has_order = false, has_shape = false;
    expect('{');
    while (!accept('}')) {
      const std::string key = read_text();
      expect(':');
      if (key == "descr" && !has_descr) {
        header.descr = read_descr();
        has_descr = true;
      } else if (key == "fortran_order" && !has_order) {
        header.fortran_order = read_bool();
        has_order = true;
      } else if (key == "shape" && !has_shape) {
        header.shape = read_shape();
        has_shape = true;
      } else {
        refuse("an unknown or repeated key");
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_spaces();
    if (at_ != text_.size()) refuse("more than the dictionary");
    if (!has_descr || !has_order || !has_shape) refuse("no descr, no fortran_order or no shape");
    return header;
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    origin_.refuse("is damaged or no plain array: its header has " + what + " at character " +
                   std::to_string(at_));
  }

  void skip_spaces() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }

  bool accept(char wanted) {
    skip_spaces();
    if (at_ == text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  void expect(char wanted) {
    if (!accept(wanted)) refuse(std::string("no '") + wanted + "'");
  }

  std::string read_descr() {
    skip_spaces();
    if (at_ < text_.size() && text_[at_] == '[') refuse("fields instead of one plain element type, no text,");
    return read_text();
  }

  std::string read_text() {
    skip_spaces();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    if (quote != '\'' && quote != '"') refuse("no text");
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) refuse("a text without an end");
    const std::string_view found = text_.substr(at_ + 1, end - at_ - 1);
    // What is in it goes into errors, which are printed; and no key or dtype has such characters.
    const auto odd = [](char c) { return c < ' ' || c > '~' || c == '\\'; };
    if (std::any_of(found.begin(), found.end(), odd)) refuse("a text with odd characters");
    at_ = end + 1;
    return std::string(found);
  }

  bool read_bool() {
    skip_spaces();
    for (const auto& [word, value] : {std::pair<std::string_view, bool>{"True", true}, {"False", false}}) {
      if (!text_.substr(at_).starts_with(word)) continue;
      at_ += word.size();
      return value;
    }
    refuse("neither True nor False");
  }

  std::vector<std::int64_t> read_shape() {
    std::vector<std::int64_t> shape;
    expect('(');
    while (!accept(')')) {
      if (shape.size() == most_axes) refuse("more than " + std::to_string(most_axes) + " axes");
      shape.push_back(read_size());
      if (accept(',')) continue;
      if (shape.size() == 1)
        refuse("no ',' behind the only size");  // (3) is a number in Python, (3,) a tuple
      expect(')');
      break;
    }
    return shape;
  }

  std::int64_t read_size() {
    skip_spaces();
    std::int64_t size = 0;
    const char* const end = text_.data() + text_.size();
    const auto [stop, problem] = std::from_chars(text_.data() + at_, end, size);
    if (problem == std::errc::result_out_of_range) refuse("a size that is too large");
    if (problem != std::errc()) refuse("no size");
    if (text_[at_] == '-') refuse("the negative size " + std::to_string(size));
    if (text_[at_] == '0' && stop != text_.data() + at_ + 1) refuse("a size with a leading zero");
    at_ = static_cast<std::size_t>(stop - text_.data());
    return size;
  }

  const Origin& origin_;
  std::string_view text_;
  std::size_t at_ = 0;
};

/// The dictionary; the source stands behind it afterwards. `left`: bytes of the file, and then of the
/// elements.
std::string read_dictionary(const Origin& origin, ByteSource& source, std::uint64_t& left) {
  unsigned char start[12] = {};  // magic, major and minor version, length of the header in 2 or 4 bytes
  if (left < sizeof start) origin.refuse("is no npy file: it has " + std::to_string(left) + " bytes");
  source.read(start, 8);
  if (std::memcmp(start, magic.data(), magic.size()) != 0) {
    origin.refuse("is no npy file: it does not start with \\x93NUMPY");
  }
  const int major = start[6], minor = start[7];
  if (major < 1 || major > 3 || minor != 0) {
    origin.refuse("has version " + std::to_string(major) + "." + std::to_string(minor) +
                  " of the format; 1.0, 2.0 and 3.0 are known");
  }
  const std::size_t width = major == 1 ? 2 : 4;
  source.read(start + 8, width);
  const std::uint64_t length =
      start[8] | start[9] << 8 | std::uint64_t{start[10]} << 16 | std::uint64_t{start[11]} << 24;
  if (8 + width + length > left) {
    origin.refuse("is cut off: its header is said to have " + std::to_string(length) +
                  " bytes, the file has " + std::to_string(left));
  }
  if (length > largest_header) {
    origin.refuse("is no plain array: its header has " + std::to_string(length) + " bytes, at most " +
                  std::to_string(largest_header) + " are read");
  }
  std::string text(length, '\0');
  source.read(text.data(), length);
  left -= 8 + width + length;
  return text;
}

const ElementType& find_type(const Origin& origin, const std::string& descr) {
  if (const ElementType* const type = find_npy_type(descr)) return *type;
  const std::string found = "has elements of type '" + printable(descr, 40) + "'";
  const std::string_view kind = std::string_view(descr).substr(std::min<std::size_t>(descr.size(), 1), 1);
  if (descr == "O" || kind == "O") {
    origin.refuse(found + ": Python objects, which are not read, for reading them can run any program");
  }
  if (descr.starts_with('>') && find_npy_type("<" + descr.substr(1))) {
    origin.refuse(found + ": they are big-endian; turn them with astype('<" + descr.substr(1) + "')");
  }
  origin.refuse(found +
                "; only plain numbers of '<f4', '<f8', '<i8', '<i4', '|b1' and the like can be read: " +
                "convert it with astype()");
}

}  // namespace

NpyLayout read_npy_layout(const Origin& origin, ByteSource& source, std::uint64_t size) {
  Header header = HeaderParser(origin, read_dictionary(origin, source, size)).parse();
  const ElementType& type = find_type(origin, header.descr);
  const std::string kind = "'" + header.descr + "' " + shape_text(header.shape);
  const std::optional<std::uint64_t> bytes = array_bytes(type, header.shape);
  if (!bytes)
    origin.refuse("is damaged: its shape " + shape_text(header.shape) + " is larger than any memory");
  if (*bytes != size) {
    origin.refuse("is damaged: " + kind + " takes " + std::to_string(*bytes) + " bytes, the file holds " +
                  std::to_string(size));
  }
  return {&type, std::move(header.shape), header.fortran_order};
}

void skim_npy_elements(const Origin& origin, const NpyLayout& layout, ByteSource& source) {
  const std::uint64_t bytes = *array_bytes(*layout.type, layout.shape);
  skim_elements(origin, "is damaged: it", *layout.type, bytes / layout.type->bytes, source);
}

void check_npy_supported(const Origin& origin, const NpyLayout& layout) {
  if (!layout.type->dtype) {
    origin.refuse(
        "has elements of type '" + std::string(layout.type->npy) +
        "', which Tensors do not have; '<f4', '<f8', '<i8', '|b1', '<i4', '|u1' and '<f2' can be loaded: "
        "convert it with astype()");
  }
  if (layout.shape.size() > max_rank) {
    origin.refuse("has " + std::to_string(layout.shape.size()) + " axes, and a Tensor has at most " +
                  std::to_string(max_rank));
  }
}

Tensor read_npy_elements(const Origin& origin, const NpyLayout& layout, ByteSource& source) {
  Shape shape(layout.shape);
  if (!layout.fortran_order) return read_elements(origin, "cannot be loaded", *layout.type, shape, source);
  std::reverse(shape.begin(), shape.end());
  const Tensor elements = read_elements(origin, "cannot be loaded", *layout.type, shape, source);
  Shape axes;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) axes.push_back(axis);
  return elements.permute(axes).contiguous();
}

}  // namespace gradus
