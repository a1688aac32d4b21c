// Text that is piped in, and out.
#pragma once
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>

namespace translation {

/// The lines of a stream, whatever it holds: only "\n" ends a line, the last one with or without; a "\r"
/// before it and a byte order mark at the start are dropped. Every byte that is no strict UTF-8, and NUL,
/// becomes U+FFFD.
class LineInput {
 public:
  /// `operation` opens the messages of errors.
  LineInput(std::istream& in, std::string operation);
  /// The next line; false at the end. Throws Error where the stream cannot be read, or where a line is longer
  /// than gradus::longest_line.
  bool next(std::string& line);
  /// True where the next line may have to be waited for: not all of it is there yet.
  bool drained();
  std::int64_t lines() const { return lines_; }
  /// Lines with replaced bytes so far.
  std::int64_t repaired_lines() const { return repaired_; }

 private:
  bool fill();
  bool read(std::string& line);
  void repair(std::string& line);

  std::istream& in_;
  std::string buffer_;     // what was taken from the stream
  std::size_t begin_ = 0;  // of the next line in it
  std::string operation_;
  std::int64_t lines_ = 0, repaired_ = 0;
};

/// Hands on what has been written. Throws Error where not all of it could be, now or before.
void flush_output(std::ostream& out, const std::string& operation);

}  // namespace translation
