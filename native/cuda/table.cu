// The tables of CUDA's kernels.
#include "cuda/table.h"

namespace lr::cuda {

#define LR_OPERATOR(name) .name = Entries<float>::name,
#define LR_STEP(name, ...) name##Step,
const Kernels kKernels = {
    .name = "cuda",
    LR_OPERATORS(LR_OPERATOR).optimizerStep = {LR_OPTIMIZERS(LR_STEP)},
};
#undef LR_OPERATOR
#undef LR_STEP

#define LR_OPERATOR(name) .name = Entries<double>::name,
const KernelsOf<double> kFloat64Kernels = {.name = "cuda", LR_OPERATORS(LR_OPERATOR).optimizerStep = {}};
#undef LR_OPERATOR

}  // namespace lr::cuda
