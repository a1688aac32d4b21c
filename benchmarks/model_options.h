// The models of examples/translation that a workload asks for.
#pragma once
#include "model.h"
#include "workload.h"

namespace benchmarks {

translation::ModelOptions model_options(const Workload& work);

}  // namespace benchmarks
