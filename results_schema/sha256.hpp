// SHA-256 (FIPS 180-4): is a file still the one that a record names?
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace motley::schema {

/// 64 hexadecimal digits.
std::string sha256(std::span<const std::byte> bytes);

}  // namespace motley::schema
