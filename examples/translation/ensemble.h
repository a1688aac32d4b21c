// Several models that write one translation together.
#pragma once
#include "model.h"
#include "text.h"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace translation {

/// At every step the probability of a word is the mean of those that the members give it; the logits are
/// their logarithms. The attention is the mean of the members', where all of them have one.
class Ensemble : public Predictor {
 public:
  /// All members know the same words. Throws where there is none.
  explicit Ensemble(std::vector<std::unique_ptr<Predictor>> members);

  /// The least of the members'.
  std::int64_t most_words() const override;
  bool has_attention() const override;
  std::unique_ptr<Decoding> start(const Tensor& source, const Tensor& lengths) const override;
  gradus::ModelView view() const override { return members_; }

 private:
  struct Member {
    std::unique_ptr<Predictor> predictor;
    gradus::ModelView model() const { return predictor->view(); }
  };
  std::vector<Member> members_;
};

/// What translates, and the languages that it does so between.
struct TextPredictor {
  Language source, target;
  std::unique_ptr<Predictor> predictor;
};

/// The model of a run, or those of several as an Ensemble. Throws as load_translator does, and where two of
/// the runs do not cut and number all text alike: it names their folders and the first difference.
TextPredictor load_predictor(std::span<const std::string> folders);

}  // namespace translation
