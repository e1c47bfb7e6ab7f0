// Which table runs: the best one that this machine supports, or the one that LR_CPU or selectCpu names.
// To add a table: a row in kBuilt, in order of preference.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "cpu/tables.h"
#include "lr/kernels.h"

namespace lr {
namespace {

struct Row {
  const char* name;
  const Kernels* table;
  bool (*supported)();
  const char* lacking;  // what to say where it is not supported
};

#if defined(__x86_64__)
const Row kBuilt[] = {
    {"avx512", kAvx512Table,
     [] {
       return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
              __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
              __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
     },
     "this processor lacks AVX-512 (F, DQ, BW, VL)"},
    {"avx2", kAvx2Table, [] { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); },
     "this processor lacks AVX2 or FMA"},
    {"baseline", kBaselineTable, [] { return true; }, ""},
};
#elif defined(__aarch64__)
const Row kBuilt[] = {
    {"neon", kNeonTable, [] { return true; }, ""},
    {"baseline", kBaselineTable, [] { return true; }, ""},
};
#else
const Row kBuilt[] = {{"baseline", kBaselineTable, [] { return true; }, ""}};
#endif
constexpr int kBuiltCount = sizeof(kBuilt) / sizeof(kBuilt[0]);

struct Tables {
  const Kernels* runnable[kBuiltCount + 1] = {};
  const char* built[kBuiltCount + 1] = {};
  std::atomic<const Kernels*> chosen{nullptr};
  char error[160] = "";

  Tables() {
    int count = 0;
    for (int i = 0; i < kBuiltCount; ++i) {
      built[i] = kBuilt[i].name;
      if (kBuilt[i].supported()) runnable[count++] = kBuilt[i].table;
    }
    chosen = runnable[0];
    const char* wanted = std::getenv("LR_CPU");
    if (wanted != nullptr && *wanted != '\0') {
      if (const char* why = select(wanted)) std::snprintf(error, sizeof error, "LR_CPU=%s: %s", wanted, why);
    }
  }

  const char* select(const char* name) {
    for (const Row& row : kBuilt) {
      if (std::strcmp(row.name, name) != 0) continue;
      if (!row.supported()) return row.lacking;
      chosen = row.table;
      return nullptr;
    }
    return "no such instruction set is built in";
  }
};

Tables& tables() {
  static Tables instance;
  return instance;
}

}  // namespace

const Kernels& cpu() { return *tables().chosen.load(std::memory_order_relaxed); }

const Kernels* const* cpuTables() { return tables().runnable; }

const char* const* builtTables() { return tables().built; }

const char* selectCpu(const char* name) { return tables().select(name); }

const char* cpuError() { return tables().error[0] != '\0' ? tables().error : nullptr; }

}  // namespace lr
