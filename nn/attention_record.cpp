#include <gradus/autograd/joining.h>
#include <gradus/nn/attention_record.h>
#include <gradus/nn/model_entries.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace gradus::nn {
namespace {

constinit thread_local AttentionRecord* innermost = nullptr;

/// Where every tensor of a model lies, and the path of what holds it.
class Places final : public detail::PathVisitor {
 public:
  void tensor(std::string_view, const Tensor& tensor, bool) override { fields.emplace_back(&tensor, path()); }
  std::vector<std::pair<const Tensor*, std::string>> fields;
};

/// weights (batch, heads, Q, S) with zeros for the keys up to `keys`.
Tensor widened(const Tensor& weights, std::int64_t keys) {
  Shape rest = weights.shape();
  rest[3] = keys - rest[3];
  return rest[3] == 0 ? weights : cat({weights, zeros(rest, weights.dtype())}, 3);
}

}  // namespace

AttentionRecord::AttentionRecord(const ModelView& model) {
  Places places;
  model.visit("", places);
  fields_ = std::move(places.fields);
  outer_ = std::exchange(innermost, this);
}

AttentionRecord::~AttentionRecord() {
  AttentionRecord** link = &innermost;
  while (*link && *link != this) link = &(*link)->outer_;
  if (*link) *link = outer_;
}

/// Null where the model does not hold the field.
const std::string* AttentionRecord::path_of_holder(const Tensor& field) const {
  for (const auto& [place, path] : fields_) {
    if (place == &field) return &path;
  }
  return nullptr;
}

bool AttentionRecord::wants(const Tensor& field) {
  for (const AttentionRecord* record = innermost; record; record = record->outer_) {
    if (record->path_of_holder(field)) return true;
  }
  return false;
}

void AttentionRecord::add(const Tensor& field, const Tensor& weights) {
  for (AttentionRecord* record = innermost; record; record = record->outer_) {
    if (const std::string* layer = record->path_of_holder(field)) {
      record->calls_.emplace_back(*layer, weights.detach());
    }
  }
}

NamedTensors AttentionRecord::joined() const {
  NamedTensors layers;
  for (const auto& first : calls_) {
    const auto same_layer = [&](const auto& other) { return other.first == first.first; };
    if (std::any_of(layers.begin(), layers.end(), same_layer)) continue;
    std::vector<Tensor> rows;
    std::int64_t keys = 0;
    for (const auto& [name, weights] : calls_) {
      if (name != first.first) continue;
      if (weights.size(0) != first.second.size(0) || weights.size(1) != first.second.size(1)) {
        throw Error("AttentionRecord", "the calls of '" + name +
                                           "' differ in batch or heads: " + describe(first.second) + " and " +
                                           describe(weights) + "; calls() has each of them");
      }
      keys = std::max(keys, weights.size(3));
      rows.push_back(weights);
    }
    for (Tensor& weights : rows) weights = widened(weights, keys);
    layers.emplace_back(first.first, rows.size() == 1 ? rows[0] : cat(rows, 2));
  }
  return layers;
}

}  // namespace gradus::nn
