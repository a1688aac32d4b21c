// What the elements of an array are like, found in one pass over their bytes.
#pragma once
#include <gradus/tensor/element_type.h>

namespace inspection {

struct Statistics {
  std::uint64_t nans = 0, infinities = 0;
  std::string smallest = "-", largest = "-", mean = "-";  // of the finite elements; "-" where there are none
};

/// Reads `count` elements. Refuses a bool that is neither 0 nor 1: `where` opens the message.
Statistics read_statistics(const gradus::Origin& origin, const std::string& where,
                           const gradus::ElementType& type, std::uint64_t count, gradus::ByteSource& source);

}  // namespace inspection
