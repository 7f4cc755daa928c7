// The thread pool: one per process, shared by every JavaScript thread that loads the addon; jobs take turns.
#include "pool.h"

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <new>
#include <thread>
#include <utility>

#include "cores.h"

namespace residua {
namespace {

// A worker looks this often for the next job before it sleeps: some 50 microseconds, the gap between two kernels.
constexpr int kSpins = 1000;

struct Pool {
  std::mutex jobs;  // held by the thread whose job is running
  std::mutex mutex;
  std::condition_variable wake;
  std::condition_variable done;
  std::atomic<uint64_t> generation{0};
  std::atomic<int64_t> next{0};
  int64_t chunks = 0;
  int active = 0;   // workers inside the current job, guarded by mutex
  int invited = 0;  // workers that may still enter it
  const std::function<void(int64_t)>* work = nullptr;
  std::exception_ptr failure;  // the first of this job, guarded by mutex
  int started = 0;
  std::atomic<int> threads{0};
};

std::atomic<Pool*> current{nullptr};

// A forked child has this thread alone: the workers it seems to have, and the locks they held, are the parent's.
void start_afresh() {
  Pool* fresh = new Pool;
  if (Pool* old = current.load()) fresh->threads = old->threads.load();
  current = fresh;
}

// Never destroyed: workers may outlive the static destructors of an exiting process.
Pool& pool() {
  static const bool ready = [] {
    current = new Pool;
    pthread_atfork(nullptr, nullptr, start_afresh);
    return true;
  }();
  (void)ready;
  return *current.load(std::memory_order_relaxed);
}

thread_local bool inside_chunk = false;

void take_chunks(Pool& p, const std::function<void(int64_t)>& work, int64_t chunks) {
  inside_chunk = true;
  try {
    for (int64_t chunk; (chunk = p.next.fetch_add(1, std::memory_order_relaxed)) < chunks;) work(chunk);
  } catch (...) {
    p.next.store(chunks, std::memory_order_relaxed);
    std::lock_guard<std::mutex> lock(p.mutex);
    if (!p.failure) p.failure = std::current_exception();
  }
  inside_chunk = false;
}

void serve() {
  Pool& p = pool();
  uint64_t seen = 0;
  for (;;) {
    for (int i = 0; i < kSpins && p.generation.load(std::memory_order_acquire) == seen; i++) {
#if defined(__x86_64__)
      __builtin_ia32_pause();
#elif defined(__aarch64__)
      __asm__ volatile("isb");  // some 10 nanoseconds; "yield" does nothing on most cores
#endif
    }
    std::unique_lock<std::mutex> lock(p.mutex);
    p.wake.wait(lock, [&] { return p.generation.load(std::memory_order_relaxed) != seen; });
    seen = p.generation.load(std::memory_order_relaxed);
    if (p.invited == 0) continue;
    p.invited--;
    p.active++;
    const auto* work = p.work;
    const int64_t chunks = p.chunks;
    lock.unlock();
    take_chunks(p, *work, chunks);
    lock.lock();
    if (--p.active == 0) p.done.notify_one();
  }
}

}  // namespace

void set_threads(int count) {
  pool().threads = count > 0 ? count : usable_cores();
}

int thread_count() {
  if (pool().threads == 0) set_threads(0);
  return pool().threads;
}

void parallel_chunks(int64_t chunks, const std::function<void(int64_t)>& work) {
  const int threads = thread_count();
  if (threads == 1 || chunks < 2 || inside_chunk) {
    for (int64_t chunk = 0; chunk < chunks; chunk++) work(chunk);
    return;
  }
  Pool& p = pool();
  std::lock_guard<std::mutex> turn(p.jobs);
  {
    std::lock_guard<std::mutex> lock(p.mutex);
    for (; p.started < threads - 1; p.started++) std::thread(serve).detach();
    p.work = &work;
    p.chunks = chunks;
    p.next.store(0, std::memory_order_relaxed);
    p.invited = (int)(chunks - 1 < threads - 1 ? chunks - 1 : threads - 1);
    p.generation.fetch_add(1, std::memory_order_release);
  }
  p.wake.notify_all();
  take_chunks(p, work, chunks);
  std::unique_lock<std::mutex> lock(p.mutex);
  p.invited = 0;  // a worker that comes late finds nothing and sleeps on
  p.done.wait(lock, [&] { return p.active == 0; });
  if (std::exception_ptr failure = std::exchange(p.failure, nullptr)) std::rethrow_exception(failure);
}

void parallel_for(int64_t count, int64_t grain, const std::function<void(int64_t, int64_t)>& work) {
  const int64_t chunks = (count + grain - 1) / grain;
  parallel_chunks(chunks, [&](int64_t chunk) {
    const int64_t begin = chunk * grain;
    const int64_t end = begin + grain < count ? begin + grain : count;
    work(begin, end);
  });
}

float* scratch(ScratchSlot slot, size_t floats) {
  struct Block {
    float* data = nullptr;
    size_t floats = 0;
    ~Block() { std::free(data); }
  };
  static thread_local Block blocks[kScratchSlots];
  Block& block = blocks[slot];
  if (block.floats < floats) {
    std::free(block.data);
    const size_t rounded = (floats + 1023) / 1024 * 1024;
    block.data = static_cast<float*>(std::aligned_alloc(64, rounded * sizeof(float)));
    block.floats = block.data ? rounded : 0;
    if (!block.data) throw std::bad_alloc();
  }
  return block.data;
}

}  // namespace residua
