#include "segments.h"

#include <gradus/data/utf8.h>
#include <gradus/tensor/error.h>

#include <charconv>
#include <set>

namespace scoring {

using gradus::Error;

void check_lines(const Lines& hypotheses, const std::vector<Lines>& references) {
  if (hypotheses.empty()) throw Error("score", "there are no sentences to score");
  if (references.empty()) throw Error("score", "there are no references; give one set of them or more");
  for (std::size_t k = 0; k < references.size(); ++k) {
    if (references[k].size() == hypotheses.size()) continue;
    throw Error("score", "there are " + std::to_string(hypotheses.size()) +
                             " hypotheses, but reference set " + std::to_string(k) + " has " +
                             std::to_string(references[k].size()) +
                             " sentences; each hypothesis needs its reference");
  }
}

std::vector<std::string> present(std::span<const std::string> references) {
  if (references.empty()) throw Error("score", "a segment has no reference; it needs one or more");
  std::vector<std::string> kept;
  for (const std::string& reference : references) {
    if (!gradus::split_white_space(reference).empty()) kept.push_back(reference);
  }
  if (kept.empty()) kept.push_back(references.front());
  return kept;
}

std::string number_of_references(const std::vector<Lines>& references) {
  std::set<std::size_t> numbers;
  for (std::size_t i = 0; i < references.at(0).size(); ++i)
    numbers.insert(present(of_segment(references, i)).size());
  return numbers.size() == 1 ? std::to_string(*numbers.begin()) : "var";
}

std::vector<std::string> of_segment(const std::vector<Lines>& references, std::size_t index) {
  std::vector<std::string> result;
  for (const Lines& lines : references) result.push_back(lines.at(index));
  return result;
}

Statistics sum_of(const std::vector<Statistics>& segments) {
  Statistics sum(segments.empty() ? 0 : segments.front().size());
  for (const Statistics& segment : segments) {
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += segment[i];
  }
  return sum;
}

std::string prepare_segment(std::string_view segment, bool lowercase) {
  const std::vector<std::string_view> pieces = gradus::split_white_space(segment);
  const std::string_view text =
      pieces.empty() ? ""
                     : segment.substr(0, static_cast<std::size_t>(pieces.back().end() - segment.begin()));
  return lowercase ? gradus::lowercase(text) : std::string(text);
}

std::string fixed(double value, int digits) {
  char text[400];  // a double has no more than 309 digits before the point
  return {text, std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, digits).ptr};
}

}  // namespace scoring
