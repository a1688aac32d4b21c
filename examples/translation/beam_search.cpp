#include "search_steps.h"

#include <gradus/autograd/modes.h>
#include <gradus/autograd/reduce.h>
#include <gradus/autograd/sorting.h>
#include <gradus/nn/model.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/packed_weights.h>

#include <algorithm>

namespace translation {

using namespace gradus;

namespace {

constexpr double impossible = -std::numeric_limits<double>::infinity();

/// A row goes on, or begins: which row of the step before it extends, and by which word.
struct Link {
  double score;  // log-probability of all its words
  std::int64_t row, word;
};

/// Where a sentence stands.
struct Sentence {
  std::size_t place;  // in the batch that was given
  std::int64_t ended = 0;
  double best = impossible;  // mean log-probability of the best that has ended
};

class BeamSearch {
 public:
  BeamSearch(const TranslationModel& model, std::span<const std::vector<std::int64_t>> sources,
             std::int64_t width)
      : sources_(sources), width_(width), results_(sources.size()) {
    const SourceBatch batch = make_source_batch(sources);
    decoding_ = model.start(batch.source, batch.lengths);
    longest_ = longest_translation(batch);
    for (std::size_t place = 0; place < sources.size(); ++place) {
      open_.push_back({place});
      links_.push_back({0, static_cast<std::int64_t>(place), Vocabulary::begin});
    }
  }

  std::vector<Translation> run() {
    for (std::int64_t t = 0; t < longest_ && !open_.empty(); ++t) step();
    // Where nothing has ended, the best beginning.
    for (std::size_t i = 0; i < open_.size(); ++i) {
      if (open_[i].best != impossible) continue;
      const std::size_t first = i * static_cast<std::size_t>(width_);
      const auto best = std::max_element(links_.begin() + static_cast<std::ptrdiff_t>(first),
                                         links_.begin() + static_cast<std::ptrdiff_t>(first) + width_,
                                         [](const Link& a, const Link& b) { return a.score < b.score; });
      results_[open_[i].place] = trace(open_[i], best->row);
      results_[open_[i].place].ids.push_back(best->word);
    }
    return std::move(results_);
  }

 private:
  bool done(const Sentence& sentence) const { return sentence.ended >= width_; }

  /// Reads the word of every row and takes the best words after it.
  void step() {
    std::vector<std::int64_t> words;
    for (const Link& link : links_) words.push_back(link.word);
    const StepOutput output = decoding_->step(tensor(words));
    leave_out_specials(output.logits);
    weights_.push_back(output.weights);
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
      for (std::int64_t row = first; row < first + before && !done(open_[i]); ++row) {
        const auto r = static_cast<std::size_t>(row);
        for (std::size_t j = r * choices; j < (r + 1) * choices; ++j) {
          const double score =
              history_.back()[r].score + (static_cast<double>(value[j]) - static_cast<double>(total[r]));
          candidates.push_back({score, row, word[j]});
        }
      }
      extend(open_[i], first, before, candidates);
    }
    leave();
  }

  /// Of the best candidates those that end are set aside, the others go on as rows.
  void extend(Sentence& sentence, std::int64_t first, std::int64_t before, std::vector<Link>& candidates) {
    const auto width = static_cast<std::size_t>(width_);
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const Link& a, const Link& b) { return a.score > b.score; });
    std::vector<Link> chosen;
    for (std::size_t rank = 0; rank < candidates.size() && chosen.size() < width; ++rank) {
      const Link& candidate = candidates[rank];
      if (candidate.word != Vocabulary::end) chosen.push_back(candidate);
      else if (rank < width && candidate.score != impossible) end(sentence, candidate);
    }
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
    const double mean = last.score / static_cast<double>(history_.size());
    if (mean <= sentence.best) return;
    sentence.best = mean;
    results_[sentence.place] = trace(sentence, last.row);
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
    const auto is_done = [this](const Sentence& sentence) { return done(sentence); };
    const auto count = static_cast<std::size_t>(std::count_if(open_.begin(), open_.end(), is_done));
    if (count > 0 && worth_leaving(count, open_.size())) {
      std::vector<Link> left;
      for (std::size_t i = 0; i < open_.size(); ++i) {
        const auto first = links_.begin() + static_cast<std::ptrdiff_t>(i) * width_;
        if (!done(open_[i])) left.insert(left.end(), first, first + width_);
      }
      links_ = std::move(left);
      std::erase_if(open_, is_done);
    }
    if (open_.empty()) return;
    std::vector<std::int64_t> rows;
    for (const Link& link : links_) rows.push_back(link.row);
    decoding_->select(tensor(rows), width_);
  }

  std::span<const std::vector<std::int64_t>> sources_;
  std::int64_t width_, longest_;
  std::unique_ptr<Decoding> decoding_;
  std::vector<Sentence> open_;              // that are in the decoder's batch
  std::vector<Link> links_;                 // the decoder's rows before the next step
  std::vector<std::vector<Link>> history_;  // the same before every step that was made
  std::vector<Tensor> weights_;             // of every step
  std::vector<Translation> results_;
};

}  // namespace

std::vector<Translation> beam_search(const TranslationModel& model,
                                     std::span<const std::vector<std::int64_t>> sources, std::int64_t width) {
  if (width < 1) throw Error("beam_search", "the width must be at least 1, got " + std::to_string(width));
  if (width == 1 || sources.empty()) return greedy_search(model, sources);
  const evaluating scope;
  const PackedWeights packed(parameters(model.view()));
  return BeamSearch(model, sources, width).run();
}

}  // namespace translation
