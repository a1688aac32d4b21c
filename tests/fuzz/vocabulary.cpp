// A vocabulary's file: Vocabulary::load, and what was read is written and read again. Before that, a
// vocabulary is made of the pieces between blanks as tokens.
#include <gradus/data/vocabulary.h>
#include <gradus/tests/fuzz/fuzz.h>

using namespace gradus;
using namespace gradus::fuzz;

namespace {

void check_tokens(std::string_view text) {
  TokenCounts counts;
  for (std::size_t at = 0, end; at <= text.size(); at = end + 1) {
    end = std::min(text.find(' ', at), text.size());
    ++counts[std::string(text.substr(at, end - at))];
  }
  const auto size = static_cast<std::int64_t>(text.size());
  takes([&] {
    Vocabulary(counts, {.min_frequency = size % 4 - 1, .max_size = size % 32}).token(size % 16 - 1);
  });
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string path = file_of(data, size), copy = files().path("copy"), again = files().path("again");
  check_tokens(text_of(data, size));
  Vocabulary first;
  if (!takes([&] { first = Vocabulary::load(path); })) return 0;
  first.save(copy);
  const Vocabulary second = Vocabulary::load(copy);
  require(first.size() == second.size(), "vocabulary: the round trip changes the size");
  for (std::int64_t id = 0; id < first.size(); ++id) {
    const std::string& token = first.token(id);
    require(token == second.token(id), "vocabulary: the round trip changes a token");
    const std::vector<std::string> sentence{token};
    require(first.encode(sentence).front() == (id < 4 ? Vocabulary::unknown : id),
            "vocabulary: a token's id");
  }
  second.save(again);
  require(files().read("copy") == files().read("again"), "vocabulary: the round trip changes bytes");
  return 0;
}
