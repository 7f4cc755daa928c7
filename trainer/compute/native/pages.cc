// Allocation and advice for large arrays.
#include "pages.h"

#include <cstdint>
#include <cstdlib>
#include <new>

#include "napi.h"
#ifdef __linux__
#include <sys/mman.h>
#endif

namespace residua {
namespace {

constexpr size_t kHugePage = 2 << 20;

// adviseHuge(x, n): huge pages for an array that nobody wrote yet.
void advise(Call& call) {
  const int64_t n = call.size(1, "n");
  advise_huge(call.floats(0, "x", n), (size_t)n * sizeof(float));
}

const Binding binding{"adviseHuge", advise};

}  // namespace

Pages::~Pages() { std::free(data_); }

void* Pages::take(size_t bytes) {
  if (bytes <= bytes_) return data_;
  std::free(data_);
  const size_t step = bytes >= kHugePage ? kHugePage : 64;
  const size_t rounded = (bytes + step - 1) / step * step;
  data_ = std::aligned_alloc(step, rounded);
  bytes_ = data_ ? rounded : 0;
  if (!data_) throw std::bad_alloc();
  advise_huge(data_, rounded);
  return data_;
}

void advise_huge(void* data, size_t bytes) {
#ifdef __linux__
  const uintptr_t begin = ((uintptr_t)data + kHugePage - 1) / kHugePage * kHugePage;
  const uintptr_t end = ((uintptr_t)data + bytes) / kHugePage * kHugePage;
  // A refusal costs speed only.
  if (end > begin) (void)madvise((void*)begin, end - begin, MADV_HUGEPAGE);
#else
  (void)data;
  (void)bytes;
#endif
}

}  // namespace residua
