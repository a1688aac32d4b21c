// config.json of a training run: the options that `--resume` and `replay` take from it, and `--config`; the
// check of the texts, and the model that `translate run` makes of it, beside vocabularies and weights that
// are in order.
#include "search.h"
#include "storage.h"
#include "training_setup.h"

#include <gradus/nn/model.h>
#include <gradus/tests/fuzz/fuzz.h>

using namespace gradus;
using namespace gradus::fuzz;
using namespace translation;

namespace {

/// Options of every type, as `translate train` keeps them.
struct Options {
  std::string tokens = "words", unit = "sentences";
  std::int64_t dim = 4, epochs = 30;
  int layers = 1;
  std::uint64_t seed = 1;
  double lr = 1e-3;
  bool feeding = true;
  std::vector<RunOption> list{{"source-tokens", &tokens},
                              {"batch-unit", &unit},
                              {"dim", &dim, false, true},
                              {"epochs", &epochs, true},
                              {"layers", &layers},
                              {"seed", &seed},
                              {"lr", &lr},
                              {"input-feeding", &feeding}};
};

/// Of those that stand below "training"; the others are written as the model has them.
bool same(const Options& a, const Options& b) {
  return a.unit == b.unit && a.epochs == b.epochs && a.seed == b.seed && a.lr == b.lr;
}

Language language() { return Language::of_tokens(std::vector<std::string>{"a b"}, {}, {}); }

/// A folder with all that belongs to a run but its config.json.
std::string folder() {
  static const std::string path = [] {
    const Language words = language();
    words.save(files().path("source"));
    words.save(files().path("target"));
    ModelOptions options{.dim = 4, .hidden = 4};
    options.source_vocabulary = options.target_vocabulary = words.vocabulary().size();
    save_weights(files().path(""), state_dict(make_model(options)->view()));
    return files().path("");
  }();
  return path;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(text_of(data, size)), run = folder();
  files().write("config.json", text);

  Options first;
  if (takes([&] { take_stored_options(first.list, text, run); })) {
    const Settings settings = make_settings(language(), language(), {.dim = 4}, first.list, {});
    Options second;
    take_stored_options(second.list, settings.text, run);
    require(same(first, second), "config: the round trip changes options");
  }
  Options taken;
  takes([&] { take_config(taken.list, files().path("config.json")); });
  Setup setup;
  setup.texts = {{"source", "995dc9bbdf1939fa"}, {"valid-target", "0000000000000000"}};
  takes([&] { check_texts(TrainCommand(), setup, text); });
  takes([&] {
    const Translator translator = load_translator(run);
    const std::vector<std::string> lines{"a b a"};
    translate_lines(*translator.model, translator.source, translator.target, lines);
  });
  return 0;
}
