#include "attention_command.h"

#include "attention_page.h"
#include "heatmap.h"

#include <gradus/tensor/atomic_file.h>
#include <gradus/tensor/origin.h>
#include <gradus/tensor/parallel.h>

#include <algorithm>
#include <cstdio>
#include <ostream>

namespace translation {

using namespace gradus;

namespace {

/// As the terminal shows them: a star at those that the model does not know.
std::vector<std::string> texts_of(const std::vector<ShownToken>& tokens) {
  std::vector<std::string> texts;
  for (const ShownToken& token : tokens) {
    texts.push_back(token.kind == ShownToken::unknown ? token.text + "*" : token.text);
  }
  return texts;
}

bool any_unknown(const std::vector<ShownToken>& tokens) {
  return std::any_of(tokens.begin(), tokens.end(),
                     [](const ShownToken& token) { return token.kind == ShownToken::unknown; });
}

/// "the mean of 2 layers with 4 heads"; nothing where there is one of all.
std::string what_is_shown(const AttentionView& view) {
  const std::size_t layers = view.layers.size();
  const std::int64_t heads = view.layers[0].second.size(0);
  if (layers == 1 && heads == 1) return "";
  return ", the mean of " + std::to_string(layers) + (layers == 1 ? " layer" : " layers") + " with " +
         std::to_string(heads) + (heads == 1 ? " head" : " heads");
}

}  // namespace

void run_attention(const AttentionCommand& command, std::ostream& out) {
  if (command.threads != 0) set_num_threads(command.threads);
  const Translator translator = load_translator(command.folder);
  const SentenceAttention seen = attention_of(translator, command.query);
  if (!command.html.empty()) {
    write_file_atomically(command.html, attention_page(seen));
    std::fprintf(stderr, "every layer, head and step is in %s\n", path_text(command.html).c_str());
  }
  // Every model that attends looks at the source.
  const AttentionView& view = seen.views.front();
  out << seen.translation << "\n\nWhere it looked (percent" << what_is_shown(view) << "):\n"
      << heatmap(texts_of(seen.source), texts_of(seen.written), mean_weights(view), heatmap_options());
  out << "\nWhat it needed (percent of a token's probability that is lost without the one of the source):\n"
      << heatmap(texts_of(seen.source), texts_of(seen.written), mean_weights(seen.views.back()), heatmap_options());
  if (any_unknown(seen.source) || any_unknown(seen.written)) {
    out << "* not in the vocabulary: the model reads <unk>\n";
  }
}

}  // namespace translation
