// Gated recurrent units.
#pragma once
#include <gradus/nn/fields.h>

#include <cstdint>
#include <string>
#include <vector>

namespace gradus::nn {

struct GRUOptions {
  int layers = 1;
  bool bidirectional = false;  // a second recurrence from the end to the start, its states beside the first's
  double dropout = 0;          // on the outputs of every layer but the last, while training
  bool bias = true;
};

/// States after every step and after the last one.
struct GRUOutput {
  Tensor output;  // (batch, time, directions * hidden) of the last layer; zero behind a row's length
  Tensor state;   // (layers * directions, batch, hidden): layer 0 forward, layer 0 backward, layer 1 forward, ...
};

/// A GRU (Cho et al. 2014; the reset gate acts after the product with the state, as in PyTorch, whose parameter names and
/// gate order r, z, n it uses). Weights start uniformly in +-1/sqrt(hidden).
class GRU {
 public:
  GRU(std::int64_t input_size, std::int64_t hidden_size, GRUOptions options = {});
  GRU(GRU&&) = default;
  GRU& operator=(GRU&&) = default;
  template <std::same_as<CloneMap> Map>
  GRU(const GRU& from, Map& map)
      : input_size_(from.input_size_), hidden_size_(from.hidden_size_), options_(from.options_) {
    for (const Cell& cell : from.cells_) {
      cells_.push_back({cell.suffix, detail::clone_field(cell.weight_ih, map), detail::clone_field(cell.weight_hh, map),
                        detail::clone_field(cell.bias_ih, map), detail::clone_field(cell.bias_hh, map)});
    }
  }

  /// x (batch, time, input_size); state as in GRUOutput, zeros where it is undefined; lengths (batch,) int64, from 1 to
  /// time, where rows are padded at their end.
  GRUOutput operator()(const Tensor& x, const Tensor& state = {}, const Tensor& lengths = {}) const;

  std::int64_t input_size() const { return input_size_; }
  std::int64_t hidden_size() const { return hidden_size_; }

 private:
  struct Cell {
    std::string suffix;  // "l0", "l0_reverse", ...
    Tensor weight_ih;    // (3H, input): r, z, n
    Tensor weight_hh;    // (3H, H)
    Tensor bias_ih;      // (3H,); undefined without bias
    Tensor bias_hh;      // (3H,)
  };

  template <class Self, class Visit>
    requires std::same_as<std::remove_const_t<Self>, GRU>
  friend void gradus_fields(Self& self, Visit&& visit) {
    for (auto& cell : self.cells_) {
      visit("weight_ih_" + cell.suffix, cell.weight_ih);
      visit("weight_hh_" + cell.suffix, cell.weight_hh);
      visit("bias_ih_" + cell.suffix, cell.bias_ih);
      visit("bias_hh_" + cell.suffix, cell.bias_hh);
    }
  }

  std::int64_t input_size_, hidden_size_;
  GRUOptions options_;
  std::vector<Cell> cells_;  // by layer, then direction
};

/// One step of a GRU on its own: x (batch, input), state (batch, hidden) -> the new state (batch, hidden).
struct GRUCell {
  Tensor weight_ih;  // (3H, input): r, z, n
  Tensor weight_hh;  // (3H, H)
  Tensor bias_ih;    // (3H,); undefined without bias
  Tensor bias_hh;    // (3H,)

  GRUCell(std::int64_t input_size, std::int64_t hidden_size, bool bias = true);
  Tensor operator()(const Tensor& x, const Tensor& state) const;
  /// The step where W_ih x + b_ih (batch, 3H) is computed already, for decoders that project all their inputs at once.
  Tensor step(const Tensor& input_gates, const Tensor& state) const;
  GRADUS_FIELDS(GRUCell, weight_ih, weight_hh, bias_ih, bias_hh)
};

}  // namespace gradus::nn
