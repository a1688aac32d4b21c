// What is made ahead of time by threads, and the batches of a training.
#include "ahead.h"
#include "batch_feed.h"

#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>

using namespace gradus;
using namespace translation;

namespace {

Data small_data(Language language) {
  Data data;
  const std::vector<std::string> lines{"a b c", "b c a", "c a b b", "a a b", "b b c", "c c a", "a", "b c"};
  data.source = data.target = language;
  data.train_text = {lines, lines};
  data.train = encode(data.train_text, data.source, data.target);
  return data;
}

std::vector<std::int64_t> numbers(const Tensor& tensor) { return tensor.to_vector<std::int64_t>(); }

void check_same(const Batch& found, const Batch& expected) {
  CHECK(numbers(found.source) == numbers(expected.source));
  CHECK(numbers(found.lengths) == numbers(expected.lengths));
  CHECK(numbers(found.previous) == numbers(expected.previous));
  CHECK(numbers(found.target) == numbers(expected.target));
  CHECK(found.target_tokens == expected.target_tokens);
}

}  // namespace

TEST_CASE("what is made ahead: begun or not, in any order, with its errors") {
  std::atomic<int> made = 0;
  Ahead<std::int64_t> ahead([&](std::int64_t number) {
    ++made;
    if (number == 13) throw std::runtime_error("not thirteen");
    return 10 * number;
  });
  CHECK(ahead.take(4) == 40);
  ahead.begin(5);
  CHECK(ahead.has_begun(5));
  CHECK(ahead.take(5) == 50);
  CHECK(!ahead.has_begun(5));
  CHECK(made == 2);
  ahead.begin(6);
  CHECK(ahead.take(7) == 70);  // another one than was begun
  ahead.begin(13);
  CHECK_THROWS_WITH(ahead.take(13), "not thirteen");
  CHECK_THROWS_WITH(ahead.take(13), "not thirteen");
  ahead.begin(8);
  ahead.begin(9);
  CHECK(ahead.take(9) == 90);
  const int before = made;
  ahead.begin(8);
  ahead.drop();  // once it is made
  CHECK(made == before + 1);
  CHECK(!ahead.has_begun(8));
  ahead.begin(13);  // nobody asks for it
}

TEST_CASE("the batches of every step, in the order of the epoch") {
  const std::vector<std::string> lines{"a b c", "b c a"};
  const Data data = small_data(Language::of_tokens(lines, {Tokenizer::words}, {}));
  BatchFeed feed(data, {.batch = 2, .accumulate = 3, .epochs = 3, .seed = 5});
  for (const std::uint64_t epoch : {1u, 2u, 3u, 2u}) {
    feed.go_to(static_cast<std::int64_t>(epoch));
    const Batches order = make_batches(data.train, {.batch_size = 2, .seed = 5}, epoch);
    REQUIRE(order.size() == 4);
    REQUIRE(feed.batch_count() == 4);
    CHECK(feed.step_size(0) == 3);
    CHECK(feed.step_size(3) == 1);
    for (int again = 0; again < 2; ++again) {  // the second time nothing is made ahead
      const std::vector<Batch> first = feed.step_batches(0);
      REQUIRE(first.size() == 3);
      for (std::size_t i = 0; i < 3; ++i) check_same(first[i], make_batch(data.train, order[i]));
    }
    const std::vector<Batch> last = feed.step_batches(3);
    REQUIRE(last.size() == 1);
    check_same(last[0], make_batch(data.train, order[3]));
    std::vector<std::int64_t> examples = order[0];
    for (const auto& batch : {order[1], order[2]})
      examples.insert(examples.end(), batch.begin(), batch.end());
    CHECK(feed.step_examples(0) == examples);
    CHECK(feed.step_examples(3) == order[3]);
  }
}

TEST_CASE("subwords that are drawn for every epoch") {
  const std::vector<std::string> lines(20, "aab abab bab abba");
  Data data = small_data(Language::of_subwords(lines, Subwords::learn(lines, SubwordKind::bpe, 12)));
  data.train_text = {lines, lines};
  data.train = encode(data.train_text, data.source, data.target);
  BatchFeed feed(data, {.batch = 4, .epochs = 2, .subword_sampling = 0.4, .seed = 3});
  for (const std::uint64_t epoch : {1u, 2u}) {
    feed.go_to(static_cast<std::int64_t>(epoch));
    const std::vector<Example> drawn = sample(data.train_text, data.source, data.target, 0.4, 3, epoch);
    const Batches order = make_batches(drawn, {.batch_size = 4, .seed = 3}, epoch);
    for (std::size_t i = 0; i < order.size(); ++i)
      check_same(feed.step_batches(static_cast<std::int64_t>(i))[0], make_batch(drawn, order[i]));
  }
}
