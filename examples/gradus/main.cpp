// gradus: looks into files of tensors.
#include "inspection.h"

#include <CLI/CLI.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>

namespace {

/// Writes the text to standard output; throws where that is closed or full.
void print(const std::string& text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  if (written && std::fflush(stdout) == 0) return;
  throw std::runtime_error("cannot write to standard output: " + std::string(std::strerror(errno)));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App program("Looks into files of tensors.\n\n  gradus inspect model.safetensors\n");
  program.require_subcommand(1);
  std::string path;
  CLI::App* const command = program.add_subcommand(
      "inspect",
      "List names, dtypes, shapes and ranges of a safetensors, npy or npz file; ends with 0 only where the "
      "file is whole and valid. Least, largest and mean are those of the finite elements");
  command->add_option("file", path, "The file; its content says what it is")->required()->type_name("FILE");
  try {
    program.parse(argc, argv);
    print(inspection::to_text(path, inspection::inspect(path)));
  } catch (const CLI::ParseError& problem) {
    const bool good = program.exit(problem) == 0;
    return good && std::cout.flush() ? 0 : 1;
  } catch (const std::exception& problem) {
    std::cerr << "gradus: " << problem.what() << "\n";
    return 1;
  }
  return 0;
}
