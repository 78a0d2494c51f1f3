// Handwriting that nobody wrote: ten digits as strokes whose points are moved, turned, sheared and
// drawn by a pen of another width and sharpness for each sample, 28x28 in one channel. Every sample
// can be told apart by eye; a linear model gets about four of five.
#include <algorithm>
#include <array>
#include <cmath>

#include "workloads/data/image_set.hpp"
#include "workloads/data/sample_random.hpp"

namespace motley::workloads {
namespace {

constexpr int size = 28;

struct Point {
  double x, y;
};
struct Segment {
  Point from, to;
};

/// A part of an ellipse, from angle to angle in steps of 30 degrees clockwise from the right (3 is
/// the bottom, 9 the top), or with steps of 0 a line from (x, y) to (width, height).
struct Stroke {
  double x, y, width, height;
  int from, to;
};
constexpr Stroke line(double x0, double y0, double x1, double y1) {
  return {x0, y0, x1, y1, 0, 0};
}

/// y points down; a glyph is 2 high and 1.2 wide around (0, 0), less the pen.
const std::array<std::vector<Stroke>, 10>& glyphs() {
  static const std::array<std::vector<Stroke>, 10> table = {{
      {{0, 0, .55, .9, 0, 12}},
      {line(-.3, -.55, .05, -.9), line(.05, -.9, .05, .9)},
      {{0, -.4, .5, .5, 6, 13}, line(.43, -.15, -.5, .9), line(-.5, .9, .55, .9)},
      {{0, -.45, .45, .45, 7, 15}, {0, .45, .5, .45, 9, 17}},
      {line(.25, .9, .25, -.9), line(.25, -.9, -.55, .3), line(-.55, .3, .6, .3)},
      {line(.5, -.9, -.4, -.9), line(-.4, -.9, -.48, .05), {-.05, .35, .5, .55, 7, 17}},
      {{0, .4, .5, .5, 0, 12}, {.5, .4, 1, 1.3, 6, 8}},
      {line(-.5, -.9, .5, -.9), line(.5, -.9, -.15, .9)},
      {{0, -.45, .42, .45, 0, 12}, {0, .45, .5, .45, 0, 12}},
      {{0, -.4, .48, .5, 0, 12}, {-.52, -.4, 1, 1.3, 12, 14}},
  }};
  return table;
}

/// Cosine of 30 degrees * step.
double cosine(int step) {
  constexpr double root = 0.86602540378443865;  // sqrt(3) / 2
  constexpr std::array<double, 12> table = {1,  root,  .5,  0, -.5, -root,
                                            -1, -root, -.5, 0, .5,  root};
  return table[static_cast<std::size_t>(step % 12)];
}

/// Turn, shear, stretch and shift from glyph to pixels.
class Placement {
 public:
  explicit Placement(SampleRandom& random) {
    // Tangent of half the angle, within 18 degrees: sine and cosine without rounding of their own.
    const double half = random.between(-.16, .16);
    const double cos = (1 - half * half) / (1 + half * half), sin = 2 * half / (1 + half * half);
    const double shear = random.between(-.25, .25);
    const double high = random.between(7.5, 11), wide = high * random.between(.75, 1.15);
    xx_ = cos * wide, xy_ = (cos * shear - sin) * high;
    yx_ = sin * wide, yy_ = (sin * shear + cos) * high;
    x_ = (size - 1) / 2.0 + random.between(-3, 3);
    y_ = (size - 1) / 2.0 + random.between(-3, 3);
  }
  Point operator()(Point p) const {
    return {x_ + xx_ * p.x + xy_ * p.y, y_ + yx_ * p.x + yy_ * p.y};
  }

 private:
  double xx_, xy_, yx_, yy_, x_, y_;
};

std::vector<Segment> segments(const std::vector<Stroke>& strokes, SampleRandom& random) {
  const Placement place(random);
  std::vector<Segment> result;
  for (Stroke stroke : strokes) {
    for (double* value : {&stroke.x, &stroke.y, &stroke.width, &stroke.height}) {
      *value += random.between(-.09, .09);
    }
    if (stroke.from == stroke.to) {
      result.push_back({place({stroke.x, stroke.y}), place({stroke.width, stroke.height})});
    }
    for (int step = stroke.from; step < stroke.to; ++step) {
      const auto at = [&](int angle) {
        return place({stroke.x + stroke.width * cosine(angle),
                      stroke.y + stroke.height * cosine(angle + 9)});
      };
      result.push_back({at(step), at(step + 1)});
    }
  }
  return result;
}

using Distances = std::array<double, size * size>;  ///< squared, to the nearest segment

/// Only pixels within `reach` of the segment's box are looked at; the others stay as they are.
void approach(const Segment& segment, double reach, Distances& squared) {
  const auto [from, to] = segment;
  const double dx = to.x - from.x, dy = to.y - from.y;
  const double length_squared = std::max(dx * dx + dy * dy, 1e-6);
  const auto first = [&](double a, double b) {
    return static_cast<int>(std::clamp(std::floor(std::min(a, b) - reach), 0.0, size - 1.0));
  };
  const auto last = [&](double a, double b) {
    return static_cast<int>(std::clamp(std::ceil(std::max(a, b) + reach), 0.0, size - 1.0));
  };
  for (int y = first(from.y, to.y); y <= last(from.y, to.y); ++y) {
    for (int x = first(from.x, to.x); x <= last(from.x, to.x); ++x) {
      const double px = x - from.x, py = y - from.y;
      const double along = std::clamp((px * dx + py * dy) / length_squared, 0.0, 1.0);
      const double ex = px - along * dx, ey = py - along * dy;
      double& nearest = squared[static_cast<std::size_t>(y * size + x)];
      nearest = std::min(nearest, ex * ex + ey * ey);
    }
  }
}

void draw(const std::vector<Segment>& strokes, SampleRandom& random,
          std::span<std::uint8_t> pixels) {
  const double radius = random.between(.7, 1.6), blur = random.between(.7, 2);
  const double paper = random.between(0, 50), ink = random.between(140, 255);
  const double noise = random.between(2, 14);
  const double reach = radius + blur / 2;
  Distances squared;
  squared.fill(reach * reach);
  for (const Segment& segment : strokes) approach(segment, reach, squared);
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    if (i % 4 == 0) bits = random.bits();
    const double share = std::clamp((radius - std::sqrt(squared[i])) / blur + .5, 0.0, 1.0);
    const double value = paper + (ink - paper) * share + noise * noise_of(bits, i % 4);
    pixels[i] = static_cast<std::uint8_t>(std::clamp(value, 0.0, 255.0));
  }
}

class Glyphs : public ImageSet {
 public:
  explicit Glyphs(DataDescription description, std::uint64_t seed)
      : ImageSet(std::move(description)), seed_(seed) {}

 private:
  std::int32_t image(Split split, std::uint64_t index,
                     std::span<std::uint8_t> pixels) const override {
    SampleRandom random(seed_, split, index);
    const std::uint32_t digit = random.below(10);
    draw(segments(glyphs()[digit], random), random, pixels);
    return static_cast<std::int32_t>(digit);
  }
  std::uint64_t seed_;
};

const DataSetRegistration registration([] {
  return DataSetKind{
      "glyphs", "28x28 digits drawn by a shaky pen, ten classes", false,
      [](const DataOptions& options) {
        auto description = describe_images("glyphs", {size, size, 1}, 10, 60000, 10000);
        description.endless = true;
        return std::make_unique<Glyphs>(std::move(description), options.seed);
      }};
});

}  // namespace
}  // namespace motley::workloads
