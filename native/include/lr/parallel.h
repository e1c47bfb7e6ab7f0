// The thread pool that every kernel shares. Work is cut into units; where a result could depend on their
// bounds, those depend on the shape only, never on the number of threads. Each thread begins with a range of
// its own and takes from the others' once that is done.
#pragma once
#include <cstdint>

namespace lr {

// Runs body(context, unit) for every unit in [0, units), on the caller's thread and the pool's, and returns
// when all are done. Calls from inside a body run on that thread alone.
void parallelFor(int64_t units, void (*body)(void* context, int64_t unit), void* context);

// The same for a callable `body(int64_t unit)`
template <class Body>
static inline void parallel(int64_t units, const Body& body) {
  parallelFor(
      units, [](void* context, int64_t unit) { (*static_cast<const Body*>(context))(unit); },
      const_cast<Body*>(&body));
}

// Threads that take part in parallelFor, the caller's included. Default: LR_THREADS, else the number of cores
// the process may use.
int threadCount();
void setThreadCount(int threads);

// Scratch memory of the calling thread, 64-byte aligned, of at least `bytes`; valid until that thread's next
// call with the same slot. Kernels that call each other use different slots: gemm and what only it calls have
// 0, 1 and 14, convolution 2 to 6, sums 7, losses and optimizer steps 8, reductions 9 and 10, norms 11,
// pooling and resampling 12, sorting 13. Adafactor has those of reductions too, Muon those of gemm.
constexpr int kScratchSlots = 15;
void* scratch(int slot, int64_t bytes);
template <class T>
static inline T* scratchOf(int slot, int64_t count) {
  return static_cast<T*>(scratch(slot, count * static_cast<int64_t>(sizeof(T))));
}

}  // namespace lr
