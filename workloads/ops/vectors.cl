// Before kernels that compute in vectors of VECTOR floats: loads and stores that stop at the end.
#pragma OPENCL FP_CONTRACT OFF
#define JOINED(a, b) a##b
#define JOIN(a, b) JOINED(a, b)
#define V JOIN(float, VECTOR)
#define VI JOIN(int, VECTOR)
#define VLOAD JOIN(vload, VECTOR)
#define VSTORE JOIN(vstore, VECTOR)

// Elements [i, i + VECTOR) of p; those from n on are 0.
V load(__global const float* p, int i, int n) {
  if (i + VECTOR <= n) return VLOAD(0, p + i);
  float rest[VECTOR];
  for (int k = 0; k < VECTOR; ++k) rest[k] = i + k < n ? p[i + k] : 0.0f;
  return VLOAD(0, rest);
}

void store(V v, __global float* p, int i, int n) {
  if (i + VECTOR <= n) {
    VSTORE(v, 0, p + i);
    return;
  }
  float rest[VECTOR];
  VSTORE(v, 0, rest);
  for (int k = 0; k < VECTOR && i + k < n; ++k) p[i + k] = rest[k];
}

// 0: as it is, 1: relu, 2: relu6. By comparison: a NaN stays visible.
V activated(V v, int activation) {
  if (activation > 0) v = select(v, (V)(0.0f), v < 0.0f);
  return activation == 2 ? select(v, (V)(6.0f), v > 6.0f) : v;
}
