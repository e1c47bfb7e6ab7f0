// The floating-point peak of each instruction set: chains of multiply-adds that stay in registers. Portable
// vector extensions, compiled per function for the instruction set, contraction allowed.
#include "bench/bench.h"

namespace lr::bench {
namespace {

constexpr int64_t kRounds = 2000;

// `chains` independent vectors of `lanes` floats, x = x · a + b, kRounds times
#define LR_PEAK(NAME, LANES, CHAINS, ATTRIBUTES)                                                         \
  ATTRIBUTES void NAME(float* memory) {                                                                  \
    typedef float Vector __attribute__((vector_size(4 * LANES), aligned(4), may_alias));                 \
    Vector x[CHAINS];                                                                                    \
    const Vector a = *reinterpret_cast<Vector*>(memory), b = *reinterpret_cast<Vector*>(memory + LANES); \
    for (int i = 0; i < CHAINS; ++i) x[i] = a * static_cast<float>(i);                                   \
    for (int64_t round = 0; round < kRounds; ++round) {                                                  \
      _Pragma("GCC unroll 32") for (int i = 0; i < CHAINS; ++i) x[i] = x[i] * a + b;                     \
    }                                                                                                    \
    Vector sum = x[0];                                                                                   \
    for (int i = 1; i < CHAINS; ++i) sum += x[i];                                                        \
    *reinterpret_cast<Vector*>(memory + 2 * LANES) = sum;                                                \
  }

double rateOf(void (*peak)(float*), int lanes, int chains) {
  alignas(64) float memory[64];
  for (int i = 0; i < 64; ++i) memory[i] = i < lanes ? 0.5f : 0.25f;
  return 2.0 * lanes * chains * kRounds / secondsOf([&] { peak(memory); }) / 1e9;
}

#if defined(__x86_64__)
#define LR_TARGET(FLAGS) __attribute__((noinline, target(FLAGS), optimize("O3", "fp-contract=fast")))
LR_PEAK(peakSse, 4, 12, __attribute__((noinline)))
LR_PEAK(peakAvx2, 8, 12, LR_TARGET("avx2,fma"))
LR_PEAK(peakAvx512, 16, 24, LR_TARGET("avx512f"))
#else
LR_PEAK(peakPlain, 4, 24, __attribute__((noinline)))
#endif

}  // namespace

double peakGflops(const std::string& table) {
#if defined(__x86_64__)
  if (table == "baseline") return rateOf(peakSse, 4, 12);
  if (table == "avx2") return rateOf(peakAvx2, 8, 12);
  if (table == "avx512") return rateOf(peakAvx512, 16, 24);
  return 0;
#else
  return rateOf(peakPlain, 4, 24);
#endif
}

}  // namespace lr::bench
