// The speed of decoding with the Transformer, by the search that `translate run` uses, on random sentences
// with random weights. Prints one JSON object.
#include "model_options.h"
#include "search.h"
#include "workload.h"

#include <gradus/data/vocabulary.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/parallel.h>
#include <gradus/tensor/random.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <limits>
#include <stdexcept>
#include <utility>

namespace {

using namespace translation;
using namespace gradus;
using benchmarks::Workload;

/// A model whose every translation has the same number of words, the end included, so that the work does not
/// depend on what random weights happen to say.
class FixedLengthModel : public TranslationModel {
 public:
  FixedLengthModel(const TranslationModel& model, std::int64_t words) : model_(model), words_(words) {}
  Tensor features(const Tensor& source, const Tensor& lengths, const Tensor& previous,
                  double teacher_forcing) const override {
    return model_.features(source, lengths, previous, teacher_forcing);
  }
  const nn::Linear& output_layer() const override { return model_.output_layer(); }
  std::unique_ptr<Decoding> start(const Tensor& source, const Tensor& lengths) const override {
    return std::make_unique<FixedLengthDecoding>(model_.start(source, lengths), words_);
  }
  ModelView view() const override { return model_.view(); }

 private:
  class FixedLengthDecoding : public Decoding {
   public:
    FixedLengthDecoding(std::unique_ptr<Decoding> decoding, std::int64_t words)
        : decoding_(std::move(decoding)), left_(words) {}
    StepOutput step(const Tensor& previous) override {
      StepOutput output = decoding_->step(previous);
      constexpr double infinity = std::numeric_limits<double>::infinity();
      const bool last = --left_ == 0;
      if (last) output.logits.fill_(-infinity);
      output.logits.slice(1, Vocabulary::end, Vocabulary::end + 1).fill_(last ? 0 : -infinity);
      return output;
    }
    void select(const Tensor& rows, std::int64_t width) override { decoding_->select(rows, width); }

   private:
    std::unique_ptr<Decoding> decoding_;
    std::int64_t left_;
  };

  const TranslationModel& model_;
  std::int64_t words_;
};

std::vector<std::vector<std::int64_t>> random_sentences(const Workload& work) {
  std::vector<std::vector<std::int64_t>> sentences;
  for (std::int64_t i = 0; i < work.batch; ++i) {  // the search adds the end of the sentence
    sentences.push_back(randint(4, work.vocabulary, {work.source - 1}).to_vector<std::int64_t>());
  }
  return sentences;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App program("The speed of decoding with the Transformer. Prints one JSON object.");
  Workload work;
  work.model = "transformer";
  benchmarks::add_model_options(program, work);
  benchmarks::add_timing_options(program, work);
  std::int64_t beam = 1;
  program.add_option("--beam", beam, "Width of the beam; 1: greedy")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  return benchmarks::run_program(program, argc, argv, [&](int&) -> nlohmann::ordered_json {
    if (work.threads != 0) set_num_threads(work.threads);
    if (work.target > 2 * work.source + 10)
      throw std::runtime_error("the search stops before so many target words");
    manual_seed(1);
    const std::unique_ptr<TranslationModel> model = make_model(benchmarks::model_options(work));
    const FixedLengthModel fixed(*model, work.target);
    const auto sentences = random_sentences(work);
    std::size_t words = 0;
    const benchmarks::Spread seconds = benchmarks::measure(
        2, work.steps, [&] { words = beam_search(fixed, sentences, beam).front().ids.size() + 1; });
    if (words != static_cast<std::size_t>(work.target))
      throw std::logic_error("the search has not run to the end");
    auto report = benchmarks::report_decoding(work, num_threads(), seconds);
    report["beam"] = beam;
    return report;
  });
}
