// The tables built into the library; a table that this processor family does not have is not declared here
// but null in cpu/dispatch.cpp.
#pragma once
#include "lr/kernels.h"

namespace lr {

extern const Kernels* const kBaselineTable;
extern const Kernels* const kAvx2Table;
extern const Kernels* const kAvx512Table;
extern const Kernels* const kNeonTable;

}  // namespace lr
