#include "devices/opencl/image.hpp"

#include <array>
#include <fmt/format.h>

#include "harness/error.hpp"

namespace motley::opencl {
namespace {

constexpr std::size_t texel_bytes = 4 * sizeof(float);

const Api& api_of(const DeviceBuffer& image) {
  return static_cast<Device&>(image.home()).api();
}

void refuse_what_is_too_large(const Device& home, const ImageSize& size) {
  const auto most_wide = home.info<size_t>(CL_DEVICE_IMAGE2D_MAX_WIDTH);
  const auto most_high = home.info<size_t>(CL_DEVICE_IMAGE2D_MAX_HEIGHT);
  if (size.width <= most_wide && size.height <= most_high) return;
  throw Unsupported(fmt::format(
      "an image of {} x {} texels is larger than {} allows, {} x {} (its texture units address no "
      "more). Use a buffer.",
      size.width, size.height, home.description().id, most_wide, most_high));
}

/// Where a part of an image lies.
struct Rows {
  std::array<size_t, 3> origin{0, 0, 0}, region{0, 0, 1};
};
Rows rows_of(const DeviceBuffer& image, std::size_t bytes, std::size_t offset, const char* use) {
  const std::size_t row_bytes = image.image()->width * texel_bytes;
  if (bytes % row_bytes != 0 || offset % row_bytes != 0) {
    throw Error(fmt::format(
        "{}: {} bytes from {} are no whole rows of an image, of {} bytes each (an image has no "
        "addresses in between). Use whole rows.",
        use, bytes, offset, row_bytes));
  }
  return {{0, offset / row_bytes, 0}, {image.image()->width, bytes / row_bytes, 1}};
}

}  // namespace

Handle<cl_mem> create_image(Device& home, std::size_t bytes, const BufferOptions& options) {
  const ImageSize& size = *options.image;
  if (!home.has_images()) {
    throw Unsupported(home.description().id +
                      " has no images (nothing reads them there). Use a buffer.");
  }
  if (options.kind == MemoryKind::shared) {
    throw Unsupported(
        "an image in shared memory (OpenCL has addresses for buffers only). Use another kind.");
  }
  if (bytes != size.width * size.height * texel_bytes) {
    throw Error(fmt::format(
        "an image of {} x {} texels has {} bytes, not {} (a texel has 16). Ask for as many.",
        size.width, size.height, size.width * size.height * texel_bytes, bytes));
  }
  refuse_what_is_too_large(home, size);
  const cl_image_format format{CL_RGBA, CL_FLOAT};
  cl_image_desc description{};
  description.image_type = CL_MEM_OBJECT_IMAGE2D;
  description.image_width = size.width;
  description.image_height = size.height;
  const cl_mem_flags flags =
      CL_MEM_READ_WRITE |
      (options.kind == MemoryKind::pinned ? cl_mem_flags{CL_MEM_ALLOC_HOST_PTR} : cl_mem_flags{0});
  const Api& api = home.api();
  cl_int status = CL_SUCCESS;
  const cl_mem created =
      api.clCreateImage(home.context(), flags, &format, &description, nullptr, &status);
  return owned(created, status, "clCreateImage", api.clReleaseMemObject);
}

void write_image(cl_command_queue queue, const DeviceBuffer& to, const void* from,
                 std::size_t bytes, std::size_t offset, cl_event* event) {
  const Rows rows = rows_of(to, bytes, offset, "write");
  check(api_of(to).clEnqueueWriteImage(queue, to.memory(), CL_FALSE, rows.origin.data(),
                                       rows.region.data(), 0, 0, from, 0, nullptr, event),
        "clEnqueueWriteImage");
}

void read_image(cl_command_queue queue, const DeviceBuffer& from, void* to, std::size_t bytes,
                std::size_t offset, cl_event* event) {
  const Rows rows = rows_of(from, bytes, offset, "read");
  check(api_of(from).clEnqueueReadImage(queue, from.memory(), CL_FALSE, rows.origin.data(),
                                        rows.region.data(), 0, 0, to, 0, nullptr, event),
        "clEnqueueReadImage");
}

void copy_image(cl_command_queue queue, const DeviceBuffer& from, const DeviceBuffer& to,
                std::size_t bytes, cl_event* event) {
  if (!from.image() || !to.image() || from.image()->width != to.image()->width) {
    throw Unsupported(
        "copy between an image and a buffer, or an image of another width (their bytes do not lie "
        "alike). Write or read it from the host.");
  }
  const Rows rows = rows_of(from, bytes, 0, "copy");
  check(api_of(from).clEnqueueCopyImage(queue, from.memory(), to.memory(), rows.origin.data(),
                                        rows.origin.data(), rows.region.data(), 0, nullptr, event),
        "clEnqueueCopyImage");
}

void fill_image(cl_command_queue queue, const DeviceBuffer& to, std::uint32_t pattern,
                cl_event* event) {
  const std::array<std::uint32_t, 4> color{pattern, pattern, pattern, pattern};
  const Rows rows = rows_of(to, to.bytes(), 0, "fill");
  check(api_of(to).clEnqueueFillImage(queue, to.memory(), color.data(), rows.origin.data(),
                                      rows.region.data(), 0, nullptr, event),
        "clEnqueueFillImage");
}

}  // namespace motley::opencl
