// errata: every statement of five popular articles on attention that does not hold, each refuted by computing
// it, or by its source, and their worked examples computed again. Ends with 1 where a verdict is another than
// it was found to be.
#include "errata.h"
#include "program.h"

#include <cstdio>
#include <cstring>

namespace {

using namespace errata;

int examine_all(int argc, char** argv) {
  const char* only = nullptr;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--help") == 0 || std::strcmp(argv[i], "-h") == 0) {
      std::printf("errata [NAME] [--list]: all sections, or the one of that name; --list prints the names\n");
      return 0;
    }
    if (std::strcmp(argv[i], "--list") == 0) {
      for (const Section& section : all_sections()) std::printf("%-28s %s\n", section.name, section.claim);
      return 0;
    }
    if (only) {
      std::fprintf(stderr, "errata: takes the name of one section, got '%s' and '%s'\n", only, argv[i]);
      return 1;
    }
    only = argv[i];
  }
  int count = 0, changed = 0;
  for (const Section& section : all_sections()) {
    if (only && std::strcmp(only, section.name) != 0) continue;
    const Outcome outcome = examine(section);
    std::printf("%s\n  in:      %s\n  claim:   %s\n", section.name, section.article, section.claim);
    for (const std::string& line : outcome.evidence.lines()) std::printf("           %s\n", line.c_str());
    std::printf("  verdict: %s%s\n  instead: %s\n\n", name_of(outcome.verdict),
                outcome.as_expected ? "" : "   <-- CHANGED", section.correct);
    ++count;
    changed += !outcome.as_expected;
  }
  if (count == 0) {
    std::fprintf(stderr, "errata: there is no section '%s'; --list prints the names\n", only);
    return 1;
  }
  std::printf("%d sections, %d changed\n", count, changed);
  return changed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  return program::run("errata", [&] { return examine_all(argc, argv); });
}
