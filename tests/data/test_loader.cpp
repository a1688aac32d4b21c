#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <set>

using namespace gradus;

TEST_CASE("every loop over a DataLoader is one epoch with every row once, rows kept together") {
  const Tensor x = arange(0, 10).unsqueeze(1) * 10, y = arange(0, 10);
  DataLoader batches{{x, y}, {.batch_size = 4, .seed = 3}};
  std::vector<std::int64_t> orders[2];
  for (auto& order : orders) {
    std::vector<std::int64_t> sizes;
    for (auto [inputs, labels] : batches) {
      sizes.push_back(labels.numel());
      CHECK(max(abs(inputs.squeeze(1) - labels * 10)).item() == 0);
      for (const std::int64_t label : labels.to_vector<std::int64_t>()) order.push_back(label);
    }
    CHECK(sizes == std::vector<std::int64_t>{4, 4, 2});
    CHECK(std::set<std::int64_t>(order.begin(), order.end()).size() == 10);
  }
  CHECK(orders[0] != orders[1]);
  DataLoader again{{x, y}, {.batch_size = 10, .seed = 3}};
  for (auto [inputs, labels] : again) CHECK(labels.to_vector<std::int64_t>() == orders[0]);
}

TEST_CASE("a DataLoader without shuffling, with drop_last, empty, and with tensors that do not fit") {
  DataLoader plain{{arange(0, 5)}, {.batch_size = 2, .shuffle = false, .drop_last = true}};
  std::vector<std::int64_t> seen;
  for (auto [x] : plain) {
    for (const std::int64_t value : x.to_vector<std::int64_t>()) seen.push_back(value);
  }
  CHECK(seen == std::vector<std::int64_t>{0, 1, 2, 3});
  DataLoader nothing{{zeros({0, 3})}};
  for (auto batch : nothing) FAIL("there is no batch in " << batch.size());
  CHECK_THROWS_WITH_AS((DataLoader{{zeros({3}), zeros({4})}}), doctest::Contains("(4,)"), Error);
  CHECK_THROWS_AS((DataLoader{{zeros({3})}, {.batch_size = 0}}), Error);
}

TEST_CASE("padding of sequences and its mask") {
  const std::vector<std::vector<std::int64_t>> sequences{{7, 8, 9}, {}, {5}};
  const PaddedSequences padded = pad_sequences(sequences);
  CHECK(padded.ids.to_vector<std::int64_t>() == std::vector<std::int64_t>{7, 8, 9, 0, 0, 0, 5, 0, 0});
  CHECK(padded.lengths.to_vector<std::int64_t>() == std::vector<std::int64_t>{3, 0, 1});
  const Tensor mask = padding_mask(padded.lengths, 3);
  CHECK(mask.to_vector<bool>() == std::vector<bool>{false, false, false, true, true, true, false, true, true});
}
