// The table of float64 tensors.
#include "reference/table.h"

namespace lr {

#define LR_ROW(name) .name = reference::name<double>,
const KernelsOf<double> kFloat64Kernels = {.name = "float64", LR_OPERATORS(LR_ROW).optimizerStep = {}};
#undef LR_ROW

}  // namespace lr
