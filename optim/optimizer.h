// What all optimisers share: parameters in groups, the state that belongs to each, and the walk over them.
#pragma once
#include <gradus/tensor/safetensors.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace gradus {
struct OptimRun;  // tensor/kernels/optim.h
}

namespace gradus::optim {

/// An optimiser holds handles on parameters. `step()` moves every parameter that has a gradient; one without
/// is skipped. The state of a parameter (its moments, say) is made in its first step; after that a step asks
/// for no memory.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  Optimizer(Optimizer&&) = default;
  Optimizer& operator=(Optimizer&&) = default;

  void step();
  /// Drops the gradients of all parameters.
  void zero_grad();

  std::size_t group_count() const { return groups_.size(); }
  /// The parameters of a group.
  std::vector<Tensor> parameters(std::size_t group) const;
  /// The learning rate of a group.
  double lr(std::size_t group = 0) const;
  /// Sets the learning rate of all groups, or of one: adam.set_lr(schedule(step)).
  void set_lr(double lr);
  void set_lr(std::size_t group, double lr);

  /// What a checkpoint keeps, by the number of the parameter in order of the groups, "3.exp_avg", "3.step",
  /// and the learning rates, "group.0.lr". The moments share memory with the optimiser.
  NamedTensors state_dict() const;
  /// Puts back what state_dict gave, by an optimiser over parameters of the same shapes. Throws, with nothing
  /// changed, where it does not fit.
  void load_state_dict(const NamedTensors& state);

 protected:
  /// The names of the state arrays that a group keeps, nullptr for those that it does not.
  using StateNames = std::array<const char*, 3>;

  explicit Optimizer(const char* name) : name_(name) {}
  /// Throws for an empty list, undefined tensors, others than float32 and float64 leaves, gaps in memory, and
  /// a parameter of an earlier group. A tensor that comes twice is taken once.
  void add_parameters(std::span<const Tensor> parameters);
  const char* name() const { return name_; }
  /// Throws where there is no such group.
  void check_group(const char* operation, std::size_t group) const;

 private:
  struct Slot {  // one parameter
    Tensor parameter;
    std::array<Tensor, 3> state;
    std::int64_t steps = 0;
  };
  struct Segment {  // one parameter in the walk of a step
    Slot* slot;
    Tensor gradient;
    std::int64_t start;  // where it begins if all parameters of the group lie one after the other
    bool first;          // its state was made in this step
  };

  virtual double learning_rate(std::size_t group) const = 0;
  virtual void set_learning_rate(std::size_t group, double lr) = 0;
  virtual StateNames state_names(std::size_t group) const = 0;
  virtual double initial_state(std::size_t) const { return 0; }
  /// Moves a run of elements of one parameter; `steps` counts its steps, this one included; `first` says that
  /// the state was made in this step.
  virtual void update(std::size_t group, std::int64_t steps, bool first, DType dtype,
                      const OptimRun& run) const = 0;

  void prepare(std::size_t group, Slot& slot, bool& first);
  void step_group(std::size_t group);
  void run_segments(std::size_t group, std::int64_t begin, std::int64_t end) const;

  const char* name_;
  std::vector<std::vector<Slot>> groups_;
  std::vector<Segment> segments_;  // of the step that runs; kept for its memory
};

/// Throws "[SGD] momentum is -1; it must be at least 0" and the like: checks of options.
void check_at_least_zero(const char* optimizer, const char* option, double value);
/// For decay rates: [0, 1).
void check_below_one(const char* optimizer, const char* option, double value);

/// The options of an optimiser's groups. They have a member lr; check_options(options) throws for impossible
/// values.
template <class GroupOptions>
class OptimizerWith : public Optimizer {
 public:
  using Options = GroupOptions;

  /// Adds a group with options of its own.
  void add_group(std::span<const Tensor> parameters, const Options& options) {
    check_options(options);
    add_parameters(parameters);
    options_.push_back(options);
  }
  const Options& options(std::size_t group = 0) const {
    check_group("options", group);
    return options_[group];
  }

 protected:
  using Optimizer::Optimizer;

 private:
  double learning_rate(std::size_t group) const final { return options_[group].lr; }
  void set_learning_rate(std::size_t group, double lr) final { options_[group].lr = lr; }
  std::vector<Options> options_;
};

}  // namespace gradus::optim
