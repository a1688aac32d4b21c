#include "cases.h"
#include "expression.h"

#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/reduce.h>
#include <gradus/tensor/error.h>

namespace oracle {

using namespace gradus;

std::string run_error_case(Case& c) {
  Names names;
  names["params"] = Term{Value(Json()), {}, {}, {}, {}};
  for (const Json& input : c.json().at("inputs")) {
    Tensor x = c.arguments().tensor(input.at("name"));
    if (c.op() == "backward" && is_floating(x.dtype()) && !x.requires_grad()) x.requires_grad_();
    names[input.at("name")] = Term{Value(x), {}, {}, {}, {}};
    // The result that a line speaks of without having made it.
    if (c.op() == "backward" && !names.contains("y")) names["y"] = Term{Value(sum(x * x)), {}, {}, {}, {}};
  }
  try {
    run_statements(c.json().at("call"), names);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace oracle
