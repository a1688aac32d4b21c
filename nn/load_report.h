// What came of loading a state dict into a model.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

namespace gradus {

/// One name in a report, and the line that stands for it when the report is read.
struct LoadNote {
  std::string name;
  std::string text;
};

/// What a load did, name by name.
struct LoadReport {
  static constexpr std::size_t notes_shown = 20;  // of each kind; of the others their number

  std::size_t loaded = 0;            // so many of the model's tensors have their values from the state
  std::vector<LoadNote> missing;     // in the model, not in the state: left as they were
  std::vector<LoadNote> unexpected;  // in the state, not in the model: left aside
  std::vector<LoadNote> untied;  // one tensor in the model, different in the state: the first name's counted
  std::vector<LoadNote> converted;  // rounded from float64 to float32
  std::string hint;                 // how most of it may be mended; "" where nothing is to be said
};

/// The report for people: how much was loaded, then a list of each kind, cut after 20.
///
///   2 of the model's 4 tensors were loaded
///     missing (2):
///       hidden.weight, float32 (128, 784)
///       hidden.bias, float32 (128,)
///     unexpected (1):
///       hiden.weight, float32 (784, 128): did you mean hidden.weight? It is transposed
std::string to_string(const LoadReport& report);

namespace detail {
/// One list of such a report: a title with the number of notes and the first 20, each line indented and
/// with a line break before it; "" where there are none.
std::string listed(const char* title, const std::vector<LoadNote>& notes);
}  // namespace detail

}  // namespace gradus
