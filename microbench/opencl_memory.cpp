// What do OpenCL images answer where buffers could serve too? Reading whole images by rows or by
// tiles, and one dependent read after the other. Deep-learning libraries keep tensors in images
// where these beat bandwidth/read and latency/chase. An image is a kernel's last argument, set
// once; all other arguments, launches and times go through the ports.
#include <algorithm>
#include <fmt/format.h>
#include <memory>
#include <string>
#include <string_view>

#include "devices/opencl/api.hpp"
#include "harness/error.hpp"
#include "harness/workbench.hpp"
#include "microbench/bandwidth_loops.hpp"
#include "microbench/latency_chase.hpp"
#include "microbench/random_content.hpp"
#include "microbench/run_length.hpp"
#include "microbench/working_sets.hpp"

namespace motley::embedded {
extern const std::string_view fold_cl;
}

namespace motley::microbench {
namespace {

using Values = std::vector<schema::Value>;
using Image = opencl::Handle<cl_mem>;

std::string needs_images(Processor& processor) {
  auto* device = processor.as<opencl::Device>();
  if (!device) return "images are OpenCL's: see bandwidth/read and latency/chase";
  return device->has_images() ? "" : "the device has no images";
}

opencl::Device& image_device(Workbench& bench) {
  const std::string reason = needs_images(bench.processor());
  if (!reason.empty()) throw Unsupported(reason + ".");
  return *bench.processor().as<opencl::Device>();
}

/// Width of an image of `pixels`: a power of two, at most as wide as high, so that tiles fit.
std::size_t width_for(std::int64_t pixels) {
  std::size_t width = 32;
  while (width < 4096 && static_cast<std::int64_t>(4 * width * width) <= pixels) width *= 2;
  return width;
}

/// Lives as long as the trial and holds a copy of `content`.
cl_mem make_image(Workbench& bench, const cl_image_format& format, const char* format_name,
                  std::size_t width, std::size_t height, Buffer& content) {
  opencl::Device& device = image_device(bench);
  if (width > device.info<std::size_t>(CL_DEVICE_IMAGE2D_MAX_WIDTH) ||
      height > device.info<std::size_t>(CL_DEVICE_IMAGE2D_MAX_HEIGHT)) {
    throw Unsupported(
        fmt::format("an image of {} x {} pixels is larger than the device allows. "
                    "Use a smaller size.",
                    width, height));
  }
  cl_image_desc description{};
  description.image_type = CL_MEM_OBJECT_IMAGE2D;
  description.image_width = width;
  description.image_height = height;
  cl_int status = CL_SUCCESS;
  const opencl::Api& api = device.api();
  const cl_mem created = api.clCreateImage(device.context(), CL_MEM_READ_ONLY, &format,
                                           &description, nullptr, &status);
  if (status == CL_IMAGE_FORMAT_NOT_SUPPORTED) {
    throw Unsupported(
        fmt::format("the device has no {} (OpenCL does not demand it).", format_name));
  }
  Image& image = *bench.keep(std::make_shared<Image>(
      opencl::owned(created, status, "clCreateImage", api.clReleaseMemObject)));
  const std::size_t origin[3] = {0, 0, 0}, region[3] = {width, height, 1};
  opencl::check(api.clEnqueueCopyBufferToImage(opencl::Device::handle(bench.queue()),
                                               opencl::Device::handle(content), image.get(), 0,
                                               origin, region, 0, nullptr, nullptr),
                "clEnqueueCopyBufferToImage");
  bench.queue().finish();
  return image.get();
}

void set_image(Workbench& bench, LoadedKernel& kernel, cl_uint argument, cl_mem image) {
  const opencl::Api& api = image_device(bench).api();
  opencl::check(api.clSetKernelArg(opencl::Device::handle(kernel), argument, sizeof image, &image),
                "clSetKernelArg");
}

// rows: a work-item takes every WIDE-th pixel of its rows; tiles: groups of 8 x 8 pixels. The
// result is what was read, folded as bandwidth_loops.hpp says.
constexpr const char* read_source = R"(
constant sampler_t nearest = CLK_NORMALIZED_COORDS_FALSE | CLK_ADDRESS_NONE | CLK_FILTER_NEAREST;
#define READ(x, y) as_uint4(read_imagef(image, nearest, (int2)(x, y)))

__kernel void read_image(__global uint* results, int width, int height, uint passes,
                         __read_only image2d_t image) {
  const int wide = get_global_size(0), high = get_global_size(1);
  uint4 r0 = 0, r1 = 0;
  for (uint pass = 0; pass < passes; ++pass) {
    r0 = STEPPED(r0);
    r1 = STEPPED(r1);
    for (int y = get_global_id(1); y < height; y += high) {
      int x = get_global_id(0);
      for (; x + 3 * wide < width; x += 4 * wide) {
        r0 ^= READ(x, y) ^ READ(x + wide, y);
        r1 ^= READ(x + 2 * wide, y) ^ READ(x + 3 * wide, y);
      }
      for (; x < width; x += wide) r0 ^= READ(x, y);
    }
  }
  results[get_global_id(1) * wide + get_global_id(0)] = xor_of_lanes(r0 ^ r1);
}
)";

class ImageRead {
 public:
  explicit ImageRead(Workbench& bench);
  Trial trial();

 private:
  void shape(Workbench& bench);
  void run(Queue& queue, std::uint32_t passes);
  double error(Queue& queue) const;

  std::size_t width_, height_;
  std::uint32_t passes_ = 1, last_passes_ = 0, all_words_ = 0;
  Buffer* results_ = nullptr;
  LoadedKernel* kernel_ = nullptr;
  Range range_;
};

ImageRead::ImageRead(Workbench& bench) {
  image_device(bench);
  const std::int64_t bytes = bench.integer("bytes"), pixels = bytes / 16;
  width_ = width_for(pixels);
  height_ = static_cast<std::size_t>(
      std::max<std::int64_t>(1, pixels / static_cast<std::int64_t>(width_)));
  const auto words = static_cast<std::uint32_t>(4 * width_ * height_);
  const std::uint32_t key = content_key(bench, 1);
  Buffer& content = random_array(bench, words, key);
  for (std::uint32_t i = 0; i < words; ++i) all_words_ ^= random_float_bits(key, i);
  const cl_mem image =
      make_image(bench, {CL_RGBA, CL_FLOAT}, "RGBA float images", width_, height_, content);
  kernel_ = &bench.load(
      {"read_image",
       nullptr,
       {std::string(embedded::fold_cl) + read_source, "read_image", "-DWIDTH=4 -DUINTS=uint4"},
       0});
  set_image(bench, *kernel_, 4, image);
  shape(bench);
  results_ = &bench.allocate(range_.global[0] * range_.global[1] * sizeof(std::uint32_t));
  passes_ = repeats_for(bench, [&](std::uint32_t passes) { run(bench.queue(), passes); });
}

void ImageRead::shape(Workbench& bench) {
  const std::size_t units = parallel_units(bench.processor());
  const bool tiles = bench.text("access") == "tiles";
  range_.dimensions = 2;
  if (bench.processor().kind() == ProcessorKind::cpu) {
    // A work-item is a thread's share: rows interleaved, or the item steps through columns of four.
    range_.global = {tiles ? std::size_t{4} : std::size_t{1}, units, 1};
    range_.local = {tiles ? std::size_t{4} : std::size_t{1}, 1, 1};
    return;
  }
  const std::size_t most = std::min<std::size_t>(64, kernel_->maximum_work_group());
  range_.local = tiles ? std::array<std::size_t, 3>{8, std::max<std::size_t>(1, most / 8), 1}
                       : std::array<std::size_t, 3>{std::min<std::size_t>(most, width_), 1, 1};
  const std::size_t across = width_ / range_.local[0];
  const std::size_t groups = std::max<std::size_t>(1, 16 * units / across);
  range_.global = {across * range_.local[0], groups * range_.local[1], 1};
}

void ImageRead::run(Queue& queue, std::uint32_t passes) {
  last_passes_ = passes;
  queue.launch(*kernel_, range_,
               {results_, scalar(static_cast<std::int32_t>(width_)),
                scalar(static_cast<std::int32_t>(height_)), scalar(passes)});
}

double ImageRead::error(Queue& queue) const {
  std::uint32_t found = 0;
  for (const std::uint32_t one : download<std::uint32_t>(queue, *results_)) found ^= one;
  return found == folded(all_words_, last_passes_) ? 0 : 1;
}

Trial ImageRead::trial() {
  Trial trial;
  trial.work.bytes_read = 16.0 * static_cast<double>(width_ * height_) * passes_;
  trial.run = [this](Queue& queue) { run(queue, passes_); };
  trial.run_multiple = [this](Queue& queue, unsigned multiple) { run(queue, passes_ * multiple); };
  trial.reset = [this](Queue& queue) { queue.fill(*results_, 0xFFFFFFFFu); };
  trial.error = [this](Queue& queue) { return error(queue); };
  trial.tolerance = 0;  // nearest sampling hands floats on as they are
  trial.details["width"] = static_cast<std::int64_t>(width_);
  trial.details["passes"] = std::int64_t{passes_};
  return trial;
}

// Pixel i of the chase is at (i % 2^shift, i / 2^shift) and holds the next i.
constexpr const char* chase_source = R"(
constant sampler_t nearest = CLK_NORMALIZED_COORDS_FALSE | CLK_ADDRESS_NONE | CLK_FILTER_NEAREST;
#define NEXT p = read_imageui(image, nearest, (int2)(p & mask, p >> shift)).x;
#define NEXT_4 NEXT NEXT NEXT NEXT

__kernel void chase_image(__global uint* position, uint trips, uint shift,
                          __read_only image2d_t image) {
  const uint mask = (1u << shift) - 1;
  uint p = *position;
  for (; trips > 0; --trips) {
    NEXT_4 NEXT_4 NEXT_4 NEXT_4
  }
  *position = p;
}
)";
constexpr std::uint32_t loads_a_trip = 16;

class ImageChase {
 public:
  explicit ImageChase(Workbench& bench);
  Trial trial();

 private:
  void run(Queue& queue, std::uint32_t trips);
  double error(Queue& queue) const;

  static constexpr std::uint32_t line_pixels = 16;  ///< 64 bytes of the row
  std::vector<std::uint32_t> order_;
  std::uint32_t shift_ = 5, trips_ = 1;
  std::uint64_t done_ = 0;
  Buffer* position_ = nullptr;
  LoadedKernel* kernel_ = nullptr;
};

ImageChase::ImageChase(Workbench& bench) {
  image_device(bench);
  const std::int64_t pixels = bench.integer("bytes") / 4;
  const std::size_t width = width_for(pixels);
  while (std::size_t{1} << shift_ < width) ++shift_;
  const std::size_t height = static_cast<std::size_t>(
      std::max<std::int64_t>(1, pixels / static_cast<std::int64_t>(width)));
  const auto pixel_count = static_cast<std::int64_t>(width * height);
  order_ =
      random_cycle(static_cast<std::uint32_t>(odd_lines(pixel_count, line_pixels)), bench.seed());
  std::vector<std::uint32_t> content(width * height);
  for (std::size_t visit = 0; visit < order_.size(); ++visit) {
    content[order_[visit] * line_pixels] = order_[(visit + 1) % order_.size()] * line_pixels;
  }
  Buffer& cells = bench.upload(std::span<const std::uint32_t>(content));
  const cl_mem image = make_image(bench, {CL_R, CL_UNSIGNED_INT32},
                                  "images of single 32-bit integers", width, height, cells);
  kernel_ = &bench.load({"chase_image", nullptr, {chase_source, "chase_image", ""}, 0});
  set_image(bench, *kernel_, 3, image);
  const std::uint32_t start = order_[0] * line_pixels;
  position_ = &bench.upload(std::span<const std::uint32_t>(&start, 1));
  trips_ = repeats_for(bench, [&](std::uint32_t trips) { run(bench.queue(), trips); });
}

void ImageChase::run(Queue& queue, std::uint32_t trips) {
  done_ += std::uint64_t{trips} * loads_a_trip;
  queue.launch(*kernel_, range(1, 1), {position_, scalar(trips), scalar(shift_)});
}

double ImageChase::error(Queue& queue) const {
  const auto position = download<std::uint32_t>(queue, *position_);
  return position[0] == order_[done_ % order_.size()] * line_pixels ? 0 : 1;
}

Trial ImageChase::trial() {
  Trial trial;
  trial.work.operations = static_cast<double>(trips_ * loads_a_trip);
  trial.work.bytes_read = 4 * trial.work.operations;
  trial.run = [this](Queue& queue) { run(queue, trips_); };
  trial.run_multiple = [this](Queue& queue, unsigned multiple) { run(queue, trips_ * multiple); };
  trial.error = [this](Queue& queue) { return error(queue); };
  trial.tolerance = 0;  // the chase has to end where the cycle says
  trial.details["lines"] = static_cast<std::int64_t>(order_.size());
  return trial;
}

/// In and beyond the texture caches; full runs take every size that fits an image.
Values image_sizes(Processor& processor, Tier tier) {
  const std::int64_t large =
      std::min<std::int64_t>(16 << 20, largest_working_set_bytes(processor, tier));
  if (tier != Tier::full) return {std::int64_t{16 << 10}, large};
  Values sizes;
  for (std::int64_t bytes = 16 << 10; bytes <= large; bytes *= 2) sizes.emplace_back(bytes);
  return sizes;
}

template <class Prepared>
Case image_case(const char* name, const char* summary, schema::Metric metric) {
  Case result;
  result.name = name;
  result.summary = summary;
  result.metric = metric;
  result.axes = {{"bytes", "Size of the image", image_sizes, false}};
  result.unsupported = needs_images;
  result.prepare = [](Workbench& bench) {
    return bench.keep(std::make_unique<Prepared>(bench))->trial();
  };
  return result;
}

const Registration registration([]() -> std::vector<Case> {
  Case read = image_case<ImageRead>("bandwidth/image2d_read",
                                    "Bytes per second read from an RGBA float image",
                                    schema::Metric::bytes_per_second);
  read.axes.push_back(
      axis("access", "rows: along the rows; tiles: small rectangles", {"rows", "tiles"}));
  return {read,
          image_case<ImageChase>("latency/image",
                                 "Seconds of one dependent read from an image of 32-bit integers",
                                 schema::Metric::seconds_per_operation)};
});

}  // namespace
}  // namespace motley::microbench
