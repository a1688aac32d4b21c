// Calls of functions, methods and layers in the expressions of error cases.
#pragma once
#include "expression.h"

namespace oracle {

/// Arguments of a call; those without a name come with "".
using NamedTerms = std::vector<std::pair<std::string, Term>>;

/// Calls a function, a method or a layer.
Term call_term(const Term& callee, const NamedTerms& arguments);

}  // namespace oracle
