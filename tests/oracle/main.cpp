// oracle DIR --out OUT [--judge]: computes the cases of DIR/manifest.json with Gradus and writes the answers
// to OUT under the manifest's own keys; with --judge also compares them with the expected values beside the
// manifest.
#include "judge.h"

#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/reduce.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>

namespace oracle {
namespace {

struct Tally {
  int passed = 0, failed = 0, skipped = 0;
};

class Run {
 public:
  Run(std::string folder, std::string out, bool judged)
      : folder_(std::move(folder)), out_(std::move(out)), judged_(judged) {}

  int run() {
    std::ifstream stream(folder_ + "/manifest.json");
    if (!stream) throw std::runtime_error("cannot read " + folder_ + "/manifest.json");
    const Json manifest = Json::parse(stream);
    std::filesystem::create_directories(out_);
    for (const Json& json : manifest.at("cases")) run_case(json);
    write_answers();
    for (const Json& json : manifest.value("error_cases", Json::array())) run_error(json);
    report();
    return total_.failed > 0 ? 1 : 0;
  }

 private:
  /// The tensors of a file of the manifest, read once.
  const TensorMap& file_of(const Json& json) {
    if (!json.contains("file")) return files_[""];
    const std::string name = json.at("file");
    if (!files_.contains(name)) files_[name] = load_map(folder_ + "/" + name);
    return files_[name];
  }

  void run_case(const Json& json) {
    const std::string id = json.at("id"), group = json.at("group");
    const std::string file = group == "sched" ? "sched.safetensors" : json.value("file", "");
    try {
      Case c(json, file_of(json));
      const Answers answers = compute(c);
      for (const auto& [key, answer] : answers) answers_[file].emplace(key, answer);
      if (!judged_) return;
      count(id, group, group == "sched" ? judge_schedule(json, answers.at(id)) : judge(c, answers));
    } catch (const Unsupported& unsupported) {
      ++tallies_[group].skipped;
      skipped_.insert(unsupported.what());
    } catch (const std::exception& error) {
      count(id, group, {error.what()});
    }
  }

  static Answers compute(Case& c) {
    const std::string group = c.group();
    if (group == "modules") return run_module(c);
    if (group == "hvp") return run_second_order(c);
    if (group == "optim") return run_optimizer(c);
    if (group == "sched") return run_schedule(c);
    if (group == "training") return run_training(c);
    return run_operation(c);
  }

  void run_error(const Json& json) {
    const std::string id = json.at("id");
    std::string message;
    try {
      Case c(json, file_of(json));
      message = run_error_case(c);
    } catch (const Unsupported& unsupported) {
      ++tallies_["errors"].skipped;
      skipped_.insert(unsupported.what());
      std::printf("error %s skipped %s\n", id.c_str(), unsupported.what());
      return;
    }
    for (char& c : message) {
      if (c == '\n') c = ' ';
    }
    const bool caught = !message.empty() && still_works();
    std::printf("error %s %s%s\n", id.c_str(), caught ? "caught " : "missed", caught ? message.c_str() : "");
    if (judged_)
      count(id, "errors", caught ? std::vector<std::string>() : std::vector<std::string>{"no error"});
  }

  /// A valid operation after an error.
  static bool still_works() {
    const Tensor x = gradus::full({2}, 3.0).requires_grad_();
    gradus::sum(x * x).backward();
    return x.grad().to_vector<double>() == std::vector<double>{6, 6};
  }

  void count(const std::string& id, const std::string& group, const std::vector<std::string>& bad) {
    if (bad.empty()) {
      ++tallies_[group].passed;
      return;
    }
    ++tallies_[group].failed;
    std::printf("FAIL %s\n", id.c_str());
    for (const std::string& line : bad) std::printf("     %s\n", line.c_str());
  }

  void write_answers() const {
    for (const auto& [file, answers] : answers_) {
      gradus::NamedTensors tensors;
      for (const auto& [key, answer] : answers) tensors.emplace_back(key, answer.contiguous());
      gradus::save_tensors(out_ + "/" + file, tensors);
    }
  }

  void report() {
    for (const auto& [group, tally] : tallies_) {
      if (judged_)
        std::printf("%-10s %4d passed %4d failed %4d skipped\n", group.c_str(), tally.passed, tally.failed,
                    tally.skipped);
      total_.passed += tally.passed;
      total_.failed += tally.failed;
      total_.skipped += tally.skipped;
    }
    for (const std::string& reason : skipped_) std::printf("skipped: %s\n", reason.c_str());
    std::printf("%d skipped\n", total_.skipped);
    if (judged_) std::printf("%d passed, %d failed\n", total_.passed, total_.failed);
  }

  const std::string folder_, out_;
  const bool judged_;
  std::map<std::string, TensorMap> files_;
  std::map<std::string, Answers> answers_;  // by file
  std::map<std::string, Tally> tallies_;    // by group
  std::set<std::string> skipped_;           // why
  Tally total_;
};

}  // namespace
}  // namespace oracle

int main(int count, char** words) {
  std::string folder, out;
  bool judged = false;
  for (int i = 1; i < count; ++i) {
    if (std::strcmp(words[i], "--out") == 0 && i + 1 < count) out = words[++i];
    else if (std::strcmp(words[i], "--judge") == 0) judged = true;
    else if (words[i][0] != '-' && folder.empty()) folder = words[i];
    else out.clear();
  }
  if (folder.empty() || out.empty()) {
    std::fprintf(stderr, "usage: oracle DIR --out OUT [--judge]\n");
    return 1;
  }
  try {
    return oracle::Run(folder, out, judged).run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "oracle: %s\n", error.what());
    return 1;
  }
}
