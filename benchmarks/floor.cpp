// The arithmetic floor of a training step: its matrix products alone, forward and backward, made directly
// with cblas_sgemm. Each product is spread over the threads in the way that is fastest for it, and nothing
// else is done: no step that makes the same products with the same BLAS can be faster. Those that need no
// waiting for earlier steps, such as the gradients of recurrent weights, are made at once. Prints one JSON
// object.
#include "products.h"
#include "workload.h"

#include <gradus/tensor/blas.h>

#include <omp.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <stdexcept>

namespace {

using benchmarks::Products;
using benchmarks::Workload;

/// Attention of Q queries over K keys, `count` times (sentences times heads): scores and contexts.
void add_attention(Products& products, std::int64_t count, std::int64_t Q, std::int64_t K,
                   std::int64_t features) {
  products.add_pair(count, Q, features, K);  // scores (Q, K) = queries (Q, features) keys^T
  products.add_pair(count, Q, K, features);  // contexts (Q, features) = weights (Q, K) values
}

void add_transformer(Products& products, const Workload& work) {
  const std::int64_t B = work.batch, S = work.source, T = work.target, D = work.dim;
  const std::int64_t heads = B * work.heads, head = D / work.heads;
  const auto add_network = [&](std::int64_t rows) {
    products.add_linear(rows, D, work.ffn);
    products.add_linear(rows, work.ffn, D);
  };
  for (std::int64_t layer = 0; layer < work.layers; ++layer) {  // encoder
    products.add_linear(B * S, D, 3 * D);
    add_attention(products, heads, S, S, head);
    products.add_linear(B * S, D, D);
    add_network(B * S);
  }
  for (std::int64_t layer = 0; layer < work.layers; ++layer) {  // decoder
    products.add_linear(B * T, D, 3 * D);
    add_attention(products, heads, T, T, head);
    products.add_linear(B * T, D, D);
    products.add_linear(B * T, D, D);      // queries of the cross attention
    products.add_linear(B * S, D, 2 * D);  // its keys and values
    add_attention(products, heads, T, S, head);
    products.add_linear(B * T, D, D);
    add_network(B * T);
  }
  products.add_linear(B * T, D, work.vocabulary);
}

void add_recurrent(Products& products, const Workload& work) {
  const std::int64_t B = work.batch, S = work.source, T = work.target, E = work.dim, H = work.hidden;
  const std::int64_t gates = work.gates() * H, features = 3 * H + E;
  for (std::int64_t layer = 0; layer < work.layers; ++layer) {
    for (int direction = 0; direction < 2; ++direction) {
      products.add_linear(B * S, layer == 0 ? E : 2 * H, gates);
      products.add_linear(B * S, H, gates, S);
    }
  }
  products.add_linear(B, 2 * H, work.layers * H);  // first states of the decoder
  products.add_linear(B * S, 2 * H, H);            // keys
  products.add_linear(B * T, H, H, T);             // queries
  for (std::int64_t t = 0; t < T; ++t) {
    products.add_linear(B * S, H, 1);   // scores v . tanh(query + key)
    products.add_pair(B, 1, S, 2 * H);  // contexts
  }
  products.add_linear(B * T, E, gates);         // the words, of all steps at once
  products.add_linear(B * T, 2 * H, gates, T);  // the contexts
  products.add_linear(B * T, H, gates, T);      // the states
  for (std::int64_t layer = 1; layer < work.layers; ++layer) {
    products.add_linear(B * T, H, gates, T);
    products.add_linear(B * T, H, gates, T);
  }
  if (work.output == "deep") products.add_linear(B * T, features, E);
  products.add_linear(B * T, work.output == "deep" ? E : features, work.vocabulary);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App program("The matrix products of a training step of the translator alone. Prints one JSON object.");
  Workload work;
  benchmarks::add_model_options(program, work);
  benchmarks::add_training_options(program, work);
  benchmarks::add_timing_options(program, work);
  return benchmarks::run_program(program, argc, argv, [&](int&) {
    const int threads = work.threads != 0 ? work.threads : omp_get_num_procs();
    gradus::prepare_blas();  // kernels that fit the processor, one thread inside a product
    omp_set_dynamic(0);
    omp_set_num_threads(threads);
    Products products(threads);
    if (work.is_transformer()) add_transformer(products, work);
    else add_recurrent(products, work);
    if (std::abs(products.flops() / benchmarks::step_flops(work) - 1) > 1e-9) {
      throw std::logic_error("the products have not the operations that a step counts");
    }
    products.choose_splits();
    const benchmarks::Spread seconds = benchmarks::measure(1, work.steps, [&] { products.run(); });
    return benchmarks::report(work, threads, seconds);
  });
}
