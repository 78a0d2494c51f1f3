// Fourth rung: the tile in registers is one of vectors, loaded straight from memory. Caches do what
// local memory did, without barriers: the form for CPUs and for GPUs whose local memory is no
// faster, and for operands too small to be worth packing.
// The depth is cut into `parts`, each summed to a result of its own, where tiles are too few to
// keep all cores busy.
#define PART                                                             \
  const int part = (int)get_global_id(2) % parts;                        \
  const int first = (int)((long)k * part / parts);                       \
  const int last = (int)((long)k * (part + 1) / parts);                  \
  a += (size_t)(get_global_id(2) / parts) * m * k;                       \
  b += (size_t)(get_global_id(2) / parts) * k * n;                       \
  c += (size_t)get_global_id(2) * m * n;

// The bias of the columns, and the activation: of whole sums, not of parts.
#define FINISH __global const float *bias, int has_bias, int activation
#define FINISHED(sum, column, valid) \
  activated(has_bias ? (sum) + load_some(bias + (column), valid) : (sum), activation)

// B's rows lie together, as C's: vectors go along them. Beyond the last row the last one is read
// again; what comes of it is not stored.
__kernel void register_vector(MATRICES, int parts, FINISH) {
  const int apart = (int)get_local_size(0) * VECTOR;  // of the vectors of one work-item
  const int column = (int)get_group_id(0) * apart * COLUMNS + (int)get_local_id(0) * VECTOR;
  const int row = (int)get_global_id(1) * ROWS;
  if (row >= m || column >= n) return;
  PART
#define ROW_OF_A(i) __global const float* p##i = a + min(row + i, m - 1) * a_row;
  EACH_ROW(ROW_OF_A)
  b += column;
  DECLARE_TILE
#define LOAD_A(i) const V a##i = p##i[step * a_depth];
#define LOAD_B(i, j) const V b##j = VLOAD(0, b + step * b_depth + j * apart);
#define LOAD_SOME_B(i, j) \
  const V b##j = load_some(b + step * b_depth + j * apart, n - column - j * apart);
  if (column + (COLUMNS - 1) * apart + VECTOR <= n) {
    for (int step = first; step < last; ++step) {
      EACH_COLUMN(LOAD_B, 0)
      EACH_ROW(LOAD_A)
      MULTIPLY_TILE
    }
  } else {
    for (int step = first; step < last; ++step) {
      EACH_COLUMN(LOAD_SOME_B, 0)
      EACH_ROW(LOAD_A)
      MULTIPLY_TILE
    }
  }
  KEEP_TILE
  for (int j = 0; j < COLUMNS; ++j) {
    const int at = column + j * apart;
    for (int i = 0; i < min(ROWS, m - row); ++i) {
      store_some(FINISHED(tile[i * COLUMNS + j], at, n - at), c + (row + i) * n + at, n - at);
    }
  }
}

V load_steps(__global const float* from, int stride, int count) {
  if (stride == 1) return load_some(from, count);
  float some[VECTOR];
  for (int i = 0; i < VECTOR; ++i) some[i] = i < count ? from[i * stride] : 0.0f;
  return VLOAD(0, some);
}

float sum_of(V v) {
  float lanes[VECTOR];
  VSTORE(v, 0, lanes);
  float sum = 0.0f;
  for (int i = 0; i < VECTOR; ++i) sum += lanes[i];
  return sum;
}

// B is given transposed: vectors go along the depth, and each of ROWS x COLUMNS sums is one of
// VECTOR lanes until the end.
__kernel void register_dots(MATRICES, int parts) {
  const int column = (int)get_global_id(0) * COLUMNS, row = (int)get_global_id(1) * ROWS;
  if (row >= m || column >= n) return;
  PART
#define COLUMN_OF_B(i, j) __global const float* q##j = b + min(column + j, n - 1) * b_column;
  EACH_ROW(ROW_OF_A)
  EACH_COLUMN(COLUMN_OF_B, 0)
  DECLARE_TILE
#define STEPS_OF_A(i) const V a##i = load_steps(p##i + step * a_depth, a_depth, last - step);
#define STEPS_OF_B(i, j) const V b##j = load_some(q##j + step, last - step);
  for (int step = first; step < last; step += VECTOR) {
    EACH_ROW(STEPS_OF_A)
    EACH_COLUMN(STEPS_OF_B, 0)
    MULTIPLY_TILE
  }
  KEEP_TILE
  for (int i = 0; i < min(ROWS, m - row); ++i) {
    for (int j = 0; j < min(COLUMNS, n - column); ++j) {
      c[(row + i) * n + column + j] = sum_of(tile[i * COLUMNS + j]);
    }
  }
}

// c = the sum of all parts; a vector of one row for each work-item.
__kernel void add_parts(__global const float* from, __global float* c, int m, int n, int parts,
                        FINISH) {
  const int column = (int)get_global_id(0) * VECTOR, row = get_global_id(1), valid = n - column;
  if (valid <= 0) return;
  from += ((size_t)get_global_id(2) * parts * m + row) * n + column;
  V sum = 0.0f;
  for (int part = 0; part < parts; ++part, from += m * n) sum += load_some(from, valid);
  store_some(FINISHED(sum, column, valid), c + ((size_t)get_global_id(2) * m + row) * n + column,
             valid);
}
