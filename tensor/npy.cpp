// The format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#include <gradus/tensor/atomic_file.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/npy.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace gradus {

static_assert(std::endian::native == std::endian::little, "the elements are read and written as they are");

namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t alignment = 64;            // of the elements in the file
constexpr std::uint64_t largest_header = 65535;  // a plain array's takes less than 300

const char* format_name(DType dtype) {
  switch (dtype) {
    case DType::float32: return "<f4";
    case DType::float64: return "<f8";
    case DType::int64: return "<i8";
    case DType::boolean: return "|b1";
  }
  return "?";
}

/// Magic, version 1.0, the length of the rest in two bytes, a Python dictionary, spaces, a line break.
std::string header_of(const Tensor& tensor) {
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

}  // namespace

void save_npy(const std::string& path, const Tensor& tensor) {
  if (!tensor.defined()) throw Error("save_npy", "the tensor for '" + path + "' is undefined");
  const Tensor elements = tensor.detach().contiguous();
  const std::string header = header_of(elements);
  const std::size_t bytes = static_cast<std::size_t>(elements.numel()) * size_of(elements.dtype());
  const std::string_view pieces[] = {header, {static_cast<const char*>(elements.raw_data()), bytes}};
  write_file_atomically(path, pieces);
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
  HeaderParser(const std::string& path, std::string_view text) : path_(path), text_(text) {}

  Header parse() {
    Header header;
    bool has_descr = false, has_order = false, has_shape = false;
    expect('{');
    while (!accept('}')) {
      const std::string key = read_text();
      expect(':');
      if (key == "descr" && !has_descr) {
        header.descr = read_text();
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
    throw Error("load_npy", "'" + path_ + "' is damaged or no plain array: its header has " + what +
                                " at character " + std::to_string(at_));
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
      if (shape.size() == max_rank) refuse("more than " + std::to_string(max_rank) + " axes");
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
    if (size < 0) refuse("the negative size " + std::to_string(size));
    at_ = static_cast<std::size_t>(stop - text_.data());
    return size;
  }

  const std::string& path_;
  std::string_view text_;
  std::size_t at_ = 0;
};

/// An element type of the file and what it becomes.
struct FileType {
  std::string_view name;
  std::int64_t bytes;
  DType dtype;
};
constexpr FileType file_types[] = {{"<f4", 4, DType::float32},
                                   {"<f8", 8, DType::float64},
                                   {"<i8", 8, DType::int64},
                                   {"<i4", 4, DType::int64},
                                   {"|b1", 1, DType::boolean}};

/// Reads one file; every problem is thrown with the file's name.
class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {
    std::error_code problem;
    size_ = std::filesystem::file_size(path, problem);
    if (problem) throw Error("load_npy", "'" + path + "' cannot be read: " + problem.message());
    file_.open(path, std::ios::binary);
    if (!file_) throw Error("load_npy", "'" + path + "' cannot be opened: " + std::strerror(errno));
  }

  Tensor read() {
    const Header header = HeaderParser(path_, read_header()).parse();
    const FileType type = find_type(header.descr);
    Shape shape(header.shape);
    check_size(type, shape);
    if (header.fortran_order) std::reverse(shape.begin(), shape.end());
    const Tensor elements = read_elements(type, shape);
    if (!header.fortran_order) return elements;
    Shape axes;
    for (int axis = shape.rank() - 1; axis >= 0; --axis) axes.push_back(axis);
    return elements.permute(axes).contiguous();
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    throw Error("load_npy", "'" + path_ + "' " + why);
  }

  void read_bytes(void* to, std::uint64_t count) {
    if (count > 0 && !file_.read(static_cast<char*>(to), static_cast<std::streamsize>(count))) {
      refuse("cannot be read to its end of " + std::to_string(size_) + " bytes");
    }
  }

  std::string read_header() {
    unsigned char start[12] = {};  // magic, major and minor version, length of the header in 2 or 4 bytes
    if (size_ < sizeof start) refuse("is no npy file: it has " + std::to_string(size_) + " bytes");
    read_bytes(start, 8);
    if (std::memcmp(start, magic.data(), magic.size()) != 0)
      refuse("is no npy file: it does not start with \\x93NUMPY");
    const int major = start[6], minor = start[7];
    if (major < 1 || major > 3 || minor != 0) {
      refuse("has version " + std::to_string(major) + "." + std::to_string(minor) +
             " of the format; 1.0 to 3.0 are known");
    }
    const std::size_t width = major == 1 ? 2 : 4;
    read_bytes(start + 8, width);
    const std::uint64_t length =
        start[8] | start[9] << 8 | std::uint64_t{start[10]} << 16 | std::uint64_t{start[11]} << 24;
    data_ = 8 + width + length;
    if (data_ > size_) {
      refuse("is cut off: its header is said to have " + std::to_string(length) + " bytes, the file has " +
             std::to_string(size_));
    }
    if (length > largest_header) {
      refuse("is no plain array: its header has " + std::to_string(length) + " bytes, at most " +
             std::to_string(largest_header) + " are read");
    }
    std::string text(length, '\0');
    read_bytes(text.data(), length);
    return text;
  }

  FileType find_type(const std::string& descr) const {
    const auto type = std::find_if(std::begin(file_types), std::end(file_types),
                                   [&](const FileType& t) { return t.name == descr; });
    if (type == std::end(file_types)) {
      refuse("has elements of type '" + descr +
             "'; '<f4', '<f8', '<i8', '<i4' and '|b1' can be read: convert it with astype()");
    }
    return *type;
  }

  /// The elements fill the file, no more and no less. An axis of size 0 does not excuse a product that cannot
  /// be counted: strides are made of it.
  void check_size(const FileType& type, const Shape& shape) const {
    std::int64_t bytes = type.bytes;
    bool overflow = false, has_zero = false;
    for (const std::int64_t size : shape) {
      if (size == 0) has_zero = true;
      else overflow = __builtin_mul_overflow(bytes, size, &bytes) || overflow;
    }
    if (overflow) refuse("is damaged: its shape " + to_string(shape) + " is larger than any memory");
    if (has_zero) bytes = 0;
    if (static_cast<std::uint64_t>(bytes) != size_ - data_) {
      refuse("is damaged: '" + std::string(type.name) + "' " + to_string(shape) + " takes " +
             std::to_string(bytes) + " bytes, the file holds " + std::to_string(size_ - data_));
    }
  }

  /// shape: as the elements lie in the file.
  Tensor read_elements(const FileType& type, const Shape& shape) {
    Tensor tensor = empty(shape, type.dtype);
    const auto count = static_cast<std::size_t>(tensor.numel());
    if (type.name == "<i4") {
      std::vector<std::int32_t> raw(count);
      read_bytes(raw.data(), count * sizeof(std::int32_t));
      std::copy(raw.begin(), raw.end(), tensor.data<std::int64_t>());
    } else if (type.dtype == DType::boolean) {
      std::vector<std::uint8_t> raw(count);  // another byte than 0 and 1 is no bool of C++
      read_bytes(raw.data(), count);
      const auto odd = std::find_if(raw.begin(), raw.end(), [](std::uint8_t byte) { return byte > 1; });
      if (odd != raw.end()) {
        refuse("is damaged: its element " + std::to_string(odd - raw.begin()) + " is a bool of value " +
               std::to_string(*odd));
      }
      std::copy(raw.begin(), raw.end(), tensor.data<bool>());
    } else {
      read_bytes(tensor.raw_data(), count * size_of(type.dtype));
    }
    return tensor;
  }

  std::string path_;
  std::ifstream file_;
  std::uint64_t size_ = 0;
  std::uint64_t data_ = 0;  // where the elements begin
};

}  // namespace

Tensor load_npy(const std::string& path) { return Reader(path).read(); }

}  // namespace gradus
