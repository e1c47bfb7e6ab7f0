// The tables of CUDA's kernels. Each operator's file fills in its entries; one that is missing does not link.
#pragma once
#include "lr/kernels.h"

namespace lr::cuda {

template <class T>
struct Entries {
#define LR_ROW(name) static const decltype(KernelsOf<T>::name) name;
  LR_OPERATORS(LR_ROW)
#undef LR_ROW
};

// For the operator `name`, the function template of the same name
#define LR_CUDA_OPERATOR(name)                                                     \
  template <>                                                                      \
  const decltype(KernelsOf<float>::name) Entries<float>::name = cuda::name<float>; \
  template <>                                                                      \
  const decltype(KernelsOf<double>::name) Entries<double>::name = cuda::name<double>;

#define LR_ROW(name, ...) void name##Step(const OptimStep&);
LR_OPTIMIZERS(LR_ROW)
#undef LR_ROW

extern const Kernels kKernels;
extern const KernelsOf<double> kFloat64Kernels;

}  // namespace lr::cuda
