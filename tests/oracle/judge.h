// Compares answers with the manifest's expected values, by its own tolerances.
#pragma once
#include "cases.h"

namespace oracle {

/// What is wrong with the answers to a case; nothing where they pass.
std::vector<std::string> judge(const Case& c, const Answers& answers);

/// The same for a schedule, whose expected values stand in the manifest itself.
std::vector<std::string> judge_schedule(const Json& json, const Tensor& answer);

}  // namespace oracle
