// Before kernels that keep a tile of the result in registers: ROWS x COLUMNS vectors of VECTOR
// floats, in variables c<row>_<column>. They are written out by macros because PoCL and compilers
// of phones keep no array in registers and do not always unroll (CLBlast issue 128).
#pragma OPENCL FP_CONTRACT OFF
#define JOINED(a, b) a##b
#define JOIN(a, b) JOINED(a, b)
#if VECTOR == 1
#define V float
#define VLOAD(i, p) (p)[i]
#define VSTORE(v, i, p) (p)[i] = v
#else
#define V JOIN(float, VECTOR)
#define VLOAD JOIN(vload, VECTOR)
#define VSTORE JOIN(vstore, VECTOR)
#endif

#define EACH_ROW_1(X) X(0)
#define EACH_ROW_2(X) EACH_ROW_1(X) X(1)
#define EACH_ROW_4(X) EACH_ROW_2(X) X(2) X(3)
#define EACH_ROW_6(X) EACH_ROW_4(X) X(4) X(5)
#define EACH_ROW_8(X) EACH_ROW_6(X) X(6) X(7)
#define EACH_ROW_12(X) EACH_ROW_8(X) X(8) X(9) X(10) X(11)
#define EACH_ROW JOIN(EACH_ROW_, ROWS)
#define EACH_COLUMN_1(X, i) X(i, 0)
#define EACH_COLUMN_2(X, i) EACH_COLUMN_1(X, i) X(i, 1)
#define EACH_COLUMN_3(X, i) EACH_COLUMN_2(X, i) X(i, 2)
#define EACH_COLUMN_4(X, i) EACH_COLUMN_3(X, i) X(i, 3)
#define EACH_COLUMN_8(X, i) EACH_COLUMN_4(X, i) X(i, 4) X(i, 5) X(i, 6) X(i, 7)
#define EACH_COLUMN JOIN(EACH_COLUMN_, COLUMNS)

#define DECLARE(i, j) V c##i##_##j = 0.0f;
#define DECLARE_ROW(i) EACH_COLUMN(DECLARE, i)
#define DECLARE_TILE EACH_ROW(DECLARE_ROW)
// PoCL's mad() rounds twice, at half the speed; its fma() is one instruction.
#define MULTIPLY(i, j) c##i##_##j = fma(a##i, b##j, c##i##_##j);
#define MULTIPLY_ROW(i) EACH_COLUMN(MULTIPLY, i)
#define MULTIPLY_TILE EACH_ROW(MULTIPLY_ROW)
// After the last product the tile goes to memory, where loops may index it.
#define KEEP(i, j) tile[i * COLUMNS + j] = c##i##_##j;
#define KEEP_ROW(i) EACH_COLUMN(KEEP, i)
#define KEEP_TILE         \
  V tile[ROWS * COLUMNS]; \
  EACH_ROW(KEEP_ROW)

// The first `valid` elements of a vector, zeros behind them; any number, also none.
V load_some(__global const float* from, int valid) {
  if (valid >= VECTOR) return VLOAD(0, from);
  float some[VECTOR];
  for (int i = 0; i < VECTOR; ++i) some[i] = i < valid ? from[i] : 0.0f;
  return VLOAD(0, some);
}

void store_some(V v, __global float* to, int valid) {
  if (valid >= VECTOR) {
    VSTORE(v, 0, to);
    return;
  }
  float some[VECTOR];
  VSTORE(v, 0, some);
  for (int i = 0; i < valid; ++i) to[i] = some[i];
}

// 0: as it is, 1: relu, 2: relu6. By comparison: a NaN stays visible.
V activated(V v, int activation) {
  if (activation > 0) v = select(v, (V)(0.0f), v < 0.0f);
  return activation == 2 ? select(v, (V)(6.0f), v > 6.0f) : v;
}
