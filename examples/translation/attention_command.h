// What `translate attention` does with its options.
#pragma once
#include "attention_views.h"

#include <iosfwd>
#include <string>

namespace translation {

struct AttentionCommand {
  std::string folder;
  AttentionQuery query;
  std::string html;  // file of the page; empty: none
  int threads = 0;
};

/// Prints the translation and a picture of what the model looked at; writes the page first, whole or not at
/// all.
void run_attention(const AttentionCommand& command, std::ostream& out);

}  // namespace translation
