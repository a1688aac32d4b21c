// Weights that are packed once for many products.
#pragma once
#include <gradus/tensor/tensor_class.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

namespace gradus {

/// What a product multiplies by, as it lies in memory: op(B) (k, n).
struct PackedOperand {
  const void* data;
  std::int64_t stride, k, n;
  bool transposed;
  auto operator<=>(const PackedOperand&) const = default;
};

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

  /// For the products: the packed operand if it is of one of this thread's weights, else null. `pack` fills
  /// the memory of so many bytes where there is none yet.
  static const void* find(const PackedOperand& operand, std::size_t bytes,
                          const std::function<void(void* memory)>& pack);

 private:
  struct Copy {
    std::uint32_t version = 0;
    Tensor memory;
  };
  const Tensor* owner(const void* data) const;

  std::vector<Tensor> weights_;  // by address
  std::map<PackedOperand, Copy> copies_;
  PackedWeights* outer_;
};

}  // namespace gradus
