// The numbers of the zip format that reading and writing share.
#pragma once
#include <cstdint>

namespace gradus::zip {

constexpr std::uint32_t local_signature = 0x04034b50;
constexpr std::uint32_t central_signature = 0x02014b50;
constexpr std::uint32_t end_signature = 0x06054b50;
constexpr std::uint64_t local_bytes = 30, central_bytes = 46, end_bytes = 22;  // without names and extra fields
constexpr std::uint16_t stored = 0, deflated = 8;                              // methods
constexpr std::uint16_t encrypted_flag = 1, level_flags = 6, descriptor_flag = 8, utf8_flag = 0x800;
constexpr std::uint16_t zip64_field = 1;
constexpr std::uint32_t in_zip64 = 0xffffffff;  // stands for a size that the zip64 field holds
constexpr std::uint64_t most_members = 65534;   // one more stands for a number that the zip64 record holds

}  // namespace gradus::zip
