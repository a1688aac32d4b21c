// A host program whose numbers have a decimal comma and points between thousands: what is written and read
// stays the same.
#include "bleu.h"
#include "checkpoint.h"
#include "inspection.h"
#include "log.h"
#include "storage.h"

#include <gradus/gradus.h>
#include <gradus/tests/data/temporary_folder.h>

#include <doctest/doctest.h>

#include <clocale>
#include <cstdlib>
#include <locale>

using namespace gradus;
using doctest::Contains;
using doctest::String;
using gradus::test::TemporaryFolder;

namespace {

/// The locale of the process has a decimal comma as long as this lives. It is made here, for few machines
/// have one.
class CommaLocale {
 public:
  CommaLocale() {
    folder_.write("source",
                  "LC_NUMERIC\ndecimal_point \",\"\nthousands_sep \".\"\ngrouping 3;3\nEND LC_NUMERIC\n");
    const std::string make = "localedef -c -i '" + folder_.path("source") + "' -f ANSI_X3.4-1968 '" +
                             folder_.path("comma") + "' > /dev/null 2>&1";
    (void)!std::system(make.c_str());
    ::setenv("LOCPATH", folder_.path("").c_str(), 1);
    try {
      before_ = std::locale::global(std::locale("comma"));
      works = std::string(std::localeconv()->decimal_point) == ",";
    } catch (const std::runtime_error&) {
    }
  }
  ~CommaLocale() {
    std::locale::global(before_);
    ::unsetenv("LOCPATH");
  }
  bool works = false;

 private:
  TemporaryFolder folder_;
  std::locale before_;
};

}  // namespace

TEST_CASE("locale: a decimal comma changes no number that is written, printed or read") {
  const CommaLocale comma;
  if (!comma.works) {
    MESSAGE("there is no localedef, or it makes no locale here: nothing is tested");
    return;
  }
  char text[16];
  std::snprintf(text, sizeof text, "%.1f", 1.5);
  REQUIRE(std::string(text) == "1,5");

  const TemporaryFolder folder;
  const Tensor numbers = tensor({0.5, 1234.25});
  CHECK(String(to_string(numbers).c_str()) == Contains("1.2342e+03"));
  save_npy(folder.path("f.npy"), numbers);
  CHECK(String(folder.read("f.npy").substr(10).c_str()) == Contains("'shape': (2,)"));
  CHECK(load_npy(folder.path("f.npy"))[1].item() == 1234.25);
  save_npy(folder.path("long.npy"), zeros({12345}));
  CHECK(load_npy(folder.path("long.npy")).size(0) == 12345);
  save_tensors(folder.path("f.safetensors"), {{"w", zeros({12345})}}, {});
  CHECK(load_tensors(folder.path("f.safetensors")).tensors[0].second.size(0) == 12345);
  CHECK(String(inspection::to_text("f", inspection::inspect(folder.path("f.npy"))).c_str()) ==
        Contains("617.375"));
  const auto score = scoring::corpus_score(scoring::Bleu(), {"a b c d e"}, {{"a b c d f"}});
  CHECK(String(score.details().c_str()) == Contains("BP = 1.000"));

  translation::Checkpoint checkpoint;
  checkpoint.state.step = 12345;
  checkpoint.state.lr = 0.1;
  checkpoint.weights = {{"w", numbers}};
  translation::save_checkpoint(folder.path("step"), checkpoint);
  CHECK(translation::load_checkpoint(folder.path("step")).state.lr == 0.1);
  {
    translation::TrainingLog log(folder.path(""), 0, 0);
    log.step(checkpoint.state, {.loss = 2.5, .gradient_norm = 0.25}, 0.001);
  }
  CHECK(folder.read("log.jsonl") == "{\"step\":12345,\"loss\":2.5,\"lr\":0.001,\"gradient_norm\":0.25}\n");
  CHECK(translation::logged_step(folder.path(""), 12345).loss == 2.5);
}
