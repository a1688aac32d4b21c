#include <gradus/tensor/create.h>
#include <gradus/tensor/packed_weights.h>

#include <algorithm>
#include <utility>

namespace gradus {
namespace {

constinit thread_local PackedWeights* innermost = nullptr;

const std::byte* begin_of(const Tensor& weight) {
  return static_cast<const std::byte*>(weight.body()->storage->data);
}

}  // namespace

PackedWeights::PackedWeights(std::vector<Tensor> weights)
    : weights_(std::move(weights)), outer_(std::exchange(innermost, this)) {
  std::erase_if(weights_, [](const Tensor& weight) { return !weight.defined(); });
  std::sort(weights_.begin(), weights_.end(), [](const Tensor& a, const Tensor& b) {
    return std::less<const std::byte*>()(begin_of(a), begin_of(b));
  });
}

PackedWeights::~PackedWeights() { innermost = outer_; }

const Tensor* PackedWeights::owner(const void* data) const {
  const auto* address = static_cast<const std::byte*>(data);
  const auto after = std::upper_bound(weights_.begin(), weights_.end(), address,
                                      [](const std::byte* at, const Tensor& weight) {
                                        return std::less<const std::byte*>()(at, begin_of(weight));
                                      });
  if (after == weights_.begin()) return nullptr;
  const Tensor& weight = *std::prev(after);
  return address < begin_of(weight) + weight.body()->storage->bytes ? &weight : nullptr;
}

const void* PackedWeights::find(const PackedOperand& operand, std::size_t bytes,
                                const std::function<void(void* memory)>& pack) {
  if (!innermost) return nullptr;
  const Tensor* weight = innermost->owner(operand.data);
  if (!weight) return nullptr;
  Copy& copy = innermost->copies_[operand];
  if (!copy.memory.defined() || copy.version != weight->version()) {
    if (!copy.memory.defined()) copy.memory = empty({static_cast<std::int64_t>(bytes)}, DType::boolean);
    pack(copy.memory.raw_data());
    copy.version = weight->version();
  }
  return copy.memory.raw_data();
}

}  // namespace gradus
