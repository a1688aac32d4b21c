#include "score_command.h"

#include <gradus/data/corpus.h>
#include <gradus/tensor/about.h>
#include <gradus/tensor/error.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ostream>
#include <utility>
#include <variant>

namespace scoring {
namespace {

using gradus::Error;
using Json = nlohmann::ordered_json;
using Metric = std::variant<Bleu, Chrf, Ter>;

struct NamedMetric {
  std::string key;  // as on the command line
  Metric metric;
};

struct System {
  std::string name;  // of its file
  Lines lines;
};

/// The score of one metric for one system, or one line of it.
struct Result {
  std::string key, name, signature, details;
  double score = 0;
  Json fields;                         // all that makes up the score
  std::vector<double> resampled = {};  // empty without resampling
  std::optional<Confidence> confidence = {};
  std::optional<double> p_value = {};
};

Json whole_or_not(const std::vector<double>& values) {
  Json result = Json::array();
  for (const double value : values) {
    const bool is_whole = value == std::floor(value) && value < 0x1p53;
    if (is_whole) result.push_back(static_cast<std::int64_t>(value));
    else result.push_back(value);
  }
  return result;
}

Json fields_of(const BleuScore& score) {
  return {{"counts", whole_or_not(score.counts)}, {"totals", whole_or_not(score.totals)},
          {"precisions", score.precisions},       {"bp", score.brevity_penalty},
          {"sys_len", score.hypothesis_length},   {"ref_len", score.reference_length}};
}

Json fields_of(const ChrfScore&) { return Json::object(); }

Json fields_of(const TerScore& score) {
  return {{"edits", static_cast<std::int64_t>(score.edits)}, {"ref_len", score.reference_length}};
}

/// `nrefs:1|bs:1000|seed:12345|case:mixed|...|version:gradus-0.1.0`. The version says whose program it was.
template <class M>
std::string whole_signature(const M& metric, const std::string& references,
                            const std::optional<Resampling>& resampling) {
  std::string drawn;
  if (resampling) {
    drawn = "bs:" + std::to_string(resampling->resamples) + "|seed:" + std::to_string(resampling->seed) + "|";
  }
  return "nrefs:" + references + "|" + drawn + metric.signature() + "|version:gradus-" + gradus::version();
}

Result evaluate(const NamedMetric& named, const std::vector<Statistics>& segments,
                const std::string& references, const std::optional<Resampling>& resampling) {
  return std::visit(
      [&](const auto& metric) {
        const auto score = metric.score(sum_of(segments));
        Result result{named.key,       metric.name(), whole_signature(metric, references, resampling),
                      score.details(), score.score,   fields_of(score)};
        if (resampling) {
          const auto score_of = [&](const Statistics& sum) { return metric.score(sum).score; };
          result.resampled = resampled_scores(segments, score_of, *resampling);
        }
        return result;
      },
      named.metric);
}

std::vector<Statistics> statistics_of(const NamedMetric& named, const Lines& lines,
                                      const std::vector<Lines>& references) {
  return std::visit([&](const auto& metric) { return segment_statistics(metric, lines, references); },
                    named.metric);
}

std::string as_text(const Result& result, bool with_signature) {
  std::string text =
      result.name + (with_signature ? "|" + result.signature : "") + " = " + fixed(result.score, 2);
  if (result.confidence) {
    text +=
        " (μ = " + fixed(result.confidence->mean, 2) + " ± " + fixed(result.confidence->half_width, 2) + ")";
  }
  if (result.p_value) text += " (p = " + fixed(*result.p_value, 4) + ")";
  return text + (result.details.empty() ? "" : " ") + result.details;
}

Json as_json(const std::vector<Result>& results) {
  Json object = Json::object();
  for (const Result& result : results) {
    Json& fields = object[result.key] = {{"score", result.score}, {"signature", result.signature}};
    fields.update(result.fields);
    if (result.confidence) {
      fields["confidence_mean"] = result.confidence->mean;
      fields["confidence_half_width"] = result.confidence->half_width;
    }
    if (result.p_value) fields["p_value"] = *result.p_value;
  }
  return object;
}

/// A file's name need not be UTF-8.
std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

/// The elements of an array, one a line.
void print_array(const std::vector<Json>& elements, std::ostream& out) {
  out << "[";
  for (std::size_t i = 0; i < elements.size(); ++i) out << (i == 0 ? "\n" : ",\n") << text_of(elements[i]);
  out << "\n]\n";
}

void print_lines(const std::vector<NamedMetric>& metrics, const System& system,
                 const std::vector<Lines>& references, bool json, std::ostream& out) {
  std::vector<std::vector<Statistics>> statistics;
  for (const NamedMetric& metric : metrics)
    statistics.push_back(statistics_of(metric, system.lines, references));
  const std::string number = number_of_references(references);
  std::vector<Json> elements;
  for (std::size_t i = 0; i < system.lines.size(); ++i) {
    std::vector<Result> results;
    for (std::size_t m = 0; m < metrics.size(); ++m) {
      results.push_back(evaluate(metrics[m], {statistics[m][i]}, number, {}));
    }
    if (json) {
      elements.push_back(as_json(results));
      continue;
    }
    for (std::size_t m = 0; m < results.size(); ++m)
      out << (m == 0 ? "" : "\t") << as_text(results[m], false);
    out << "\n";
  }
  if (json) print_array(elements, out);
}

void print_systems(const std::vector<NamedMetric>& metrics, const std::vector<System>& systems,
                   const std::vector<Lines>& references, const ScoreCommand& command, std::ostream& out) {
  std::optional<Resampling> resampling;
  if (command.confidence || systems.size() > 1)
    resampling = {command.confidence.value_or(1000), command.seed};
  const std::string number = number_of_references(references);
  std::vector<Result> baseline;
  std::vector<Json> elements;
  for (const System& system : systems) {
    std::vector<Result> results;
    for (std::size_t m = 0; m < metrics.size(); ++m) {
      Result& result = results.emplace_back(
          evaluate(metrics[m], statistics_of(metrics[m], system.lines, references), number, resampling));
      if (resampling) result.confidence = confidence_of(result.resampled);
      if (baseline.empty()) continue;
      result.p_value = p_value(result.resampled, baseline[m].resampled, result.score - baseline[m].score);
    }
    if (command.json) {
      Json object = systems.size() > 1 ? Json{{"system", system.name}} : Json::object();
      object.update(as_json(results));
      elements.push_back(std::move(object));
    } else {
      if (systems.size() > 1) out << system.name << (baseline.empty() ? " (baseline)" : "") << "\n";
      for (const Result& result : results) out << as_text(result, true) << "\n";
    }
    if (baseline.empty()) baseline = std::move(results);
  }
  if (!command.json) return;
  if (systems.size() > 1) print_array(elements, out);
  else out << text_of(elements.front()) << "\n";
}

NamedMetric make_metric(const std::string& key, const ScoreCommand& command) {
  if (key == "bleu") {
    BleuOptions options = command.bleu;
    options.effective_order = options.effective_order || command.sentence;
    return {key, Bleu(options)};
  }
  if (key == "chrf") return {key, Chrf(command.chrf)};
  if (key == "chrf++") {
    ChrfOptions options = command.chrf;
    options.word_order = 2;
    return {key, Chrf(options)};
  }
  if (key == "ter") return {key, Ter(command.ter)};
  throw Error("score", "there is no metric '" + key + "'; there are bleu, chrf, chrf++ and ter");
}

std::vector<NamedMetric> make_metrics(const ScoreCommand& command) {
  const Smoothing smoothing = command.bleu.smoothing;
  if (command.bleu.smooth_value && smoothing != Smoothing::floor && smoothing != Smoothing::add_k) {
    throw Error("score", "a smoothing value goes with the smoothing floor or add-k alone");
  }
  if (command.sentence && command.hypotheses.size() > 1) {
    throw Error("score", "lines are scored for one hypothesis file at a time");
  }
  if (command.sentence && command.confidence) {
    throw Error("score", "there is no confidence interval for a single line; leave one of the two out");
  }
  std::vector<NamedMetric> metrics;
  for (const std::string& key : command.metrics) {
    const bool repeated =
        std::any_of(metrics.begin(), metrics.end(), [&](const NamedMetric& m) { return m.key == key; });
    if (!repeated) metrics.push_back(make_metric(key, command));
  }
  if (metrics.empty()) throw Error("score", "there is no metric to score with");
  return metrics;
}

std::vector<System> read_systems(const std::vector<std::string>& paths) {
  std::vector<System> systems;
  for (const std::string& path : paths) systems.push_back({path, gradus::read_lines(path)});
  return systems;
}

void check_equal_lengths(const System& a, const System& b) {
  if (a.lines.size() == b.lines.size()) return;
  throw Error("score", "\"" + a.name + "\" has " + std::to_string(a.lines.size()) + " lines, \"" + b.name +
                           "\" has " + std::to_string(b.lines.size()) +
                           "; line i of one has to be a translation like line i of the other");
}

/// Text that is tokenised already would be tokenised twice.
void warn_of_tokens(const System& system, const ScoreCommand& command, std::ostream& warnings) {
  const bool tokenizes =
      command.bleu.tokenizer != Tokenizer::none && command.bleu.tokenizer != Tokenizer::characters;
  if (command.force || !tokenizes) return;
  const auto suspicious =
      std::count_if(system.lines.begin(), system.lines.end(),
                    [](const std::string& line) { return prepare_segment(line, false).ends_with(" ."); });
  if (suspicious < 100) return;
  warnings << "warning: " << suspicious << " lines of \"" << system.name
           << "\" end with a dot set apart, as tokenised text does; BLEU is meant for text as it is read. "
              "For scores "
              "on tokens: --tokenize none; --force leaves this warning out\n";
}

}  // namespace

void run_score(const ScoreCommand& command, std::ostream& out, std::ostream& warnings) {
  const std::vector<NamedMetric> metrics = make_metrics(command);
  const std::vector<System> references = read_systems(command.references);
  std::vector<System> systems = read_systems(command.hypotheses);
  if (systems.empty()) systems.push_back({"standard input", gradus::read_lines(stdin, "standard input")});
  const bool with_bleu = std::any_of(metrics.begin(), metrics.end(), [](const NamedMetric& named) {
    return std::holds_alternative<Bleu>(named.metric);
  });
  for (const System& system : systems) {
    for (const System& reference : references) check_equal_lengths(system, reference);
    if (with_bleu) warn_of_tokens(system, command, warnings);
  }
  std::vector<Lines> reference_lines;
  for (const System& reference : references) reference_lines.push_back(reference.lines);
  if (command.sentence) print_lines(metrics, systems.front(), reference_lines, command.json, out);
  else print_systems(metrics, systems, reference_lines, command, out);
}

}  // namespace scoring
