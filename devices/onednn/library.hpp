// Which oneDNN is there? Looked up when the program runs, never when it is linked: a program that
// was built beside its header runs where the library is not. Only version 2 fits the header.
#pragma once

#include <oneapi/dnnl/dnnl.h>
#include <oneapi/dnnl/dnnl_debug.h>
#include <string>

namespace motley::onednn {

// clang-format off
#define MOTLEY_ONEDNN_ENTRIES(X)                                                                   \
  X(dnnl_status2str) X(dnnl_engine_create) X(dnnl_stream_create)                                   \
  X(dnnl_stream_destroy) X(dnnl_memory_desc_init_by_strides) X(dnnl_memory_desc_init_by_tag)       \
  X(dnnl_memory_desc_equal) X(dnnl_memory_desc_get_size) X(dnnl_memory_create)                     \
  X(dnnl_memory_set_data_handle) X(dnnl_memory_destroy) X(dnnl_primitive_attr_create)              \
  X(dnnl_primitive_attr_set_scratchpad_mode) X(dnnl_primitive_attr_set_post_ops)                   \
  X(dnnl_primitive_attr_destroy) X(dnnl_post_ops_create) X(dnnl_post_ops_append_eltwise)           \
  X(dnnl_post_ops_destroy) X(dnnl_matmul_desc_init)                                                \
  X(dnnl_dilated_convolution_forward_desc_init)                                                    \
  X(dnnl_dilated_convolution_backward_data_desc_init)                                              \
  X(dnnl_dilated_convolution_backward_weights_desc_init) X(dnnl_reorder_primitive_desc_create)     \
  X(dnnl_primitive_desc_create) X(dnnl_primitive_desc_query_md) X(dnnl_primitive_desc_destroy)     \
  X(dnnl_primitive_create) X(dnnl_primitive_execute) X(dnnl_primitive_destroy)
// clang-format on

/// One member a function, of the function's own name and type.
struct Api {
// NOLINTNEXTLINE(bugprone-macro-parentheses): a name that is declared
#define MOTLEY_MEMBER(entry) decltype(&::entry) entry = nullptr;
  MOTLEY_ONEDNN_ENTRIES(MOTLEY_MEMBER)
#undef MOTLEY_MEMBER
  /// Throws DeviceError with the call and the status' name, Unsupported where the status says that
  /// there is no implementation, unless it is dnnl_success.
  void check(dnnl_status_t status, const char* call) const;
};

/// Of the OpenMP runtime that oneDNN is linked with.
struct OpenMp {
  void (*omp_set_num_threads)(int) = nullptr;
  int (*omp_get_thread_num)() = nullptr;
  /// What compilers turn `#pragma omp parallel` into: part of the binary interface of libgomp, and
  /// in LLVM's libomp for its sake.
  void (*GOMP_parallel)(void (*body)(void*), void* data, unsigned threads,
                        unsigned flags) = nullptr;
};

struct Library {
  Api api;
  OpenMp openmp;
  dnnl_engine_t engine = nullptr;  ///< the CPU
  std::string reason;              ///< why there is none; empty if there is
};

/// The file of that name, which stays loaded: OpenMP keeps threads. Never throws.
Library load_library(const char* name);
/// That of this process, loaded at the first call.
const Library& library();

}  // namespace motley::onednn
