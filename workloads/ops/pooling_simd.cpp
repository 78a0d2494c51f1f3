// Windows over images on a CPU. Forward, threads share rows of outputs; backward, whole images (or
// groups of their channels where there are few), as windows that overlap add to the same pixels.
#include <limits>

#include "workloads/ops/pooling_windows.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "workloads/ops/pooling_simd.cpp"
#include "hwy/foreach_target.h"
// Must follow foreach_target.h.
#include "workloads/gemm/span.hpp"
#include "workloads/ops/elementwise_loops.hpp"

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace motley::workloads::HWY_NAMESPACE {
namespace {

using F = hn::Vec<Floats>;

/// What a window sees of n pixels in a row or column; `index` is the output's.
HWY_INLINE Span seen(std::int64_t index, const PoolingSizes& s, std::int64_t pad, std::int64_t n) {
  const std::int64_t first = index * s.stride - pad, last = first + s.window;
  return {first > 0 ? first : 0, last < n ? last : n};
}

/// Folds each window: `first` is what an empty one holds, `fold(sum, x)` adds an element and
/// `finish(sum, y, x)` makes the output at (y, x).
template <class Fold, class Finish>
HWY_INLINE void pool(const CpuTask& task, const PoolingSizes& s, const float* x, float* y,
                     float first, Fold fold, Finish finish) {
  const auto [begin, end] = task.share(s.batch * s.out_height);
  for (std::int64_t row = begin; row < end; ++row) {
    const std::int64_t oy = row % s.out_height;
    const Span rows = seen(oy, s, s.pad_top, s.height);
    const float* image = x + row / s.out_height * s.height * s.width * s.channels;
    for (std::int64_t ox = 0; ox < s.out_width; ++ox) {
      const Span columns = seen(ox, s, s.pad_left, s.width);
      float* const to = y + (row * s.out_width + ox) * s.channels;
      const auto last = finish(oy, ox);
      for_each_vector(0, s.channels, [=](auto at) HWY_ATTR {
        F sum = all(first);
        for (std::int64_t iy = rows.begin; iy < rows.end; ++iy) {
          for (std::int64_t ix = columns.begin; ix < columns.end; ++ix) {
            sum = fold(sum, at.load(image + (iy * s.width + ix) * s.channels));
          }
        }
        at.store(last(sum), to);
      });
    }
  }
}

void max_pool_simd(const CpuTask& task, const PoolingSizes& s, const float* x, float* y) {
  const auto fold = [](F most, F v) HWY_ATTR {
    return hn::IfThenElse(hn::Or(hn::Gt(v, most), hn::IsNaN(v)), v, most);  // a NaN is the largest
  };
  const auto finish = [](std::int64_t, std::int64_t) { return [](F sum) HWY_ATTR { return sum; }; };
  pool(task, s, x, y, -std::numeric_limits<float>::infinity(), fold, finish);
}

void average_pool_simd(const CpuTask& task, const PoolingSizes& s, const float* x, float* y) {
  const auto fold = [](F sum, F v) HWY_ATTR { return hn::Add(sum, v); };
  const auto finish = [&s](std::int64_t oy, std::int64_t ox) {
    const float factor = 1.0f / static_cast<float>(s.divisor(oy, ox));
    return [factor](F sum) HWY_ATTR { return hn::Mul(sum, all(factor)); };
  };
  pool(task, s, x, y, 0, fold, finish);
}

/// Channels [channel, channel + channels) of one image's rows [rows.begin, rows.end) become 0.
void clear(const PoolingSizes& s, float* dx, Span rows, std::int64_t channels) {
  for (std::int64_t pixel = rows.begin * s.width; pixel < rows.end * s.width; ++pixel) {
    for_each_vector(0, channels,
                    [=](auto at) HWY_ATTR { at.store(all(0), dx + pixel * s.channels); });
  }
}

/// Calls spread(window's rows, its columns, its output element, first channel's element of the
/// image, channels) for each window. Pixels are cleared just before their first window.
template <class Spread>
HWY_INLINE void spread_windows(const CpuTask& task, const PoolingSizes& s, float* dx,
                               Spread spread) {
  const std::int64_t grain = s.batch % task.members == 0 ? s.channels : 64;
  const std::int64_t groups = (s.channels + grain - 1) / grain;
  const auto [begin, end] = task.share(s.batch * groups);
  for (std::int64_t i = begin; i < end; ++i) {
    const std::int64_t channel = i % groups * grain;
    const std::int64_t channels = s.channels - channel < grain ? s.channels - channel : grain;
    const std::int64_t image = i / groups * s.height * s.width * s.channels + channel;
    const std::int64_t output = i / groups * s.out_height * s.out_width * s.channels + channel;
    std::int64_t cleared = 0;
    for (std::int64_t oy = 0; oy < s.out_height; ++oy) {
      const Span rows = seen(oy, s, s.pad_top, s.height);
      if (rows.end > cleared) clear(s, dx + image, {cleared, rows.end}, channels);
      if (rows.end > cleared) cleared = rows.end;
      for (std::int64_t ox = 0; ox < s.out_width; ++ox) {
        spread(rows, seen(ox, s, s.pad_left, s.width),
               output + (oy * s.out_width + ox) * s.channels, image, channels, oy, ox);
      }
    }
    clear(s, dx + image, {cleared, s.height}, channels);
  }
}

void max_pool_backward_simd(const CpuTask& task, const PoolingSizes& s, const float* dy,
                            const float* x, const float* y, float* dx) {
  spread_windows(task, s, dx,
                 [=](Span rows, Span columns, std::int64_t output, std::int64_t image,
                     std::int64_t channels, std::int64_t, std::int64_t) HWY_ATTR {
                   for_each_vector(0, channels, [=](auto at) HWY_ATTR {
                     const F largest = at.load(y + output);
                     F left = at.load(dy + output);  // nobody has taken it yet
                     for (std::int64_t iy = rows.begin; iy < rows.end; ++iy) {
                       for (std::int64_t ix = columns.begin; ix < columns.end; ++ix) {
                         const std::int64_t pixel = image + (iy * s.width + ix) * s.channels;
                         const auto here = hn::Eq(at.load(x + pixel), largest);
                         at.store(hn::Add(at.load(dx + pixel), hn::IfThenElseZero(here, left)),
                                  dx + pixel);
                         left = hn::IfThenZeroElse(here, left);
                       }
                     }
                   });
                 });
}

void average_pool_backward_simd(const CpuTask& task, const PoolingSizes& s, const float* dy,
                                float* dx) {
  spread_windows(task, s, dx,
                 [=](Span rows, Span columns, std::int64_t output, std::int64_t image,
                     std::int64_t channels, std::int64_t oy, std::int64_t ox) HWY_ATTR {
                   const float factor = 1.0f / static_cast<float>(s.divisor(oy, ox));
                   for_each_vector(0, channels, [=](auto at) HWY_ATTR {
                     const F each = hn::Mul(at.load(dy + output), all(factor));
                     for (std::int64_t iy = rows.begin; iy < rows.end; ++iy) {
                       for (std::int64_t ix = columns.begin; ix < columns.end; ++ix) {
                         float* const to = dx + image + (iy * s.width + ix) * s.channels;
                         at.store(hn::Add(at.load(to), each), to);
                       }
                     }
                   });
                 });
}

void global_average_pool_simd(const CpuTask& task, std::int64_t images, std::int64_t pixels,
                              std::int64_t channels, const float* x, float* y) {
  const std::int64_t grain = 64, groups = (channels + grain - 1) / grain;
  const auto [begin, end] = task.share(images * groups);
  const float factor = 1.0f / static_cast<float>(pixels);
  for (std::int64_t i = begin; i < end; ++i) {
    const std::int64_t image = i / groups, channel = i % groups * grain;
    const float* from = x + image * pixels * channels;
    const std::int64_t last = channel + grain < channels ? channel + grain : channels;
    for_each_vector(channel, last, [=](auto at) HWY_ATTR {
      F even = all(0), odd = even;
      for (std::int64_t pixel = 0; pixel + 1 < pixels; pixel += 2) {
        even = hn::Add(even, at.load(from + pixel * channels));
        odd = hn::Add(odd, at.load(from + (pixel + 1) * channels));
      }
      if (pixels % 2 != 0) even = hn::Add(even, at.load(from + (pixels - 1) * channels));
      at.store(hn::Mul(hn::Add(even, odd), all(factor)), y + image * channels);
    });
  }
}

void global_average_pool_backward_simd(const CpuTask& task, std::int64_t images,
                                       std::int64_t pixels, std::int64_t channels, const float* dy,
                                       float* dx) {
  const auto [begin, end] = task.share(images * pixels);
  const float factor = 1.0f / static_cast<float>(pixels);
  for (std::int64_t pixel = begin; pixel < end; ++pixel) {
    const float* from = dy + pixel / pixels * channels;
    float* const to = dx + pixel * channels;
    for_each_vector(0, channels,
                    [=](auto at) HWY_ATTR { at.store(hn::Mul(at.load(from), all(factor)), to); });
  }
}

}  // namespace
}  // namespace motley::workloads::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace motley::workloads {

HWY_EXPORT(max_pool_simd);
HWY_EXPORT(average_pool_simd);
HWY_EXPORT(max_pool_backward_simd);
HWY_EXPORT(average_pool_backward_simd);
HWY_EXPORT(global_average_pool_simd);
HWY_EXPORT(global_average_pool_backward_simd);

void max_pool(const CpuTask& task, const PoolingSizes& s, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(max_pool_simd)(task, s, x, y);
}
void average_pool(const CpuTask& task, const PoolingSizes& s, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(average_pool_simd)(task, s, x, y);
}
void max_pool_backward(const CpuTask& task, const PoolingSizes& s, const float* dy, const float* x,
                       const float* y, float* dx) {
  HWY_DYNAMIC_DISPATCH(max_pool_backward_simd)(task, s, dy, x, y, dx);
}
void average_pool_backward(const CpuTask& task, const PoolingSizes& s, const float* dy, float* dx) {
  HWY_DYNAMIC_DISPATCH(average_pool_backward_simd)(task, s, dy, dx);
}
void global_average_pool(const CpuTask& task, std::int64_t images, std::int64_t pixels,
                         std::int64_t channels, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(global_average_pool_simd)(task, images, pixels, channels, x, y);
}
void global_average_pool_backward(const CpuTask& task, std::int64_t images, std::int64_t pixels,
                                  std::int64_t channels, const float* dy, float* dx) {
  HWY_DYNAMIC_DISPATCH(global_average_pool_backward_simd)(task, images, pixels, channels, dy, dx);
}

}  // namespace motley::workloads
#endif
