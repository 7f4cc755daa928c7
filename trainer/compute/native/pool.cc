// The thread pool: one per process, shared by every JavaScript thread that loads the addon; jobs take turns.
#include "pool.h"

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <new>
#include <set>
#include <string>
#include <thread>
#include <utility>
#ifdef __linux__
#include <sched.h>
#endif

namespace residua {
namespace {

constexpr int kMaxThreads = 256;
// A worker looks this often for the next job before it sleeps: some 50 microseconds, the gap between two kernels.
constexpr int kSpins = 1000;

#ifdef __linux__
int physical_cores() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return (int)std::thread::hardware_concurrency();
  std::set<std::string> cores;
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    char path[96], siblings[128] = "";
    std::snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu);
    if (FILE* file = std::fopen(path, "r")) {
      if (!std::fgets(siblings, sizeof siblings, file)) siblings[0] = 0;
      std::fclose(file);
    }
    cores.insert(siblings[0] ? siblings : std::to_string(cpu));
  }
  return (int)cores.size();
}
#else
int physical_cores() { return (int)std::thread::hardware_concurrency(); }
#endif

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

// Never destroyed: workers may outlive the static destructors of an exiting process.
Pool& pool() {
  static Pool* instance = new Pool;
  return *instance;
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
  if (count <= 0) count = physical_cores();
  pool().threads = count < 1 ? 1 : count > kMaxThreads ? kMaxThreads : count;
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
