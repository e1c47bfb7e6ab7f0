// What the words of elem/ mean on a CUDA device, as cpu/vec.h says it for vectors: the same operations on a
// float or a double alone, rounded alike, so that formulas have the bits of the tables with fused
// multiply-add. CUDA's sources are compiled with -fmad=false, and with its defaults -prec-div=true
// -prec-sqrt=true -ftz=false.
#pragma once
#include <cuda_runtime.h>

#include <cmath>
#include <cstdint>

#define LR_ELEM __host__ __device__ __forceinline__
#define LR_FUNCTION inline __host__ __device__

namespace lr::cuda {

constexpr int kLanes = 1;

LR_ELEM float fmadd(float a, float b, float c) { return fmaf(a, b, c); }
LR_ELEM double fmadd(double a, double b, double c) { return fma(a, b, c); }
LR_ELEM float sqrtOf(float x) { return sqrtf(x); }
LR_ELEM double sqrtOf(double x) { return sqrt(x); }

LR_ELEM int32_t bitsOf(float x) { return __builtin_bit_cast(int32_t, x); }
LR_ELEM float floatOf(int32_t x) { return __builtin_bit_cast(float, x); }
LR_ELEM int64_t bitsOf(double x) { return __builtin_bit_cast(int64_t, x); }
LR_ELEM double doubleOf(int64_t x) { return __builtin_bit_cast(double, x); }
LR_ELEM uint32_t unsignedOf(int32_t x) { return static_cast<uint32_t>(x); }
LR_ELEM int32_t signedOf(uint32_t x) { return static_cast<int32_t>(x); }
LR_ELEM uint64_t unsignedOf(int64_t x) { return static_cast<uint64_t>(x); }
LR_ELEM int64_t signedOf(uint64_t x) { return static_cast<int64_t>(x); }
LR_ELEM float convert(int32_t x) { return static_cast<float>(x); }

template <class F>
LR_ELEM float inDouble(const F& f, float x) {
  return static_cast<float>(f(static_cast<double>(x)));
}
template <class F>
LR_ELEM float inDouble(const F& f, float x, float y) {
  return static_cast<float>(f(static_cast<double>(x), static_cast<double>(y)));
}

}  // namespace lr::cuda
