// Chooses among the instruction sets this build holds, by asking the processor and the operating system.
#include "isa.h"

#include <atomic>
#include <cstring>
#include <initializer_list>
#ifdef RESIDUA_X64
#include <cpuid.h>
#endif

#include "encode.h"
#ifdef RESIDUA_AMX
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace residua {

#define DECLARE_TABLES(NAME)          \
  namespace NAME {                    \
  void fill_gemm(Isa& table);         \
  void fill_elementwise(Isa& table);  \
  void fill_rows(Isa& table);         \
  void fill_attention(Isa& table);    \
  void fill_dictionary(Isa& table);   \
  }

DECLARE_TABLES(portable)
#ifdef RESIDUA_X64
DECLARE_TABLES(avx2)
DECLARE_TABLES(avx512)
#endif
#ifdef RESIDUA_ARM64
DECLARE_TABLES(neon)
#endif

#ifdef RESIDUA_AMX
namespace amx {
extern const Screen screen;
}
#endif

namespace {

#ifdef RESIDUA_X64
// Bits of XCR0: the registers the operating system saves when it switches threads. A processor may have AVX-512 and its
// kernel or hypervisor not.
constexpr unsigned kYmmSaved = 0x06, kZmmSaved = 0xe6;

bool system_saves(unsigned registers) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) return false;
  unsigned low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (low & registers) == registers;
}
#endif

using Fill = void (*)(Isa&);

Isa* make(const char* name, std::initializer_list<Fill> fills) {
  Isa* table = new Isa{};
  table->name = name;
  for (Fill fill : fills) fill(*table);
  return table;
}

#define MAKE_TABLE(NAME) make(#NAME, {NAME::fill_gemm, NAME::fill_elementwise, NAME::fill_rows, \
                                      NAME::fill_attention, NAME::fill_dictionary})

#ifdef RESIDUA_AMX
// Tiles and bfloat16 in tiles and vectors, and the system's leave to keep a thread's tiles: it is asked once per process.
bool has_amx() {
  constexpr long kRequestPermission = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  constexpr unsigned kTileBf16 = 1u << 22, kTiles = 1u << 24, kVectorBf16 = 1u << 5;
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (d & kTileBf16) == 0 || (d & kTiles) == 0) return false;
  if (!__get_cpuid_count(7, 1, &a, &b, &c, &d) || (a & kVectorBf16) == 0) return false;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}
#endif

const Isa* find(const char* name) {
  const bool any = name == nullptr;
#ifdef RESIDUA_X64
  __builtin_cpu_init();
  const bool has_avx2 = system_saves(kYmmSaved) && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool has_avx512 = has_avx2 && system_saves(kZmmSaved) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                          __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
#ifdef RESIDUA_AMX
  static const bool has_tiles = has_avx512 && has_amx();
  if (has_tiles && (any || !std::strcmp(name, "amx"))) {
    static const Isa* table = [] {
      Isa* made = MAKE_TABLE(avx512);
      made->name = "amx";
      made->screen = &amx::screen;
      return made;
    }();
    return table;
  }
#endif
  if (has_avx512 && (any || !std::strcmp(name, "avx512"))) {
    static const Isa* table = MAKE_TABLE(avx512);
    return table;
  }
  if (has_avx2 && (any || !std::strcmp(name, "avx2"))) {
    static const Isa* table = MAKE_TABLE(avx2);
    return table;
  }
#endif
#ifdef RESIDUA_ARM64
  // Every 64-bit ARM processor has NEON.
  if (any || !std::strcmp(name, "neon")) {
    static const Isa* table = MAKE_TABLE(neon);
    return table;
  }
#endif
  if (any || !std::strcmp(name, "portable")) {
    static const Isa* table = MAKE_TABLE(portable);
    return table;
  }
  return nullptr;
}

std::atomic<const Isa*> chosen{nullptr};

}  // namespace

const Isa& isa() {
  const Isa* table = chosen.load(std::memory_order_acquire);
  if (table) return *table;
  table = find(nullptr);
  chosen.store(table, std::memory_order_release);
  return *table;
}

bool choose_isa(const char* name) {
  const Isa* table = find(name);
  if (table) chosen.store(table, std::memory_order_release);
  return table != nullptr;
}

}  // namespace residua
