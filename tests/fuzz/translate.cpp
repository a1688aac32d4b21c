// Sentences from standard input for `translate run`. The first byte says how many translations are followed.
#include "run_command.h"
#include "storage.h"

#include <gradus/nn/model.h>
#include <gradus/tensor/random.h>
#include <gradus/tests/fuzz/fuzz.h>

#include <sstream>

using namespace gradus;
using namespace gradus::fuzz;
using namespace translation;

namespace {

/// The folder of a tiny translator that was never trained.
std::string folder() {
  static const std::string path = [] {
    manual_seed(1);
    const Language words = Language::of_tokens(std::vector<std::string>{"a b c"}, {}, {});
    ModelOptions options{.dim = 4, .hidden = 4};
    options.source_vocabulary = options.target_vocabulary = words.vocabulary().size();
    save_settings(files().path(""), words, words, make_settings(words, words, options, {}, {}));
    save_weights(files().path(""), state_dict(make_model(options)->view()));
    return files().path("");
  }();
  return path;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(text_of(data + 1, size - 1));
  std::istringstream in(text);
  std::ostringstream out;
  RunCommand command;
  command.folders = {folder()};
  command.beam = 1 + data[0] % 4;
  if (!takes([&] { run_translation(command, in, out); })) return 0;
  const auto lines = std::count(text.begin(), text.end(), '\n') + (!text.empty() && text.back() != '\n');
  const std::string translations = out.str();
  require(std::count(translations.begin(), translations.end(), '\n') == lines,
          "translate: another number of lines");
  return 0;
}
