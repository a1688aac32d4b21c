#include "model_options.h"

namespace benchmarks {

translation::ModelOptions model_options(const Workload& work) {
  return {.kind = translation::model_kind_named(work.model),
          .source_vocabulary = work.vocabulary,
          .target_vocabulary = work.vocabulary,
          .dim = work.dim,
          .layers = static_cast<int>(work.layers),
          .dropout = work.dropout,
          .hidden = work.hidden,
          .output = translation::output_named(work.output),
          .heads = work.heads,
          .ffn = work.ffn,
          .norm = gradus::nn::norm_placement_named(work.norm)};
}

}  // namespace benchmarks
