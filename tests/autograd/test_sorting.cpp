#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <limits>
#include <vector>

using namespace gradus;

TEST_CASE(
    "topk is the front of sort, and argmax its first, in long rows with equal numbers, infinities and NaN") {
  manual_seed(4);
  const double infinity = std::numeric_limits<double>::infinity();
  for (const DType dtype : {DType::float32, DType::float64, DType::int64}) {
    for (const std::int64_t length : {31, 33, 64, 1000}) {
      Tensor x = randint(0, 200, {6, length}).to(dtype);
      if (dtype != DType::int64) {
        x[1].slice(0, 3, 20).fill_(-infinity);
        x[2].fill_(-infinity);
        x[3][length - 1].fill_(infinity);
        x[4].slice(0, 10, 30, 7).fill_(std::numeric_limits<double>::quiet_NaN());
        x[5].fill_(std::numeric_limits<double>::quiet_NaN());
      }
      for (const bool largest : {true, false}) {
        const Tensor order = argsort(x, 1, largest);
        for (const std::int64_t k : {1, 2, 5, 30, 64, 65}) {
          if (k > length) continue;
          CAPTURE(length);
          CAPTURE(k);
          CAPTURE(largest);
          CHECK(topk(x, k, 1, largest).indices.to_vector<std::int64_t>() ==
                order.slice(1, 0, k).to_vector<std::int64_t>());
        }
      }
      CHECK(argmax(x, 1).to_vector<std::int64_t>() ==
            argsort(x, 1, true).select(1, 0).to_vector<std::int64_t>());
    }
  }
}
