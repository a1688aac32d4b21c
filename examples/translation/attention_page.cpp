#include "attention_page.h"

#include "attention_page_files.h"
#include "html_text.h"

#include <gradus/tensor/error.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <span>
#include <string_view>
#include <utility>

namespace translation {

using namespace gradus;
using nlohmann::json;

namespace {

/// Three bytes a weight, the high one first, as four characters of base64 (RFC 4648, section 4): 0 is 0, 2^24
/// - 1 is 1.
std::string encoded(const Tensor& weights) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve(static_cast<std::size_t>(weights.numel()) * 4);
  for (const float weight : weights.to_vector<float>()) {
    const auto value = std::lround(std::clamp<double>(weight, 0, 1) * 0xffffff);
    for (const int shift : {18, 12, 6, 0}) text += digits[value >> shift & 63];
  }
  return text;
}

json tokens_of(const std::vector<ShownToken>& tokens) {
  static constexpr const char* kinds[] = {"known", "unknown", "mark"};
  json list = json::array();
  for (const ShownToken& token : tokens) list.push_back({{"text", token.text}, {"kind", kinds[token.kind]}});
  return list;
}

json view_of(const AttentionView& view) {
  json layers = json::array();
  for (const auto& [name, weights] : view.layers) {
    layers.push_back({{"name", name}, {"heads", weights.size(0)}, {"weights", encoded(weights)}});
  }
  return {{"role", name_of(view.role)}, {"layers", layers}};
}

/// JSON that may stand inside a script element: "<" begins no tag there.
std::string data_of(const SentenceAttention& seen) {
  json views = json::array();
  for (const AttentionView& view : seen.views) views.push_back(view_of(view));
  const json data = {{"sourceTokens", seen.source_tokens}, {"targetTokens", seen.target_tokens},
                     {"source", tokens_of(seen.source)},   {"written", tokens_of(seen.written)},
                     {"history", tokens_of(seen.history)}, {"views", views}};
  std::string text;
  for (const char c : data.dump(-1, ' ', false, json::error_handler_t::replace)) {
    if (c == '<') text += "\\u003c";
    else text += c;
  }
  return text;
}

/// The page with each name replaced by its value, which is not looked at again.
std::string filled(std::string_view page,
                   std::span<const std::pair<std::string_view, std::string_view>> values) {
  std::string text;
  while (!page.empty()) {
    std::size_t at = page.size();
    const std::pair<std::string_view, std::string_view>* next = nullptr;
    for (const auto& value : values) {
      const std::size_t place = page.find(value.first);
      if (place >= at) continue;
      at = place;
      next = &value;
    }
    text += page.substr(0, at);
    if (!next) break;
    text += next->second;
    page.remove_prefix(at + next->first.size());
  }
  return text;
}

void check_size(const SentenceAttention& seen) {
  constexpr std::int64_t most_bytes = 64 * 1024 * 1024;
  std::int64_t bytes = 0;
  for (const AttentionView& view : seen.views) {
    for (const auto& layer : view.layers) bytes += 4 * layer.second.numel();
  }
  if (bytes <= most_bytes) return;
  throw Error("attention", "the page would hold " + std::to_string(bytes >> 20) + " MiB, more than " +
                               std::to_string(most_bytes >> 20) + ": the sentence and its translation have " +
                               std::to_string(seen.source.size()) + " and " +
                               std::to_string(seen.written.size()) + " tokens; take a shorter one");
}

}  // namespace

std::string attention_page(const SentenceAttention& seen) {
  check_size(seen);
  const std::string sentence = html_escaped(seen.sentence), translation = html_escaped(seen.translation),
                    title = sentence + " → " + translation, data = data_of(seen);
  const std::pair<std::string_view, std::string_view> values[] = {{"{{title}}", title},
                                                                  {"{{sentence}}", sentence},
                                                                  {"{{translation}}", translation},
                                                                  {"{{style}}", attention_page_css},
                                                                  {"{{data}}", data},
                                                                  {"{{data_script}}", attention_page_data_js},
                                                                  {"{{script}}", attention_page_js}};
  return filled(attention_page_html, values);
}

}  // namespace translation
