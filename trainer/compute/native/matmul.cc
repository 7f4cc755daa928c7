// JavaScript's way into the matrix products and the machine's settings.
#include "gemm.h"
#include "isa.h"
#include "napi.h"
#include "pool.h"

namespace residua {
namespace {

// matmul(a, b, c, M, N, K, transposeA, transposeB, offsetsA, offsetsB): one product per pair of offsets (in matrices).
void matmul(Call& call) {
  const int64_t m = call.size(3, "M"), n = call.size(4, "N"), k = call.size(5, "K");
  const bool transposeA = call.flag(6, "transposeA"), transposeB = call.flag(7, "transposeB");
  int64_t batch = 0;
  const int32_t* offsetsA = call.ints(8, "offsetsA", &batch);
  const int32_t* offsetsB = call.ints(9, "offsetsB", batch);
  int64_t matricesA = 0, matricesB = 0;
  for (int64_t i = 0; i < batch; i++) {
    if (offsetsA[i] < 0 || offsetsB[i] < 0) call.refuse("expected offsets from 0, got a negative one");
    matricesA = offsetsA[i] >= matricesA ? offsetsA[i] + 1 : matricesA;
    matricesB = offsetsB[i] >= matricesB ? offsetsB[i] + 1 : matricesB;
  }
  const float* a = call.floats(0, "a", matricesA * m * k);
  const float* b = call.floats(1, "b", matricesB * k * n);
  float* c = call.floats(2, "c", batch * m * n);

  const auto product = [&](int64_t i, auto multiply) {
    const float* left = a + offsetsA[i] * m * k;
    const float* right = b + offsetsB[i] * k * n;
    multiply(transposeA ? Operand::transposed(left, m) : Operand::plain(left, k),
             transposeB ? Operand::transposed(right, k) : Operand::plain(right, n), c + i * m * n, n, m, n, k, false);
  };
  if (batch >= 2 * thread_count()) {
    parallel_chunks(batch, [&](int64_t i) { product(i, gemm_alone); });
  } else {
    for (int64_t i = 0; i < batch; i++) product(i, gemm);
  }
}

void threads(Call& call) {
  const double count = call.number(0, "threads");
  if (!(count >= 0 && count <= kMaxThreads) || count != (double)(int)count) {
    call.refuse("expected a whole number of threads from 1 to " + std::to_string(kMaxThreads) +
                ", or 0 for the cores there are, got " + number_text(count));
  }
  set_threads((int)count);
  call.give((double)thread_count());
}

void instruction_set(Call& call) { call.give(std::string(isa().name)); }
void use_instruction_set(Call& call) { call.give(choose_isa(call.text(0, "name").c_str())); }

const Binding bindings[] = {
    {"matmul", matmul},
    {"threads", threads},
    {"instructionSet", instruction_set},
    {"useInstructionSet", use_instruction_set},
};

}  // namespace
}  // namespace residua
