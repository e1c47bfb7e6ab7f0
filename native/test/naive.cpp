// The table that the tests hold every other one to.
#include "reference/table.h"
#include "test/naive_optim.h"
#include "test/tables.h"

namespace lr::test {

#define LR_OPERATOR(name) .name = reference::name<float>,
#define LR_STEP(name, ...) name##Step,
const Kernels kNaive = {
    .name = "naive",
    LR_OPERATORS(LR_OPERATOR).optimizerStep = {LR_OPTIMIZERS(LR_STEP)},
    .gradientNorms = gradientNorms,
    .scaleGradients = scaleGradients,
};

}  // namespace lr::test
