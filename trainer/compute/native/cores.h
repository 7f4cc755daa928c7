// How many processor cores this process may keep busy. Knows no threads.
#pragma once
#include <string>

namespace residua {

// Physical cores among the processors this process may run on, but no more than its control groups grant it time for
// (cpu.max; cpu.cfs_quota_us of version 1), and at least 1. `root` stands before /proc and /sys: empty outside tests.
int usable_cores(const std::string& root = "");

}  // namespace residua
