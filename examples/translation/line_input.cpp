#include "line_input.h"

#include <gradus/data/corpus.h>
#include <gradus/data/utf8.h>
#include <gradus/tensor/error.h>

#include <istream>
#include <utility>

namespace translation {

using namespace gradus;

LineInput::LineInput(std::istream& in, std::string operation) : in_(in), operation_(std::move(operation)) {}

bool LineInput::next(std::string& line) {
  try {
    if (!read(line)) return false;
  } catch (const std::ios_base::failure& problem) {
    throw Error(operation_, std::string("standard input cannot be read: ") + problem.code().message());
  }
  ++lines_;
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (lines_ == 1 && line.starts_with(byte_order_mark)) line.erase(0, byte_order_mark.size());
  repair(line);
  return true;
}

bool LineInput::drained() { return in_.rdbuf()->in_avail() <= 0; }

/// Up to the next "\n", which goes; false where nothing is left.
bool LineInput::read(std::string& line) {
  line.clear();
  constexpr auto end = std::char_traits<char>::eof();
  int byte = in_.rdbuf()->sbumpc();
  if (byte == end) return false;
  for (; byte != end && byte != '\n'; byte = in_.rdbuf()->sbumpc()) {
    if (line.size() == longest_line) {
      throw Error(operation_, "line " + std::to_string(lines_ + 1) + " of standard input is longer than " +
                                  std::to_string(longest_line) +
                                  " bytes; is it text with one sentence a line?");
    }
    line.push_back(static_cast<char>(byte));
  }
  return true;
}

void LineInput::repair(std::string& line) {
  if (!find_invalid_utf8(line) && line.find('\0') == std::string::npos) return;
  std::string whole;
  for (std::size_t at = 0; at < line.size();) {
    const std::optional<CodePoint> code_point = decode_utf8(line, at);
    const std::size_t length = code_point ? code_point->length : 1;
    if (code_point && code_point->value != 0) whole.append(line, at, length);
    else whole += "\uFFFD";
    at += length;
  }
  line = std::move(whole);
  ++repaired_;
}

}  // namespace translation
