// What the fuzz targets share. A target is a file with a function LLVMFuzzerTestOneInput: it gives the bytes
// to a reader as the programs do. The reader may take them, or refuse them by an Error in which nothing of
// them is printed raw; all else ends the program, which is a find.
#pragma once
#include <gradus/tensor/error.h>
#include <gradus/tensor/origin.h>
#include <gradus/tensor/safetensors.h>
#include <gradus/tests/data/temporary_folder.h>
#include <gradus/tests/same_bits.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

// What libFuzzer calls, or replay.cpp.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace gradus::fuzz {

/// Ends the program where something is not as it must be.
inline void require(bool holds, const char* what, std::string_view about = "") {
  if (holds) return;
  std::fprintf(stderr, "fuzz: %s %.*s\n", what, static_cast<int>(about.size()), about.data());
  std::abort();
}

/// The files of this process.
inline const test::TemporaryFolder& files() {
  static const test::TemporaryFolder folder;
  return folder;
}

/// The bytes as a text.
inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// The path of a file of these bytes.
inline std::string file_of(const std::uint8_t* data, std::size_t size) {
  return files().write("input", text_of(data, size));
}

/// Text for a terminal: UTF-8 without control characters but for ends of lines.
inline void require_printable(std::string_view text) {
  const auto is_control = [](char c) {
    return (static_cast<unsigned char>(c) < 32 && c != '\n') || c == 127;
  };
  require(std::none_of(text.begin(), text.end(), is_control) && is_utf8(text),
          "a text that is not printable:", text);
}

/// True where `read` takes what it is given, false where it throws an Error.
template <class Read>
bool takes(Read read) {
  try {
    read();
    return true;
  } catch (const Error& problem) {
    const std::string_view message = problem.what();
    require(message.size() < 20'000, "an Error of many bytes:", message);
    require_printable(message);
    return false;
  }
}

}  // namespace gradus::fuzz
