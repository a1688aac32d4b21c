#include "products.h"

#include "workload.h"

#include <cblas.h>
#include <omp.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace benchmarks {
namespace {

using Split = Product::Split;

struct Range {
  std::int64_t begin, size;
};
/// The part of [0, total) that belongs to a thread. Parts are multiples of 16, a vector of floats.
Range part(std::int64_t total, int thread, int threads) {
  const std::int64_t blocks = (total + 15) / 16;
  const auto edge = [&](std::int64_t i) { return std::min(total, blocks * i / threads * 16); };
  return {edge(thread), edge(thread + 1) - edge(thread)};
}

/// The product on a part of its rows, columns and inner elements, to `c` (leading dimension n).
void multiply(const Product& p, Range rows, Range columns, Range inner, float* c) {
  if (rows.size == 0 || columns.size == 0 || inner.size == 0) return;
  const std::int64_t lda = p.transpose_a ? p.m : p.k, ldb = p.transpose_b ? p.k : p.n;
  const float* a = p.a + (p.transpose_a ? inner.begin * lda + rows.begin : rows.begin * lda + inner.begin);
  const float* b =
      p.b + (p.transpose_b ? columns.begin * ldb + inner.begin : inner.begin * ldb + columns.begin);
  const auto i32 = [](std::int64_t x) { return static_cast<int>(x); };
  cblas_sgemm(CblasRowMajor, p.transpose_a ? CblasTrans : CblasNoTrans,
              p.transpose_b ? CblasTrans : CblasNoTrans, i32(rows.size), i32(columns.size), i32(inner.size),
              1, a, i32(lda), b, i32(ldb), 0, c + rows.begin * p.n + columns.begin, i32(p.n));
}

}  // namespace

float* Products::buffer(std::int64_t elements) {
  buffers_.push_back(std::make_unique<float[]>(static_cast<std::size_t>(elements)));
  std::fill_n(buffers_.back().get(), elements, 0.01f);  // touches the pages; no denormal numbers
  return buffers_.back().get();
}

void Products::add_linear(std::int64_t rows, std::int64_t in, std::int64_t out, std::int64_t steps) {
  float *x = buffer(rows * in), *w = buffer(out * in), *y = buffer(rows * out);
  float *dx = buffer(rows * in), *dw = buffer(out * in);
  const std::int64_t now = rows / steps;
  for (std::int64_t i = 0; i < steps; ++i) {
    float *x_now = x + i * now * in, *y_now = y + i * now * out, *dx_now = dx + i * now * in;
    groups_.push_back({{now, out, in, false, true, x_now, w, y_now, Split::none}, 1});
    groups_.push_back({{now, in, out, false, false, y_now, w, dx_now, Split::none}, 1});
  }
  groups_.push_back({{out, in, rows, true, false, y, x, dw, Split::none}, 1});
}

void Products::add_pair(std::int64_t count, std::int64_t rows, std::int64_t in, std::int64_t out) {
  float *a = buffer(count * rows * in), *b = buffer(count * in * out), *c = buffer(count * rows * out);
  float *da = buffer(count * rows * in), *db = buffer(count * in * out);
  groups_.push_back({{rows, out, in, false, false, a, b, c, Split::none}, count});
  groups_.push_back({{rows, in, out, false, true, c, b, da, Split::none}, count});
  groups_.push_back({{in, out, rows, true, false, a, c, db, Split::none}, count});
}

double Products::flops() const {
  double sum = 0;
  for (const auto& [p, count] : groups_) {
    sum += 2 * static_cast<double>(count) * static_cast<double>(p.m) * static_cast<double>(p.n) *
           static_cast<double>(p.k);
  }
  return sum;
}

void Products::run(const Group& group) {
  const Product& p = group.first;
  const Range all_rows{0, p.m}, all_columns{0, p.n}, all_inner{0, p.k};
  if (group.count > 1) {
#pragma omp parallel for schedule(static)
    for (std::int64_t i = 0; i < group.count; ++i) {
      Product one = p;
      one.a += i * p.m * p.k;
      one.b += i * p.k * p.n;
      one.c += i * p.m * p.n;
      multiply(one, all_rows, all_columns, all_inner, one.c);
    }
  } else if (p.split == Split::none) {
    multiply(p, all_rows, all_columns, all_inner, p.c);
  } else if (p.split == Split::inner) {
    const std::int64_t size = p.m * p.n;
    partial_.resize(std::max(partial_.size(), static_cast<std::size_t>((threads_ - 1) * size)));
#pragma omp parallel
    {
      const int thread = omp_get_thread_num();
      float* c = thread == 0 ? p.c : partial_.data() + (thread - 1) * size;
      multiply(p, all_rows, all_columns, part(p.k, thread, threads_), c);
#pragma omp barrier
#pragma omp for schedule(static)
      for (std::int64_t i = 0; i < size; ++i) {
        for (int other = 1; other < threads_; ++other) p.c[i] += partial_[(other - 1) * size + i];
      }
    }
  } else {
#pragma omp parallel
    {
      const int thread = omp_get_thread_num();
      const bool rows = p.split == Split::rows;
      multiply(p, rows ? part(p.m, thread, threads_) : all_rows,
               rows ? all_columns : part(p.n, thread, threads_), all_inner, p.c);
    }
  }
}

void Products::choose_splits() {
  if (threads_ == 1) return;
  std::map<std::tuple<std::int64_t, std::int64_t, std::int64_t, bool, bool>, Split> best;
  for (Group& group : groups_) {
    Product& p = group.first;
    if (group.count > 1) continue;
    const auto shape = std::make_tuple(p.m, p.n, p.k, p.transpose_a, p.transpose_b);
    if (const auto known = best.find(shape); known != best.end()) {
      p.split = known->second;
      continue;
    }
    double best_seconds = 1e30;
    for (const Split split : {Split::none, Split::rows, Split::columns, Split::inner}) {
      if (split == Split::inner && p.k < 16 * threads_) continue;  // a thread would have no part
      Group trial = group;
      trial.first.split = split;
      const double seconds = measure(1, 3, [&] { run(trial); }).min;
      if (seconds >= best_seconds) continue;
      best_seconds = seconds;
      best[shape] = split;
    }
    p.split = best[shape];
  }
}

void Products::run() {
  for (const Group& group : groups_) run(group);
}

}  // namespace benchmarks
