// Batch normalisation: a work-item sums VECTOR channels over a chunk of rows, then one work-item
// for each channel adds the chunks up, then every element is computed from its channel's table.
// Sums are those of x - (the first row's x), so that a mean far from 0 costs no digits of the
// variance. activation: 0 none, 1 relu, 2 relu6.

V passed(V dy, V y, int activation) {
  if (activation == 0) return dy;
  const V positive = select((V)0.0f, dy, y > 0.0f);
  return activation == 1 ? positive : select((V)0.0f, positive, y < 6.0f);
}

// sums[chunk][0 and 1][channel]
__kernel void moments(__global const float* xs, __global float* sums, int channels, int rows,
                      int chunk) {
  const int vectors = (channels + VECTOR - 1) / VECTOR;
  const int piece = (int)get_global_id(0) / vectors, c = (int)get_global_id(0) % vectors * VECTOR;
  if (piece * chunk >= rows) return;
  const V first = load(xs, c, channels);
  // Compensated (Kahan): behind a first row far from the mean, sums grow and means are what is left.
  V s0 = 0.0f, lost = 0.0f, s1 = 0.0f;
  for (int row = piece * chunk; row < min((piece + 1) * chunk, rows); ++row) {
    const V away = load(xs + row * channels, c, channels) - first;
    const V added = away - lost, sum = s0 + added;
    lost = (sum - s0) - added;
    s0 = sum;
    s1 = fma(away, away, s1);
  }
  store(s0, sums + 2 * piece * channels, c, channels);
  store(s1, sums + (2 * piece + 1) * channels, c, channels);
}

float total(__global const float* sums, int which, int c, int channels, int chunks) {
  float even = 0.0f, odd = 0.0f;
  for (int piece = 0; piece < chunks; piece += 2) {
    even += sums[(2 * piece + which) * channels + c];
    if (piece + 1 < chunks) odd += sums[(2 * piece + 2 + which) * channels + c];
  }
  return even + odd;
}

// tables: scale, shift and origin: y = scale (x - origin) + shift, which costs no digits where all x
// of a channel are much alike.
__kernel void finish_moments(__global const float* xs, __global const float* sums,
                             __global const float* gammas, __global const float* betas,
                             __global float* means, __global float* inverses,
                             __global float* running_means, __global float* running_variances,
                             __global float* tables, int channels, int rows, int chunks,
                             float epsilon, float momentum) {
  const int c = get_global_id(0);
  if (c >= channels) return;
  const float away = total(sums, 0, c, channels, chunks) / (float)rows;
  const float square = total(sums, 1, c, channels, chunks) / (float)rows;
  const float mean = xs[c] + away, variance = fmax(square - away * away, 0.0f);
  const float inverse = 1.0f / sqrt(variance + epsilon);
  const float unbiased = rows > 1 ? variance * ((float)rows / (float)(rows - 1)) : 0.0f;
  means[c] = mean;
  inverses[c] = inverse;
  running_means[c] += momentum * (mean - running_means[c]);
  running_variances[c] += momentum * (unbiased - running_variances[c]);
  tables[c] = gammas[c] * inverse;
  tables[channels + c] = betas[c] - away * gammas[c] * inverse;
  tables[2 * channels + c] = xs[c];
}

__kernel void given_moments(__global const float* gammas, __global const float* betas,
                            __global const float* means, __global const float* variances,
                            __global float* tables, int channels, float epsilon) {
  const int c = get_global_id(0);
  if (c >= channels) return;
  tables[c] = gammas[c] / sqrt(variances[c] + epsilon);
  tables[channels + c] = betas[c];
  tables[2 * channels + c] = means[c];
}

__kernel void normalise(__global const float* xs, __global const float* tables, __global float* ys,
                        int channels, int items, int activation) {
  if ((int)get_global_id(0) >= items) return;
  const int vectors = (channels + VECTOR - 1) / VECTOR;
  const int row = (int)get_global_id(0) / vectors, c = (int)get_global_id(0) % vectors * VECTOR;
  const V away = load(xs + row * channels, c, channels) - load(tables + 2 * channels, c, channels);
  const V y = fma(load(tables, c, channels), away, load(tables + channels, c, channels));
  store(activated(y, activation), ys + row * channels, c, channels);
}

__kernel void gradient_sums(__global const float* dys, __global const float* xs,
                            __global const float* ys, __global const float* means,
                            __global float* sums, int channels, int rows, int chunk,
                            int activation) {
  const int vectors = (channels + VECTOR - 1) / VECTOR;
  const int piece = (int)get_global_id(0) / vectors, c = (int)get_global_id(0) % vectors * VECTOR;
  if (piece * chunk >= rows) return;
  const V mean = load(means, c, channels);
  V s0 = 0.0f, s1 = 0.0f;
  for (int row = piece * chunk; row < min((piece + 1) * chunk, rows); ++row) {
    const int at = row * channels;
    const V dy = passed(load(dys + at, c, channels), load(ys + at, c, channels), activation);
    s0 += dy;
    s1 = fma(dy, load(xs + at, c, channels) - mean, s1);
  }
  store(s0, sums + 2 * piece * channels, c, channels);
  store(s1, sums + (2 * piece + 1) * channels, c, channels);
}

// tables: a, b and c of dx = a dy + b (x - mean) + c.
__kernel void finish_gradient(__global const float* sums, __global const float* gammas,
                              __global const float* inverses, __global float* dgammas,
                              __global float* dbetas, __global float* tables, int channels,
                              int rows, int chunks) {
  const int c = get_global_id(0);
  if (c >= channels) return;
  const float dbeta = total(sums, 0, c, channels, chunks);
  const float dgamma = total(sums, 1, c, channels, chunks) * inverses[c];
  const float factor = gammas[c] * inverses[c];
  dgammas[c] = dgamma;
  dbetas[c] = dbeta;
  tables[c] = factor;
  tables[channels + c] = -factor * inverses[c] * dgamma / (float)rows;
  tables[2 * channels + c] = -factor * dbeta / (float)rows;
}

__kernel void spread_gradient(__global const float* dys, __global const float* xs,
                              __global const float* ys, __global const float* means,
                              __global const float* tables, __global float* dxs, int channels,
                              int items, int activation) {
  if ((int)get_global_id(0) >= items) return;
  const int vectors = (channels + VECTOR - 1) / VECTOR;
  const int c = (int)get_global_id(0) % vectors * VECTOR;
  const int at = (int)get_global_id(0) / vectors * channels;
  const V dy = passed(load(dys + at, c, channels), load(ys + at, c, channels), activation);
  const V away = load(xs + at, c, channels) - load(means, c, channels);
  const V dx = fma(load(tables, c, channels), dy,
                   fma(load(tables + channels, c, channels), away,
                       load(tables + 2 * channels, c, channels)));
  store(dx, dxs + at, c, channels);
}
