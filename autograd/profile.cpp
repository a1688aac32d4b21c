// What a profile says: lines, a table, a trace.
#include <gradus/autograd/profile.h>
#include <gradus/autograd/profile_recorder.h>
#include <gradus/tensor/atomic_file.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <map>

namespace gradus {
namespace {

void add_to(ProfileCost& sum, const ProfileCost& cost) {
  sum.calls += cost.calls;
  sum.milliseconds += cost.milliseconds;
  sum.flops += cost.flops;
}

void add_to(ProfileLine& line, const ProfileRow& row) {
  add_to(line.forward, row.forward);
  add_to(line.backward, row.backward);
  line.kept_bytes += row.kept_bytes;
}

double milliseconds(const ProfileLine& line) {
  return line.forward.milliseconds + line.backward.milliseconds;
}

template <class Key>
std::vector<ProfileLine> longest_first(const std::map<Key, ProfileLine>& lines) {
  std::vector<ProfileLine> sorted;
  sorted.reserve(lines.size());
  for (const auto& [key, line] : lines) sorted.push_back(line);
  std::stable_sort(sorted.begin(), sorted.end(), [](const ProfileLine& a, const ProfileLine& b) {
    return milliseconds(a) > milliseconds(b);
  });
  return sorted;
}

std::vector<ProfileLine> lines_by_name(const std::vector<ProfileRow>& rows, bool marks) {
  std::map<std::string, ProfileLine> lines;
  for (const ProfileRow& row : rows) {
    if (row.is_mark != marks || row.forward.calls + row.backward.calls == 0) continue;
    ProfileLine& line = lines[row.name];
    line.name = row.name;
    add_to(line, row);
  }
  return longest_first(lines);
}

std::string formatted(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string mebibytes(std::size_t bytes) {
  return formatted("%.2f MiB", static_cast<double>(bytes) / (1 << 20));
}

std::string left(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

std::string right(const std::string& text, std::size_t width) {
  return std::string(text.size() < width ? width - text.size() : 0, ' ') + text;
}

std::string columns(const ProfileCost& cost) {
  const bool any = cost.calls > 0;
  return right(any ? std::to_string(cost.calls) : "", 9) +
         right(any ? formatted("%.3f", cost.milliseconds) : "", 12) +
         right(cost.flops > 0 ? formatted("%.3f", static_cast<double>(cost.flops) * 1e-6) : "", 12);
}

std::size_t name_width(const std::string& title, const std::vector<ProfileLine>& lines) {
  std::size_t width = title.size();
  for (const ProfileLine& line : lines) width = std::max(width, line.name.size());
  return width;
}

std::string mark_block(const std::vector<ProfileLine>& lines) {
  const std::string title = "beside operations";
  const std::size_t width = name_width(title, lines);
  std::string text = left(title, width) + right("times", 9) + right("ms", 12) + "\n";
  for (const ProfileLine& line : lines) {
    text += left(line.name, width) + right(std::to_string(line.forward.calls), 9) +
            right(formatted("%.3f", line.forward.milliseconds), 12) + "\n";
  }
  return text + "\n";
}

std::string cost_block(const std::string& title, const std::vector<ProfileLine>& lines) {
  if (lines.empty()) return "";
  const std::size_t width = name_width(title, lines);
  std::string text = left(title, width);
  for (const char* direction : {"forward", "backward"}) {
    text += right(direction, 9) + right("ms", 12) + right("MFLOP", 12);
  }
  text += right("kept KiB", 12) + "\n";
  for (const ProfileLine& line : lines) {
    text += left(line.name, width) + columns(line.forward) + columns(line.backward);
    if (line.kept_bytes > 0)
      text += right(formatted("%.1f", static_cast<double>(line.kept_bytes) / 1024), 12);
    text.erase(text.find_last_not_of(' ') + 1);
    text += "\n";
  }
  return text + "\n";
}

std::string peak_text(const ProfilePeak& peak) {
  constexpr std::size_t shown = 10;
  std::string text = "most memory in use: " + mebibytes(peak.bytes) +
                     (peak.operation.empty() ? ", before the profile began" : ", during " + peak.operation) +
                     "\n";
  text += right(mebibytes(peak.bytes_before), 16) + "  from before the profile began\n";
  std::size_t rest = 0;
  for (std::size_t i = 0; i < peak.holders.size(); ++i) {
    const auto& [name, bytes] = peak.holders[i];
    if (i < shown) text += right(mebibytes(bytes), 16) + "  " + name + "\n";
    else rest += bytes;
  }
  if (rest > 0) text += right(mebibytes(rest), 16) + "  others\n";
  return text;
}

/// Text as JSON writes it, quotes included.
std::string json_string(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string microseconds(std::int64_t nanoseconds) {
  return formatted("%.3f", static_cast<double>(nanoseconds) * 1e-3);
}

std::string trace_event(const ProfileRecorder& recorder, const ProfileEvent& event) {
  const ProfileRow& row = recorder.rows()[event.slot / 2];
  std::string parameters;
  for (const std::uint64_t id : row.parameters) {
    parameters += (parameters.empty() ? "" : ", ") + recorder.parameter_name(id);
  }
  const char* category = row.is_mark ? "mark" : event.slot % 2 ? "backward" : "forward";
  return R"({"ph":"X","pid":1,"tid":1,"name":)" +
         json_string(row.name + (event.slot % 2 ? " backward" : "")) + R"(,"cat":")" + category +
         R"(","ts":)" + microseconds(event.begin) + R"(,"dur":)" + microseconds(event.duration) +
         R"(,"args":{"parameters":)" + json_string(parameters) + R"(,"flops":)" +
         std::to_string(event.flops) + "}}";
}

}  // namespace

Profile::Profile() : recorder_(std::make_unique<ProfileRecorder>()) {}
Profile::~Profile() = default;
void Profile::stop() { recorder_->stop(); }

std::vector<ProfileLine> Profile::operations() const { return lines_by_name(recorder_->rows(), false); }
std::vector<ProfileLine> Profile::marks() const { return lines_by_name(recorder_->rows(), true); }

std::vector<ProfileLine> Profile::parameters() const {
  std::map<std::uint64_t, ProfileLine> lines;
  for (const ProfileRow& row : recorder_->rows()) {
    for (const std::uint64_t id : row.parameters) {
      ProfileLine& line = lines[id];
      line.name = recorder_->parameter_name(id);
      add_to(line, row);
    }
  }
  return longest_first(lines);
}

ProfilePeak Profile::peak() const { return recorder_->peak(); }

std::string Profile::table() const {
  return formatted("%.3f ms in all\n\n", recorder_->milliseconds()) + cost_block("operation", operations()) +
         cost_block("parameter", parameters()) + mark_block(marks()) + peak_text(peak());
}

void Profile::save_trace(const std::string& path) const {
  std::string text = "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[";
  const char* separator = "\n";
  std::size_t used_bytes = 0;
  for (const ProfileEvent& event : recorder_->events()) {
    text += separator + trace_event(*recorder_, event);
    separator = ",\n";
    if (event.used_bytes == used_bytes) continue;
    used_bytes = event.used_bytes;
    text += R"(,
{"ph":"C","pid":1,"name":"memory","ts":)" +
            microseconds(event.begin + event.duration) + R"(,"args":{"bytes":)" + std::to_string(used_bytes) +
            "}}";
  }
  write_file_atomically(path, text + "\n]}\n");
}

}  // namespace gradus
