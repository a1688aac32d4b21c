// What popular articles on attention state, and what comes out when it is computed.
//
// A section states a claim in our words, names the article by its title, computes, and finds that the claim
// holds or not. The finding is made from the numbers; what it must be is written beside it, and the program
// fails where the two differ.
#pragma once
#include <gradus/gradus.h>

#include <string>
#include <vector>

namespace errata {

/// What a section computed: lines to print, and whether every figure is what it must be.
class Evidence {
 public:
  void say(const std::string& line) { lines_.push_back(line); }
  /// A figure that must have this value, to 1e-6 where it is given to six digits; prints it, and remembers
  /// where it has not.
  void figure(const std::string& what, double computed, double must_be, double tolerance = 1e-6);
  void figures(const std::string& what, const gradus::Tensor& computed, const std::vector<double>& must_be,
               double tolerance = 1e-6);
  /// A figure that is only shown.
  void shown(const std::string& what, double computed);
  const std::vector<std::string>& lines() const { return lines_; }
  bool figures_hold() const { return figures_hold_; }

 private:
  std::vector<std::string> lines_;
  bool figures_hold_ = true;
};

enum class Verdict {
  confirmed,  // the claim holds
  refuted,    // it does not
  cited       // a matter of who wrote what: nothing to compute, the source is named
};
const char* name_of(Verdict verdict);

struct Section {
  const char* name;  // short, for the command line
  const char* article;
  const char* claim;
  Verdict expected;
  Verdict (*examine)(Evidence& evidence);
  const char* correct;  // what holds instead, or the source
};

/// The largest absolute difference of two elements at the same place.
inline double difference(const gradus::Tensor& a, const gradus::Tensor& b) { return max(abs(a - b)).item(); }

/// The articles, by their titles; two that have none are called by their subject.
inline constexpr const char* encoder_decoder_article =
    "神经编码器-解码器的注意力机制 (Attention in neural encoder-decoders)";
inline constexpr const char* focus_article = "注意力机制：聚焦重要特征 (Attention: focusing on what matters)";
inline constexpr const char* survey_article =
    "Attention mechanism 在深度学习中的工作原理 (How attention works in deep learning, a survey)";
inline constexpr const char* softmax_article =
    "注意力机制中的softmax和位置编码器 (Softmax and positional encoder in attention)";
inline constexpr const char* tutorial_article =
    "注意力模型 (The attention model, with encoder and AttnDecoder)";

/// confirmed or refuted.
inline Verdict verdict_of(bool claim_holds) { return claim_holds ? Verdict::confirmed : Verdict::refuted; }

std::vector<Section> number_sections();
std::vector<Section> score_sections();
std::vector<Section> model_sections();
std::vector<Section> training_sections();
std::vector<Section> listing_sections();
std::vector<Section> all_sections();

struct Outcome {
  Verdict verdict;
  Evidence evidence;
  bool as_expected;  // the verdict, and every figure
};
/// Examines one section, with a seed of its own.
Outcome examine(const Section& section);

}  // namespace errata
