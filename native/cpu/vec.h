// The vector type of one instruction set and the operations the kernels use; the only home of intrinsics.
// An isa_*.cpp defines, before it includes this file:
//   LR_ISA      namespace of its table
//   LR_LANES    floats in a vector: 4, 8 or 16
//   LR_FUSED    1 where multiply-adds are fused. Tables with 1 give the same bits.
// and the register tile of matrix products: LR_TILE_ROWS rows by 2 vectors.
//
// Kernels use operators and the vocabulary below, on float (for tails) and on vec alike: elem/ is written
// once for both, and for CUDA's kernels with the words of cuda/scalar.h. To add an instruction set: its line
// in fmadd() and sqrtOf() and an isa_<name>.cpp.
#pragma once
#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

#define LR_ELEM inline __attribute__((always_inline))
#define LR_FUNCTION inline
#define LR_NOINLINE __attribute__((noinline))

namespace lr::LR_ISA {
namespace {

constexpr int kLanes = LR_LANES;
constexpr int kTileRows = LR_TILE_ROWS;
constexpr int kTileVectors = 2;
constexpr int kTileCols = kTileVectors * kLanes;

typedef float vec __attribute__((vector_size(4 * LR_LANES)));
typedef int32_t ivec __attribute__((vector_size(4 * LR_LANES)));
typedef uint32_t uvec __attribute__((vector_size(4 * LR_LANES)));
typedef float UnalignedVec __attribute__((vector_size(4 * LR_LANES), aligned(4), may_alias));
// Half of a vec, and as many doubles
typedef float HalfVec __attribute__((vector_size(2 * LR_LANES)));
typedef double dvec __attribute__((vector_size(4 * LR_LANES)));
typedef double UnalignedDvec __attribute__((vector_size(4 * LR_LANES), aligned(8), may_alias));
typedef int64_t lvec __attribute__((vector_size(4 * LR_LANES)));
typedef uint64_t ulvec __attribute__((vector_size(4 * LR_LANES)));

LR_ELEM vec load(const float* p) { return *reinterpret_cast<const UnalignedVec*>(p); }
LR_ELEM void store(float* p, vec x) { *reinterpret_cast<UnalignedVec*>(p) = x; }
LR_ELEM vec broadcast(float x) { return x - vec{}; }

// The first `count` lanes from memory, the others zero; the first `count` lanes to memory
#if defined(__AVX512F__) && LR_LANES == 16
LR_ELEM vec loadPartial(const float* p, int count) {
  return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1), p);
}
LR_ELEM void storePartial(float* p, int count, vec x) {
  _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1u << count) - 1), x);
}
#elif defined(__AVX2__) && LR_LANES == 8
LR_ELEM __m256i firstLanes(int count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
LR_ELEM vec loadPartial(const float* p, int count) { return _mm256_maskload_ps(p, firstLanes(count)); }
LR_ELEM void storePartial(float* p, int count, vec x) { _mm256_maskstore_ps(p, firstLanes(count), x); }
#else
LR_ELEM vec loadPartial(const float* p, int count) {
  vec x = {};
  std::memcpy(&x, p, sizeof(float) * count);
  return x;
}
LR_ELEM void storePartial(float* p, int count, vec x) { std::memcpy(p, &x, sizeof(float) * count); }
#endif

LR_ELEM bool hasNaN(vec x) {
#if defined(__AVX512F__) && LR_LANES == 16
  return _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q) != 0;
#elif defined(__AVX2__) && LR_LANES == 8
  return _mm256_movemask_ps(_mm256_cmp_ps(x, x, _CMP_UNORD_Q)) != 0;
#else
  bool has = false;
  for (int i = 0; i < kLanes; ++i) has |= x[i] != x[i];
  return has;
#endif
}

// a · b + c, rounded once where the instruction set has it
LR_ELEM float fmadd(float a, float b, float c) {
#if LR_FUSED
  return __builtin_fmaf(a, b, c);
#else
  return a * b + c;
#endif
}
LR_ELEM vec fmadd(vec a, vec b, vec c) {
#if !LR_FUSED
  return a * b + c;
#elif defined(__AVX512F__) && LR_LANES == 16
  return _mm512_fmadd_ps(a, b, c);
#elif defined(__FMA__) && LR_LANES == 8
  return _mm256_fmadd_ps(a, b, c);
#elif defined(__FMA__) && LR_LANES == 16
  struct Halves {
    __m256 low, high;
  };
  const Halves x = __builtin_bit_cast(Halves, a), y = __builtin_bit_cast(Halves, b),
               z = __builtin_bit_cast(Halves, c);
  return __builtin_bit_cast(
      vec, Halves{_mm256_fmadd_ps(x.low, y.low, z.low), _mm256_fmadd_ps(x.high, y.high, z.high)});
#elif defined(__ARM_NEON) && LR_LANES == 4
  return vfmaq_f32(c, a, b);
#else
#error "no fused multiply-add for this instruction set"
#endif
}

LR_ELEM float sqrtOf(float x) { return __builtin_sqrtf(x); }
LR_ELEM vec sqrtOf(vec x) {
#if defined(__AVX512F__) && LR_LANES == 16
  return _mm512_sqrt_ps(x);
#elif defined(__AVX2__) && LR_LANES == 8
  return _mm256_sqrt_ps(x);
#elif defined(__x86_64__) && LR_LANES == 4
  return _mm_sqrt_ps(x);
#elif defined(__aarch64__) && LR_LANES == 4
  return vsqrtq_f32(x);
#else
  for (int i = 0; i < kLanes; ++i) x[i] = __builtin_sqrtf(x[i]);
  return x;
#endif
}

// Bits as integers and back
LR_ELEM int32_t bitsOf(float x) { return __builtin_bit_cast(int32_t, x); }
LR_ELEM ivec bitsOf(vec x) { return __builtin_bit_cast(ivec, x); }
LR_ELEM float floatOf(int32_t x) { return __builtin_bit_cast(float, x); }
LR_ELEM vec floatOf(ivec x) { return __builtin_bit_cast(vec, x); }
LR_ELEM int64_t bitsOf(double x) { return __builtin_bit_cast(int64_t, x); }
LR_ELEM lvec bitsOf(dvec x) { return __builtin_bit_cast(lvec, x); }
LR_ELEM double doubleOf(int64_t x) { return __builtin_bit_cast(double, x); }
LR_ELEM dvec doubleOf(lvec x) { return __builtin_bit_cast(dvec, x); }
// For arithmetic on bits, which wraps around for numbers that a formula is not for
LR_ELEM uint32_t unsignedOf(int32_t x) { return static_cast<uint32_t>(x); }
LR_ELEM uvec unsignedOf(ivec x) { return __builtin_bit_cast(uvec, x); }
LR_ELEM int32_t signedOf(uint32_t x) { return static_cast<int32_t>(x); }
LR_ELEM ivec signedOf(uvec x) { return __builtin_bit_cast(ivec, x); }
LR_ELEM uint64_t unsignedOf(int64_t x) { return static_cast<uint64_t>(x); }
LR_ELEM ulvec unsignedOf(lvec x) { return __builtin_bit_cast(ulvec, x); }
LR_ELEM int64_t signedOf(uint64_t x) { return static_cast<int64_t>(x); }
LR_ELEM lvec signedOf(ulvec x) { return __builtin_bit_cast(lvec, x); }
LR_ELEM float convert(int32_t x) { return static_cast<float>(x); }
LR_ELEM vec convert(ivec x) { return __builtin_convertvector(x, vec); }

LR_ELEM double sqrtOf(double x) { return __builtin_sqrt(x); }
LR_ELEM dvec sqrtOf(dvec x) {
  for (int i = 0; i < kLanes / 2; ++i) x[i] = __builtin_sqrt(x[i]);
  return x;
}

LR_ELEM dvec load(const double* p) { return *reinterpret_cast<const UnalignedDvec*>(p); }
LR_ELEM void store(double* p, dvec x) { *reinterpret_cast<UnalignedDvec*>(p) = x; }

// a · b + c of doubles whose values are floats: the product is exact, so fused or not, the bits are the same.
LR_ELEM dvec addProduct(double a, dvec b, dvec c) {
#if defined(__AVX512F__) && LR_LANES == 16
  return _mm512_fmadd_pd(_mm512_set1_pd(a), b, c);
#elif defined(__FMA__) && LR_LANES == 8
  return _mm256_fmadd_pd(_mm256_set1_pd(a), b, c);
#elif defined(__ARM_NEON) && LR_LANES == 4
  return vfmaq_n_f64(c, b, a);
#else
  return a * b + c;
#endif
}

struct VecHalves {
  HalfVec low, high;
};
LR_ELEM VecHalves halvesOf(vec x) { return __builtin_bit_cast(VecHalves, x); }

// f of doubles, rounded once. Products and sums of doubles are not fused, so all tables have the same bits.
template <class F>
LR_ELEM float inDouble(const F& f, float x) {
  return static_cast<float>(f(static_cast<double>(x)));
}
template <class F>
LR_ELEM vec inDouble(const F& f, vec x) {
  const VecHalves halves = halvesOf(x);
  const dvec low = f(__builtin_convertvector(halves.low, dvec));
  const dvec high = f(__builtin_convertvector(halves.high, dvec));
  return __builtin_bit_cast(
      vec, VecHalves{__builtin_convertvector(low, HalfVec), __builtin_convertvector(high, HalfVec)});
}
template <class F>
LR_ELEM float inDouble(const F& f, float x, float y) {
  return static_cast<float>(f(static_cast<double>(x), static_cast<double>(y)));
}
template <class F>
LR_ELEM vec inDouble(const F& f, vec x, vec y) {
  const VecHalves a = halvesOf(x), b = halvesOf(y);
  const dvec low = f(__builtin_convertvector(a.low, dvec), __builtin_convertvector(b.low, dvec));
  const dvec high = f(__builtin_convertvector(a.high, dvec), __builtin_convertvector(b.high, dvec));
  return __builtin_bit_cast(
      vec, VecHalves{__builtin_convertvector(low, HalfVec), __builtin_convertvector(high, HalfVec)});
}

// Cache lines [p, p + bytes) will be written
LR_ELEM void prefetchWrite(const void* p) { __builtin_prefetch(p, 1, 3); }
LR_ELEM void prefetchRead(const void* p) { __builtin_prefetch(p, 0, 3); }

}  // namespace
}  // namespace lr::LR_ISA
