#include <gradus/tensor/error.h>
#include <gradus/tensor/parallel.h>
#include <gradus/tests/settings.h>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

using namespace gradus;

TEST_CASE("parallel_for: every index once, in tiles of the given size") {
  for (const int threads : {1, 2}) {
    const test::ThreadsScope scope(threads);
    for (const std::int64_t count : {0, 1, 9, 10, 11, 1000}) {
      std::vector<int> seen(static_cast<std::size_t>(count), 0);
      std::atomic<int> tiles{0};
      parallel_for(count, 10, [&](std::int64_t begin, std::int64_t end) {
        ++tiles;
        CHECK(begin % 10 == 0);
        CHECK(end == (begin + 10 < count ? begin + 10 : count));
        for (std::int64_t i = begin; i < end; ++i) ++seen[static_cast<std::size_t>(i)];
      });
      CHECK(tiles == (count + 9) / 10);
      for (const int times : seen) CHECK(times == 1);
    }
  }
}

TEST_CASE("parallel_for: loops within loops run every tile once, whichever way they go") {
  for (const int threads : {1, 2}) {
    const test::ThreadsScope scope(threads);
    std::vector<std::atomic<int>> seen(7 * 5);
    for (int repetition = 1; repetition <= 4; ++repetition) {
      parallel_for(7, 1, [&](std::int64_t i, std::int64_t) {
        parallel_for(5, 1,
                     [&](std::int64_t j, std::int64_t) { ++seen[static_cast<std::size_t>(i * 5 + j)]; });
      });
      for (const std::atomic<int>& times : seen) CHECK(times == repetition);
    }
  }
}

TEST_CASE("parallel_for: a tile larger than any count does not overflow") {
  std::int64_t last = 0;
  parallel_for(5, std::int64_t{1} << 62, [&](std::int64_t, std::int64_t end) { last = end; });
  CHECK(last == 5);
}

TEST_CASE("parallel_for: the exception of the first failing tile comes out, on any number of threads") {
  for (const int threads : {1, 2}) {
    const test::ThreadsScope scope(threads);
    for (int repeat = 0; repeat < 20; ++repeat) {
      std::string caught;
      try {
        parallel_for(100, 1, [](std::int64_t begin, std::int64_t) {
          if (begin >= 7) throw std::runtime_error("tile " + std::to_string(begin));
        });
      } catch (const std::runtime_error& error) {
        caught = error.what();
      }
      CHECK(caught == "tile 7");
    }
  }
}

TEST_CASE("parallel_for: nested loops run") {
  std::atomic<int> sum{0};
  parallel_for(4, 1, [&](std::int64_t i, std::int64_t) {
    parallel_for(3, 1, [&](std::int64_t j, std::int64_t) { sum += static_cast<int>(10 * i + j); });
  });
  CHECK(sum == 3 * (0 + 10 + 20 + 30) + 4 * (0 + 1 + 2));
}

TEST_CASE("parallel_for: works in a forked child") {
  std::atomic<int> sum{0};
  parallel_for(8, 1,
               [&](std::int64_t i, std::int64_t) { sum += static_cast<int>(i); });  // the pool exists now
  REQUIRE(sum == 28);
  const pid_t child = fork();
  if (child == 0) {
    std::atomic<int> inside{0};
    parallel_for(8, 1, [&](std::int64_t i, std::int64_t) { inside += static_cast<int>(i); });
    _exit(inside == 28 ? 0 : 1);
  }
  REQUIRE(child > 0);
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("set_num_threads: at least one, at most the processors") {
  const test::ThreadsScope scope(1);
  CHECK(num_threads() == 1);
  set_num_threads(1 << 20);
  CHECK(num_threads() >= 1);
  CHECK(num_threads() < 1 << 20);
  CHECK_THROWS_WITH_AS(set_num_threads(0), doctest::Contains("0 threads"), Error);
  CHECK_THROWS_AS(set_num_threads(-3), Error);
  CHECK_THROWS_AS(parallel_for(3, 0, [](std::int64_t, std::int64_t) {}), Error);
}
