#include "judge.h"

#include <cmath>
#include <cstdio>

namespace oracle {
namespace {

using namespace gradus;

/// "" where `got` is as close to `expected` as the tolerance asks, else what is off.
std::string difference(const Tensor& got, const Tensor& expected, const Json& tolerance) {
  if (!(got.shape() == expected.shape())) {
    return "shape " + to_string(got.shape()) + ", expected " + to_string(expected.shape());
  }
  const bool exact = tolerance.value("exact", false);
  if (exact && got.dtype() != expected.dtype()) {
    return std::string("dtype ") + name_of(got.dtype()) + ", expected " + name_of(expected.dtype());
  }
  const double rtol = tolerance.value("rtol", 0.0), atol = tolerance.value("atol", 0.0);
  const std::vector<double> g = got.to_vector<double>(), e = expected.to_vector<double>();
  std::size_t off = 0, worst = 0;
  double largest = -1;
  for (std::size_t i = 0; i < g.size(); ++i) {
    if (g[i] == e[i] || (!exact && std::isnan(g[i]) && std::isnan(e[i]))) continue;
    const double error = std::abs(g[i] - e[i]);
    if (!exact && std::isfinite(g[i]) && std::isfinite(e[i]) && error <= atol + rtol * std::abs(e[i]))
      continue;
    ++off;
    const double size = std::isfinite(error) ? error : HUGE_VAL;
    if (size > largest) {
      largest = size;
      worst = i;
    }
  }
  if (off == 0) return "";
  char text[160];
  std::snprintf(text, sizeof text, "%zu of %zu off; worst at element %zu: got %.9g, expected %.9g", off,
                g.size(), worst, g[worst], e[worst]);
  return text;
}

struct Expected {
  std::string name, key;  // "out.values", the tensor's key
};

std::vector<Expected> expected_of(const Json& json) {
  std::vector<Expected> all;
  for (const Json& output : json.value("outputs", Json::array())) {
    all.push_back({"out." + output.at("name").get<std::string>(), output.at("tensor")});
  }
  for (const Json& gradient : json.value("grads", Json::array())) {
    all.push_back({"grad." + gradient.at("of").get<std::string>(), gradient.at("tensor")});
  }
  for (const Json& gradient : json.value("first_order", Json::array())) {
    const std::string of = gradient.at("of");
    all.push_back({of.rfind("g.", 0) == 0 ? "out." + of : "out.g." + of, gradient.at("tensor")});
  }
  return all;
}

bool tagged(const Json& json, const std::string& tag) {
  for (const Json& own : json.value("tags", Json::array())) {
    if (own == tag) return true;
  }
  return false;
}

/// Where the mean of nothing is a matter of policy, NaN and zeros both pass.
bool policy_allows(const Json& json, const Answers& answers) {
  for (const Json& output : json.at("outputs")) {
    bool all_nan = true, all_zero = true;
    for (const double value : answers.at(output.at("tensor")).to_vector<double>()) {
      all_nan = all_nan && std::isnan(value);
      all_zero = all_zero && value == 0;
    }
    if (!all_nan && !all_zero) return false;
  }
  return true;
}

/// Where squares underflow, unchanged gradients pass.
bool underflow_allows(const Case& c, const Answers& answers) {
  for (const Json& output : c.json().at("outputs")) {
    for (const Json& input : c.json().at("inputs")) {
      if (input.at("name") != output.at("name")) continue;
      if (answers.at(output.at("tensor")).to_vector<double>() !=
          c.stored(input.at("tensor")).to_vector<double>()) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace

std::vector<std::string> judge(const Case& c, const Answers& answers) {
  std::vector<std::string> bad;
  const Json& json = c.json();
  for (const auto& [name, key] : expected_of(json)) {
    const Json& tolerances = json.at("tol");
    const Json& tolerance =
        tolerances.contains(name) ? tolerances.at(name) : tolerances.at(key.substr(key.find('/') + 1));
    const auto found = answers.find(key);
    if (found == answers.end()) {
      bad.push_back(name + ": missing");
      continue;
    }
    const std::string off = difference(found->second, c.stored(key), tolerance);
    if (!off.empty()) bad.push_back(name + ": " + off);
  }
  if (!bad.empty() && tagged(json, "policy") && policy_allows(json, answers)) bad.clear();
  if (!bad.empty() && tagged(json, "underflow") && underflow_allows(c, answers)) bad.clear();
  return bad;
}

std::vector<std::string> judge_schedule(const Json& json, const Tensor& answer) {
  std::vector<double> values;
  const Json& expected = json.at("expected");
  Shape shape{static_cast<std::int64_t>(expected.size())};
  for (const Json& entry : expected) {
    if (!entry.is_array()) {
      values.push_back(number_of(entry));
      continue;
    }
    shape = {static_cast<std::int64_t>(expected.size()), static_cast<std::int64_t>(entry.size())};
    for (const Json& value : entry) values.push_back(number_of(value));
  }
  const std::string off = difference(answer, tensor(values, shape), json.at("tol").at("expected"));
  return off.empty() ? std::vector<std::string>() : std::vector<std::string>{"expected: " + off};
}

}  // namespace oracle
