#include "errata.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

TEST_CASE("every verdict of the errata is what it was found to be, and every worked number as computed") {
  std::set<std::string> names;
  for (const errata::Section& section : errata::all_sections()) {
    CAPTURE(section.name);
    CHECK(names.insert(section.name).second);
    const errata::Outcome outcome = errata::examine(section);
    CHECK(std::string(errata::name_of(outcome.verdict)) == errata::name_of(section.expected));
    CHECK(outcome.evidence.figures_hold());
    CHECK(!outcome.evidence.lines().empty());
  }
  CHECK(names.size() > 40);
}

TEST_CASE("a figure that is off is noticed") {
  errata::Evidence evidence;
  evidence.figure("pi", 3.14159, 3.141592);
  CHECK(evidence.figures_hold() == false);
  errata::Evidence shapes;
  shapes.figures("two", gradus::ones({3}), {1, 1});
  CHECK(shapes.figures_hold() == false);
}
