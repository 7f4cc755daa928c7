// The table of vectorised inner loops, one per instruction set, and the one chosen for this processor. All pointers are
// to float32 without alignment demands; no loop allocates, locks or knows threads.
#pragma once
#include <cstdint>

namespace residua {

struct HierarchicalSlice;
struct KeptQuery;
struct EncoderGradientSlice;
struct Screen;

enum UnaryOp {
  kSquare, kSqrt, kRsqrt, kExp, kLog, kNeg, kSigmoid, kRelu, kTanh, kStep, kAbs, kReciprocal, kErf, kFloor, kCeil,
  kRound, kSign, kRelu6, kLeakyRelu, kElu, kSoftplus, kSin, kCos
};
constexpr int kUnaryOps = kCos + 1;
enum BinaryOp { kAdd, kSub, kMul, kDiv, kMaximum, kMinimum, kSquaredDifference, kPow };
constexpr int kBinaryOps = kPow + 1;
// GELU (1606.08415): x times the normal distribution function, or the tanh formula that GPT-2 and Gemma use for it.
enum GeluForm { kGeluTanh, kGeluErf };

struct Isa {
  const char* name;

  // gemm.simd.cc. C[mr, nr] (+)= A B for packed panels A [kc][rows], B [kc][cols]; see gemm.h.
  int rows;
  int cols;
  void (*micro)(int kc, const float* a, const float* b, float* c, int64_t ldc, int mr, int nr, bool accumulate);
  // out[k * width + r] = source[r * stride + k] for r < count (zeros up to width), k < depth: packs across the strides.
  void (*pack_across)(const float* source, int64_t stride, int count, int width, int depth, float* out);
  // C[m, n] = A Bᵀ for rows of k contiguous values, n up to 4, without packing: C[i * ldc + j] = A[i * lda ..] B[j * ldb ..].
  void (*dots)(const float* a, int64_t lda, int m, const float* b, int64_t ldb, int n, int64_t k, float* c, int64_t ldc);

  // elementwise.simd.cc
  void (*unary)(UnaryOp op, const float* x, float* y, int64_t n, float alpha);
  // strideA and strideB are 1, or 0 for one value used throughout.
  void (*binary)(BinaryOp op, const float* a, int strideA, const float* b, int strideB, float* y, int64_t n);
  void (*adam)(float* parameter, const float* gradient, float* first, float* second, int64_t n, const float* settings);
  void (*swiglu)(const float* gate, const float* up, float* y, int64_t n);
  void (*swiglu_gradient)(const float* gate, const float* up, const float* dy, float* dgate, float* dup, int64_t n);
  void (*gelu)(GeluForm form, const float* x, float* y, int64_t n);
  void (*gelu_gradient)(GeluForm form, const float* x, const float* dy, float* dx, int64_t n);

  // rows.simd.cc
  float (*sum)(const float* x, int64_t n);
  float (*max)(const float* x, int64_t n);
  float (*dot)(const float* a, const float* b, int64_t n);
  // y += alpha x
  void (*axpy)(float alpha, const float* x, float* y, int64_t n);
  void (*scale)(float alpha, float* x, int64_t n);
  // y = exp(x - shift) and returns its sum; y may be x or null.
  float (*exp_sum)(const float* x, float shift, float* y, int64_t n);
  // Writes index and value (values[i] + bias[i]) of every entry above the threshold, in order; returns how many.
  int (*collect_above)(const float* values, const float* bias, float threshold, int n, int* indices, float* kept);

  // attention.simd.cc; see kept-keys.h.
  void (*attend_kept)(const KeptQuery& query);

  // dictionary.simd.cc: columns taken at once, and the loops over such a slice; see dictionary.h.
  int slice_width;
  double (*hierarchical_slice)(const HierarchicalSlice& slice);
  void (*encoder_gradient_slice)(const EncoderGradientSlice& slice);
  // out = the keys in descending order; all different and below 2^63.
  void (*order_keys)(const uint64_t* keys, int64_t n, uint64_t* out);

  // encode.h; null where screening does not pay.
  const Screen* screen;
};

// The table in use: the best this processor runs, unless another was chosen.
const Isa& isa();
// Chooses a table by name ("amx", "avx512", "avx2", "neon", "portable"); false when this processor or build has none of
// that name.
bool choose_isa(const char* name);

}  // namespace residua
