// Layers one after the other.
#pragma once
#include <gradus/nn/activation.h>
#include <gradus/nn/clone.h>
#include <gradus/nn/visit.h>

#include <memory>
#include <utility>
#include <vector>

namespace gradus::nn {

/// What maps one tensor to one: Linear, Relu, a model of the user's.
template <class T>
concept TensorMap = requires(const T& layer, const Tensor& x) {
  { layer(x) } -> std::convertible_to<Tensor>;
};

/// Any layer that maps one tensor to one, chosen while the program runs: nn::Layer layer{nn::Linear(2, 3)}.
class Layer {
 public:
  template <class T>
    requires(TensorMap<T> && !std::is_same_v<T, Layer>)
  explicit Layer(T layer) : held_(new HeldLayer<T>(std::move(layer))) {}
  Layer(const Layer& from, CloneMap& map) : held_(from.held_->clone(map)) {}

  Tensor operator()(const Tensor& x) const { return (*held_)(x); }
  ModelView model() const { return held_->model(); }
 private:
  struct Held {
    virtual ~Held() = default;
    virtual Tensor operator()(const Tensor& x) const = 0;
    virtual ModelView model() const = 0;
    virtual std::unique_ptr<Held> clone(CloneMap& map) const = 0;
  };
  template <class T>
  struct HeldLayer final : Held {
    explicit HeldLayer(T&& held) : layer(std::move(held)) {}
    Tensor operator()(const Tensor& x) const override { return layer(x); }
    ModelView model() const override { return layer; }
    std::unique_ptr<Held> clone(CloneMap& map) const override {
      return std::unique_ptr<Held>(new HeldLayer(gradus::detail::clone_field(layer, map)));
    }
    T layer;
  };
  std::unique_ptr<Held> held_;
};

/// Layers one after the other. Parameters are named by position, as PyTorch does: "0.weight", "2.weight".
///
///   nn::Sequential net{nn::Linear(2, 16), nn::Relu{}, nn::Linear(16, 2)};
class Sequential {
 public:
  template <class... Layers>
    requires(TensorMap<Layers> && ...)
  explicit Sequential(Layers... layers) {
    layers_.reserve(sizeof...(Layers));
    (add(std::move(layers)), ...);
  }
  /// Appends a layer.
  template <TensorMap T>
  Sequential& add(T layer) {
    layers_.emplace_back(std::move(layer));
    return *this;
  }
  std::size_t size() const { return layers_.size(); }
  const Layer& operator[](std::size_t index) const { return layers_[index]; }
  Tensor operator()(const Tensor& x) const;
  ModelView model() const { return layers_; }

  GRADUS_FIELDS(Sequential, layers_)

 private:
  std::vector<Layer> layers_;
};

}  // namespace gradus::nn
