// Operators over rows. Where a row is reduced, one work-group computes it: of one work-item on a
// CPU, of 64 on a GPU. `shared` has a float for each work-item.

float sum_of(V v) {
  float lanes[VECTOR];
  VSTORE(v, 0, lanes);
  float sum = 0.0f;
  for (int k = 0; k < VECTOR; ++k) sum += lanes[k];
  return sum;
}

// The sum over the work-group, to all its work-items.
float sum_of_group(float mine, __local float* shared) {
  const int me = get_local_id(0), all = get_local_size(0);
  if (all == 1) return mine;
  barrier(CLK_LOCAL_MEM_FENCE);  // others may still read the last result
  shared[me] = mine;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int other = all / 2; other > 0; other /= 2) {
    if (me < other) shared[me] += shared[me + other];
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  return shared[0];
}

float largest_of_group(float mine, __local float* shared) {
  const int me = get_local_id(0), all = get_local_size(0);
  if (all == 1) return mine;
  barrier(CLK_LOCAL_MEM_FENCE);
  shared[me] = mine;
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int other = all / 2; other > 0; other /= 2) {
    if (me < other) shared[me] = fmax(shared[me], shared[me + other]);
    barrier(CLK_LOCAL_MEM_FENCE);
  }
  return shared[0];
}

// Sums over `chunk` rows each: a work-item sums VECTOR columns of one chunk.
__kernel void sum_rows(__global const float* xs, __global float* sums, int columns, int rows,
                       int chunk) {
  const int pieces = (columns + VECTOR - 1) / VECTOR;
  const int first = (int)get_global_id(0) / pieces * chunk;
  const int i = (int)get_global_id(0) % pieces * VECTOR;
  if (first >= rows) return;
  V sum = 0.0f;
  for (int row = first; row < min(first + chunk, rows); ++row) {
    sum += load(xs + row * columns, i, columns);
  }
  store(sum, sums + first / chunk * columns, i, columns);
}

// Scaled sums over `chunk` elements each, from sums[first] on; a work-group sums one chunk.
#define SUM(name, parameters, term)                                                             \
  __kernel void name(parameters, __global float* sums, int first, int n, int chunk,             \
                     float scale, __local float* shared) {                                      \
    const int piece = get_group_id(0), end = min((piece + 1) * chunk, n);                       \
    V sum = 0.0f;                                                                               \
    for (int i = piece * chunk + (int)get_local_id(0) * VECTOR; i < end;                        \
         i += (int)get_local_size(0) * VECTOR) {                                                \
      sum += term;                                                                              \
    }                                                                                           \
    const float total = sum_of_group(sum_of(sum), shared);                                      \
    if (get_local_id(0) == 0) sums[first + piece] = scale * total;                                      \
  }
#define ONE __global const float* xs
#define TWO __global const float *as, __global const float *bs
V square(V x) { return x * x; }
SUM(sum, ONE, load(xs, i, end))
SUM(sum_squares, ONE, square(load(xs, i, end)))
SUM(sum_squared_differences, TWO, square(load(as, i, end) - load(bs, i, end)))

// Elements [i, i + VECTOR) of scale p; from n on minus infinity, which no maximum and no sum of
// exponentials notices.
V load_exponent(__global const float* p, int i, int n, float scale) {
  if (i + VECTOR <= n) return scale * VLOAD(0, p + i);
  float rest[VECTOR];
  for (int k = 0; k < VECTOR; ++k) rest[k] = i + k < n ? scale * p[i + k] : -INFINITY;
  return VLOAD(0, rest);
}

float largest_of(V v) {
  float lanes[VECTOR];
  VSTORE(v, 0, lanes);
  float largest = lanes[0];
  for (int k = 1; k < VECTOR; ++k) largest = fmax(largest, lanes[k]);
  return largest;
}

// The places of a row that this work-item computes.
#define EACH_VECTOR(i, n) \
  for (int i = (int)get_local_id(0) * VECTOR; i < n; i += (int)get_local_size(0) * VECTOR)

// ys = softmax(scale xs) of the first `valid` elements of a row, the others 0. Gives the largest
// scale xs, and the sum of exponentials below it.
float2 softmax_row(__global const float* xs, __global float* ys, int valid, int columns,
                   float scale, __local float* shared) {
  V most = -INFINITY;
  EACH_VECTOR(i, valid) { most = fmax(most, load_exponent(xs, i, valid, scale)); }
  const float largest = largest_of_group(largest_of(most), shared);
  V sums = 0.0f;
  EACH_VECTOR(i, columns) {
    V e = 0.0f;
    if (i < valid) e = exp(load_exponent(xs, i, valid, scale) - largest);
    sums += e;
    store(e, ys, i, columns);
  }
  const float sum = sum_of_group(sum_of(sums), shared);
  EACH_VECTOR(i, columns) { store(load(ys, i, columns) / sum, ys, i, columns); }
  return (float2)(largest, sum);
}

// A row sees columns 0 to `last`; where that is -1, to its own number in its matrix.
__kernel void softmax(__global const float* xs, __global float* ys, int columns, float scale,
                      int last, __local float* shared) {
  const int row = get_group_id(0);
  const int valid = last < 0 ? row % columns + 1 : min(last + 1, columns);
  softmax_row(xs + row * columns, ys + row * columns, valid, columns, scale, shared);
}

__kernel void softmax_backward(__global const float* dys, __global const float* ys,
                               __global float* dxs, int columns, float scale,
                               __local float* shared) {
  const int row = get_group_id(0) * columns;
  V sums = 0.0f;
  EACH_VECTOR(i, columns) { sums += load(dys + row, i, columns) * load(ys + row, i, columns); }
  const float sum = sum_of_group(sum_of(sums), shared);
  EACH_VECTOR(i, columns) {
    const V dy = load(dys + row, i, columns), y = load(ys + row, i, columns);
    store(scale * y * (dy - sum), dxs + row, i, columns);
  }
}

// The loss of each row. A label that is no class makes it NaN, or 0 where -1 is `ignored`.
__kernel void cross_entropy(__global const float* xs, __global const int* labels,
                            __global float* probabilities, __global float* losses, int columns,
                            int ignored, __local float* shared) {
  const int row = get_group_id(0), label = labels[row];
  __global const float* x = xs + row * columns;
  const float2 largest_sum =
      softmax_row(x, probabilities + row * columns, columns, columns, 1.0f, shared);
  if (get_local_id(0) != 0) return;
  float loss = NAN;
  if (label >= 0 && label < columns) loss = log(largest_sum.y) + largest_sum.x - x[label];
  if (label == -1 && ignored) loss = 0.0f;
  losses[row] = loss;
}

// How many labels are not -1, by one work-group.
int count_labels(__global const int* labels, int rows, __local float* shared) {
  int mine = 0;
  for (int row = get_local_id(0); row < rows; row += get_local_size(0)) mine += labels[row] != -1;
  return (int)sum_of_group((float)mine, shared);
}

__kernel void mean_loss(__global const float* losses, __global const int* labels,
                        __global float* loss, int rows, __local float* shared) {
  V sums = 0.0f;
  EACH_VECTOR(i, rows) { sums += load(losses, i, rows); }
  const float sum = sum_of_group(sum_of(sums), shared);
  const int labelled = count_labels(labels, rows, shared);
  if (get_local_id(0) == 0) loss[0] = sum / (float)max(labelled, 1);
}

__kernel void labelled_rows(__global const int* labels, __global float* count, int rows,
                            __local float* shared) {
  const int labelled = count_labels(labels, rows, shared);
  if (get_local_id(0) == 0) count[0] = (float)max(labelled, 1);
}

// Where -1 is `ignored`, count[0] rows have a label; a work-item computes VECTOR elements.
__kernel void cross_entropy_backward(__global const float* probabilities,
                                     __global const int* labels, __global const float* count,
                                     __global float* dxs, int columns, int rows, int ignored) {
  const int pieces = (columns + VECTOR - 1) / VECTOR;
  const int row = (int)get_global_id(0) / pieces;
  if (row >= rows) return;
  const int i = (int)get_global_id(0) % pieces * VECTOR, label = labels[row];
  float scale = 1.0f / (ignored ? count[0] : (float)rows);
  if (label == -1 && ignored) scale = 0.0f;
  __global const float* p = probabilities + row * columns;
  store(scale * load(p, i, columns), dxs + row * columns, i, columns);
  if (label >= i && label < min(i + VECTOR, columns)) {
    dxs[row * columns + label] = scale * (p[label] - 1.0f);
  }
}

// ---- Layer normalisation

// v, but 0 from place n on.
V only_within(V v, int i, int n) {
  if (i + VECTOR <= n) return v;
  float lanes[VECTOR];
  VSTORE(v, 0, lanes);
  for (int k = n - i; k < VECTOR; ++k) lanes[k] = 0.0f;
  return VLOAD(0, lanes);
}

__kernel void layer_norm(__global const float* xs, __global const float* gammas,
                         __global const float* betas, __global float* ys, __global float* means,
                         __global float* inverses, int columns, float epsilon,
                         __local float* shared) {
  const int row = get_group_id(0);
  __global const float* x = xs + row * columns;
  V sums = 0.0f;
  EACH_VECTOR(i, columns) { sums += load(x, i, columns); }
  const float mean = sum_of_group(sum_of(sums), shared) / columns;
  V squares = 0.0f;
  EACH_VECTOR(i, columns) {
    const V difference = only_within(load(x, i, columns) - mean, i, columns);
    squares += difference * difference;
  }
  const float variance = sum_of_group(sum_of(squares), shared) / columns;
  const float inverse = 1.0f / sqrt(variance + epsilon);
  EACH_VECTOR(i, columns) {
    const V normalised = (load(x, i, columns) - mean) * inverse;
    store(fma(normalised, load(gammas, i, columns), load(betas, i, columns)), ys + row * columns, i,
          columns);
  }
  if (get_local_id(0) == 0) {
    means[row] = mean;
    inverses[row] = inverse;
  }
}

__kernel void layer_norm_backward_data(__global const float* dys, __global const float* xs,
                                       __global const float* gammas, __global const float* means,
                                       __global const float* inverses, __global float* dxs,
                                       int columns, __local float* shared) {
  const int row = get_group_id(0), at = row * columns;
  const float mean = means[row], inverse = inverses[row];
  V sums = 0.0f, products = 0.0f;
  EACH_VECTOR(i, columns) {
    const V g = load(dys + at, i, columns) * load(gammas, i, columns);
    sums += g;
    products += g * (load(xs + at, i, columns) - mean);
  }
  const float sum = sum_of_group(sum_of(sums), shared) / columns;
  const float product = sum_of_group(sum_of(products), shared) / columns * inverse;
  EACH_VECTOR(i, columns) {
    const V g = load(dys + at, i, columns) * load(gammas, i, columns);
    const V normalised = (load(xs + at, i, columns) - mean) * inverse;
    store(inverse * (g - sum - normalised * product), dxs + at, i, columns);
  }
}

// Sums over `chunk` rows; a work-item sums VECTOR columns of one chunk.
__kernel void layer_norm_backward_weights(__global const float* dys, __global const float* xs,
                                          __global const float* means,
                                          __global const float* inverses,
                                          __global float* gamma_sums, __global float* beta_sums,
                                          int columns, int rows, int chunk) {
  const int pieces = (columns + VECTOR - 1) / VECTOR;
  const int first = (int)get_global_id(0) / pieces * chunk;
  const int i = (int)get_global_id(0) % pieces * VECTOR;
  if (first >= rows) return;
  V gamma_sum = 0.0f, beta_sum = 0.0f;
  for (int row = first; row < min(first + chunk, rows); ++row) {
    const V dy = load(dys + row * columns, i, columns), x = load(xs + row * columns, i, columns);
    gamma_sum += dy * ((x - means[row]) * inverses[row]);
    beta_sum += dy;
  }
  store(gamma_sum, gamma_sums + first / chunk * columns, i, columns);
  store(beta_sum, beta_sums + first / chunk * columns, i, columns);
}

// ---- Embedding: a number that is no row of the table gives NaN

__kernel void embedding(__global const float* table, __global const int* ids, __global float* ys,
                        int columns, int rows, int count) {
  const int pieces = (columns + VECTOR - 1) / VECTOR;
  const int which = (int)get_global_id(0) / pieces;
  const int i = (int)get_global_id(0) % pieces * VECTOR;
  if (which >= count) return;
  const int id = ids[which];
  V y = NAN;
  if (id >= 0 && id < rows) y = load(table + id * columns, i, columns);
  store(y, ys + which * columns, i, columns);
}

// A work-item owns VECTOR columns of `chunk` rows of the table and looks for what concerns them
// among all numbers: no atomics, and always the same order of additions.
__kernel void embedding_backward(__global const float* dys, __global const int* ids,
                                 __global float* table, int columns, int rows, int count,
                                 int chunk) {
  const int pieces = (columns + VECTOR - 1) / VECTOR;
  const int first = (int)get_global_id(0) / pieces * chunk;
  const int i = (int)get_global_id(0) % pieces * VECTOR;
  if (first >= rows) return;
  const int end = min(first + chunk, rows);
  for (int row = first; row < end; ++row) store((V)(0.0f), table + row * columns, i, columns);
  for (int which = 0; which < count; ++which) {
    const int id = ids[which];
    if (id < first || id >= end) continue;
    const V sum = load(table + id * columns, i, columns) + load(dys + which * columns, i, columns);
    store(sum, table + id * columns, i, columns);
  }
}
