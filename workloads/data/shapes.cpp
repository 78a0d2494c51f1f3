// Coloured shapes and textures, 32x32 in three channels, ten classes: the class is in the form
// alone; place, size, angle, colours, shading and noise are by chance. The form is a little
// brighter than what is behind it, so that a linear model learns something, though far less than a
// convolution does.
#include <algorithm>
#include <array>
#include <cmath>

#include "workloads/data/image_set.hpp"
#include "workloads/data/sample_random.hpp"

namespace motley::workloads {
namespace {

constexpr int size = 32, middle = size / 2;
constexpr std::uint32_t class_count = 10;

// Each form is a signed distance, negative inside, in units of its own size: it ends near 1.
using Form = double (*)(double x, double y);

double norm(double x, double y) {
  return std::sqrt(x * x + y * y);
}
double disc(double x, double y) {
  return norm(x, y) - .9;
}
double ring(double x, double y) {
  return std::abs(norm(x, y) - .75) - .2;
}
double square(double x, double y) {
  return std::max(std::abs(x), std::abs(y)) - .8;
}
double frame(double x, double y) {
  return std::abs(std::max(std::abs(x), std::abs(y)) - .7) - .18;
}
/// Equal sides: the normals are (0, 1) and (+-sqrt(3)/2, -1/2).
double triangle(double x, double y) {
  return std::max(y, .8660254037844386 * std::abs(x) - .5 * y) - .5;
}
double cross(double x, double y) {
  return std::max(std::min(std::abs(x), std::abs(y)) - .22,
                  std::max(std::abs(x), std::abs(y)) - .95);
}
/// Two bars beside each other.
double bars(double x, double y) {
  return std::max(std::abs(std::abs(x) - .5) - .2, std::abs(y) - .9);
}
/// How far from the middle between two whole numbers: 0.5 at whole numbers, 0 between them.
double wave(double x) {
  return std::abs(x - std::floor(x) - .5);
}
double stripes(double x, double) {
  return wave(1.3 * x) - .25;
}
double checkers(double x, double y) {
  const double a = wave(x) - .25, b = wave(y) - .25;
  return a * b > 0 ? -std::min(std::abs(a), std::abs(b)) : std::min(std::abs(a), std::abs(b));
}
double dots(double x, double y) {
  return norm(wave(1.2 * x), wave(1.2 * y)) - .3;
}

constexpr std::array<Form, class_count> forms = {disc,  ring, square,  frame,    triangle,
                                                 cross, bars, stripes, checkers, dots};

using Colour = std::array<double, 3>;

/// From pixel to the form's own coordinates, any angle.
class Placement {
 public:
  explicit Placement(SampleRandom& random) {
    // A direction without sine and cosine: the first point of a square that lies in the ring around
    // 0; its length is taken out by the square root, which is exact.
    double x = 0, y = 0, squared = 0;
    while (squared < .01 || squared > 1) {
      x = random.between(-1, 1);
      y = random.between(-1, 1);
      squared = x * x + y * y;
    }
    pixels_ = random.between(7, 12);
    const double scale = std::sqrt(squared) * pixels_;
    cos_ = x / scale;
    sin_ = y / scale;
    x_ = (size - 1) / 2.0 + random.between(-4, 4);
    y_ = (size - 1) / 2.0 + random.between(-4, 4);
  }
  double distance_pixels(Form form, int x, int y) const {
    const double dx = x - x_, dy = y - y_;
    return pixels_ * form(cos_ * dx + sin_ * dy, cos_ * dy - sin_ * dx);
  }

 private:
  double pixels_, cos_, sin_, x_, y_;
};

/// Behind: any dark to medium colour. In front: brighter in sum by at least 70 of 765.
std::array<Colour, 2> colours(SampleRandom& random) {
  std::array<Colour, 2> result{};
  double contrast = 0;
  while (contrast < 70) {
    contrast = 0;
    for (std::size_t channel = 0; channel < 3; ++channel) {
      result[0][channel] = random.between(10, 180);
      result[1][channel] = random.between(40, 245);
      contrast += result[1][channel] - result[0][channel];
    }
  }
  return result;
}

void draw(Form form, SampleRandom& random, std::span<std::uint8_t> pixels) {
  const Placement placement(random);
  const auto [behind, front] = colours(random);
  const double blur = random.between(1, 2), noise = random.between(1, 8);
  const double shade_x = random.between(-1, 1), shade_y = random.between(-1, 1);
  for (int y = 0, i = 0; y < size; ++y) {
    for (int x = 0; x < size; ++x) {
      const double distance = placement.distance_pixels(form, x, y);
      const double share = std::clamp(.5 - distance / blur, 0.0, 1.0);
      const double shade = shade_x * (x - middle) + shade_y * (y - middle);
      const std::uint64_t bits = random.bits();
      for (unsigned channel = 0; channel < 3; ++channel, ++i) {
        const double value = behind[channel] + (front[channel] - behind[channel]) * share + shade +
                             noise * noise_of(bits, channel);
        pixels[static_cast<std::size_t>(i)] =
            static_cast<std::uint8_t>(std::clamp(value, 0.0, 255.0));
      }
    }
  }
}

class Shapes : public ImageSet {
 public:
  Shapes(DataDescription description, std::uint64_t seed)
      : ImageSet(std::move(description)), seed_(seed) {}

 private:
  std::int32_t image(Split split, std::uint64_t index,
                     std::span<std::uint8_t> pixels) const override {
    SampleRandom random(seed_, split, index);
    const std::uint32_t label = random.below(class_count);
    draw(forms[label], random, pixels);
    return static_cast<std::int32_t>(label);
  }
  std::uint64_t seed_;
};

const DataSetRegistration registration([] {
  return DataSetKind{
      "shapes", "32x32 coloured shapes and textures, ten classes", false,
      [](const DataOptions& options) {
        auto description = describe_images("shapes", {size, size, 3}, class_count, 20000, 5000);
        description.endless = true;
        return std::make_unique<Shapes>(std::move(description), options.seed);
      }};
});

}  // namespace
}  // namespace motley::workloads
