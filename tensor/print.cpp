#include <gradus/tensor/error.h>
#include <gradus/tensor/print.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <mutex>
#include <ostream>

namespace gradus {
namespace {

std::mutex options_mutex;
PrintOptions options_in_use;

PrintOptions current_options() {
  const std::lock_guard lock(options_mutex);
  return options_in_use;
}

using Cells = std::vector<std::string>;

/// Spaces in front of each cell until all have one width.
void align_right(Cells& cells) {
  std::size_t width = 0;
  for (const std::string& cell : cells) width = std::max(width, cell.size());
  for (std::string& cell : cells) cell.insert(0, width - cell.size(), ' ');
}

/// "-12.5e-05" taken apart: "-12", "5", "-", "05". NaN and infinities are a whole without the rest.
struct Digits {
  std::string whole, fraction, exponent_sign, exponent;
};

/// The shortest digits that read back as the value, at most `precision` of them behind the point.
template <class T>
Digits digits_of(T value, std::chars_format form, int precision) {
  if (std::isnan(value)) return {"nan", "", "", ""};
  char text[64];
  char* end = std::to_chars(text, text + sizeof text, value, form).ptr;
  char* mark = std::find(text, end, 'e');
  if (std::find(text, mark, '.') + 1 + precision < mark) {
    end = std::to_chars(text, text + sizeof text, value, form, precision).ptr;
    mark = std::find(text, end, 'e');
  }
  char* const point = std::find(text, mark, '.');
  Digits digits{std::string(text, point), std::string(std::min(point + 1, mark), mark), "", ""};
  while (digits.fraction.ends_with('0')) digits.fraction.pop_back();
  if (mark != end) digits.exponent_sign = mark[1], digits.exponent.assign(mark + 2, end);
  return digits;
}

template <class T>
bool needs_exponent(const std::vector<T>& values) {
  T largest = 0, smallest = INFINITY;
  for (const T value : values) {
    if (!std::isfinite(value) || value == 0) continue;
    largest = std::max(largest, std::abs(value));
    smallest = std::min(smallest, std::abs(value));
  }
  if (largest == 0) return false;
  return largest >= T(1e8) || smallest < T(1e-4) || largest / smallest > T(1000);
}

/// Numbers with points under points.
template <class T>
Cells floating_cells(const std::vector<T>& values, int precision) {
  const bool exponent = needs_exponent(values);
  std::vector<Digits> all;
  std::size_t fraction_width = 0, exponent_width = 0;
  for (const T value : values) {
    all.push_back(
        digits_of(value, exponent ? std::chars_format::scientific : std::chars_format::fixed, precision));
    fraction_width = std::max(fraction_width, all.back().fraction.size());
    exponent_width = std::max(exponent_width, all.back().exponent.size());
  }
  Cells cells;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Digits& digits = all[i];
    std::string cell = digits.whole;
    if (std::isfinite(values[i])) {
      const std::size_t missing = fraction_width - digits.fraction.size();
      cell += "." + digits.fraction;
      if (exponent) {
        cell += std::string(missing, '0') + "e" + digits.exponent_sign +
                std::string(exponent_width - digits.exponent.size(), '0') + digits.exponent;
      } else if (values.size() > 1) {
        cell.append(missing, ' ');
      }
    }
    cells.push_back(std::move(cell));
  }
  align_right(cells);
  return cells;
}

/// Writes one tensor.
class Printer {
 public:
  Printer(const Tensor& tensor, const PrintOptions& options)
      : tensor_(tensor), options_(options), abbreviated_(tensor.numel() > options.threshold) {}

  std::string text() {
    if (tensor_.numel() == 0) return "[]";
    collect(0, 0);
    make_cells();
    return part(0, options_.line_width);
  }

 private:
  static constexpr std::int64_t dots = -1;

  /// The indices that are shown of an axis.
  std::vector<std::int64_t> shown(int axis) const {
    const std::int64_t size = tensor_.shape()[axis], edge = options_.edge_items;
    std::vector<std::int64_t> indices;
    const bool cut = abbreviated_ && size - edge > edge;
    for (std::int64_t i = 0; i < (cut ? edge : size); ++i) indices.push_back(i);
    if (cut) indices.push_back(dots);
    for (std::int64_t i = size - edge; cut && i < size; ++i) indices.push_back(i);
    return indices;
  }

  /// Where the elements that are shown lie, in row-major order.
  void collect(int axis, std::int64_t position) {
    if (axis == tensor_.rank()) return positions_.push_back(position);
    for (const std::int64_t i : shown(axis)) {
      if (i != dots) collect(axis + 1, position + i * tensor_.strides()[axis]);
    }
  }

  template <class T>
  std::vector<T> values() const {
    std::vector<T> values;
    for (const std::int64_t position : positions_) values.push_back(tensor_.data<T>()[position]);
    return values;
  }

  void make_cells() {
    switch (tensor_.dtype()) {
      case DType::float32: cells_ = floating_cells(values<float>(), options_.precision); return;
      case DType::float64: cells_ = floating_cells(values<double>(), options_.precision); return;
      case DType::int64:
        for (const std::int64_t value : values<std::int64_t>()) cells_.push_back(std::to_string(value));
        break;
      case DType::boolean:
        for (const bool value : values<bool>()) cells_.push_back(value ? "true" : "false");
        break;
    }
    align_right(cells_);
  }

  /// The elements below the next place along the axes before `axis`; `width` characters are left for its
  /// lines.
  std::string part(int axis, std::int64_t width) {
    if (axis == tensor_.rank()) return cells_[next_++];
    const std::string indent(static_cast<std::size_t>(axis) + 1, ' ');
    if (axis == tensor_.rank() - 1) return row(indent, width);
    std::string between(static_cast<std::size_t>(tensor_.rank() - axis), '\n');
    between[0] = ',';
    between += indent;
    std::string text = "[";
    for (const std::int64_t i : shown(axis)) {
      if (text.size() > 1) text += between;
      text += i == dots ? "..." : part(axis + 1, width - 1);
    }
    return text + "]";
  }

  /// The last axis, broken into lines that fit. A cell that is wider than a line has one of its own.
  std::string row(const std::string& indent, std::int64_t width) {
    std::string text = "[", line;
    for (const std::int64_t i : shown(tensor_.rank() - 1)) {
      const std::string cell = i == dots ? "..." : cells_[next_++];
      if (!line.empty()) {
        line += ",";
        const bool fits = static_cast<std::int64_t>(indent.size() + line.size() + 1 + cell.size()) < width;
        if (!fits) text += line + "\n" + indent;
        line = fits ? line + " " : "";
      }
      line += cell;
    }
    return text + line + "]";
  }

  const Tensor& tensor_;
  const PrintOptions& options_;
  bool abbreviated_;
  std::vector<std::int64_t> positions_;
  Cells cells_;
  std::size_t next_ = 0;  // of the cells
};

}  // namespace

void set_print_options(const PrintOptions& options) {
  const auto check = [](const char* name, std::int64_t value, std::int64_t least, std::int64_t most) {
    if (value >= least && value <= most) return;
    throw Error("set_print_options", std::string(name) + " must lie in [" + std::to_string(least) + ", " +
                                         std::to_string(most) + "], got " + std::to_string(value));
  };
  check("precision", options.precision, 0, 17);
  check("threshold", options.threshold, 0, INT64_MAX);
  check("edge_items", options.edge_items, 1, INT64_MAX / 2);
  check("line_width", options.line_width, 1, INT64_MAX / 2);
  const std::lock_guard lock(options_mutex);
  options_in_use = options;
}

std::string to_string(const Tensor& tensor) {
  if (!tensor.defined()) return "undefined tensor";
  const PrintOptions options = current_options();
  return Printer(tensor, options).text() + "  " + name_of(tensor.dtype()) + " " + to_string(tensor.shape());
}

std::ostream& operator<<(std::ostream& stream, const Tensor& tensor) { return stream << to_string(tensor); }

}  // namespace gradus
