// The optimizer steps of the reference table
#pragma once
#include "lr/kernels.h"

namespace lr::test {

#define LR_ROW(name, ...) void name##Step(const OptimStep&);
LR_OPTIMIZERS(LR_ROW)
#undef LR_ROW
void gradientNorms(const OptimStep&, float* norms);
void scaleGradients(const OptimStep&, float factor);

}  // namespace lr::test
