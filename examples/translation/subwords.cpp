#include "subwords.h"

#include "subword_sampling.h"

#include <gradus/data/utf8.h>
#include <gradus/nn/named.h>
#include <gradus/tensor/atomic_file.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/origin.h>

#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <unordered_map>
#include <utility>

namespace translation {

using gradus::Error;
using gradus::RandomBits;

namespace {

constexpr std::string_view space = "\xe2\x96\x81";  // "▁"

/// A "▁" of the text is a space as well.
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  for (std::size_t begin = 0, mark = 0; mark != line.npos; begin = mark + space.size()) {
    mark = line.find(space, begin);
    for (const std::string_view word : gradus::split_white_space(line.substr(begin, mark - begin)))
      words.emplace_back(word);
  }
  return words;
}

class Lines : public sentencepiece::SentenceIterator {
 public:
  explicit Lines(std::span<const std::string> lines) : lines_(lines) { set(); }
  bool done() const override { return at_ == lines_.size(); }
  void Next() override {
    ++at_;
    set();
  }
  const std::string& value() const override { return text_; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  void set() { text_ = done() ? "" : Subwords::normalize(lines_[at_]); }

  std::span<const std::string> lines_;
  std::size_t at_ = 0;
  std::string text_;
};

}  // namespace

const char* name_of(SubwordKind kind) { return kind == SubwordKind::bpe ? "bpe" : "unigram"; }

SubwordKind subword_kind_named(const std::string& name) {
  return gradus::nn::named("kind of subwords", name, {SubwordKind::bpe, SubwordKind::unigram});
}

struct Subwords::Model {
  SubwordKind kind;
  std::string bytes;  // as SentencePiece writes it
  sentencepiece::SentencePieceProcessor processor;
  PieceScores scores;
  bool marks_first;  // the first word of a line as well: not where it was made with --add_dummy_prefix=false

  Model(SubwordKind kind_of, std::string model, const std::string& origin)
      : kind(kind_of), bytes(std::move(model)) {
    const auto status = processor.LoadFromSerializedProto(bytes);
    if (!status.ok())
      throw Error("subwords", origin + " is no model of SentencePiece's: " + status.ToString());
    bool ranks = true;  // bpe scores by the number of the merge, unigram by logarithms
    for (int id = 0; id < processor.GetPieceSize(); ++id) {
      if (!is_text(id)) continue;
      const auto score = static_cast<double>(processor.GetScore(id));
      scores.add(processor.IdToPiece(id), score);
      ranks = ranks && score == std::floor(score);
    }
    if (ranks != (kind == SubwordKind::bpe)) {
      throw Error("subwords", origin + " is a model of " +
                                  name_of(ranks ? SubwordKind::bpe : SubwordKind::unigram) + ", and " +
                                  name_of(kind) + " was asked for");
    }
    const std::vector<std::string> pieces_of_word = processor.EncodeAsPieces("a");
    marks_first = pieces_of_word.empty() || pieces_of_word.front().starts_with(space);
  }
  bool is_text(int id) const {
    return !processor.IsUnknown(id) && !processor.IsControl(id) && !processor.IsUnused(id) &&
           !processor.IsByte(id);
  }
};

Subwords::Subwords(std::shared_ptr<const Model> model) : model_(std::move(model)) {}

Subwords Subwords::learn(std::span<const std::string> lines, SubwordKind kind, std::int64_t size) {
  const std::unordered_map<std::string, std::string> settings{
      {"model_type", name_of(kind)},
      {"vocab_size", std::to_string(size)},
      {"hard_vocab_limit", "false"},  // a small text may have fewer
      {"normalization_rule_name", "identity"},
      {"character_coverage", "1.0"},
      {"num_threads", "1"},
      {"max_sentence_length", "1048576"},
      {"minloglevel", "2"},
  };
  Lines sentences(lines);
  std::string bytes;
  const auto status = sentencepiece::SentencePieceTrainer::Train(settings, &sentences, &bytes);
  if (!status.ok()) {
    throw Error("subwords", std::to_string(size) + " pieces cannot be learnt from " +
                                std::to_string(lines.size()) + " lines: " + status.ToString() +
                                "; ask for more (--max-vocabulary)");
  }
  return Subwords(std::make_shared<const Model>(kind, std::move(bytes), "what was learnt"));
}

Subwords Subwords::load(const std::string& path, SubwordKind kind) {
  constexpr std::uintmax_t largest = std::uintmax_t{64} << 20;
  const std::string origin = "'" + gradus::path_text(path) + "'";
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error) throw Error("subwords", origin + " cannot be read: " + error.message());
  if (size > largest) {
    throw Error("subwords", origin + " has " + std::to_string(size) + " bytes, more than the " +
                                std::to_string(largest) + " that a model of subwords may have");
  }
  std::string bytes(size, '\0');
  std::ifstream file(path, std::ios::binary);
  if (!file.read(bytes.data(), static_cast<std::streamsize>(size))) {
    throw Error("subwords", origin + " cannot be read: " + std::strerror(errno));
  }
  return Subwords(std::make_shared<const Model>(kind, std::move(bytes), origin));
}

void Subwords::save(const std::string& path) const { gradus::write_file_atomically(path, model_->bytes); }

std::string Subwords::normalize(const std::string& line) {
  std::string text;
  for (const std::string& word : words_of(line)) {
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text;
}

SubwordKind Subwords::kind() const { return model_->kind; }

const std::string& Subwords::bytes() const { return model_->bytes; }

std::vector<std::string> Subwords::pieces() const {
  std::vector<std::string> pieces;
  for (int id = 0; id < model_->processor.GetPieceSize(); ++id) {
    if (model_->is_text(id)) pieces.push_back(model_->processor.IdToPiece(id));
  }
  return pieces;
}

std::vector<std::string> Subwords::tokenize(const std::string& line) const {
  return model_->processor.EncodeAsPieces(normalize(line));
}

std::string Subwords::detokenize(std::span<const std::string> tokens) const {
  std::string text;
  for (const std::string& token : tokens) text += token;
  std::string line;
  for (std::size_t at = 0; at < text.size();) {
    const bool is_space = std::string_view(text).substr(at, space.size()) == space;
    if (!is_space) line += text[at];
    else if (!line.empty()) line += ' ';
    at += is_space ? space.size() : 1;
  }
  return line;
}

std::vector<std::string> Subwords::sample(const std::string& line, double rate, RandomBits& random) const {
  const PieceScores& scores = model_->scores;
  std::vector<std::string> words = words_of(line);
  for (std::string& word : words) {
    if (model_->marks_first || &word != &words.front()) word.insert(0, space);
  }
  std::vector<std::string> tokens;
  bool after_unknown = false;
  for (const std::string& word : words) {
    const auto parts = model_->kind == SubwordKind::bpe ? merge_pieces(word, scores, rate, random)
                                                        : draw_pieces(word, scores, rate, random);
    for (const std::string& part : parts) {
      const bool unknown = !scores.find(part);
      if (unknown && after_unknown) tokens.back() += part;  // as SentencePiece itself joins them
      else tokens.push_back(part);
      after_unknown = unknown;
    }
  }
  return tokens;
}

}  // namespace translation
