// The tables that tests and benches iterate: those this machine can run, plus the ones that exist for tests
// alone.
#pragma once
#include <string>
#include <vector>

#include "lr/kernels.h"

namespace lr::test {

// The reference: plain loops with double accumulators, no threads, no vectors; optimizer steps in float,
// operation by operation, as the formulas define them.
extern const Kernels kNaive;

enum class TableKind {
  kPlain,    // without fused multiply-add
  kFused,    // promises the bits of every other fused table
  kDevice,   // promises them where nothing is summed
  kFloat64,  // the operators on double, whose results are rounded to float, once
};

struct NamedTable {
  std::string name;
  const Kernels* kernels;  // null where this machine cannot run it
  TableKind kind;
};
std::vector<NamedTable> allTables();

// Those of the device, in builds that have one
void addDeviceTables(std::vector<NamedTable>& tables);

}  // namespace lr::test
