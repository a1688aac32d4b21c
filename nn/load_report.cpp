#include <gradus/nn/load_report.h>

#include <algorithm>

namespace gradus {

std::string detail::listed(const char* title, const std::vector<LoadNote>& notes) {
  constexpr std::size_t most = LoadReport::notes_shown;
  if (notes.empty()) return "";
  std::string text = "\n  " + std::string(title) + " (" + std::to_string(notes.size()) + "):";
  for (std::size_t i = 0; i < std::min(most, notes.size()); ++i) text += "\n    " + notes[i].text;
  if (notes.size() > most) text += "\n    and " + std::to_string(notes.size() - most) + " more";
  return text;
}

std::string to_string(const LoadReport& report) {
  return std::to_string(report.loaded) + " of the model's " +
         std::to_string(report.loaded + report.missing.size()) + " tensors were loaded" +
         detail::listed("missing", report.missing) + detail::listed("unexpected", report.unexpected) +
         detail::listed("tied in the model, different in the state", report.untied) +
         detail::listed("rounded", report.converted) + (report.hint.empty() ? "" : "\n  " + report.hint);
}

}  // namespace gradus
