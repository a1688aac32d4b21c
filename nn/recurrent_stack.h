// What RNN, GRU and LSTM share: layers over each other, in one direction or two, and their parameters.
#pragma once
#include <gradus/nn/fields.h>

#include <cstdint>
#include <string>
#include <vector>

namespace gradus::nn {

/// How many there are of what. The options of each kind hold these, too.
struct RecurrentSizes {
  std::int64_t gates, input, hidden;  // gates: 1 of an RNN, 3 of a GRU, 4 of an LSTM
  int layers;
  bool bidirectional;
  double dropout;
  bool bias;
  double recurrent_dropout;
};

/// The weights of one layer in one direction, or of a cell on its own. G gates, H hidden.
struct RecurrentWeights {
  Tensor weight_ih;  // (G H, input)
  Tensor weight_hh;  // (G H, H)
  Tensor bias_ih;    // (G H,); undefined without bias
  Tensor bias_hh;    // (G H,)

  /// Uniform in +-1/sqrt(H); the names end in `suffix`. Throws where a size is not positive, in the name of
  /// `layer`.
  RecurrentWeights(const char* layer, std::int64_t gates, std::int64_t input, std::int64_t hidden, bool bias,
                   const std::string& suffix = "");
  /// The state (batch, H) itself, or zeros for an input x (batch, input) where it is undefined.
  Tensor start(const Tensor& state, const Tensor& x) const;
  GRADUS_FIELDS(RecurrentWeights, weight_ih, weight_hh, bias_ih, bias_hh)
};

/// The weights of all layers and directions, under PyTorch's names: weight_ih_l0, weight_ih_l0_reverse,
/// weight_ih_l1, ...
class RecurrentStack {
 public:
  RecurrentStack(const char* layer, const RecurrentSizes& sizes);
  RecurrentStack(RecurrentStack&&) = default;
  RecurrentStack& operator=(RecurrentStack&&) = default;
  template <std::same_as<CloneMap> Map>
  RecurrentStack(const RecurrentStack& from, Map& map) : layer_(from.layer_), sizes_(from.sizes_) {
    for (const Cell& cell : from.cells_)
      cells_.push_back({cell.suffix, detail::clone_field(cell.weights, map)});
  }

  const RecurrentSizes& sizes() const { return sizes_; }
  std::int64_t directions() const { return sizes_.bidirectional ? 2 : 1; }
  /// Layers times directions: how many states there are.
  std::int64_t count() const { return static_cast<std::int64_t>(cells_.size()); }
  const RecurrentWeights& weights(std::int64_t i) const {
    return cells_[static_cast<std::size_t>(i)].weights;
  }

  /// Checks x (batch, time, input), and a state that is (count, batch, hidden) or undefined.
  void check(const Tensor& x, const Tensor& state) const;
  /// The i-th start (batch, hidden) of such a state: zeros where it is undefined.
  Tensor start(const Tensor& state, std::int64_t i, const Tensor& x) const;

  /// The mask (batch, H) of variational dropout for one layer in one direction, drawn anew: 0 or 1 / (1 - p).
  /// Undefined outside of training, and where there is no such dropout.
  Tensor state_mask(const Tensor& x) const;

  /// Runs all layers over x and gives the last one's output, (batch, time, directions hidden). `run(i, gates,
  /// reverse)` runs one layer in one direction on its input gates (batch, time, G H) and gives the states
  /// (batch, time, hidden).
  template <class Run>
  Tensor run(const Tensor& x, Run&& run) const {
    Tensor layer_input = x;
    for (std::int64_t i = 0; i < count(); i += directions()) {
      const Tensor forward = run(i, input_gates(i, layer_input), false);
      layer_input =
          sizes_.bidirectional ? beside(forward, run(i + 1, input_gates(i + 1, layer_input), true)) : forward;
      if (i + directions() < count()) layer_input = dropped(layer_input);
    }
    return layer_input;
  }

 private:
  struct Cell {
    std::string suffix;  // "_l0", "_l0_reverse", ...
    RecurrentWeights weights;
  };

  template <class Self, class Visit>
  requires std::same_as<std::remove_const_t<Self>, RecurrentStack>
  friend void gradus_fields(Self& self, Visit&& visit) {
    for (auto& cell : self.cells_) {
      visit("weight_ih" + cell.suffix, cell.weights.weight_ih);
      visit("weight_hh" + cell.suffix, cell.weights.weight_hh);
      visit("bias_ih" + cell.suffix, cell.weights.bias_ih);
      visit("bias_hh" + cell.suffix, cell.weights.bias_hh);
    }
  }

  Tensor input_gates(std::int64_t i, const Tensor& x) const;
  static Tensor beside(const Tensor& forward, const Tensor& backward);
  Tensor dropped(const Tensor& x) const;

  const char* layer_;
  RecurrentSizes sizes_;
  std::vector<Cell> cells_;  // by layer, then direction
};

/// The state (batch, hidden) after each row's last step, in the direction it was run.
Tensor final_state(const Tensor& states, const Tensor& start, const Tensor& lengths, bool reverse);

}  // namespace gradus::nn
