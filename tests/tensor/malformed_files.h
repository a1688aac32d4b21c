// Files that no reader may accept.
#pragma once
#include <string>
#include <vector>

namespace gradus::test {

struct MalformedFile {
  const char* name;
  std::string bytes;
  const char* says;  // part of the message that refuses it
};

std::vector<MalformedFile> malformed_safetensors();
std::vector<MalformedFile> malformed_npy();
std::vector<MalformedFile> malformed_npz();

}  // namespace gradus::test
