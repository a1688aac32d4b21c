#include "search_steps.h"

#include <gradus/autograd/modes.h>
#include <gradus/autograd/reduce.h>
#include <gradus/autograd/sorting.h>
#include <gradus/nn/model.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/packed_weights.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace translation {

using namespace gradus;

namespace {

constexpr double impossible = -std::numeric_limits<double>::infinity();

/// A row goes on, or begins: which row of the step before it extends, and by which word.
struct Link {
  double score;  // log-probability of all its words
  std::int64_t row, word;
};

bool likelier(const Link& a, const Link& b) { return a.score > b.score; }

/// Where a sentence stands.
struct Sentence {
  std::size_t place;     // in the batch that was given
  std::int64_t longest;  // words at most, the end included
  std::int64_t ended = 0;
  bool done = false;
};

/// The sum over the source words of ln min(1, all the weight that it was given); what looked at its end does
/// not count.
double coverage(const std::vector<std::vector<float>>& weights) {
  constexpr double least = 1e-9;
  double sum = 0;
  for (std::size_t s = 0; s + 1 < weights.front().size(); ++s) {
    double given = 0;
    for (const std::vector<float>& row : weights) given += static_cast<double>(row[s]);
    sum += std::log(std::clamp(given, least, 1.0));
  }
  return sum;
}

class BeamSearch {
 public:
  BeamSearch(const Predictor& predictor, SentenceIds sources, const BeamOptions& options)
      : sources_(sources), options_(options), width_(options.width), results_(sources.size()) {
    const SourceBatch batch = make_source_batch(sources);
    decoding_ = predictor.start(batch.source, batch.lengths);
    for (std::size_t place = 0; place < sources.size(); ++place) {
      open_.push_back({place, longest_translation(std::ssize(sources[place]))});
      links_.push_back({0, static_cast<std::int64_t>(place), Vocabulary::begin});
    }
  }

  std::vector<std::vector<Translation>> run() {
    while (!open_.empty()) step();
    for (std::vector<Translation>& best : results_) {
      if (best.empty()) best.emplace_back();  // where the model's numbers are not finite
    }
    return std::move(results_);
  }

 private:
  /// Words that have been written, that of the step being made included.
  std::int64_t written() const { return std::ssize(history_); }
  bool has_all(const Sentence& sentence) const {
    return std::ssize(results_[sentence.place]) == options_.best;
  }
  /// Of log-probability and number of words.
  double score(double log_probability, std::int64_t length) const {
    return log_probability / std::pow(static_cast<double>(length), options_.length_penalty);
  }

  /// Reads the word of every row and takes the best words after it.
  void step() {
    std::vector<std::int64_t> words;
    for (const Link& link : links_) words.push_back(link.word);
    const StepOutput output = decoding_->step(tensor(words));
    leave_out_specials(output.logits, options_.unknown);
    weights_.push_back(options_.weights || options_.coverage > 0 ? output.weights : Tensor());
    history_.push_back(std::move(links_));
    links_.clear();
    // One more than the width: of the words after a row one may be the end.
    const auto [values, indices] = topk(output.logits, std::min(width_ + 1, output.logits.size(1)), 1);
    const Tensor totals = logsumexp(output.logits, {1});
    const auto rows = static_cast<std::int64_t>(history_.back().size()),
               before = rows / static_cast<std::int64_t>(open_.size());  // rows of a sentence
    const std::span<const float> value = values.span<float>(), total = totals.span<float>();
    const std::span<const std::int64_t> word = indices.span<std::int64_t>();
    const auto choices = static_cast<std::size_t>(values.size(1));
    std::vector<Link> candidates;
    for (std::size_t i = 0; i < open_.size(); ++i) {
      candidates.clear();
      const std::int64_t first = static_cast<std::int64_t>(i) * before;
      for (std::int64_t row = first; row < first + before && !open_[i].done; ++row) {
        const auto r = static_cast<std::size_t>(row);
        for (std::size_t j = r * choices; j < (r + 1) * choices; ++j) {
          const double sum =
              history_.back()[r].score + (static_cast<double>(value[j]) - static_cast<double>(total[r]));
          candidates.push_back({sum, row, word[j]});
        }
      }
      extend(open_[i], first, before, candidates);
    }
    leave();
  }

  /// Of the best candidates those that end are set aside, the others go on as rows.
  void extend(Sentence& sentence, std::int64_t first, std::int64_t before, std::vector<Link>& candidates) {
    const auto width = static_cast<std::size_t>(width_);
    std::stable_sort(candidates.begin(), candidates.end(), likelier);
    std::vector<Link> chosen;
    for (std::size_t rank = 0; rank < candidates.size() && chosen.size() < width; ++rank) {
      const Link& candidate = candidates[rank];
      if (candidate.word != Vocabulary::end) chosen.push_back(candidate);
      else if (rank < width && candidate.score != impossible) end(sentence, candidate);
    }
    if (!sentence.done) look_ahead(sentence, chosen);
    // Rows that nothing comes from: of a sentence that is done, or with fewer words than the beam is wide.
    while (chosen.size() < width) {
      const std::int64_t own = before == width_ ? first + static_cast<std::int64_t>(chosen.size()) : first;
      chosen.push_back({impossible, own, Vocabulary::end});
    }
    if (before == width_) stay_in_place(first, chosen);
    links_.insert(links_.end(), chosen.begin(), chosen.end());
  }

  /// Orders the candidates so that a row that goes on does so at its own place as well: the decoder then
  /// copies into the places of those that do not.
  void stay_in_place(std::int64_t first, std::vector<Link>& chosen) const {
    for (std::size_t i = 0; i < chosen.size();) {
      const auto own = static_cast<std::size_t>(chosen[i].row - first);
      if (own == i || chosen[own].row == chosen[i].row) ++i;
      else std::swap(chosen[i], chosen[own]);
    }
  }

  void end(Sentence& sentence, const Link& last) {
    ++sentence.ended;
    std::vector<Translation>& best = results_[sentence.place];
    const double most = score(last.score, written());  // what it looked at can only take from that
    if (has_all(sentence) && most <= best.back().score) return;
    Translation found = trace(sentence, last.row);
    found.score = most;
    if (options_.coverage > 0) found.score += options_.coverage * coverage(found.weights);
    const auto after = std::find_if(best.begin(), best.end(),
                                    [&](const Translation& other) { return other.score < found.score; });
    best.insert(after, std::move(found));
    if (std::ssize(best) > options_.best) best.pop_back();
  }

  /// Whether the sentence is done; `chosen`, the likeliest first, is how it would go on.
  void look_ahead(Sentence& sentence, const std::vector<Link>& chosen) {
    const double ahead = chosen.empty() ? impossible : score(chosen.front().score, sentence.longest);
    const bool caught_up =
        ahead == impossible || (has_all(sentence) && ahead <= results_[sentence.place].back().score);
    sentence.done = sentence.ended >= width_ || caught_up || written() == sentence.longest;
    if (written() == sentence.longest) cut_off(sentence, chosen);
  }

  /// Where not enough have ended in time, the best beginnings.
  void cut_off(const Sentence& sentence, const std::vector<Link>& chosen) {
    for (const Link& last : chosen) {
      if (has_all(sentence) || last.score == impossible) return;
      Translation found = trace(sentence, last.row);
      found.ids.push_back(last.word);
      found.score = score(last.score, written());
      if (options_.coverage > 0) found.score += options_.coverage * coverage(found.weights);
      results_[sentence.place].push_back(std::move(found));
    }
  }

  /// What was written up to the step that has just been made, as it went to this row.
  Translation trace(const Sentence& sentence, std::int64_t row) const {
    Translation result;
    for (std::size_t t = history_.size(); t-- > 0;) {
      if (weights_[t].defined()) {
        result.weights.push_back(weights_over(weights_[t], row, sources_[sentence.place]));
      }
      const Link& link = history_[t][static_cast<std::size_t>(row)];
      if (t > 0) result.ids.push_back(link.word);
      row = link.row;
    }
    std::reverse(result.ids.begin(), result.ids.end());
    std::reverse(result.weights.begin(), result.weights.end());
    return result;
  }

  /// The decoder goes on with the rows of links_, without sentences that are done where they are many.
  void leave() {
    const auto is_done = [](const Sentence& sentence) { return sentence.done; };
    const auto count = static_cast<std::size_t>(std::count_if(open_.begin(), open_.end(), is_done));
    if (count > 0 && worth_leaving(count, open_.size())) {
      std::vector<Link> left;
      for (std::size_t i = 0; i < open_.size(); ++i) {
        const auto first = links_.begin() + static_cast<std::ptrdiff_t>(i) * width_;
        if (!open_[i].done) left.insert(left.end(), first, first + width_);
      }
      links_ = std::move(left);
      std::erase_if(open_, is_done);
    }
    if (open_.empty()) return;
    std::vector<std::int64_t> rows;
    for (const Link& link : links_) rows.push_back(link.row);
    decoding_->select(tensor(rows), width_);
  }

  SentenceIds sources_;
  const BeamOptions& options_;
  const std::int64_t width_;
  std::unique_ptr<Decoding> decoding_;
  std::vector<Sentence> open_;              // that are in the decoder's batch
  std::vector<Link> links_;                 // the decoder's rows before the next step
  std::vector<std::vector<Link>> history_;  // the same before every step that was made
  std::vector<Tensor> weights_;             // of every step
  std::vector<std::vector<Translation>> results_;
};

void check(const Predictor& predictor, const BeamOptions& options) {
  const auto refuse = [](const std::string& what) { throw Error("beam_search", what); };
  if (options.width < 1) refuse("the width must be at least 1, got " + std::to_string(options.width));
  if (options.best < 1 || options.best > options.width) {
    refuse("a beam of " + std::to_string(options.width) + " finds 1 to " + std::to_string(options.width) +
           " translations of a sentence, not " + std::to_string(options.best));
  }
  if (!(options.length_penalty >= 0) || !(options.coverage >= 0)) {
    refuse("the length penalty and the coverage penalty must not be negative, got " +
           std::to_string(options.length_penalty) + " and " + std::to_string(options.coverage));
  }
  if (options.coverage > 0 && !predictor.has_attention()) {
    refuse("the coverage penalty needs to know what the words looked at, and the model has no attention");
  }
}

}  // namespace

std::vector<std::vector<Translation>> best_translations(const Predictor& predictor, SentenceIds sources,
                                                        const BeamOptions& options) {
  check(predictor, options);
  if (sources.empty()) return {};
  const evaluating scope;
  const PackedWeights packed(parameters(predictor.view()));
  return BeamSearch(predictor, sources, options).run();
}

std::vector<Translation> beam_search(const Predictor& predictor, SentenceIds sources, std::int64_t width) {
  if (width == 1) return greedy_search(predictor, sources);
  std::vector<Translation> results;
  for (std::vector<Translation>& best : best_translations(predictor, sources, {.width = width}))
    results.push_back(std::move(best.front()));
  return results;
}

}  // namespace translation
