// Text on a page of HTML.
#pragma once
#include <string>
#include <string_view>

namespace translation {

/// With what HTML would read as its own written out, for an element's content or a quoted attribute.
std::string html_escaped(std::string_view text);

}  // namespace translation
