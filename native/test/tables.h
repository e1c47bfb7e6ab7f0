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

struct NamedTable {
  std::string name;
  const Kernels* kernels;  // null where this machine cannot run it
  bool fused;              // promises the bits of every other fused table
};
std::vector<NamedTable> allTables();

}  // namespace lr::test
