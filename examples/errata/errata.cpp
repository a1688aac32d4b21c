#include "errata.h"

#include <cmath>
#include <cstdio>

namespace errata {

using namespace gradus;

namespace {

std::string text(double value) {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%.6g", value);
  return buffer;
}

}  // namespace

void Evidence::figure(const std::string& what, double computed, double must_be, double tolerance) {
  const bool holds = std::abs(computed - must_be) <= tolerance;
  figures_hold_ = figures_hold_ && holds;
  say(what + " = " + text(computed) + (holds ? "" : ", but it must be " + text(must_be)));
}

void Evidence::figures(const std::string& what, const Tensor& computed, const std::vector<double>& must_be,
                       double tolerance) {
  const std::vector<double> values = computed.to_vector<double>();
  bool holds = values.size() == must_be.size();
  std::string line = what + " =";
  for (const double value : values) line += " " + text(value);
  for (std::size_t i = 0; holds && i < values.size(); ++i)
    holds = std::abs(values[i] - must_be[i]) <= tolerance;
  figures_hold_ = figures_hold_ && holds;
  if (!holds) {
    line += ", but it must be";
    for (const double value : must_be) line += " " + text(value);
  }
  say(line);
}

void Evidence::shown(const std::string& what, double computed) { say(what + " = " + text(computed)); }

const char* name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::confirmed: return "confirmed";
    case Verdict::refuted: return "refuted";
    case Verdict::cited: return "cited";
  }
  return "?";
}

std::vector<Section> all_sections() {
  std::vector<Section> all;
  for (const auto family :
       {number_sections, score_sections, model_sections, training_sections, listing_sections}) {
    for (const Section& section : family()) all.push_back(section);
  }
  return all;
}

Outcome examine(const Section& section) {
  manual_seed(1);
  Outcome outcome;
  outcome.verdict = section.examine(outcome.evidence);
  outcome.as_expected = outcome.verdict == section.expected && outcome.evidence.figures_hold();
  return outcome;
}

}  // namespace errata
