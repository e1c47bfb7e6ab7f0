#include "test/tables.h"

#include <cstring>

namespace lr {
#if defined(__x86_64__)
extern const Kernels* const kAvx512GeometryTable;
#endif

namespace test {

std::vector<NamedTable> allTables() {
  std::vector<NamedTable> tables;
  bool avx2 = false;
  for (const char* const* name = builtTables(); *name != nullptr; ++name) {
    const Kernels* found = nullptr;
    for (const Kernels* const* table = cpuTables(); *table != nullptr; ++table) {
      if (std::strcmp((*table)->name, *name) == 0) found = *table;
    }
    const bool fused = std::strcmp(*name, "baseline") != 0;
    tables.push_back({*name, found, fused ? TableKind::kFused : TableKind::kPlain});
    avx2 = avx2 || (found != nullptr && std::strcmp(*name, "avx2") == 0);
  }
#if defined(__x86_64__)
  tables.push_back({"avx512-geometry", avx2 ? kAvx512GeometryTable : nullptr, TableKind::kFused});
#endif
#if LR_HAS_DEVICE
  addDeviceTables(tables);
#endif
  return tables;
}

}  // namespace test
}  // namespace lr
