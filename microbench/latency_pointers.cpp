// The hot loop of the pointer chases: nothing but loads whose address is the last load's result.
// Pointers, not indices, so that no address arithmetic is in the chain; kept in registers by
// templates over the number of chases (32 of them spill, which main memory does not notice).
#include <cstddef>
#include <utility>

#include "harness/error.hpp"
#include "microbench/latency_chase.hpp"

namespace motley::microbench {
namespace {

constexpr std::size_t loads_a_trip = 64;  // the loop's own instructions vanish behind them

template <std::size_t... chase>
[[gnu::always_inline]] inline void step(const void** p, std::index_sequence<chase...>) {
  ((p[chase] = *static_cast<const void* const*>(p[chase])), ...);
}

template <std::size_t chases, std::size_t... trip>
[[gnu::always_inline]] inline void steps(const void** p, std::index_sequence<trip...>) {
  ((static_cast<void>(trip), step(p, std::make_index_sequence<chases>())), ...);
}

/// Constant subscripts only: an array that a loop counts through would stay in memory.
template <std::size_t... chase>
void follow(const void** positions, std::uint64_t loads, std::index_sequence<chase...>) {
  constexpr std::size_t chases = sizeof...(chase);
  constexpr std::size_t unrolled = loads_a_trip / chases;
  const void* p[] = {positions[8 * chase]...};
  for (std::uint64_t trips = loads / unrolled; trips > 0; --trips) {
    steps<chases>(p, std::make_index_sequence<unrolled>());
  }
  ((positions[8 * chase] = p[chase]), ...);
}

template <std::size_t chases>
void follow(const void** positions, std::uint64_t loads) {
  follow(positions, loads, std::make_index_sequence<chases>());
}

}  // namespace

void follow_pointers(const void** positions, unsigned chases, std::uint64_t loads) {
  switch (chases) {
    case 1:
      return follow<1>(positions, loads);
    case 2:
      return follow<2>(positions, loads);
    case 4:
      return follow<4>(positions, loads);
    case 8:
      return follow<8>(positions, loads);
    case 16:
      return follow<16>(positions, loads);
    case 32:
      return follow<32>(positions, loads);
    default:
      throw Unsupported("chases=" + std::to_string(chases) +
                        " has no loop (the pointers are kept in registers). Use 1, 2, 4 ... 32.");
  }
}

}  // namespace motley::microbench
