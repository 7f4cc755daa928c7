// Memory for arrays of megabytes: on huge pages where the system gives them, since packed weights read in strides would
// otherwise miss the translation cache at every row.
#pragma once
#include <cstddef>

namespace residua {

// Grows, never shrinks; content is lost when it grows. Owns its memory.
class Pages {
 public:
  Pages() = default;
  ~Pages();
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  // At least `bytes`, aligned to 64. Undefined content.
  void* take(size_t bytes);

 private:
  void* data_ = nullptr;
  size_t bytes_ = 0;
};

// Asks for huge pages under [data, data + bytes), if the system knows them. Best before the first write.
void advise_huge(void* data, size_t bytes);

}  // namespace residua
