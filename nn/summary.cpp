#include <gradus/nn/summary.h>

#include <algorithm>
#include <array>
#include <unordered_map>
#include <vector>

namespace gradus {
namespace {

/// 1234567 as "1,234,567".
std::string grouped(std::int64_t value) {
  std::string text = std::to_string(value);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

/// Builds the rows of the table while it walks through a model.
class SummaryVisitor final : public ModelVisitor {
 public:
  void tensor(std::string_view name, const Tensor& tensor, bool buffer) override {
    if (!tensor.defined()) return;
    Level& owner = levels_.back();
    const std::string path = joined(owner.path, name);
    const auto [first, fresh] = first_path_.emplace(tensor.body().get(), path);
    std::string note;
    if (!fresh) note = "is " + first->second;
    else if (buffer) note = "buffer";
    else if (!tensor.requires_grad()) note = "frozen";
    if (fresh) count(tensor, buffer);
    rows_.push_back({owner.shown ? "" : owner.path, owner.shown ? "" : owner.type, std::string(name),
                     to_string(tensor.shape()), fresh ? grouped(tensor.numel()) : "", note});
    owner.shown = true;
  }
  void enter(std::string_view name, std::string_view type) override {
    if (title_.empty()) title_ = type;
    levels_.push_back({joined(levels_.back().path, name), std::string(type), false});
  }
  void leave() override { levels_.pop_back(); }

  std::string text() const {
    Row width = header;
    for (const Row& row : rows_) {
      for (std::size_t i = 0; i < row.size(); ++i) {
        if (row[i].size() > width[i].size()) width[i] = row[i];
      }
    }
    std::string result = title_.empty() ? "" : title_ + "\n";
    result += line(header, width);
    for (const Row& row : rows_) result += line(row, width);
    return result + totals();
  }

 private:
  using Row = std::array<std::string, 6>;
  struct Level {
    std::string path, type;
    bool shown;  // path and type stand in a row already
  };
  inline static const Row header = {"layer", "type", "name", "shape", "parameters", ""};
  static constexpr std::size_t number_column = 4;

  static std::string joined(const std::string& path, std::string_view name) {
    return path + (path.empty() || name.empty() ? "" : ".") + std::string(name);
  }

  void count(const Tensor& tensor, bool buffer) {
    bytes_ += tensor.numel() * static_cast<std::int64_t>(size_of(tensor.dtype()));
    if (buffer) buffers_ += tensor.numel();
    else (tensor.requires_grad() ? trained_ : frozen_) += tensor.numel();
  }

  static std::string line(const Row& row, const Row& width) {
    std::string result;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string space(width[i].size() - row[i].size(), ' ');
      if (i > 0) result += "  ";
      result += i == number_column ? space + row[i] : row[i] + space;
    }
    result.erase(result.find_last_not_of(' ') + 1);
    return result + "\n";
  }

  std::string totals() const {
    std::string result = grouped(trained_ + frozen_) + " parameters (" + grouped(trained_) + " trained, " +
                         grouped(frozen_) + " frozen)";
    if (buffers_ > 0) result += ", " + grouped(buffers_) + " elements in buffers";
    return result + ", " + grouped(bytes_) + " bytes\n";
  }

  std::string title_;
  std::vector<Level> levels_ = {{"", "", false}};
  std::vector<Row> rows_;
  std::unordered_map<const TensorBody*, std::string> first_path_;
  std::int64_t trained_ = 0, frozen_ = 0, buffers_ = 0, bytes_ = 0;
};

}  // namespace

std::string summary(const ModelView& model) {
  SummaryVisitor visitor;
  model.visit("", visitor);
  return visitor.text();
}

}  // namespace gradus
