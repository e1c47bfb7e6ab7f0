// The thread pool: every unit once, nesting, resizing, callers on several threads, scratch memory.
#include "lr/parallel.h"

#include <atomic>
#include <cstdint>
#include <thread>

#include "test/suites.h"

namespace lr::test {
namespace {

std::string everyUnitOnce(int threads, int64_t units) {
  setThreadCount(threads);
  std::vector<std::atomic<int>> visits(units);
  parallel(units, [&](int64_t unit) { visits[unit].fetch_add(1); });
  for (int64_t unit = 0; unit < units; ++unit) {
    if (visits[unit] != 1)
      return "unit " + std::to_string(unit) + " ran " + std::to_string(visits[unit]) + " times";
  }
  return "";
}

std::string nestedSums() {
  setThreadCount(3);
  std::atomic<int64_t> sum{0};
  parallel(10, [&](int64_t i) { parallel(10, [&](int64_t j) { sum.fetch_add(10 * i + j); }); });
  return sum == 4950 ? "" : "the sum is " + std::to_string(sum);
}

std::string severalCallers() {
  setThreadCount(3);
  std::atomic<int64_t> sum{0};
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&] {
      for (int round = 0; round < 500; ++round) {
        parallel(16, [&](int64_t unit) { sum.fetch_add(unit); });
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  return sum == 4 * 500 * 120 ? "" : "the sum is " + std::to_string(sum);
}

std::string resizing() {
  for (int round = 0; round < 60; ++round) {
    const std::string problem = everyUnitOnce(1 + round % 5, 50);
    if (!problem.empty()) return problem;
  }
  return threadCount() == 5 ? "" : "threadCount() is " + std::to_string(threadCount());
}

std::string scratchMemory() {
  void* first = scratch(0, 100);
  void* second = scratch(1, 100);
  if (first == second) return "two slots share memory";
  if (reinterpret_cast<uintptr_t>(scratch(0, 1 << 20)) % 64 != 0) return "not 64-byte aligned";
  return scratch(1, 50) == second ? "" : "a smaller request moved the block";
}

}  // namespace

void testParallel(Suite& suite) {
  for (const int threads : {1, 2, 3, 8}) {
    for (const int64_t units : {0, 1, 2, 7, 1000}) {
      suite.expect("parallel " + std::to_string(units) + " units, " + std::to_string(threads) + " threads",
                   [=] { return everyUnitOnce(threads, units); });
    }
  }
  suite.expect("parallel nested", nestedSums);
  suite.expect("parallel several callers", severalCallers);
  suite.expect("parallel resizing", resizing);
  suite.expect("parallel scratch", scratchMemory);
  suite.expect("dispatch unknown table", [] {
    const char* why = selectCpu("sse9");
    return std::string(why != nullptr ? "" : "selectCpu accepts an unknown name");
  });
  suite.expect("dispatch every runnable table", [] {
    for (const Kernels* const* table = cpuTables(); *table != nullptr; ++table) {
      if (selectCpu((*table)->name) != nullptr || &cpu() != *table)
        return std::string((*table)->name) + " is not chosen";
    }
    return std::string(selectCpu(cpuTables()[0]->name) == nullptr ? "" : "the best table cannot be chosen");
  });
}

}  // namespace lr::test
