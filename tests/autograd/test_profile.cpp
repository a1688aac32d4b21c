// Profiles: calls and products counted by hand, names, what is kept, the peak, the trace.
#include <gradus/autograd/autograd.h>
#include <gradus/optim/sgd.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/memory.h>
#include <gradus/tests/data/temporary_folder.h>
#include <gradus/tests/error_text.h>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

using namespace gradus;
using test::contains;
using test::error_of;

namespace {

/// The line of that name; one without calls where there is none.
ProfileLine line_of(const std::vector<ProfileLine>& lines, const std::string& name) {
  const auto found =
      std::find_if(lines.begin(), lines.end(), [&](const ProfileLine& line) { return line.name == name; });
  return found == lines.end() ? ProfileLine{} : *found;
}

struct Layer {
  Tensor weight, bias;
  Layer(std::int64_t out, std::int64_t in, const std::string& name)
      : weight(full({out, in}, 0.01).requires_grad_()), bias(zeros({out}).requires_grad_()) {
    weight.set_name(name + ".weight");
    bias.set_name(name + ".bias");
  }
};

#if defined(__SANITIZE_ADDRESS__)
constexpr bool small_blocks_count = true;  // under the sanitizer every block goes the way of the large ones
#else
constexpr bool small_blocks_count = false;
#endif

}  // namespace

TEST_CASE("profile: calls and products of two layers, as counted by hand") {
  // Two steps of x (32, 20) -> linear to 12 -> relu -> linear to 5 -> sum.
  const Layer first(12, 20, "first"), second(5, 12, "second");
  const Tensor x = ones({32, 20});
  Profile profile;
  for (int step = 0; step < 2; ++step) {
    sum(linear(relu(linear(x, first.weight, first.bias)), second.weight, second.bias)).backward();
  }
  profile.stop();

  // Forward 2 * 32 * 20 * 12 and 2 * 32 * 12 * 5; backward the weights' gradients, and the input's of the
  // second alone.
  constexpr std::uint64_t to_first = 2 * 32 * 20 * 12, to_second = 2 * 32 * 12 * 5;
  const ProfileLine products = line_of(profile.operations(), "linear");
  CHECK(products.forward.calls == 4);
  CHECK(products.backward.calls == 4);
  CHECK(products.forward.flops == 2 * (to_first + to_second));
  CHECK(products.backward.flops == 2 * (to_first + 2 * to_second));
  const ProfileLine rectified = line_of(profile.operations(), "relu");
  CHECK(rectified.forward.calls == 2);
  CHECK(rectified.backward.calls == 2);
  CHECK(rectified.forward.flops == 0);
  CHECK(line_of(profile.operations(), "store gradient").backward.calls == 2 * 4);

  for (const char* name : {"first.weight", "first.bias"}) {
    const ProfileLine line = line_of(profile.parameters(), name);
    CHECK(line.forward.calls == 2);
    CHECK(line.backward.calls == 4);  // linear, and the gradient stored
    CHECK(line.forward.flops == 2 * to_first);
    CHECK(line.backward.flops == 2 * to_first);
  }
  CHECK(line_of(profile.parameters(), "second.weight").backward.flops == 4 * to_second);
  CHECK(profile.parameters().size() == 4);
  for (const char* text : {"linear", "relu", "second.bias", "not in an operation", "most memory in use"}) {
    CHECK(contains(profile.table(), text));
  }
}

TEST_CASE("profile: the times of all lines are the time of the profile") {
  const Tensor x = ones({64, 64}).requires_grad_();
  Profile profile;
  sum(exp(x * x)).backward();
  profile.stop();
  double milliseconds = 0;
  for (const auto& lines : {profile.operations(), profile.marks()}) {
    for (const ProfileLine& line : lines) {
      CHECK(line.forward.milliseconds >= 0);
      CHECK(line.backward.milliseconds >= 0);
      milliseconds += line.forward.milliseconds + line.backward.milliseconds;
    }
  }
  CHECK(milliseconds > 0);
  CHECK(line_of(profile.operations(), "exp").forward.milliseconds > 0);
}

TEST_CASE("profile: a parameter is found behind views of it, two of one name are told apart") {
  const Tensor weight = ones({8, 4}).requires_grad_().set_name("weight");
  const Tensor other = ones({8}).requires_grad_().set_name("weight");
  Profile profile;
  const Tensor y = matmul(ones({2, 8}) * other, weight.transpose(0, 1).transpose(0, 1));
  profile.stop();
  REQUIRE(profile.parameters().size() == 2);
  std::uint64_t flops = 0;
  for (const ProfileLine& line : profile.parameters()) flops += line.forward.flops;
  CHECK(flops == 2 * 2 * 8 * 4);
}

TEST_CASE("profile: what a chain keeps for its backward pass") {
  constexpr std::size_t bytes = 64 * 64 * sizeof(float);
  const Tensor x = ones({64, 64}).requires_grad_();
  Profile profile;
  for (int step = 0; step < 3; ++step) {
    // exp and sigmoid keep their outputs; that of neg is needed by nobody and is gone when the pass begins.
    const Tensor loss = sum(sigmoid(neg(exp(x))));
    loss.backward();
  }
  profile.stop();
  const std::size_t small = small_blocks_count ? 1024 : 0;
  const auto is_near = [&](std::size_t value, std::size_t wanted) {
    return value >= wanted && value <= wanted + small;
  };
  CHECK(is_near(line_of(profile.operations(), "exp").kept_bytes, bytes));
  CHECK(is_near(line_of(profile.operations(), "sigmoid").kept_bytes, bytes));
  CHECK(is_near(line_of(profile.operations(), "neg").kept_bytes, 0));
}

TEST_CASE("profile: the peak belongs to the operation that ran, and names who held memory") {
  const Tensor x = ones({64, 64}).requires_grad_();
  const Tensor weight = ones({64, 64}).requires_grad_().set_name("scale");
  const std::size_t before = memory_statistics().used_bytes;
  Profile profile;
  const Tensor y = x * weight;            // 16 KiB
  const Tensor z = cat({y, y, y, y}, 0);  // 64 KiB on top: the peak
  const Tensor rows = sum(z, {1});        // 1 KiB, which does not count as a block of its own
  profile.stop();
  const ProfilePeak peak = profile.peak();
  CHECK(peak.bytes >= before + 80 * 1024);
  CHECK(peak.bytes < before + 84 * 1024);
  CHECK(peak.bytes_before == before);
  CHECK((peak.operation == "cat" || small_blocks_count));
  REQUIRE(peak.holders.size() >= 2);
  CHECK(peak.holders[0].first == "cat");
  CHECK(peak.holders[0].second >= 64 * 1024);
  CHECK(peak.holders[1].first == "mul (scale)");
  CHECK(peak.holders[1].second >= 16 * 1024);
}

TEST_CASE("profile: a peak in the backward pass, and one that was there before") {
  const Tensor x = ones({64, 64}).requires_grad_();
  {
    Profile profile;
    sum(exp(x)).backward();
    profile.stop();
    CHECK(contains(profile.peak().operation, " backward"));
  }
  Tensor large = ones({1024, 1024});
  Profile profile;
  large = {};
  const Tensor y = x + 1;
  profile.stop();
  CHECK(profile.peak().operation.empty());
  CHECK(profile.peak().bytes == profile.peak().bytes_before);
}

TEST_CASE("profile: the optimiser and marks have lines of their own") {
  const Layer layer(5, 6, "layer");
  const std::vector<Tensor> parameters{layer.weight, layer.bias};
  optim::SGD sgd(parameters, {.lr = 0.1});
  Profile profile;
  for (int step = 0; step < 3; ++step) {
    const Tensor x = ones({4, 6});
    Profile::mark("data");
    sum(linear(x, layer.weight, layer.bias)).backward();
    sgd.step();
  }
  profile.stop();
  CHECK(line_of(profile.marks(), "data").forward.calls == 3);
  CHECK(line_of(profile.marks(), "optimizer step").forward.calls == 3);
  CHECK(line_of(profile.operations(), "linear").forward.calls == 3);
  CHECK(contains(profile.table(), "optimizer step"));
}

TEST_CASE("profile: one at a time") {
  Profile profile;
  CHECK(contains(error_of([] { Profile second; }), "[Profile] another profile is running"));
  profile.stop();
  profile.stop();
  const Tensor x = ones({3}).requires_grad_();
  Profile next;
  const Tensor y = x + x;
  next.stop();
  CHECK(line_of(next.operations(), "add").forward.calls == 1);
  CHECK(profile.operations().empty());
}

TEST_CASE("profile: nothing is written down before it, after it, or on another thread") {
  const Tensor x = ones({2, 2}).requires_grad_();
  const Tensor before = matmul(x, x);
  Profile::mark("nobody listens");
  Profile profile;
  std::thread([&] { sum(x + x).backward(); }).join();
  profile.stop();
  sum(matmul(x, x)).backward();
  CHECK(profile.operations().empty());
  CHECK(profile.parameters().empty());
  CHECK(profile.marks().size() == 1);
}

TEST_CASE("profile: the trace is JSON with every call in order") {
  const Tensor x = ones({64, 64}).requires_grad_().set_name("a \"quoted\" name");
  Profile profile;
  sum(exp(x) * x).backward();
  profile.stop();
  const test::TemporaryFolder folder;
  profile.save_trace(folder.path("trace.json"));
  const auto trace = nlohmann::json::parse(folder.read("trace.json"));
  std::vector<std::string> names;
  double end = 0;
  bool has_memory = false;
  for (const auto& event : trace.at("traceEvents")) {
    if (event.at("ph") == "C") {
      has_memory = event.at("args").at("bytes").get<std::size_t>() > 0;
      continue;
    }
    CHECK(event.at("ph") == "X");
    CHECK(event.at("ts").get<double>() >= end - 0.0011);  // written in thousandths of a microsecond
    CHECK(event.at("dur").get<double>() >= 0);
    end = event.at("ts").get<double>() + event.at("dur").get<double>();
    names.push_back(event.at("name"));
    if (names.back() == "exp") CHECK(event.at("args").at("parameters") == "a \"quoted\" name");
  }
  CHECK(has_memory);
  CHECK(names == std::vector<std::string>{"exp", "mul", "sum", "not in an operation", "sum backward",
                                          "mul backward", "exp backward", "store gradient backward",
                                          "not in an operation"});
}
