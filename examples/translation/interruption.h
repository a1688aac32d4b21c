// A polite end: SIGINT (Ctrl-C) and SIGTERM.
#pragma once

namespace translation {

/// While it lives, the first of these signals is only noted, so that the work can be put away; the second
/// ends the process at once. There may be one at a time.
class Interruption {
 public:
  Interruption();
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  bool requested() const;
  /// "SIGINT" or "SIGTERM".
  const char* name() const;
  /// What a shell expects of a program that such a signal ended: 130 or 143.
  int exit_status() const;
};

}  // namespace translation
