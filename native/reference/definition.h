// What the reference is: every operator as its definition reads, on elements of type T, accumulated in
// double, without threads or vectors. On double it is the table of float64 tensors; on float it is what the
// tests hold every other table to. Optimizer steps, which are in float, are in test/naive_optim.cpp.
#pragma once
#include <cmath>
#include <cstdint>
#include <vector>

#include "lr/kernels.h"

// A function of numbers, which CUDA's kernels for float64 tensors call too
#if defined(__CUDACC__)
#define LR_NUMBERS inline __host__ __device__
#else
#define LR_NUMBERS inline
#endif

namespace lr::reference {

template <class T>
void storeTo(const std::vector<double>& from, T* to) {
  for (size_t i = 0; i < from.size(); ++i) to[i] = static_cast<T>(from[i]);
}

}  // namespace lr::reference
