// A predictor whose every step is written down by a test.
#pragma once
#include "search.h"

#include <gradus/data/vocabulary.h>
#include <gradus/tensor/create.h>

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <vector>

namespace gradus::test {

using Ids = std::vector<std::int64_t>;

inline constexpr float never = -std::numeric_limits<float>::infinity();

/// What comes after the words that were written (without begin) for a source (without its end).
struct Script {
  std::function<std::vector<float>(const Ids& source, const Ids& written)> logits;
  /// Over `width` source positions, of which the sentence and its end are the first. Nothing: no attention.
  std::function<std::vector<float>(const Ids& source, const Ids& written, std::int64_t width)> weights;
};

/// The words that may be drawn, by their probabilities; others never.
inline std::vector<float> logits_of(std::size_t words,
                                    const std::vector<std::pair<std::int64_t, double>>& probabilities) {
  std::vector<float> logits(words, never);
  for (const auto& [word, probability] : probabilities)
    logits[static_cast<std::size_t>(word)] = static_cast<float>(std::log(probability));
  return logits;
}

class ScriptedModel : public translation::Predictor {
 public:
  explicit ScriptedModel(Script script) : script_(std::move(script)) {}

  bool has_attention() const override { return script_.weights != nullptr; }
  std::unique_ptr<translation::Decoding> start(const Tensor& source, const Tensor& lengths) const override {
    return std::make_unique<ScriptedDecoding>(*this, source, lengths);
  }
  ModelView view() const override { return parts_; }

  /// Steps and rows of all steps so far.
  std::int64_t steps() const { return steps_; }
  std::int64_t rows() const { return rows_; }

 private:
  /// Knows what every row has written.
  class ScriptedDecoding : public translation::Decoding {
   public:
    ScriptedDecoding(const ScriptedModel& model, const Tensor& source, const Tensor& lengths)
        : model_(model), length_(source.size(1)) {
      for (std::int64_t row = 0; row < source.size(0); ++row) {  // without the end
        const std::int64_t length = lengths.span<std::int64_t>()[static_cast<std::size_t>(row)] - 1;
        rows_.push_back({source[row].slice(0, 0, length).to_vector<std::int64_t>(), {}});
      }
    }
    translation::StepOutput step(const Tensor& previous) override {
      REQUIRE(previous.size(0) == static_cast<std::int64_t>(rows_.size()));
      ++model_.steps_;
      model_.rows_ += std::ssize(rows_);
      std::vector<float> logits, weights;
      for (std::size_t row = 0; row < rows_.size(); ++row) {
        auto& [source, written] = rows_[row];
        written.push_back(previous.span<std::int64_t>()[row]);
        const Ids after_begin(written.begin() + 1, written.end());
        const std::vector<float> scores = model_.script_.logits(source, after_begin);
        logits.insert(logits.end(), scores.begin(), scores.end());
        if (!model_.script_.weights) continue;
        const std::vector<float> looks = model_.script_.weights(source, after_begin, length_);
        weights.insert(weights.end(), looks.begin(), looks.end());
      }
      const auto count = static_cast<std::int64_t>(rows_.size());
      const Shape shape{count, std::ssize(logits) / count};
      return {tensor(logits, shape), weights.empty() ? Tensor() : tensor(weights, {count, length_})};
    }
    void select(const Tensor& rows, std::int64_t width) override {
      REQUIRE(rows.size(0) % width == 0);
      std::vector<Row> picked;
      for (const std::int64_t row : rows.span<std::int64_t>())
        picked.push_back(rows_.at(static_cast<std::size_t>(row)));
      for (std::size_t i = 0; i < picked.size(); ++i)  // the rows of a sentence lie side by side
        REQUIRE(picked[i].source == picked[i - i % static_cast<std::size_t>(width)].source);
      rows_ = picked;
    }

   private:
    struct Row {
      Ids source, written;
    };
    const ScriptedModel& model_;
    std::int64_t length_;
    std::vector<Row> rows_;
  };

  struct {
  } parts_;  // no weights
  Script script_;
  mutable std::int64_t steps_ = 0, rows_ = 0;
};

/// A number in [0, 1) that anything may depend on.
inline double noise(const Ids& ids, std::int64_t salt) {
  std::uint64_t h = 1469598103934665603u + static_cast<std::uint64_t>(salt) * 1099511628211u;
  for (const std::int64_t id : ids) h = (h ^ static_cast<std::uint64_t>(id)) * 1099511628211u;
  h ^= h >> 29, h *= 0xbf58476d1ce4e5b9u, h ^= h >> 32;
  return static_cast<double>(h >> 11) * 0x1p-53;
}

}  // namespace gradus::test
