// Attention as a page for the browser.
#pragma once
#include "attention_views.h"

#include <string>

namespace translation {

/// One HTML file that needs no other and no network: the sentence shaded by what a step looks at, a small
/// picture of every head, and the chosen head as a matrix. Weights are kept to a part in 2^24. Throws where
/// it would be larger than 64 MiB.
std::string attention_page(const SentenceAttention& seen);

}  // namespace translation
