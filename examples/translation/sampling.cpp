#include "search_steps.h"

#include <gradus/autograd/modes.h>
#include <gradus/autograd/reduce.h>
#include <gradus/data/random_bits.h>
#include <gradus/nn/model.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/packed_weights.h>

#include <algorithm>
#include <cmath>

namespace translation {

using namespace gradus;

namespace {

/// Draws words, one after the other.
///
/// Every word has a clock that rings after a time drawn from the exponential distribution of rate w, its
/// share of the probability: it rings first with probability w / (sum of all w). (Its logarithm is the
/// Gumbel-max trick; Maddison, Tarlow, Minka 2014.) Going through the cumulative sum would need fewer random
/// numbers, but there a rounding error in one logit, as another batch brings, moves the bounds of all words
/// behind it; here it matters only where two clocks ring at almost the same time.
class WordDrawer {
 public:
  explicit WordDrawer(const SampleOptions& options) : options_(options) {}

  /// One of the words with these logits. Takes a random number for each of them.
  std::int64_t operator()(std::span<const float> logits, RandomBits& random) {
    weigh(logits);
    double first = std::numeric_limits<double>::infinity();
    std::int64_t drawn = Vocabulary::end;  // where the model's numbers are not finite
    for (std::size_t word = 0; word < logits.size(); ++word) {
      const double u = random.uniform();
      // -ln(1 - u) >= u: most ring too late without a logarithm.
      if (weights_[word] == 0 || u >= first * weights_[word]) continue;
      const double time = -std::log1p(-u) / weights_[word];
      if (time >= first) continue;
      first = time;
      drawn = static_cast<std::int64_t>(word);
    }
    return drawn;
  }

 private:
  struct Choice {
    double weight;  // in proportion to the probability
    std::size_t word;
  };
  /// No two are equal, so that what is kept does not depend on how a library sorts.
  static bool likelier(const Choice& a, const Choice& b) {
    return a.weight != b.weight ? a.weight > b.weight : a.word < b.word;
  }

  /// Sets weights_, 0 where a word may not be drawn.
  void weigh(std::span<const float> logits) {
    choices_.clear();
    double largest = -std::numeric_limits<double>::infinity();
    for (std::size_t word = 0; word < logits.size(); ++word) {
      if (!std::isfinite(logits[word])) continue;
      const auto logit = static_cast<double>(logits[word]);
      largest = std::max(largest, logit);
      choices_.push_back({logit, word});
    }
    if (options_.top_k > 0 && options_.top_k < std::ssize(choices_)) {
      const auto end = choices_.begin() + options_.top_k;
      std::partial_sort(choices_.begin(), end, choices_.end(), likelier);
      choices_.erase(end, choices_.end());
    }
    for (Choice& choice : choices_)
      choice.weight = std::exp((choice.weight - largest) / options_.temperature);
    if (options_.top_p < 1 && !choices_.empty()) keep_nucleus();
    weights_.assign(logits.size(), 0);
    for (const Choice& choice : choices_) weights_[choice.word] = choice.weight;
  }

  /// The fewest of the likeliest choices that have the share top_p of the probability of all.
  void keep_nucleus() {
    const auto unlikelier = [](const Choice& a, const Choice& b) { return likelier(b, a); };
    double wanted = 0, kept = 0;
    for (const Choice& choice : choices_) wanted += options_.top_p * choice.weight;
    auto rest = choices_.end();  // what is kept lies from there on
    std::make_heap(choices_.begin(), rest, unlikelier);
    do {
      std::pop_heap(choices_.begin(), rest, unlikelier);
      kept += (--rest)->weight;
    } while (kept < wanted && rest != choices_.begin());
    choices_.erase(choices_.begin(), rest);
  }

  const SampleOptions& options_;
  std::vector<Choice> choices_;
  std::vector<double> weights_;  // of every word
};

/// One translation as it is drawn.
struct Draw {
  RandomBits random;
  bool ended = false;
};

/// Where a sentence stands.
struct Sentence {
  std::size_t place;  // in the batch that was given
  std::vector<Draw> draws;
  bool done() const {
    return std::all_of(draws.begin(), draws.end(), [](const Draw& draw) { return draw.ended; });
  }
};

class Sampling {
 public:
  Sampling(const Predictor& predictor, SentenceIds sources, std::span<const std::uint64_t> numbers,
           const SampleOptions& options)
      : sources_(sources), options_(options), draw_word_(options), results_(sources.size()) {
    const SourceBatch batch = make_source_batch(sources);
    decoding_ = predictor.start(batch.source, batch.lengths);
    for (std::size_t place = 0; place < sources.size(); ++place) {
      Sentence sentence{place, {}};
      for (std::int64_t d = 0; d < options.draws; ++d) {
        sentence.draws.push_back({RandomBits(options.seed, numbers[place], static_cast<std::uint64_t>(d))});
      }
      open_.push_back(std::move(sentence));
      results_[place].resize(static_cast<std::size_t>(options.draws));
    }
    words_.assign(sources.size(), Vocabulary::begin);
  }

  std::vector<std::vector<Translation>> run() {
    while (!open_.empty()) step();
    return std::move(results_);
  }

 private:
  /// Reads the last word of every row and draws the next ones. At the first step all draws of a sentence are
  /// from one row, and each has a row of its own from then on.
  void step() {
    const StepOutput output = decoding_->step(tensor(words_));
    leave_out_specials(output.logits, options_.unknown);
    const Tensor totals = logsumexp(output.logits, {1});
    ++written_;
    words_.clear();
    const bool first = written_ == 1;
    std::vector<std::int64_t> rows;  // that the next ones come from
    for (std::size_t i = 0; i < open_.size(); ++i) {
      for (std::size_t d = 0; d < open_[i].draws.size(); ++d) {
        const auto row = static_cast<std::int64_t>(first ? i : i * open_[i].draws.size() + d);
        words_.push_back(extend(open_[i], d, row, output, totals));
        rows.push_back(row);
      }
    }
    leave(rows, first);
  }

  /// Draws the next word after a row and returns it; the end, which then is read in vain, where there is
  /// none.
  std::int64_t extend(Sentence& sentence, std::size_t d, std::int64_t row, const StepOutput& output,
                      const Tensor& totals) {
    Draw& draw = sentence.draws[d];
    if (draw.ended) return Vocabulary::end;
    const auto r = static_cast<std::size_t>(row),
               vocabulary = static_cast<std::size_t>(output.logits.size(1));
    const std::span<const float> logits =
        std::as_const(output.logits).span<float>().subspan(r * vocabulary, vocabulary);
    const std::int64_t word = draw_word_(logits, draw.random);
    Translation& result = results_[sentence.place][d];
    if (output.weights.defined())
      result.weights.push_back(weights_over(output.weights, row, sources_[sentence.place]));
    const double log_probability = static_cast<double>(logits[static_cast<std::size_t>(word)]) -
                                   static_cast<double>(totals.span<float>()[r]);
    result.score += (log_probability - result.score) / static_cast<double>(written_);  // their mean so far
    if (word != Vocabulary::end) result.ids.push_back(word);
    draw.ended =
        word == Vocabulary::end || written_ == longest_translation(std::ssize(sources_[sentence.place]));
    return word;
  }

  /// The decoder goes on with these rows, without sentences that are done where they are many.
  void leave(std::vector<std::int64_t>& rows, bool first) {
    const auto is_done = [](const Sentence& sentence) { return sentence.done(); };
    const auto count = static_cast<std::size_t>(std::count_if(open_.begin(), open_.end(), is_done));
    const bool leaves = count > 0 && worth_leaving(count, open_.size());
    if (leaves) {
      std::vector<std::int64_t> rows_left, words_left;
      for (std::size_t row = 0; row < rows.size(); ++row) {
        if (open_[row / static_cast<std::size_t>(options_.draws)].done()) continue;
        rows_left.push_back(rows[row]);
        words_left.push_back(words_[row]);
      }
      rows = std::move(rows_left);
      words_ = std::move(words_left);
      std::erase_if(open_, is_done);
    }
    const bool widens = first && options_.draws > 1;
    if (!open_.empty() && (leaves || widens)) decoding_->select(tensor(rows), options_.draws);
  }

  SentenceIds sources_;
  const SampleOptions& options_;
  WordDrawer draw_word_;
  std::unique_ptr<Decoding> decoding_;
  std::vector<Sentence> open_;       // that are in the decoder's batch
  std::vector<std::int64_t> words_;  // the last of every row
  std::int64_t written_ = 0;         // words of every row
  std::vector<std::vector<Translation>> results_;
};

void check(std::size_t sentences, std::size_t numbers, const SampleOptions& options) {
  const auto refuse = [](const std::string& what) { throw Error("sampled_translations", what); };
  if (sentences != numbers)
    refuse(std::to_string(sentences) + " sentences have " + std::to_string(numbers) + " numbers");
  if (!(options.temperature > 0))
    refuse("the temperature must be above 0, got " + std::to_string(options.temperature));
  if (options.top_k < 0) refuse("top_k must not be negative, got " + std::to_string(options.top_k));
  if (!(options.top_p > 0 && options.top_p <= 1))
    refuse("top_p must be above 0 and at most 1, got " + std::to_string(options.top_p));
  if (options.draws < 1)
    refuse("there must be at least 1 draw of a sentence, not " + std::to_string(options.draws));
}

}  // namespace

std::vector<std::vector<Translation>> sampled_translations(const Predictor& predictor, SentenceIds sources,
                                                           std::span<const std::uint64_t> numbers,
                                                           const SampleOptions& options) {
  check(sources.size(), numbers.size(), options);
  if (sources.empty()) return {};
  const evaluating scope;
  const PackedWeights packed(parameters(predictor.view()));
  return Sampling(predictor, sources, numbers, options).run();
}

}  // namespace translation
