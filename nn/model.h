// What can be done with any model: its parameters, its state, saving and loading.
//
// A model is a plain struct or a type with GRADUS_FIELDS (fields.h). Functions take a ModelView, which any
// model converts to. Whoever visits a model through these functions also completes the names of its
// parameters: a layer calls its own "weight", the model that holds it makes that
// "decoder.attention.query.weight". Several threads may visit one model at once.
#pragma once
#include <gradus/nn/clone.h>
#include <gradus/nn/load_report.h>
#include <gradus/nn/visit.h>
#include <gradus/tensor/safetensors.h>

#include <cstdint>
#include <string>
#include <vector>

namespace gradus {

/// Every parameter once, also those that are tied to several fields, in the order of declaration. The tensors
/// are handles on the model's own.
std::vector<Tensor> parameters(const ModelView& model);

/// The same, with the path of the first field that holds it: "hidden.weight".
NamedTensors named_parameters(const ModelView& model);

/// Every parameter and buffer with its path. A tied parameter stands under each of its names. The tensors
/// share the model's memory and are cut off from the graph.
NamedTensors state_dict(const ModelView& model);

struct LoadOptions {
  bool strict = true;       // the names have to be just those of the model
  std::string prefix = "";  // taken off the names of the state, which all begin with it: "module."
};

/// Copies values into the model's tensors, in their dtypes and memory; ties stay. float64 and float32 are
/// converted into each other, other dtypes have to agree, and shapes always. A name is not missing where the
/// same tensor stands under another name; nor does the lack of BatchNorm's counter num_batches_tracked stop a
/// strict load, as in PyTorch.
///
/// Throws one Error with all names of tensors that have another shape or dtype, and where strict with all
/// that are missing or unexpected or tied in the model but different in the state. The model is unchanged
/// then.
LoadReport load_state_dict(const ModelView& model, const NamedTensors& state,
                           const LoadOptions& options = {});

/// Writes the state dict to a safetensors file, which PyTorch reads as well (docs/pytorch.md).
void save(const ModelView& model, const std::string& path);
/// Reads a safetensors file into the model, as load_state_dict does.
LoadReport load(const ModelView& model, const std::string& path, const LoadOptions& options = {});

/// Number of elements of all parameters, tied ones once.
std::int64_t num_parameters(const ModelView& model);

/// Drops the gradients of all parameters.
void zero_grad(const ModelView& model);

/// Stops (or goes on) training all parameters of a model or of a part of it. Buffers are left alone.
void freeze(const ModelView& model, bool frozen = true);

/// Completes the names of the parameters: each becomes its path, the longest path wins.
void set_names(const ModelView& model);

}  // namespace gradus
