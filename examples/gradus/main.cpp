// gradus: looks into files of tensors.
#include "inspection.h"
#include "program.h"

#include <CLI/CLI.hpp>

#include <iostream>

namespace {

int run_command_line(int argc, char** argv) {
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
    std::cout << inspection::to_text(path, inspection::inspect(path));
  } catch (const CLI::ParseError& problem) {
    return program.exit(problem) == 0 ? 0 : 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return program::run("gradus", [&] { return run_command_line(argc, argv); });
}
