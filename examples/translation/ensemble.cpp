#include "ensemble.h"

#include "storage.h"

#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/joining.h>
#include <gradus/autograd/modes.h>
#include <gradus/autograd/normalize.h>
#include <gradus/autograd/reduce.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/origin.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace translation {

using namespace gradus;

namespace {

/// The logarithm of the mean of exp(x) over the first axis, with nothing lost where all are small.
Tensor log_mean_exp(const Tensor& x) { return logsumexp(x, {0}) - std::log(static_cast<double>(x.size(0))); }

class EnsembleDecoding : public Decoding {
 public:
  explicit EnsembleDecoding(std::vector<std::unique_ptr<Decoding>> members) : members_(std::move(members)) {}

  StepOutput step(const Tensor& previous) override {
    const evaluating scope;
    std::vector<Tensor> log_probabilities, weights;  // (B, words) and (B, S) of every member
    for (const std::unique_ptr<Decoding>& member : members_) {
      const StepOutput output = member->step(previous);
      log_probabilities.push_back(log_softmax(output.logits, 1));
      if (output.weights.defined()) weights.push_back(output.weights);
    }
    const bool all_attend = weights.size() == members_.size();
    return {log_mean_exp(stack(log_probabilities, 0)), all_attend ? mean(stack(weights, 0), {0}) : Tensor()};
  }
  void select(const Tensor& rows, std::int64_t width) override {
    for (const std::unique_ptr<Decoding>& member : members_) member->select(rows, width);
  }

 private:
  std::vector<std::unique_ptr<Decoding>> members_;
};

void check_alike(const char* side, const std::string& folder, const Language& language,
                 const std::string& other_folder, const Language& other) {
  const std::string difference = language.difference(other);
  if (difference.empty()) return;
  throw Error("ensemble", "the " + std::string(side) + " vocabularies of '" + path_text(folder) + "' and '" +
                              path_text(other_folder) + "' are not the same: " + difference +
                              "; models can write together only what all of them cut and number alike");
}

}  // namespace

Ensemble::Ensemble(std::vector<std::unique_ptr<Predictor>> members) {
  if (members.empty()) throw Error("ensemble", "there is no member");
  for (std::unique_ptr<Predictor>& member : members) members_.push_back({std::move(member)});
}

std::int64_t Ensemble::most_words() const {
  std::int64_t most = longest_sentence;
  for (const Member& member : members_) most = std::min(most, member.predictor->most_words());
  return most;
}

bool Ensemble::has_attention() const {
  return std::all_of(members_.begin(), members_.end(),
                     [](const Member& member) { return member.predictor->has_attention(); });
}

std::unique_ptr<Decoding> Ensemble::start(const Tensor& source, const Tensor& lengths) const {
  std::vector<std::unique_ptr<Decoding>> started;
  for (const Member& member : members_) started.push_back(member.predictor->start(source, lengths));
  return std::make_unique<EnsembleDecoding>(std::move(started));
}

TextPredictor load_predictor(std::span<const std::string> folders) {
  if (folders.empty()) throw Error("load", "no folder of a training run was given");
  Translator first = load_translator(folders.front());
  if (folders.size() == 1) return {std::move(first.source), std::move(first.target), std::move(first.model)};
  std::vector<std::unique_ptr<Predictor>> members;
  members.push_back(std::move(first.model));
  for (const std::string& folder : folders.subspan(1)) {
    Translator next = load_translator(folder);
    check_alike("source", folders.front(), first.source, folder, next.source);
    check_alike("target", folders.front(), first.target, folder, next.target);
    members.push_back(std::move(next.model));
  }
  return {std::move(first.source), std::move(first.target), std::make_unique<Ensemble>(std::move(members))};
}

}  // namespace translation
