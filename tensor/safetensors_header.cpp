// The parser of nlohmann/json reports every key and value as it comes to it, and what does not belong is
// refused on the spot: no tree of the header is ever built, and nothing can be nested deeper than the format
// says. What that parser lets pass (a byte-order mark, a NUL as the end, a token of any length) is caught on
// the way of the bytes to it.
#include <gradus/tensor/safetensors_header.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>

namespace gradus {
namespace {

constexpr std::size_t most_axes = 64;  // as many as NumPy's

/// Looks at every byte that goes to the parser.
class Watch {
 public:
  Watch(const MappedFile& file, std::uint64_t begin) : file_(file), begin_(begin), at_(begin) {}

  void pass(char byte) {
    if (byte == '\0') refuse("has a NUL byte");
    if (escaped_) {
      escaped_ = false;
    } else if (byte == '\\') {
      escaped_ = true;
    } else if (byte == '"') {
      run_ = 0;
    }
    if (++run_ > largest_text)
      refuse("has a text or a gap of more than " + std::to_string(largest_text) + " bytes");
    ++at_;
    if ((at_ & (largest_text - 1)) == 0) {
      file_.release(begin_, at_);
      file_.check_size();
    }
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    file_.origin().refuse("is damaged: the header " + what + " at its byte " + std::to_string(at_ - begin_));
  }

  const MappedFile& file_;
  std::uint64_t begin_, at_;
  std::size_t run_ = 0;  // bytes since the last quote
  bool escaped_ = false;
};

/// The parser's way through the header.
class WatchedBytes {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  WatchedBytes(const char* at, Watch* watch) : at_(at), watch_(watch) {}
  reference operator*() const { return *at_; }
  WatchedBytes& operator++() {
    watch_->pass(*at_++);
    return *this;
  }
  WatchedBytes operator++(int) {
    const WatchedBytes before = *this;
    ++*this;
    return before;
  }
  bool operator==(const WatchedBytes& other) const { return at_ == other.at_; }

 private:
  const char* at_;
  Watch* watch_;
};

/// Takes what the parser finds. `due_` says what may come next.
class Handler final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Handler(const Origin& origin) : origin_(origin) {}
  SafetensorsLayout layout;

  bool null() override { unexpected("null"); }
  bool boolean(bool value) override { unexpected(value ? "true" : "false"); }
  bool number_integer(std::int64_t value) override { unexpected("the number " + std::to_string(value)); }
  bool number_float(double, const std::string& text) override {
    unexpected("the number " + printable(text, 40));
  }
  bool binary(nlohmann::json::binary_t&) override { unexpected("binary"); }

  bool number_unsigned(std::uint64_t value) override {
    if (due_ != Due::size && due_ != Due::offset) unexpected("the number " + std::to_string(value));
    if (value > static_cast<std::uint64_t>(INT64_MAX)) unexpected("the number " + std::to_string(value));
    if (due_ == Due::offset) {
      if (offsets_ == 2) refuse_entry("has more than two data_offsets");
      (offsets_++ == 0 ? entry_.begin : entry_.end) = value;
    } else {
      if (entry_.shape.size() == most_axes)
        refuse_entry("has more than " + std::to_string(most_axes) + " axes");
      entry_.shape.push_back(static_cast<std::int64_t>(value));
    }
    return true;
  }

  bool string(std::string& text) override {
    if (due_ == Due::metadata_text) {
      keep(memory_of_metadata(key_.size(), text.size()));
      layout.metadata[key_] = std::move(text);
      due_ = Due::metadata_key;
    } else if (due_ == Due::dtype) {
      entry_.type = find_safetensors_type(text);
      if (is_unread_safetensors_type(text)) {
        origin_.refuse("cannot be read: tensor '" + printable(entry_.name) + "' has the dtype " + text +
                       ", which the format knows and Gradus does not; convert it");
      }
      if (!entry_.type) refuse_entry("has a dtype that is not known: '" + printable(text, 40) + "'");
      due_ = Due::entry_key;
    } else {
      unexpected("the text '" + printable(text, 40) + "'");
    }
    return true;
  }

  bool start_object(std::size_t) override {
    if (due_ == Due::header) due_ = Due::name;
    else if (due_ == Due::metadata) due_ = Due::metadata_key;
    else if (due_ == Due::entry) due_ = Due::entry_key;
    else unexpected("an object");
    return true;
  }

  bool key(std::string& text) override {
    if (due_ == Due::name) {
      read_name(text);
    } else if (due_ == Due::metadata_key) {
      if (layout.metadata.contains(text))
        refuse("the metadata '" + printable(text) + "' stands twice in the header");
      key_ = std::move(text);
      due_ = Due::metadata_text;
    } else {
      read_entry_key(text);
    }
    return true;
  }

  bool end_object() override {
    if (due_ == Due::entry_key) {
      if (!has_dtype_ || !has_shape_ || !has_offsets_) refuse_entry("lacks dtype, shape or data_offsets");
      entry_.shape.shrink_to_fit();
      keep(memory_of_entry(entry_.name.size(), entry_.shape.size()));
      layout.tensors.push_back(std::move(entry_));
    }
    due_ = due_ == Due::name ? Due::nothing : Due::name;
    return true;
  }

  bool start_array(std::size_t) override {
    if (due_ == Due::shape) due_ = Due::size;
    else if (due_ == Due::offsets) due_ = Due::offset;
    else unexpected("an array");
    return true;
  }

  bool end_array() override {
    if (due_ == Due::offset && offsets_ != 2) {
      refuse_entry("has " + std::to_string(offsets_) + " data_offsets, not two");
    }
    due_ = Due::entry_key;
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception& problem) override {
    std::string_view text = problem.what();
    if (const std::size_t mark = text.find("] "); mark != text.npos) text.remove_prefix(mark + 2);
    refuse("the header is no JSON: " + printable(text, 200));
  }

 private:
  enum class Due {
    header,
    name,
    metadata,
    metadata_key,
    metadata_text,
    entry,
    entry_key,
    dtype,
    shape,
    size,
    offsets,
    offset,
    nothing
  };

  [[noreturn]] void refuse(const std::string& why) const { origin_.refuse("is damaged: " + why); }
  [[noreturn]] void refuse_entry(const std::string& why) const {
    refuse("tensor '" + printable(entry_.name) + "' " + why);
  }

  [[noreturn]] void unexpected(const std::string& found) const {
    const std::string whole = ", not a whole number of 0 to 9223372036854775807";
    switch (due_) {
      case Due::metadata: refuse("the metadata is no JSON object but " + found);
      case Due::metadata_text: refuse("the metadata '" + printable(key_) + "' is no text but " + found);
      case Due::entry: refuse_entry("is " + found + ", not an object of dtype, shape and data_offsets");
      case Due::dtype: refuse_entry("has a dtype that is no text but " + found);
      case Due::shape: refuse_entry("has a shape that is no array but " + found);
      case Due::size: refuse_entry("has a shape with " + found + whole);
      case Due::offsets: refuse_entry("has data_offsets that are no array but " + found);
      case Due::offset: refuse_entry("has data_offsets with " + found + whole);
      default: refuse("the header is no JSON object but " + found);
    }
  }

  void read_name(std::string& name) {
    if (name == "__metadata__") {
      if (has_metadata_) refuse("the name '__metadata__' stands twice in the header");
      has_metadata_ = true;
      due_ = Due::metadata;
      return;
    }
    entry_ = TensorEntry{std::move(name), nullptr, {}, 0, 0};
    has_dtype_ = has_shape_ = has_offsets_ = false;
    offsets_ = 0;
    due_ = Due::entry;
  }

  void read_entry_key(const std::string& word) {
    const auto first = [&](bool& seen, Due next) {
      if (seen) refuse_entry("has '" + word + "' twice: the key stands twice in the header");
      seen = true;
      due_ = next;
    };
    if (word == "dtype") first(has_dtype_, Due::dtype);
    else if (word == "shape") first(has_shape_, Due::shape);
    else if (word == "data_offsets") first(has_offsets_, Due::offsets);
    else refuse_entry("has the unknown key '" + printable(word, 40) + "'");
  }

  void keep(std::size_t bytes) {
    kept_ += bytes;
    if (kept_ > largest_kept) {
      refuse("its names, shapes and metadata take more than " + std::to_string(largest_kept) +
             " bytes of memory");
    }
  }

  const Origin& origin_;
  Due due_ = Due::header;
  TensorEntry entry_{};  // the one that is being read
  bool has_dtype_ = false, has_shape_ = false, has_offsets_ = false, has_metadata_ = false;
  int offsets_ = 0;
  std::string key_;  // of the metadata
  std::size_t kept_ = 0;
};

/// The end of the text from `begin` to `end`, which is padded with spaces; goes backwards without keeping
/// pages.
std::uint64_t end_of_text(const MappedFile& file, std::uint64_t begin, std::uint64_t end) {
  while (end > begin) {
    const std::uint64_t piece = std::min<std::uint64_t>(end - begin, largest_text);
    const std::size_t last = file.bytes().substr(end - piece, piece).find_last_not_of(' ');
    if (last != std::string_view::npos) return end - piece + last + 1;
    file.release(end - piece, end);
    end -= piece;
  }
  return end;
}

}  // namespace

SafetensorsLayout parse_header(const MappedFile& file, std::uint64_t begin, std::uint64_t end) {
  std::string_view text = file.bytes().substr(begin, end - begin);
  if (text.empty() || text.front() != '{') {
    file.origin().refuse(
        "is damaged: the header does not begin with '{'" +
        (text.empty() ? ", it is empty" : " but with '" + printable(text.substr(0, 1)) + "'"));
  }
  text = text.substr(0, end_of_text(file, begin, end) - begin);
  if (text.back() != '}') {
    file.origin().refuse(
        "is damaged: the header is no JSON object with nothing but spaces behind it: it ends with '" +
        printable(text.substr(text.size() - 1)) + "'");
  }
  Watch watch(file, begin);
  Handler handler(file.origin());
  const WatchedBytes first(text.data(), &watch), last(text.data() + text.size(), &watch);
  nlohmann::json::sax_parse(first, last, &handler);
  file.release(begin, end);
  return std::move(handler.layout);
}

}  // namespace gradus
