// Weights that are packed once for many products.
#pragma once
#include <gradus/tensor/tensor_class.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace gradus {

/// While it lives, the thread that has made it packs each of these weights (and each part of one) once for
/// its products, and not for each of them: worth it where a weight meets few rows again and again, as in the
/// steps of a decoder, and nowhere else, because the packed copies stay. A weight that an operation has
/// written to is packed anew; writing through data() is not noticed. Scopes may nest; the innermost counts.
class PackedWeights {
 public:
  explicit PackedWeights(std::vector<Tensor> weights);
  ~PackedWeights();
  PackedWeights(const PackedWeights&) = delete;
  PackedWeights& operator=(const PackedWeights&) = delete;

  /// For the products: what one multiplies by as it lies in memory, op(B) (k, n).
  struct Operand {
    const void* data;
    std::int64_t stride, k, n;
    bool transposed;
  };
  /// The packed operand if it is of one of this thread's weights, else null. Where there is none yet, `pack`
  /// fills the memory of so many bytes from `product`.
  static const void* find(const Operand& operand, std::size_t bytes,
                          void (*pack)(const void* product, void* memory), const void* product);

 private:
  struct Copies;
  std::unique_ptr<Copies> copies_;
  PackedWeights* outer_;
};

}  // namespace gradus
