// How fast can a CPU multiply matrices? One launch computes a product: the result is cut into
// chunks, whose members pack what they need into a small workspace of their own, so that no barrier
// is needed and packed operands stay in the caches. B may also be packed before, once, for constant
// weights.
#pragma once

#include <cstddef>
#include <string>

#include "harness/processor.hpp"
#include "workloads/gemm/product.hpp"

namespace motley::workloads::gemm {

/// Products with no more rows read B where it lies, unless it is packed.
constexpr std::int64_t most_few_rows = 8;
/// Whether B should be packed where it is constant: not where it comes from memory for few rows,
/// which costs the same from where it lies.
bool gains_by_packed_b(const Product& product);

/// How many of `members` threads are worth using.
unsigned members_worth_using(const Product& product, unsigned members);
/// Bytes of the workspace of one launch by `members` threads.
std::size_t workspace_bytes(unsigned members);
/// This member's part of the product. All members must give the same product, and a launch
/// computes only one. Workspace: aligned as BufferOptions says.
void multiply(const CpuTask& task, const Product& product, float* workspace);

/// Bytes of one k x n matrix B, packed; a multiple of 64.
std::size_t packed_b_bytes(std::int64_t k, std::int64_t n);
/// This member's part of packing product.b, all of the batch: matrix after matrix.
void pack_b(const CpuTask& task, const Product& product, float* packed);

/// The SIMD target that computes.
std::string target();

}  // namespace motley::workloads::gemm
