// RNN, GRU and LSTM under one roof, so that a translator takes any of them.
#pragma once
#include "model.h"

#include <gradus/nn/gru.h>
#include <gradus/nn/lstm.h>
#include <gradus/nn/rnn.h>
#include <gradus/tensor/memory.h>

#include <optional>

namespace translation {

/// The state of one recurrent layer, (B, H).
struct CellState {
  Tensor state;
  Tensor cell;  // of an LSTM; undefined for the others
};

/// A stack that reads a sentence in both directions.
class RecurrentEncoder {
 public:
  RecurrentEncoder(ModelKind kind, std::int64_t input_size, std::int64_t hidden, int layers, double dropout,
                   double recurrent_dropout);
  struct Output {
    Tensor states;  // (B, S, 2H); zero at padding
    Tensor ends;    // (B, 2H): the last state of either direction of the last layer
  };
  /// x (B, S, input), lengths (B,).
  Output operator()(const Tensor& x, const Tensor& lengths) const;
  GRADUS_FIELDS(RecurrentEncoder, rnn_, gru_, lstm_)

 private:
  std::optional<nn::RNN> rnn_;  // one of the three
  std::optional<nn::GRU> gru_;
  std::optional<nn::LSTM> lstm_;
};

/// One layer of a decoder, taken step by step.
class RecurrentCell {
 public:
  RecurrentCell(ModelKind kind, std::int64_t input_size, std::int64_t hidden);
  /// The part of the input gates (..., gates) that comes from the first features of the input: computed for
  /// all steps at once where these are known in advance. It holds the bias.
  Tensor project_first(const Tensor& first) const;
  /// The columns (gates, rest) of the input weight behind those of `first` features. Taken once for all
  /// steps, its gradient is one product over all of them.
  Tensor weight_behind(std::int64_t first) const;
  /// A step whose input is [first, rest]: what project_first made of one part, and the other (B, rest) with
  /// its weight. Here and below the mask (B, H), or undefined, is that of variational dropout (gru_sequence).
  CellState step(const Tensor& projected_first, const Tensor& rest, const Tensor& rest_weight,
                 const CellState& before, const Tensor& mask) const;
  /// A step whose whole input is what project_first was given.
  CellState step_projected(const Tensor& input_gates, const CellState& before, const Tensor& mask) const;
  /// A step whose input (B, input) is given as a whole.
  CellState step(const Tensor& input, const CellState& before, const Tensor& mask) const;
  GRADUS_FIELDS(RecurrentCell, rnn_, gru_, lstm_)

 private:
  const nn::RecurrentWeights& weights() const;

  std::optional<nn::RNNCell> rnn_;  // one of the three
  std::optional<nn::GRUCell> gru_;
  std::optional<nn::LSTMCell> lstm_;
};

}  // namespace translation
