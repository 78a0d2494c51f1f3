// How long does it take to turn a buffer into an image and back? Networks that use texture units
// pay this at every change of layout.
#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "harness/error.hpp"
#include "microbench/opencl_transfer.hpp"

namespace motley::microbench {
namespace {

struct Format {
  const char* name;
  cl_image_format opencl;
  std::size_t pixel_bytes;
};
constexpr Format formats[] = {{"rgba_float", {CL_RGBA, CL_FLOAT}, 16},
                              {"rgba_half", {CL_RGBA, CL_HALF_FLOAT}, 8}};

const Format& format_of(const Workbench& bench) {
  const std::string name = bench.text("format");
  for (const Format& format : formats) {
    if (name == format.name) return format;
  }
  throw UnknownName("value of axis format", name, {"rgba_float", "rgba_half"});
}

/// Whole rows of a width that a network's layer could have.
std::array<std::size_t, 3> shape_of(const opencl::Device& device, std::size_t bytes,
                                    const Format& format) {
  const std::size_t pixels = bytes / format.pixel_bytes;
  const std::size_t width = std::min<std::size_t>(pixels, 1024);
  if (width == 0 || width * (pixels / width) * format.pixel_bytes != bytes) {
    throw Unsupported(
        fmt::format("bytes={} are no whole rows of {} (an image has nothing else). Give a power of "
                    "two from {}.",
                    bytes, format.name, format.pixel_bytes));
  }
  if (width > device.info<std::size_t>(CL_DEVICE_IMAGE2D_MAX_WIDTH) ||
      pixels / width > device.info<std::size_t>(CL_DEVICE_IMAGE2D_MAX_HEIGHT)) {
    throw Unsupported(
        fmt::format("{} x {} pixels are more than an image of this device has. Use a smaller size.",
                    width, pixels / width));
  }
  return {width, pixels / width, 1};
}

class ImageTrial {
 public:
  ImageTrial(Workbench& bench, bool to_image)
      : to_image_(to_image),
        expected_(transfer_bytes(bench), 4096),
        found_(expected_.bytes(), 4096),
        calls_(bench.processor()) {
    if (!calls_.device().has_images()) {
      throw Unsupported("the device has no images (there is nothing to convert to).");
    }
    const Format& format = format_of(bench);
    shape_ = shape_of(calls_.device(), expected_.bytes(), format);
    buffer_ = calls_.buffer(expected_.bytes());
    image_ = create_image(format);
    fill_random(expected_, bench.seed(), 0);
    found_.fill(nothing);
    write_image(found_);
    calls_.write(buffer_.get(), found_.span());
  }

  Trial trial() {
    Trial trial;
    trial.work.operations = 1;
    trial.work.bytes_read = trial.work.bytes_written = double(expected_.bytes());
    trial.details["width"] = static_cast<std::int64_t>(shape_[0]);
    trial.details["height"] = static_cast<std::int64_t>(shape_[1]);
    trial.time = [this](Queue&, Stopwatch& watch) {
      watch.start();
      run();
      watch.stop();
    };
    trial.reset = [this](Queue&) { reset(); };
    trial.error = [this](Queue&) { return error(); };
    return trial;
  }

 private:
  opencl::Handle<cl_mem> create_image(const Format& format) const {
    calls_.require_memory(expected_.bytes());
    cl_image_desc description{};
    description.image_type = CL_MEM_OBJECT_IMAGE2D;
    description.image_width = shape_[0];
    description.image_height = shape_[1];
    cl_int status = CL_SUCCESS;
    const cl_mem image = calls_.api().clCreateImage(calls_.device().context(), CL_MEM_READ_WRITE,
                                                    &format.opencl, &description, nullptr, &status);
    if (status == CL_IMAGE_FORMAT_NOT_SUPPORTED) {
      throw Unsupported(fmt::format("the device has no images of {}.", format.name));
    }
    return opencl::owned(image, status, "clCreateImage", calls_.api().clReleaseMemObject);
  }

  void run() {
    const auto& api = calls_.api();
    const cl_command_queue queue = calls_.queue();
    if (to_image_) {
      opencl::check(
          api.clEnqueueCopyBufferToImage(queue, buffer_.get(), image_.get(), 0, origin_.data(),
                                         shape_.data(), 0, nullptr, nullptr),
          "clEnqueueCopyBufferToImage");
    } else {
      opencl::check(
          api.clEnqueueCopyImageToBuffer(queue, image_.get(), buffer_.get(), origin_.data(),
                                         shape_.data(), 0, 0, nullptr, nullptr),
          "clEnqueueCopyImageToBuffer");
    }
    calls_.finish();
  }
  void write_image(const HostArray& from) {
    opencl::check(
        calls_.api().clEnqueueWriteImage(calls_.queue(), image_.get(), CL_TRUE, origin_.data(),
                                         shape_.data(), 0, 0, from.data(), 0, nullptr, nullptr),
        "clEnqueueWriteImage");
  }
  void reset() {
    renew(expected_);
    found_.fill(nothing);
    to_image_ ? calls_.write(buffer_.get(), expected_.span()) : write_image(expected_);
  }
  double error() {
    if (to_image_) {
      opencl::check(
          calls_.api().clEnqueueReadImage(calls_.queue(), image_.get(), CL_TRUE, origin_.data(),
                                          shape_.data(), 0, 0, found_.data(), 0, nullptr, nullptr),
          "clEnqueueReadImage");
    } else {
      calls_.read(buffer_.get(), found_.span());
    }
    return wrong_bytes(expected_.span(), found_.span());
  }

  bool to_image_;
  HostArray expected_, found_;
  OpenclCalls calls_;
  std::array<std::size_t, 3> shape_{}, origin_{};
  opencl::Handle<cl_mem> buffer_, image_;
};

Case image_case(bool to_image) {
  Case result;
  result.name = to_image ? "transfer/image_from_buffer" : "transfer/buffer_from_image";
  result.summary = to_image ? "Seconds to copy a buffer into a 2D image of the same device"
                            : "Seconds to copy a 2D image into a buffer of the same device";
  result.metric = schema::Metric::seconds_per_operation;
  result.axes = {bytes_axis(Sizes::x64, 16),
                 {"format", "Four channels of float, or of half",
                  [](Processor&, Tier tier) {
                    std::vector<schema::Value> values{"rgba_float"};
                    if (tier != Tier::smoke) values.emplace_back("rgba_half");
                    return values;
                  },
                  false}};
  schema::Parameters defaults = transfer_defaults();
  defaults["format"] = "rgba_float";
  result.keep = one_factor_at_a_time(defaults);
  result.unsupported = opencl_only("only OpenCL has images");
  result.prepare = [to_image](Workbench& bench) {
    return bench.keep(std::make_unique<ImageTrial>(bench, to_image))->trial();
  };
  return result;
}

const Registration registration([] {
  return std::vector<Case>{image_case(true), image_case(false)};
});

}  // namespace
}  // namespace motley::microbench
