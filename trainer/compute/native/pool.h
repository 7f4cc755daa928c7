// Persistent threads that share out numbered chunks of work. Chunks are fixed by the caller and write disjoint outputs,
// so a result depends neither on which thread took a chunk nor on how many threads there are. Knows no mathematics.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>

namespace residua {

constexpr int kMaxThreads = 256;
// Threads used from now on, the caller's included, at most kMaxThreads; 0 means the cores this process may keep busy.
void set_threads(int count);
int thread_count();

// Calls work(chunk) once for every chunk in 0..chunks-1. Inside a running chunk it calls them one after another.
void parallel_chunks(int64_t chunks, const std::function<void(int64_t)>& work);

// Splits 0..count-1 into ranges of at most `grain` and calls work(begin, end) for each.
void parallel_for(int64_t count, int64_t grain, const std::function<void(int64_t, int64_t)>& work);

// Memory of the calling thread, 64-byte aligned, kept between calls. A slot's content is lost when it grows.
enum ScratchSlot { kPackLeft, kPackRight, kTileA, kTileB, kTileC, kTileD, kCaller, kScratchSlots };
float* scratch(ScratchSlot slot, size_t floats);

}  // namespace residua
