#include "subword_sampling.h"

#include <gradus/data/utf8.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace translation {

using gradus::RandomBits;

void PieceScores::add(std::string piece, double score) {
  longest_ = std::max(longest_, piece.size());
  lowest_ = scores_.empty() ? score : std::min(lowest_, score);
  scores_.emplace(std::move(piece), score);
}

const double* PieceScores::find(std::string_view piece) const {
  const auto found = scores_.find(piece);
  return found == scores_.end() ? nullptr : &found->second;
}

std::vector<std::string> merge_pieces(std::string_view word, const PieceScores& pieces, double dropout,
                                      RandomBits& random) {
  // Neighbours in `parts` are neighbours in the word, so that a pair is a stretch of it.
  std::vector<std::string_view> parts = gradus::split_code_points(word);
  while (true) {
    std::size_t best = parts.size();
    double best_score = 0;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      const std::string_view pair(parts[i].data(), parts[i].size() + parts[i + 1].size());
      const double* score = pieces.find(pair);
      if (!score || (dropout > 0 && random.uniform() < dropout)) continue;
      if (best == parts.size() || *score > best_score) {
        best = i;
        best_score = *score;
      }
    }
    if (best == parts.size()) break;
    parts[best] = {parts[best].data(), parts[best].size() + parts[best + 1].size()};
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(best) + 1);
  }
  return {parts.begin(), parts.end()};
}

std::vector<std::string> draw_pieces(std::string_view text, const PieceScores& pieces, double alpha,
                                     RandomBits& random) {
  constexpr double unknown_penalty = 10;
  constexpr double nowhere = -std::numeric_limits<double>::infinity();
  struct Edge {
    std::size_t from;
    double score;  // of the piece that leads here
  };
  std::vector<std::vector<Edge>> into(text.size() + 1);  // by byte
  std::vector<double> total(text.size() + 1, nowhere);   // log of the summed weights of all ways to a byte
  total[0] = 0;
  std::size_t at = 0;
  for (const std::string_view character : gradus::split_code_points(text)) {
    for (std::size_t to = at + character.size(); to <= std::min(text.size(), at + pieces.longest()); ++to) {
      if (const double* score = pieces.find(text.substr(at, to - at)))
        into[to].push_back({at, alpha * *score});
    }
    const std::size_t next = at + character.size();
    if (!pieces.find(character)) into[next].push_back({at, alpha * (pieces.lowest() - unknown_penalty)});
    double most = nowhere;
    for (const Edge& edge : into[next]) most = std::max(most, total[edge.from] + edge.score);
    double sum = 0;
    for (const Edge& edge : into[next]) sum += std::exp(total[edge.from] + edge.score - most);
    total[next] = most + std::log(sum);
    at = next;
  }
  std::vector<std::string> drawn;
  while (at > 0) {
    double left = random.uniform();
    const Edge* taken = nullptr;
    for (const Edge& edge : into[at]) {
      taken = &edge;
      left -= std::exp(total[edge.from] + edge.score - total[at]);
      if (left < 0) break;
    }
    drawn.emplace_back(text.substr(taken->from, at - taken->from));
    at = taken->from;
  }
  std::reverse(drawn.begin(), drawn.end());
  return drawn;
}

}  // namespace translation
