// The loops of the CPU loads: widest vectors of the machine, chosen at run time.
#pragma once

#include <cstddef>
#include <cstdint>

namespace motley::loads {

/// Fused multiply-adds in registers only. Gives the floating-point operations done.
double multiply_and_add(std::int64_t steps);

/// Reads whole cache lines; both sizes are multiples of 1024 bytes, aligned to 128.
void read_bytes(const void* from, std::size_t bytes);
void write_bytes(void* to, std::size_t bytes, std::uint32_t word);
/// Around the caches; what was written is in memory, or on its way there, when it returns.
void stream_bytes(void* to, std::size_t bytes, std::uint32_t word);

}  // namespace motley::loads
