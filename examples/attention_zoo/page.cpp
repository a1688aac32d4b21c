#include "page.h"

#include "html_text.h"

#include <algorithm>
#include <cstdio>

namespace zoo {

using translation::html_escaped;

namespace {

std::string number(const char* format, double value) {
  char text[40];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

/// The weights as squares, the source along the top, the translation down the side.
std::string picture(const Measured& row) {
  if (row.weights.empty()) return "<p class=none>no weights to draw</p>";
  constexpr int cell = 16, left = 74, top = 62;
  const auto columns = static_cast<int>(row.read.size()),
             lines = static_cast<int>(std::min(row.weights.size(), row.written.size()));
  std::string svg = "<svg width=" + std::to_string(left + columns * cell + 30) +
                    " height=" + std::to_string(top + lines * cell + 4) + ">";
  for (int i = 0; i < columns; ++i) {
    svg += "<text transform='translate(" + std::to_string(left + i * cell + 12) + " " +
           std::to_string(top - 5) + ") rotate(-60)'>" + html_escaped(row.read[static_cast<std::size_t>(i)]) +
           "</text>";
  }
  for (int j = 0; j < lines; ++j) {
    const auto& weights = row.weights[static_cast<std::size_t>(j)];
    svg += "<text text-anchor=end x=" + std::to_string(left - 5) +
           " y=" + std::to_string(top + j * cell + 12) + ">" +
           html_escaped(row.written[static_cast<std::size_t>(j)]) + "</text>";
    for (int i = 0; i < columns && i < static_cast<int>(weights.size()); ++i) {
      const double weight = std::clamp(static_cast<double>(weights[static_cast<std::size_t>(i)]), 0.0, 1.0);
      svg += "<rect x=" + std::to_string(left + i * cell) + " y=" + std::to_string(top + j * cell) +
             " width=15 height=15 fill='#1c5d99' fill-opacity=" + number("%.3f", weight) +
             " stroke='#ccd'><title>" + html_escaped(row.written[static_cast<std::size_t>(j)]) +
             " looks at " + html_escaped(row.read[static_cast<std::size_t>(i)]) + ": " +
             number("%.1f", 100 * weight) + " %</title></rect>";
    }
  }
  return svg + "</svg>";
}

}  // namespace

std::string page(const std::vector<Measured>& rows, const std::string& command) {
  std::string html =
      "<!doctype html><html lang=en><meta charset=utf-8><title>The attention zoo</title><style>"
      "body{font:15px/1.5 system-ui,sans-serif;color:#223;max-width:1200px;margin:2em auto;padding:0 1em}"
      "table{border-collapse:collapse;margin:1em 0}td,th{padding:.25em "
      ".8em;text-align:left;border-bottom:1px solid #dde}"
      "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}.bar{display:inline-block;height:.7em;"
      "background:#1c5d99;margin-right:.5em}"
      ".kinds{display:flex;flex-wrap:wrap;gap:1.2em}.kind{border:1px solid "
      "#dde;border-radius:6px;padding:.6em .9em;max-width:30em}"
      "h3{margin:.1em 0}svg text{font:11px "
      "system-ui,sans-serif;fill:#445}.sees,.none{color:#667;font-size:13px}code{background:#eef;padding:."
      "1em .3em}"
      "</style><h1>The attention zoo</h1><p>Every kind of attention on the same small tasks. Made by <code>" +
      html_escaped(command) +
      "</code>.</p><p>Exact: share of the test sentences that came out just right. Entropy: of the weights "
      "of a step, in bits; 0 where all weight lies "
      "on one word. Point at a square to read its weight.</p>";
  std::vector<std::string> tasks;
  for (const Measured& row : rows) {
    if (std::find(tasks.begin(), tasks.end(), row.task) == tasks.end()) tasks.push_back(row.task);
  }
  for (const std::string& task : tasks) {
    html += "<h2>" + html_escaped(task) +
            "</h2><table><tr><th>kind<th class=n>exact<th><th class=n>training<th class=n>entropy<th>what it "
            "looks at</tr>";
    for (const Measured& row : rows) {
      if (row.task != task) continue;
      html += "<tr><td>" + html_escaped(row.kind) + "<td class=n>" + number("%.1f %%", 100 * row.exact) +
              "<td><span class=bar style='width:" + number("%.0f", 120 * row.exact) +
              "px'></span><td class=n>" + number("%.0f s", row.seconds) + "<td class=n>" +
              (row.entropy < 0 ? "&ndash;" : number("%.2f", row.entropy)) + "<td class=sees>" +
              html_escaped(row.sees) + "</tr>";
    }
    html += "</table><div class=kinds>";
    for (const Measured& row : rows) {
      if (row.task == task)
        html += "<div class=kind><h3>" + html_escaped(row.kind) + "</h3>" + picture(row) + "</div>";
    }
    html += "</div>";
  }
  return html + "</html>\n";
}

}  // namespace zoo
