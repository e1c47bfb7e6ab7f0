// The optimizer steps of the reference table
#pragma once
#include "lr/kernels.h"

namespace lr::test {

#define LR_ROW(name, ...) void name##Step(const OptimStep&);
LR_OPTIMIZERS(LR_ROW)
#undef LR_ROW

}  // namespace lr::test
