// The parts of the page that are files of their own here; the build makes them part of the program
// (cmake/embed_text.cmake).
#pragma once

namespace translation {

extern const char attention_page_html[];  // with names in braces, {{style}}, where the rest goes
extern const char attention_page_css[];
extern const char attention_page_data_js[];
extern const char attention_page_js[];

}  // namespace translation
