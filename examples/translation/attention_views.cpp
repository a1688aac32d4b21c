#include "attention_views.h"

#include "forced_decoding.h"
#include "search.h"

#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/joining.h>
#include <gradus/autograd/modes.h>
#include <gradus/autograd/pointwise.h>
#include <gradus/autograd/reduce.h>
#include <gradus/data/utf8.h>
#include <gradus/data/vocabulary.h>
#include <gradus/nn/attention_record.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

namespace translation {

using namespace gradus;

namespace {

const ShownToken begin_mark{"(begin)", ShownToken::mark}, end_mark{"(end)", ShownToken::mark};

/// A line of the user's, and what the model reads of it.
struct Line {
  std::vector<std::int64_t> ids;
  std::vector<ShownToken> tokens;
};

Line line_of(const char* what, const std::string& text, const Language& language, std::int64_t most) {
  const auto refuse = [&](const std::string& why) {
    throw Error("attention", std::string("the ") + what + " " + why);
  };
  if (const auto place = find_invalid_utf8(text)) {
    refuse("is no UTF-8 text: byte " + std::to_string(*place) + " begins no character");
  }
  const auto is_control = [](char c) {
    return (static_cast<unsigned char>(c) < 32 && c != '\t') || c == 127;
  };
  if (const auto control = std::find_if(text.begin(), text.end(), is_control); control != text.end())
    refuse("holds a control character, its byte " + std::to_string(control - text.begin()));
  const std::vector<std::string> tokens = language.tokenize(text);
  if (tokens.empty()) refuse("has no words");
  if (std::ssize(tokens) > most) {
    refuse("has " + std::to_string(tokens.size()) + " tokens, and may have " + std::to_string(most) +
           " at most");
  }
  Line line{language.vocabulary().encode(tokens), {}};
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    line.tokens.push_back(
        {tokens[i], line.ids[i] == Vocabulary::unknown ? ShownToken::unknown : ShownToken::known});
  }
  return line;
}

/// What the search writes, and whether it came to the end of the sentence.
std::pair<Line, bool> translation_of(const Translator& translator, const Line& source, std::int64_t beam) {
  const std::vector<std::vector<std::int64_t>> sources{source.ids};
  const Translation found = beam_search(*translator.model, sources, beam)[0];
  Line line{found.ids, {}};
  for (const std::int64_t id : found.ids) line.tokens.push_back({translator.target.vocabulary().token(id)});
  return {line, found.weights.size() > found.ids.size()};  // one row for every word, and one for the end
}

/// Every attention layer (1, heads, rows, columns) as the model reads the source and writes the target.
NamedTensors run_over(const TranslationModel& model, const std::vector<std::int64_t>& source,
                      const std::vector<std::int64_t>& target) {
  const evaluating scope;
  const std::vector<Example> examples{{source, target}};
  const std::vector<std::int64_t> first{0};
  const Batch batch = make_batch(examples, first);
  const nn::AttentionRecord record(model.view());
  model.loss(batch.source, batch.lengths, batch.previous, batch.target);
  return record.joined();
}

/// Transformers call their layers as PyTorch does; the attention of a recurrent decoder looks at the source.
AttentionRole role_of(const std::string& layer) {
  if (layer.find("encoder.") != std::string::npos) return AttentionRole::encoder;
  return layer.ends_with("self_attn") ? AttentionRole::decoder : AttentionRole::cross;
}

std::vector<AttentionView> views_of(const NamedTensors& layers, std::int64_t written) {
  std::vector<AttentionView> views;
  for (const AttentionRole role : {AttentionRole::cross, AttentionRole::encoder, AttentionRole::decoder}) {
    AttentionView view{role, {}};
    for (const auto& [name, weights] : layers) {
      if (role_of(name) != role) continue;
      Tensor shown = weights.squeeze(0).to(DType::float32);
      if (role != AttentionRole::encoder) shown = shown.slice(1, 0, written);
      if (role == AttentionRole::decoder) shown = shown.slice(2, 0, written);
      if (any(logical_not(isfinite(shown))).item<bool>()) {
        throw Error("attention",
                    "the weights of '" + name + "' are no finite numbers: the model's training went wrong");
      }
      view.layers.emplace_back(name, shown);
    }
    if (!view.layers.empty()) views.push_back(std::move(view));
  }
  return views;
}

/// (1, rows, columns): the share of its probability that each of the first `rows` target tokens loses without
/// each token of the source, and 0 for its end.
Tensor lost_without(const TranslationModel& model, const std::vector<std::int64_t>& source,
                    const std::vector<std::int64_t>& target, std::size_t rows) {
  std::vector<Example> readings{{source, target}};
  for (std::size_t s = 0; s < source.size(); ++s) {
    readings.push_back(readings.front());
    readings.back().source.erase(readings.back().source.begin() + static_cast<std::ptrdiff_t>(s));
  }
  std::vector<std::vector<double>> scores;
  constexpr std::size_t batch = 64;
  for (std::size_t from = 0; from < readings.size(); from += batch) {
    const std::span<const Example> some =
        std::span(readings).subspan(from, std::min(batch, readings.size() - from));
    for (std::vector<double>& reading : forced_log_probabilities(model, some))
      scores.push_back(std::move(reading));
  }
  std::vector<float> lost;
  for (std::size_t t = 0; t < rows; ++t) {
    for (std::size_t s = 1; s < scores.size(); ++s)
      lost.push_back(static_cast<float>(std::max(0.0, 1 - std::exp(scores[s][t] - scores[0][t]))));
    lost.push_back(0);
  }
  return tensor(lost, {1, static_cast<std::int64_t>(rows), std::ssize(source) + 1});
}

}  // namespace

const char* name_of(AttentionRole role) {
  switch (role) {
    case AttentionRole::cross: return "cross";
    case AttentionRole::encoder: return "encoder";
    case AttentionRole::decoder: return "decoder";
    case AttentionRole::erasure: return "erasure";
  }
  return "?";
}

SentenceAttention attention_of(const Translator& translator, const AttentionQuery& query) {
  const TranslationModel& model = *translator.model;
  const Line source = line_of("sentence", query.sentence, translator.source, model.most_words());
  Line target;
  bool ended = true;
  if (query.target) target = line_of("translation", *query.target, translator.target, most_target_words());
  else std::tie(target, ended) = translation_of(translator, source, query.beam);
  const NamedTensors layers = run_over(model, source.ids, target.ids);
  if (layers.empty()) {
    throw Error("attention",
                "the model has no attention to look at: it was trained with --attention none; every "
                "--model transformer has it, and rnn, gru and lstm with any other --attention");
  }
  SentenceAttention seen{.sentence = query.sentence,
                         .translation = query.target ? *query.target : translator.target.decode(target.ids),
                         .source_tokens = translator.source.token_kind(),
                         .target_tokens = translator.target.token_kind(),
                         .source = source.tokens,
                         .written = target.tokens,
                         .history = {begin_mark},
                         .views = {}};
  seen.source.push_back(end_mark);
  seen.history.insert(seen.history.end(), target.tokens.begin(), target.tokens.end());
  if (ended) seen.written.push_back(end_mark);
  seen.history.resize(seen.written.size());
  seen.views = views_of(layers, std::ssize(seen.written));
  seen.views.push_back({AttentionRole::erasure,
                        {{"erasure", lost_without(model, source.ids, target.ids, seen.written.size())}}});
  return seen;
}

std::vector<std::vector<float>> mean_weights(const AttentionView& view) {
  std::vector<Tensor> layers;
  for (const auto& layer : view.layers) layers.push_back(mean(layer.second, {0}));
  const Tensor weights = mean(stack(layers), {0});  // (rows, columns)
  std::vector<std::vector<float>> rows;
  for (std::int64_t i = 0; i < weights.size(0); ++i) rows.push_back(weights[i].to_vector<float>());
  return rows;
}

}  // namespace translation
