// Weights for a model: load, strict and not. A model that refuses them is as it was; one that takes them can
// be saved and loaded with nothing left over.
#include <gradus/nn/batch_norm.h>
#include <gradus/nn/linear.h>
#include <gradus/nn/model.h>
#include <gradus/tests/fuzz/fuzz.h>

using namespace gradus;
using namespace gradus::fuzz;

namespace {

struct Model {
  nn::Linear hidden{2, 3};
  nn::BatchNorm norm{3};
  nn::Linear out{3, 2};
  nn::Linear tied{2, 3};
  Model() { tied.weight = hidden.weight; }
  GRADUS_FIELDS(Model, hidden, norm, out, tied)
};

NamedTensors copy_of(const Model& model) {
  NamedTensors copy;
  for (const auto& [name, tensor] : state_dict(model)) copy.emplace_back(name, tensor.clone());
  return copy;
}

void check(const std::string& path, const LoadOptions& options) {
  Model model;
  const NamedTensors before = copy_of(model);
  LoadReport report;
  if (!takes([&] { report = load(model, path, options); })) {
    require(test::same_bits(before, state_dict(model)), "model: a load that fails leaves something behind");
    return;
  }
  require_printable(to_string(report));
  const std::string copy = files().path("copy");
  save(model, copy);
  Model again;
  const LoadReport second = load(again, copy);
  require(second.missing.empty() && second.unexpected.empty() && second.untied.empty(),
          "model: it does not fit itself");
  require(test::same_bits(state_dict(model), state_dict(again)), "model: the round trip changes values");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string path = file_of(data, size);
  check(path, {});
  check(path, {.strict = false});
  check(path, {.strict = false, .prefix = "module."});
  return 0;
}
