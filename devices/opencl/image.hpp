// Memory that is an image of RGBA texels of four floats, which kernels read by the texture path.
// Its rows may lie apart in the device: the host writes and reads whole rows, and never maps one.
#pragma once

#include "devices/opencl/memory.hpp"

namespace motley::opencl {

/// Throws Unsupported where the device has no images, or none as large.
Handle<cl_mem> create_image(Device& home, std::size_t bytes, const BufferOptions& options);

/// Commands of a queue; those about parts throw Error unless the parts are whole rows.
void write_image(cl_command_queue queue, const DeviceBuffer& to, const void* from,
                 std::size_t bytes, std::size_t offset, cl_event* event);
void read_image(cl_command_queue queue, const DeviceBuffer& from, void* to, std::size_t bytes,
                std::size_t offset, cl_event* event);
/// Between images of one width; throws Unsupported between an image and another buffer.
void copy_image(cl_command_queue queue, const DeviceBuffer& from, const DeviceBuffer& to,
                std::size_t bytes, cl_event* event);
void fill_image(cl_command_queue queue, const DeviceBuffer& to, std::uint32_t pattern,
                cl_event* event);

}  // namespace motley::opencl
