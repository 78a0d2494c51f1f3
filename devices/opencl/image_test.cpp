// Do images keep the promises of buffers: content as written, whole rows, refusals that say why? On
// the machine's own device, and on a stub that has no images or small ones.
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <numeric>

#include "devices/machine.hpp"
#include "devices/opencl/api.hpp"
#include "devices/opencl/test_device.hpp"

namespace motley::opencl {
namespace {

BufferOptions image_of(std::size_t width, std::size_t height,
                       MemoryKind kind = MemoryKind::device) {
  BufferOptions options;
  options.kind = kind;
  options.image = ImageSize{width, height};
  return options;
}

/// What a refusal says.
template <class Refusal>
std::string refusal(Processor& processor, std::size_t bytes, const BufferOptions& options) {
  try {
    processor.allocate(bytes, options);
  } catch (const Refusal& error) {
    return error.what();
  }
  return "none";
}

class Images : public testing::Test {
 protected:
  void SetUp() override {
    processor_ = test_device();
    if (!processor_) GTEST_SKIP() << "no OpenCL device: " << test_catalogue().reason();
    if (!processor_->as<Device>()->has_images()) GTEST_SKIP() << "the device has no images";
    queue_ = processor_->queue();
  }
  std::unique_ptr<Buffer> make(std::size_t width, std::size_t height,
                               MemoryKind kind = MemoryKind::device) {
    return processor_->allocate(16 * width * height, image_of(width, height, kind));
  }
  std::vector<float> values(const Buffer& buffer) {
    std::vector<float> host(buffer.bytes() / sizeof(float));
    queue_->read(buffer, host.data(), buffer.bytes());
    queue_->finish();
    return host;
  }
  std::unique_ptr<Processor> processor_;
  std::unique_ptr<Queue> queue_;
};

TEST_F(Images, AreFilledWithNanAndBelongToTheDevice) {
  for (const MemoryKind kind : {MemoryKind::device, MemoryKind::pinned}) {
    const auto image = make(5, 3, kind);
    EXPECT_EQ(image->owner(), Owner::processor);
    EXPECT_EQ(image->bytes(), 240u);
    for (const float value : values(*image)) ASSERT_TRUE(std::isnan(value));
  }
}

TEST_F(Images, AreWrittenFilledCopiedAndReadInRows) {
  const auto image = make(5, 4), other = make(5, 4);
  const float half = 0.5f;
  std::uint32_t pattern = 0;
  std::memcpy(&pattern, &half, sizeof(half));
  queue_->fill(*image, pattern);
  std::vector<float> rows(2 * 20);
  std::iota(rows.begin(), rows.end(), 1.0f);
  queue_->write(*image, rows.data(), 2 * 80, 80);
  queue_->copy(*image, *other, 3 * 80);
  const std::vector<float> all = values(*other);
  for (std::size_t i = 0; i < 20; ++i) {
    EXPECT_EQ(all[i], half);
    EXPECT_EQ(all[20 + i], float(i + 1));
    EXPECT_EQ(all[40 + i], float(i + 21));
    EXPECT_TRUE(std::isnan(all[60 + i])) << "it was not copied";
  }
  std::vector<float> row(20);
  queue_->read(*image, row.data(), 80, 160);
  queue_->finish();
  EXPECT_EQ(row[3], 24.0f);
}

TEST_F(Images, AreWhatKernelsReadAndWriteAsTexels) {
  const char* const source =
      "constant sampler_t texels = CLK_NORMALIZED_COORDS_FALSE | CLK_ADDRESS_CLAMP |"
      "                            CLK_FILTER_NEAREST;"
      "kernel void transposed(read_only image2d_t from, write_only image2d_t to) {"
      "  const int x = get_global_id(0), y = get_global_id(1);"
      "  write_imagef(to, (int2)(y, x), 2 * read_imagef(from, texels, (int2)(x, y))); }";
  const auto from = make(3, 2), to = make(2, 3);
  std::vector<float> numbers(24);
  std::iota(numbers.begin(), numbers.end(), 0.0f);
  queue_->write(*from, numbers.data(), from->bytes());
  const auto kernel = processor_->load(opencl_kernel(source, "transposed"));
  queue_->launch(*kernel, {{3, 2, 1}, {1, 1, 1}, 2}, {from.get(), to.get()});
  const std::vector<float> result = values(*to);
  for (std::size_t x = 0; x < 3; ++x) {
    for (std::size_t y = 0; y < 2; ++y) {
      for (std::size_t c = 0; c < 4; ++c) {
        EXPECT_EQ(result[(x * 2 + y) * 4 + c], 2 * numbers[(y * 3 + x) * 4 + c]);
      }
    }
  }
}

TEST_F(Images, RefuseWhatTheyCannotDo) {
  const auto image = make(4, 4), wider = make(5, 4);
  const auto buffer = processor_->allocate(256);
  char bytes[256] = {};
  EXPECT_THROW(queue_->write(*image, bytes, 32), Error) << "half a row";
  EXPECT_THROW(queue_->read(*image, bytes, 64, 16), Error) << "from within a row";
  EXPECT_THROW(queue_->write(*image, bytes, 64, 256), Error) << "behind its end";
  EXPECT_THROW(queue_->copy(*image, *buffer, 256), Unsupported);
  EXPECT_THROW(queue_->copy(*buffer, *image, 256), Unsupported);
  EXPECT_THROW(queue_->copy(*image, *wider, 256), Unsupported);
  EXPECT_THROW(queue_->map(*image, Access::read), Unsupported);
  EXPECT_NE(refusal<Unsupported>(*processor_, 64, image_of(2, 2, MemoryKind::shared)), "none");
  const std::string bytes_told = refusal<Error>(*processor_, 100, image_of(2, 2));
  EXPECT_NE(bytes_told.find("64 bytes, not 100"), std::string::npos) << bytes_told;
}

TEST_F(Images, AreRefusedByADeviceThatHasNoneOrOnlySmallerOnes) {
  const Variable library("MOTLEY_OPENCL_LIBRARY", MOTLEY_OPENCL_STUB);
  {
    Catalogue without;
    EXPECT_NE(refusal<Unsupported>(*without.open("opencl:0"), 64, image_of(2, 2)), "none");
  }
  const Variable images("MOTLEY_STUB_IMAGES", "1");
  Catalogue catalogue;
  const auto stub = catalogue.open("opencl:0");
  EXPECT_EQ(refusal<Unsupported>(*stub, 64, image_of(2, 2)), "none");
  for (const BufferOptions& large : {image_of(4097, 1), image_of(1, 4097)}) {
    const std::string told = refusal<Unsupported>(*stub, 16 * 4097, large);
    EXPECT_NE(told.find("4097"), std::string::npos) << told;
    EXPECT_NE(told.find("4096 x 4096"), std::string::npos) << told;
  }
}

TEST(ImagesOfACpu, AreRefused) {
  const auto cpu = devices::real_machine()->open("cpu");
  EXPECT_NE(refusal<Unsupported>(*cpu, 64, image_of(2, 2)), "none");
}

}  // namespace
}  // namespace motley::opencl
