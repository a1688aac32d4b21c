#include "edit_distance.h"

#include <algorithm>
#include <cmath>

namespace scoring {
namespace {

constexpr std::int64_t beam_width = 25;
constexpr std::int64_t out_of_reach = std::int64_t{1} << 40;

}  // namespace

EditDistance::EditDistance(const Sequence& reference, std::size_t hypothesis_length) : reference_(reference) {
  const auto length = static_cast<std::int64_t>(reference.size());
  const double ratio =
      hypothesis_length == 0 ? 1 : static_cast<double>(length) / static_cast<double>(hypothesis_length);
  const std::int64_t beam =
      ratio / 2 > static_cast<double>(beam_width)
          ? static_cast<std::int64_t>(std::ceil(ratio / 2 + static_cast<double>(beam_width)))
          : beam_width;
  rows_.push_back({0, reference.size() + 1, 0});
  for (std::size_t i = 1; i <= hypothesis_length; ++i) {
    const auto diagonal = static_cast<std::int64_t>(std::floor(static_cast<double>(i) * ratio));
    const std::int64_t first = std::max<std::int64_t>(0, diagonal - beam);
    const std::int64_t end = i == hypothesis_length ? length + 1 : std::min(length + 1, diagonal + beam);
    const Row& before = rows_.back();
    rows_.push_back({static_cast<std::size_t>(first), static_cast<std::size_t>(end),
                     before.offset + before.end - before.first});
  }
  cells_.resize(rows_.back().offset + rows_.back().end - rows_.back().first);
  for (std::size_t j = 0; j <= reference.size(); ++j) cells_[j] = {static_cast<std::int64_t>(j), Edit::add};
}

EditDistance::Cell EditDistance::at(std::size_t i, std::size_t j) const {
  const Row& row = rows_[i];
  if (j < row.first || j >= row.end) return {out_of_reach, Edit::keep};
  return cells_[row.offset + j - row.first];
}

void EditDistance::fill_row(std::size_t i, std::uint32_t word) {
  const Row& row = rows_[i];
  Cell left{out_of_reach, Edit::keep};
  for (std::size_t j = row.first; j < row.end; ++j) {
    Cell best{at(i - 1, j).cost + 1, Edit::drop};
    if (j > 0) {
      const bool equal = word == reference_[j - 1];
      const std::int64_t diagonal = at(i - 1, j - 1).cost + (equal ? 0 : 1);
      if (diagonal <= best.cost) best = {diagonal, equal ? Edit::keep : Edit::substitute};
      if (left.cost + 1 < best.cost) best = {left.cost + 1, Edit::add};
    }
    cells_[row.offset + j - row.first] = left = best;
  }
}

std::int64_t EditDistance::operator()(const Sequence& hypothesis) {
  const auto same =
      std::mismatch(hypothesis.begin(), hypothesis.end(), hypothesis_.begin(), hypothesis_.end());
  const auto common = static_cast<std::size_t>(same.first - hypothesis.begin());
  for (std::size_t i = common; i < hypothesis.size(); ++i) fill_row(i + 1, hypothesis[i]);
  hypothesis_ = hypothesis;
  return at(hypothesis.size(), reference_.size()).cost;
}

std::vector<Edit> EditDistance::path() const {
  std::vector<Edit> edits;
  for (std::size_t i = hypothesis_.size(), j = reference_.size(); i > 0 || j > 0;) {
    const Edit edit = at(i, j).edit;
    edits.push_back(edit);
    if (edit != Edit::add) --i;
    if (edit != Edit::drop) --j;
  }
  std::reverse(edits.begin(), edits.end());
  return edits;
}

}  // namespace scoring
