// Before kernels that read the operands where they lie: op(A)[i][k] is a[i * a_row + k * a_depth]
// and op(B)[k][j] is b[k * b_depth + j * b_column]. One stride of each is 1.
#pragma OPENCL FP_CONTRACT OFF
#define MATRICES                                                                                 \
  __global const float *a, __global const float *b, __global float *c, int m, int n, int k,      \
      int a_row, int a_depth, int b_depth, int b_column
#define GO_TO_BATCH(batch)     \
  a += (size_t)(batch)*m * k;  \
  b += (size_t)(batch)*k * n;  \
  c += (size_t)(batch)*m * n;
