#include "line_input.h"

#include <gradus/data/corpus.h>
#include <gradus/data/utf8.h>
#include <gradus/tensor/error.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <istream>
#include <ostream>
#include <utility>

namespace translation {

using namespace gradus;

LineInput::LineInput(std::istream& in, std::string operation) : in_(in), operation_(std::move(operation)) {}

bool LineInput::next(std::string& line) {
  if (!read(line)) return false;
  ++lines_;
  drop_line_decoration(line, static_cast<std::size_t>(lines_));
  repair(line);
  return true;
}

bool LineInput::drained() {
  while (buffer_.find('\n', begin_) == std::string::npos) {
    if (buffer_.size() - begin_ > longest_line || in_.rdbuf()->in_avail() <= 0 || !fill()) return true;
  }
  return false;
}

/// Takes some of what the stream has, and waits where it has nothing; false at its end.
bool LineInput::fill() try {
  std::streambuf& stream = *in_.rdbuf();
  if (stream.sgetc() == std::char_traits<char>::eof()) return false;
  constexpr std::streamsize most = 1 << 16;
  buffer_.erase(0, std::exchange(begin_, 0));
  const std::size_t before = buffer_.size();
  const std::streamsize count = std::clamp(stream.in_avail(), std::streamsize{1}, most);
  buffer_.resize(before + static_cast<std::size_t>(count));
  buffer_.resize(before + static_cast<std::size_t>(stream.sgetn(buffer_.data() + before, count)));
  return true;
} catch (const std::ios_base::failure& problem) {
  throw Error(operation_, std::string("standard input cannot be read: ") + problem.code().message());
}

/// Up to the next "\n", which goes; false where nothing is left.
bool LineInput::read(std::string& line) {
  std::size_t end = buffer_.find('\n', begin_);
  while (end == std::string::npos && buffer_.size() - begin_ <= longest_line && fill())
    end = buffer_.find('\n', begin_);
  const bool ends = end != std::string::npos;
  if (!ends) end = buffer_.size();
  if (end - begin_ > longest_line) {
    throw Error(operation_, "line " + std::to_string(lines_ + 1) + " of standard input is longer than " +
                                std::to_string(longest_line) +
                                " bytes; is it text with one sentence a line?");
  }
  if (!ends && end == begin_) return false;
  line.assign(buffer_, begin_, end - begin_);
  begin_ = ends ? end + 1 : end;
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

void flush_output(std::ostream& out, const std::string& operation) {
  errno = 0;  // and so it stays where a write before this one failed
  if (out.flush()) return;
  throw Error(operation, "cannot write to standard output" +
                             (errno == 0 ? "" : ": " + std::string(std::strerror(errno))));
}

}  // namespace translation
