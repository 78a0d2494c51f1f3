// Batch normalisation on a CPU: one launch that sums, one that applies; between them every member
// finishes the sums for itself, which is less work than waking it once more. Sums are those of
// x - (the first row's x), so that a mean far from 0 costs no digits of the variance.
#include <algorithm>
#include <cmath>

#include "workloads/ops/batch_norm_rows.hpp"
#include "workloads/ops/fused_activation.hpp"
#include "workloads/ops/rows.hpp"

namespace motley::workloads {
namespace {

/// What all forms of one call know.
struct Norm {
  std::int64_t elements, channels, width;
  unsigned members;
  Activation activation;
  double epsilon = 0, momentum = 0;

  std::int64_t rows() const { return elements / channels; }
  /// Sums, then floats of `tables`, of one member, in whole lines of the cache.
  std::size_t bytes(std::int64_t tables) const {
    const std::size_t used =
        std::size_t(width) * (2 * sizeof(double) + std::size_t(tables) * sizeof(float));
    return (used + 63) / 64 * 64;
  }
};

/// The fewest rows together that fill vectors of 16, and at least 64 floats.
std::int64_t wide(std::int64_t channels) {
  std::int64_t width = channels;
  while (width % 16 != 0 && width < 16 * channels) width += channels;
  if (width > 4096) return channels;
  return width * divide_up(64, width);
}

Norm norm_of(const Call& call, const Processor& processor, std::size_t x) {
  Norm norm;
  norm.elements = call.inputs[x].elements();
  norm.channels = columns_of(call.inputs[x]);
  norm.width = wide(norm.channels);
  norm.members = members_for(norm.elements) == 1 ? 1 : processor.members();
  norm.activation = activation_of(call);
  return norm;
}

/// This member's elements.
struct Share {
  WideRows rows;
  std::int64_t first;
};
Share share_of(const CpuTask& task, const Norm& norm) {
  const auto [begin, end] = task.share(norm.elements, norm.width);
  // What does not fit the caches anyway, and is read no sooner than by the next operator.
  const bool streamed = norm.elements > (std::int64_t{1} << 20);
  return {{end - begin, norm.width, norm.activation, streamed}, begin};
}

/// Member i's part of the workspace: sums, then tables.
double* sums_of(const CpuTask& task, const Norm& norm, std::size_t argument, unsigned member,
                std::int64_t tables) {
  return reinterpret_cast<double*>(task.buffer<std::byte>(argument) + member * norm.bytes(tables));
}
float* tables_of(double* sums, const Norm& norm) {
  return reinterpret_cast<float*>(sums + 2 * norm.width);
}

void repeat(const float* values, const Norm& norm, float* table) {
  for (std::int64_t i = 0; i < norm.width; ++i) table[i] = values[i % norm.channels];
}

/// Sum `which` of a channel over all members.
double total(const CpuTask& task, const Norm& norm, std::size_t argument, std::int64_t tables,
             std::int64_t which, std::int64_t channel) {
  double sum = 0;
  for (unsigned member = 0; member < norm.members; ++member) {
    const double* sums = sums_of(task, norm, argument, member, tables) + which * norm.width;
    for (std::int64_t i = channel; i < norm.width; i += norm.channels) sum += sums[i];
  }
  return sum;
}

Launch launch_of(const std::string& name, const Norm& norm, std::vector<Operand> operands,
                 CpuForm form) {
  Launch launch;
  launch.kernel.name = name;
  launch.kernel.cpu = std::move(form);
  launch.kernel.cpu_members = norm.members;
  launch.operands = std::move(operands);
  return launch;
}

void clear(double* sums, const Norm& norm) {
  for (std::int64_t i = 0; i < 2 * norm.width; ++i) sums[i] = 0;
}

// ---- Training, forward: tables are two of sums in single precision, which become scale and shift,
// and the origin of x: its first row.

constexpr std::int64_t forward_tables = 3;

void sum_moments(const CpuTask& task, const Norm& norm) {
  double* sums = sums_of(task, norm, 1, task.member, forward_tables);
  float* const part = tables_of(sums, norm);
  float* const origin = part + 2 * norm.width;
  clear(sums, norm);
  const float* x = task.buffer<const float>(0);
  repeat(x, norm, origin);
  const Share share = share_of(task, norm);
  add_moments(share.rows, x + share.first, origin, part, sums);
}

/// Arguments of the second launch.
enum ForwardArgument : std::size_t {
  forward_x,
  forward_sums,
  forward_gamma,
  forward_beta,
  forward_y,
  forward_mean,
  forward_inverse,
  forward_running_mean,
  forward_running_variance
};

void keep(const CpuTask& task, const Norm& norm, std::int64_t c, double mean, double variance) {
  const double n = double(norm.rows()), unbiased = n > 1 ? variance * n / (n - 1) : 0;
  const auto move = [&](ForwardArgument argument, double to) {
    float& value = task.buffer<float>(argument)[c];
    value += static_cast<float>(norm.momentum * (to - double{value}));
  };
  task.buffer<float>(forward_mean)[c] = static_cast<float>(mean);
  task.buffer<float>(forward_inverse)[c] =
      static_cast<float>(1 / std::sqrt(variance + norm.epsilon));
  move(forward_running_mean, mean);
  move(forward_running_variance, unbiased);
}

void normalise(const CpuTask& task, const Norm& norm) {
  const float* x = task.buffer<const float>(forward_x);
  float* const scale =
      tables_of(sums_of(task, norm, forward_sums, task.member, forward_tables), norm);
  float* const shift = scale + norm.width;
  const float* origin = shift + norm.width;  // every member's own copy
  for (std::int64_t c = 0; c < norm.channels; ++c) {
    const double n = double(norm.rows());
    const double away = total(task, norm, forward_sums, forward_tables, 0, c) / n;
    const double square = total(task, norm, forward_sums, forward_tables, 1, c) / n;
    const double mean = double{origin[c]} + away, variance = std::max(square - away * away, 0.0);
    const double factor =
        double{task.buffer<const float>(forward_gamma)[c]} / std::sqrt(variance + norm.epsilon);
    for (std::int64_t i = c; i < norm.width; i += norm.channels) {
      scale[i] = static_cast<float>(factor);
      shift[i] = static_cast<float>(task.buffer<const float>(forward_beta)[c] - away * factor);
    }
    if (task.member == 0) keep(task, norm, c, mean, variance);
  }
  const Share share = share_of(task, norm);
  scale_rows(share.rows, x + share.first, scale, task.buffer<float>(forward_y) + share.first);
}

Lowered lower_training(const Call& call, Processor& processor, const schema::Parameters&) {
  Norm norm = norm_of(call, processor, 0);
  norm.epsilon = call.number("epsilon");
  norm.momentum = call.number("momentum");
  Lowered lowered;
  lowered.workspaces = {norm.members * norm.bytes(forward_tables)};
  lowered.launches = {launch_of("batch_norm_sums", norm, {Input{0}, Workspace{0}},
                                [norm](const CpuTask& task) { sum_moments(task, norm); }),
                      launch_of("batch_norm", norm,
                                {Input{0}, Workspace{0}, Input{1}, Input{2}, Output{0}, Output{1},
                                 Output{2}, Output{3}, Output{4}},
                                [norm](const CpuTask& task) { normalise(task, norm); })};
  return lowered;
}

// ---- Inference: tables are scale, shift and origin, each member's own.

constexpr std::int64_t inference_tables = 3;

Lowered lower_inference(const Call& call, Processor& processor, const schema::Parameters&) {
  Norm norm = norm_of(call, processor, 0);
  norm.epsilon = call.number("epsilon");
  Lowered lowered;
  lowered.workspaces = {norm.members * norm.bytes(inference_tables)};
  lowered.launches = {launch_of(
      "batch_norm_inference", norm,
      {Input{0}, Input{1}, Input{2}, Input{3}, Input{4}, Output{0}, Workspace{0}},
      [norm](const CpuTask& task) {
        const auto table = [&](std::size_t i) { return task.buffer<const float>(i); };
        float* const scale = tables_of(sums_of(task, norm, 6, task.member, inference_tables), norm);
        for (std::int64_t i = 0; i < norm.width; ++i) {
          const std::int64_t c = i % norm.channels;
          const double factor = double{table(1)[c]} / std::sqrt(double{table(4)[c]} + norm.epsilon);
          scale[i] = static_cast<float>(factor);
        }
        repeat(table(2), norm, scale + norm.width);
        repeat(table(3), norm, scale + 2 * norm.width);
        const Share share = share_of(task, norm);
        scale_rows(share.rows, table(0) + share.first, scale, task.buffer<float>(5) + share.first);
      })};
  return lowered;
}

// ---- Backward: tables are two of sums in single precision, which become a and b, between mean and
// c.

constexpr std::int64_t backward_tables = 4;

enum BackwardArgument : std::size_t {
  backward_dy,
  backward_x,
  backward_gamma,
  backward_mean,
  backward_inverse,
  backward_y,
  backward_sums,
  backward_dx,
  backward_dgamma,
  backward_dbeta
};

void sum_gradients(const CpuTask& task, const Norm& norm) {
  double* sums = sums_of(task, norm, backward_sums, task.member, backward_tables);
  float* const mean = tables_of(sums, norm);
  clear(sums, norm);
  repeat(task.buffer<const float>(backward_mean), norm, mean);
  const Share share = share_of(task, norm);
  const auto images = [&](std::size_t i) { return task.buffer<const float>(i) + share.first; };
  add_gradient_sums(share.rows, images(backward_dy), images(backward_x), images(backward_y), mean,
                    mean + norm.width, sums);
}

void spread_gradient(const CpuTask& task, const Norm& norm) {
  float* const mean =
      tables_of(sums_of(task, norm, backward_sums, task.member, backward_tables), norm);
  float *const a = mean + norm.width, *const b = a + norm.width, *const d = b + norm.width;
  const double rows = double(norm.rows());
  for (std::int64_t c = 0; c < norm.channels; ++c) {
    const double inverse = double{task.buffer<const float>(backward_inverse)[c]};
    const double factor = double{task.buffer<const float>(backward_gamma)[c]} * inverse;
    const double dbeta = total(task, norm, backward_sums, backward_tables, 0, c);
    const double dgamma = total(task, norm, backward_sums, backward_tables, 1, c) * inverse;
    for (std::int64_t i = c; i < norm.width; i += norm.channels) {
      a[i] = static_cast<float>(factor);
      b[i] = static_cast<float>(-factor * inverse * dgamma / rows);
      d[i] = static_cast<float>(-factor * dbeta / rows);
    }
    if (task.member != 0) continue;
    task.buffer<float>(backward_dgamma)[c] = static_cast<float>(dgamma);
    task.buffer<float>(backward_dbeta)[c] = static_cast<float>(dbeta);
  }
  const Share share = share_of(task, norm);
  const auto images = [&](std::size_t i) { return task.buffer<const float>(i) + share.first; };
  gradient_rows(share.rows, images(backward_dy), images(backward_x), images(backward_y), mean,
                task.buffer<float>(backward_dx) + share.first);
}

Lowered lower_backward(const Call& call, Processor& processor, const schema::Parameters&) {
  const Norm norm = norm_of(call, processor, 0);
  // Without an activation nobody looks at y.
  const std::size_t y = norm.activation == Activation::none ? 0 : 5;
  const std::vector<Operand> operands = {Input{0}, Input{1},     Input{2},  Input{3},  Input{4},
                                         Input{y}, Workspace{0}, Output{0}, Output{1}, Output{2}};
  Lowered lowered;
  lowered.workspaces = {norm.members * norm.bytes(backward_tables)};
  lowered.launches = {launch_of("batch_norm_gradient_sums", norm, operands,
                                [norm](const CpuTask& task) { sum_gradients(task, norm); }),
                      launch_of("batch_norm_backward", norm, operands,
                                [norm](const CpuTask& task) { spread_gradient(task, norm); })};
  return lowered;
}

ImplementationRegistration simd(const std::string& kind,
                                Lowered (*lower)(const Call&, Processor&,
                                                 const schema::Parameters&)) {
  return {kind, [lower] {
            Implementation one;
            one.name = "simd";
            one.summary = "One pass for sums, one to apply them, in wide rows";
            one.unsupported = [](const Call& call, Processor&) {
              return needs_plain_f32(call, {});
            };
            one.lower = lower;
            return one;
          }};
}

const ImplementationRegistration registrations[] = {simd("batch_norm", lower_training),
                                                    simd("batch_norm_inference", lower_inference),
                                                    simd("batch_norm_backward", lower_backward)};

}  // namespace
}  // namespace motley::workloads
