#include "training_options.h"

#include "option_checks.h"

#include <CLI/CLI.hpp>

#include <string>
#include <type_traits>
#include <vector>

namespace translation {

namespace {

/// Adds the options of a training run. Those that the run keeps are noted in command.options.
class TrainOptions {
 public:
  TrainOptions(CLI::App& command, TrainCommand& options) : command_(command), c_(options) {
    add_text();
    add_model();
    add_dropouts();
    add_training();
    add_course();
  }

 private:
  CLI::Option* keep(CLI::Option* option, const char* name, RunOption::Value value, bool may_change = false) {
    const std::string group = option->get_group(), of_models = "Model: ";
    c_.options.push_back({.name = name, .value = value, .may_change = may_change});
    if (group.starts_with(of_models)) c_.options.back().models = group.substr(of_models.size());
    return option;
  }
  void file(const char* name, std::string& path, const char* help) {
    keep(command_.add_option("--" + std::string(name), path, help)->type_name("FILE"), name, &path, true);
  }
  void model(const char* name, std::string& path, const char* help) {
    keep(command_.add_option("--" + std::string(name), path, help)->type_name("FILE")->group("Text"), name,
         &path);
  }
  void choice(const char* name, std::string& value, const char* help, std::vector<std::string> known,
              const char* group) {
    CLI::Option* option = command_.add_option("--" + std::string(name), value, help);
    keep(option->check(CLI::IsMember(std::move(known)))->capture_default_str()->group(group), name, &value);
  }
  template <class T>
  void number(const char* name, T& value, const char* help, const char* group, bool may_change = false) {
    CLI::Option* option = command_.add_option("--" + std::string(name), value, help);
    if constexpr (std::is_same_v<T, std::uint64_t>) option->transform(any_seed());
    else if constexpr (std::is_integral_v<T>) option->transform(whole_number());
    keep(option->capture_default_str()->group(group), name, &value, may_change);
  }

  void add_text();
  void add_model();
  void add_dropouts();
  void add_training();
  void add_course();

  CLI::App& command_;
  TrainCommand& c_;
};

void TrainOptions::add_text() {
  file("source", c_.source, "Training text, one sentence a line");
  file("target", c_.target, "Its translation, line by line");
  file("valid-source", c_.valid_source, "Text to choose the best epoch by");
  file("valid-target", c_.valid_target, "Its translation");
  command_
      .add_option("--out", c_.out,
                  "Folder for the model and the logs; must be new or empty, or hold a run to --resume")
      ->required()
      ->type_name("DIR");
  command_
      .add_option(
          "--config", c_.config,
          "Options as JSON: what `translate config NAME` prints, or config.json of another run; those on the "
          "command line override it. On resuming it has to agree with the run, and what may change is not "
          "taken from it")
      ->type_name("FILE");
  const std::vector<std::string> kinds{"words", "characters", "bpe", "unigram"};
  choice("source-tokens", c_.source_tokens, "What a source token is; bpe and unigram: pieces of words", kinds,
         "Text");
  choice("target-tokens", c_.target_tokens, "What a target token is (characters for Chinese)", kinds, "Text");
  keep(command_
           .add_flag("--joint-vocabulary", c_.joint_vocabulary,
                     "One vocabulary for both languages, from the text of both; --tie all implies it")
           ->group("Text"),
       "joint-vocabulary", &c_.joint_vocabulary);
  model("source-subwords", c_.source_subwords,
        "A model of SentencePiece's for the source's bpe or unigram, or for both; otherwise one is learnt");
  model("target-subwords", c_.target_subwords, "The same for the target");
  number("subword-sampling", c_.training.subword_sampling,
         "Cut words at random, anew in every epoch. bpe: the probability that a merge is left out, such as "
         "0.1; unigram: "
         "how much likelier ways to cut are preferred, such as 0.2; 0: no sampling",
         "Text");
  number("min-frequency", c_.vocabulary.min_frequency, "Rarer words or characters become <unk>", "Text");
  number("max-vocabulary", c_.vocabulary.max_size,
         "Most entries of a vocabulary; of bpe and unigram: how many pieces to learn; 0: no limit, of pieces "
         "8000",
         "Text");
  number("max-length", c_.filter.max_length,
         "Longer sentences are left out of the training, in tokens; 0: none", "Text");
  number("max-ratio", c_.filter.max_ratio, "So are pairs where one side is this many times longer; 0: none",
         "Text");
}

void TrainOptions::add_model() {
  ModelOptions& m = c_.shape;
  choice("model", c_.model, "Kind of model", {"rnn", "gru", "lstm", "transformer"}, "Model");
  keep(command_.add_option("--dim", m.dim, "Features of a word; in the Transformer of everything")
           ->transform(whole_number())
           ->capture_default_str()
           ->group("Model"),
       "dim", &m.dim);
  number("layers", m.layers, "Layers of the encoder and of the decoder", "Model");
  number(
      "dropout", m.dropout,
      "Probability of dropout: of embedded words, between layers, of what a word is predicted from; in the "
      "Transformer of embedded words, attention weights, hidden features and every part's result",
      "Model");
  choice(
      "tie", c_.tie,
      "One table for target words and output (of recurrent models with --output deep alone); all: for source "
      "words as well, with one vocabulary",
      {"none", "target", "all"}, "Model");
  const char* const recurrent = "Model: rnn, gru, lstm";
  number("hidden", m.hidden, "Features of a state", recurrent);
  choice("attention", c_.attention, "How the decoder compares its state with the source",
         {"none", "dot", "scaled_dot", "general", "additive", "cosine", "location", "content_location"},
         recurrent);
  choice("normalizer", c_.normalizer, "How scores become weights", {"softmax", "sparsemax", "monotonic"},
         recurrent);
  choice("pattern", c_.pattern, "Which source positions a step may look at",
         {"full", "causal", "window", "strided", "local_m", "local_p", "adaptive_span"}, recurrent);
  number("window", m.attending.window, "Reach of window, local_m, local_p and adaptive_span", recurrent);
  number("stride", m.attending.stride, "Stride of strided", recurrent);
  number("attention-max-length", m.attending.max_length, "Most source positions that location can tell apart",
         recurrent);
  keep(command_
           .add_flag("--learn-temperature", m.attending.learn_temperature,
                     "Multiply the scores by a learnt factor")
           ->group(recurrent),
       "learn-temperature", &m.attending.learn_temperature);
  choice("timing", c_.timing,
         "Attend before a step of the decoder (Bahdanau), after it (Luong), or between its two halves (a "
         "conditional GRU: a cell for the word, attention, a cell for what it saw)",
         {"before", "between", "after"}, recurrent);
  keep(command_
           .add_flag("--input-feeding,!--no-input-feeding", m.input_feeding,
                     "With --timing after: feed what attention gave into the next step")
           ->group(recurrent),
       "input-feeding", &m.input_feeding);
  choice("context", c_.context, "Without attention: what the decoder knows of the source",
         {"last", "mean", "sum"}, recurrent);
  choice("output", c_.output,
         "direct: straight to the vocabulary; deep: by a layer with tanh, of the size of an embedding",
         {"direct", "deep"}, recurrent);
  const char* const transformer = "Model: transformer";
  number("heads", m.heads, "Heads of an attention", transformer);
  number("key-value-heads", m.key_value_heads,
         "Heads of keys and values, shared by groups of heads; 0: as many as heads", transformer);
  number("ffn", m.ffn, "Hidden features of the position-wise networks; 0: four times --dim", transformer);
  choice("feed-forward", c_.feed_forward, "Their activation", {"relu", "gelu", "swiglu"}, transformer);
  choice("norm", c_.norm, "Normalise after each part, or before it", {"post", "pre"}, transformer);
  choice("norm-kind", c_.norm_kind, "Layer normalisation, or by the root mean square", {"layer", "rms"},
         transformer);
  choice("positions", c_.positions, "Where positions come from: added to the words, or inside self attention",
         {"none", "sinusoidal", "learned", "shaw", "t5", "rotary", "alibi"}, transformer);
}

/// Dropout at one kind of place; without them --dropout decides.
void TrainOptions::add_dropouts() {
  Dropouts& p = c_.shape.dropouts;
  const char* const group = "Dropout by place";
  number("embedding-dropout", p.embedding, "Of the features of embedded words; -1: as --dropout", group);
  number("word-dropout", p.word, "Of whole words, in the source and in what the decoder reads", group);
  number("output-dropout", p.output,
         "Of what a word is predicted from; -1: as --dropout, which in the transformer does not act there",
         group);
  number("attention-dropout", p.attention, "transformer: of attention weights; -1: as --dropout", group);
  number("activation-dropout", p.activation,
         "transformer: of the hidden features of position-wise networks; -1: as --dropout", group);
  number("context-dropout", p.context,
         "rnn, gru, lstm: of the encoder's states, as attention and the decoder see them", group);
  number(
      "recurrent-dropout", p.recurrent,
      "rnn, gru, lstm: of the state that a step goes on from, the same features in all steps of a sentence",
      group);
}

void TrainOptions::add_training() {
  TrainingOptions& t = c_.training;
  const char* const group = "Training";
  number("batch", t.batch, "Size of a batch", group);
  choice("batch-unit", c_.batch_unit, "What it is counted in: sentences, or padded tokens",
         {"sentences", "tokens"}, group);
  number("accumulate", t.accumulate,
         "Batches that one step learns from, as from a batch so many times as large, in the memory of one",
         group);
  number("epochs", t.epochs,
         "Passes over the training text at most; may be raised on resuming, but with --schedule linear",
         group, true);
  number("lr", t.lr, "Learning rate of Adam", group);
  number("warmup", t.warmup, "Steps over which the learning rate rises to --lr", group);
  choice("schedule", c_.schedule,
         "How it goes on. plateau: times --lr-decay after an epoch without a better validation loss; "
         "inverse-sqrt: "
         "with the square root of the number of steps; linear: down to 0 at the end of --epochs, as if it "
         "fell from --lr on from the first step",
         {"plateau", "inverse-sqrt", "linear"}, group);
  number("lr-decay", t.lr_decay, "Factor of --schedule plateau", group);
  number("beta2", t.beta2, "Adam's memory of squared gradients; 0.98 for large learning rates", group);
  number("ema", t.ema,
         "Validate and keep a running mean of the weights in place of the weights; the share that it keeps "
         "of itself "
         "at every step, such as 0.999; 0: none",
         group);
  number("weight-decay", t.weight_decay,
         "Matrices shrink by this times the learning rate in every step (AdamW), such as 0.01", group);
  number("l2", t.l2, "Or this times the matrix is added to its gradient, such as 1e-5", group);
  number("label-smoothing", t.label_smoothing, "Share of the probability spread over all words", group);
  number("confidence-penalty", t.confidence_penalty,
         "What the loss is lowered by for each unit of a prediction's entropy, such as 0.1 in place of label "
         "smoothing; 0: nothing",
         group);
  number(
      "r-drop", t.r_drop,
      "R-Drop: every batch goes through the model twice, and a quarter of this times the divergences of the "
      "two predictions, one from the other and back, is added to their mean loss; such as 1; 0: once",
      group);
  number(
      "teacher-forcing", t.teacher_forcing.lowest,
      "rnn, gru, lstm: the decoder reads the right word with this probability, and otherwise the one that it "
      "holds the likeliest itself (scheduled sampling)",
      group);
  choice(
      "teacher-forcing-decay", c_.teacher_forcing_decay,
      "How the probability goes down to that with the step i and a constant k. linear: 1 - k i; exponential: "
      "k^i; inverse-sigmoid: k / (k + e^(i / k))",
      {"none", "linear", "exponential", "inverse-sigmoid"}, group);
  number("teacher-forcing-constant", t.teacher_forcing.constant, "The k of it", group);
  number("clip", t.clip, "Largest norm of all gradients together", group);
  choice(
      "bleu-tokenizer", c_.bleu_tokenizer,
      "What the validation's BLEU counts, as in translate score; auto: words between spaces, or characters",
      {"auto", "none", "13a", "intl", "char", "zh"}, group);
  choice("best-by", c_.best_by,
         "What makes an epoch the best: its BLEU, and among equal ones the lower loss; or the loss alone. It "
         "is the loss on the "
         "validation text, the decoder reading the reference",
         {"bleu", "loss"}, group);
  number("min-delta", t.min_delta, "By how much an epoch has to be better to be the best, such as 0.1 BLEU",
         group);
  number("patience", t.patience, "Epochs without a better one before it stops", group);
  number("seed", t.seed, "Seed of the weights, the dropout and the order of the batches", group);
}

/// What decides on the course of one process, and on no step: a run does not keep it.
void TrainOptions::add_course() {
  const char* const group = "Course (free to change on resuming)";
  command_
      .add_flag(
          "--resume", c_.resume,
          "Go on with the run in --out from its latest checkpoint, with the options that it was begun with; "
          "a run that was "
          "interrupted anywhere ends with the same bytes as one that never was. A new or empty folder: begin")
      ->group(group);
  const auto free = [&](const char* name, auto& value, const char* help) {
    command_.add_option(name, value, help)->transform(whole_number())->capture_default_str()->group(group);
  };
  free("--max-steps", c_.training.max_steps,
       "Stop after this many steps of the run, those before --resume included; 0: no limit");
  free("--checkpoint-every", c_.training.checkpoint_every,
       "Steps between checkpoints in DIR/checkpoints; there is one after every epoch as well, and one after "
       "Ctrl-C or SIGTERM");
  free("--keep-checkpoints", c_.keep_checkpoints, "How many of the latest to keep, beside the best");
  command_
      .add_flag("--skip-bad-steps", c_.training.skip_bad_steps,
                "Leave out the update of a batch whose loss or gradients are no finite numbers, and go on; "
                "without it the training "
                "stops there")
      ->group(group);
  add_threads(command_, c_.threads)->group(group);
}

}  // namespace

CLI::App* add_train(CLI::App& program, TrainCommand& options) {
  CLI::App* command = program.add_subcommand(
      "train", "Train on two line-aligned files and keep the best model, or go on with a training");
  TrainOptions(*command, options);
  command->footer(
      "DIR gets model.safetensors (the best weights), config.json and two vocabularies, which `translate "
      "run` needs;\n"
      "log.jsonl, every step and epoch once; timing.jsonl, when that was; checkpoints/*.safetensors;\n"
      "scores.json, of the best weights; samples/*.txt, the validation text as every epoch translates it.\n"
      "Ctrl-C (or SIGTERM) ends after the running step and keeps everything; a second one ends at once.");
  return command;
}

}  // namespace translation
