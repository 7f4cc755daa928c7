// Reads affinity, topology and control groups. Two hyper-threads share one set of vector units, so cores are counted.
#include "cores.h"

#include <algorithm>
#include <cstdio>
#include <set>
#include <thread>

#include "napi.h"
#ifdef __linux__
#include <sched.h>
#endif

namespace residua {
namespace {

#ifdef __linux__

// The first line of a small file, without its newline; empty where there is none.
std::string first_line(const std::string& path) {
  char line[256] = "";
  if (FILE* file = std::fopen(path.c_str(), "r")) {
    if (!std::fgets(line, sizeof line, file)) line[0] = 0;
    std::fclose(file);
  }
  std::string text = line;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

int physical_cores(const std::string& root) {
  cpu_set_t allowed;
  // More processors than the set holds: the call fails, and all of them may be used.
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return (int)std::thread::hardware_concurrency();
  std::set<std::string> cores;
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    const std::string folder = root + "/sys/devices/system/cpu/cpu" + std::to_string(cpu);
    const std::string siblings = first_line(folder + "/topology/thread_siblings_list");
    cores.insert(siblings.empty() ? std::to_string(cpu) : siblings);
  }
  return (int)cores.size();
}

constexpr double kNoLimit = 1e9;

// Processors' worth of time that one control group grants.
double limit_of(const std::string& folder) {
  long long quota = 0, period = 0;
  const std::string together = first_line(folder + "/cpu.max");  // "max 100000" or "150000 100000"
  if (std::sscanf(together.c_str(), "%lld %lld", &quota, &period) != 2) {
    if (std::sscanf(first_line(folder + "/cpu.cfs_quota_us").c_str(), "%lld", &quota) != 1) return kNoLimit;
    if (std::sscanf(first_line(folder + "/cpu.cfs_period_us").c_str(), "%lld", &period) != 1) return kNoLimit;
  }
  return quota > 0 && period > 0 ? (double)quota / (double)period : kNoLimit;
}

// The least that the group `path` and the groups it lies in grant. A container sees its own group as the root.
double limit_along(const std::string& mount, std::string path) {
  double least = limit_of(mount);
  for (; path.size() > 1; path.erase(path.find_last_of('/'))) least = std::min(least, limit_of(mount + path));
  return least;
}

double granted_processors(const std::string& root) {
  const std::string mount = root + "/sys/fs/cgroup";
  double least = std::min(limit_of(mount), limit_of(mount + "/cpu"));
  FILE* file = std::fopen((root + "/proc/self/cgroup").c_str(), "r");
  if (!file) return least;
  char line[4096];
  while (std::fgets(line, sizeof line, file)) {  // "0::/path", or "4:cpu,cpuacct:/path" of version 1
    const std::string text = line;
    const size_t first = text.find(':'), second = text.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = "," + text.substr(first + 1, second - first - 1) + ",";
    const std::string path = text.substr(second + 1, text.find('\n') - second - 1);
    if (path.empty() || path[0] != '/') continue;
    if (controllers == ",,") least = std::min(least, limit_along(mount, path));
    if (controllers.find(",cpu,") != std::string::npos) least = std::min(least, limit_along(mount + "/cpu", path));
  }
  std::fclose(file);
  return least;
}

#else

int physical_cores(const std::string&) { return (int)std::thread::hardware_concurrency(); }
double granted_processors(const std::string&) { return 1e9; }

#endif

// usableCores(root)
void usable_cores_of(Call& call) { call.give((double)usable_cores(call.text(0, "root"))); }

const Binding bindings[] = {{"usableCores", usable_cores_of}};

}  // namespace

int usable_cores(const std::string& root) {
  // A thread more than the quota pays for would be stopped in the middle of a job, and the others would wait for it.
  const int granted = (int)std::min(granted_processors(root), 1e6);
  return std::max(1, std::min(physical_cores(root), granted));
}

}  // namespace residua
