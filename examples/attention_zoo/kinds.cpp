#include "kinds.h"

namespace zoo {

using namespace translation;

namespace {

ModelOptions recurrent() { return {.kind = ModelKind::gru, .dropout = 0, .attending = {.max_length = 64}}; }

Kind with_score(nn::Score score) {
  Kind kind{nn::name_of(score), recurrent(), nn::what_it_sees(score)};
  kind.options.attention = score;
  return kind;
}

Kind with_normalizer(nn::Normalizer normalizer) {
  Kind kind{nn::name_of(normalizer), recurrent(), nn::what_it_sees(normalizer)};
  kind.options.attending.normalizer = normalizer;
  return kind;
}

Kind with_pattern(nn::Pattern pattern) {
  Kind kind{nn::name_of(pattern), recurrent(), nn::what_it_sees(pattern)};
  kind.options.attending.pattern = pattern;
  return kind;
}

Kind without_attention(Context context, const char* sees) {
  Kind kind{std::string("none, ") + name_of(context), recurrent(), sees};
  kind.options.attention.reset();
  kind.options.context = context;
  return kind;
}

Kind transformer(Positions positions, const char* sees) {
  return {std::string("transformer, ") + name_of(positions),
          {.kind = ModelKind::transformer,
           .dim = 64,
           .layers = 2,
           .dropout = 0,
           .heads = 4,
           .ffn = 128,
           .positions = positions},
          sees};
}

}  // namespace

std::vector<Kind> all_kinds() {
  std::vector<Kind> kinds{
      without_attention(Context::last, "the encoder's two last states: one vector for the whole sentence"),
      without_attention(Context::mean, "the mean of all states: which words, hardly in which order"),
  };
  for (const nn::Score score : nn::all_scores) kinds.push_back(with_score(score));
  Kind luong = with_score(nn::Score::general);
  luong.name = "general, after";
  luong.options.timing = Timing::after;
  luong.sees = "as general, with the state after the step; what it saw is fed into the next step (Luong)";
  kinds.push_back(luong);
  kinds.push_back(with_normalizer(nn::Normalizer::sparsemax));
  kinds.push_back(with_normalizer(nn::Normalizer::monotonic));
  for (const nn::Pattern pattern : nn::all_patterns) {
    if (pattern != nn::Pattern::full) kinds.push_back(with_pattern(pattern));
  }
  kinds.push_back(transformer(Positions::none,
                              "all words of either side's past, but the encoder cannot tell their order"));
  kinds.push_back(transformer(Positions::sinusoidal, "all words, with waves of their positions added"));
  kinds.push_back(transformer(Positions::learned, "all words, with a learnt vector for each position added"));
  kinds.push_back(
      transformer(Positions::shaw, "all words; in self attention a learnt vector for each distance"));
  kinds.push_back(
      transformer(Positions::t5, "all words; in self attention a learnt number for each range of distances"));
  kinds.push_back(transformer(Positions::rotary, "all words; in self attention turned by their positions"));
  kinds.push_back(transformer(Positions::alibi, "all words; in self attention the nearer ones first"));
  return kinds;
}

}  // namespace zoo
