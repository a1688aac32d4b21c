// Every operation that the public headers declare has a row in the operation table.
#include "operations.h"

#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>

namespace {

const std::string source = GRADUS_SOURCE_DIR;

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream stream(source + "/" + path);
  REQUIRE_MESSAGE(stream.good(), path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// Headers of autograd/ that users see, from its umbrella header, and the losses.
std::vector<std::string> public_headers() {
  // The engine and what looks at it; no operation is declared there.
  const std::set<std::string> others = {"engine.h", "gradcheck.h", "hooks.h", "modes.h", "node.h", "profile.h"};
  std::vector<std::string> headers = {"nn/losses.h"};
  const std::regex include("#include <gradus/autograd/([a-z_]+\\.h)>");
  for (const std::string& line : lines_of("autograd/autograd.h")) {
    std::smatch found;
    if (std::regex_match(line, found, include) && !others.contains(found[1]))
      headers.push_back("autograd/" + found[1].str());
  }
  return headers;
}

/// Functions that give tensors, in the order of their declaration; twins as "composed::name".
std::set<std::string> declared_operations() {
  const std::regex declaration(
      "(?:inline )?(?:Tensor|std::vector<Tensor>|ValuesAndIndices|TokenLoss) ([a-z_0-9]+)\\(.*");
  std::set<std::string> names;
  for (const std::string& header : public_headers()) {
    std::string space;
    for (const std::string& line : lines_of(header)) {
      if (line.rfind("namespace composed {", 0) == 0) space = "composed::";
      if (line.rfind("}  // namespace composed", 0) == 0) space.clear();
      std::smatch found;
      if (std::regex_match(line, found, declaration)) names.insert(space + found[1].str());
    }
  }
  return names;
}

}  // namespace

TEST_CASE("operation table: no public operation is left out") {
  std::set<std::string> covered;
  for (const table::Row& row : table::all_rows()) {
    covered.insert(row.name);
    if (row.twin) covered.insert("composed::" + row.name);
  }
  const std::set<std::string> declared = declared_operations();
  CHECK(declared.size() > 100);  // the headers were found and read
  for (const std::string& name : declared) {
    INFO("give '" << name << "' a row in tests/autograd/rows_*.cpp");
    CHECK(covered.contains(name));
  }
}

TEST_CASE("operation table: no two rows have one title") {
  std::map<std::string, int> count;
  for (const table::Row& row : table::all_rows()) ++count[table::title(row)];
  for (const auto& entry : count) {
    INFO(entry.first);
    CHECK(entry.second == 1);
  }
}
