// The host's meaning of the words of CUDA that cuda/ uses, in place of CUDA's own header: the same sources,
// built with a C++ compiler, run every thread of every block, and find what a device would not tell.
//
// - Work is put on a stream and done when the host waits for it, not before: memory that the host changes too
// early, or
//   reads too early, has other values.
// - The threads of a block are fibers that change at barriers and exchanges between the lanes of a warp, in
// an order that
//   LR_EMU_ORDER chooses: forward, reverse or shuffled. ThreadSanitizer takes each for a thread of its own,
//   so a missing barrier is a race; threads that wait at different barriers end the program.
// - Device memory has its own addresses: what a kernel gets that looks like a pointer must point there. Past
// the end of
//   what was asked for there are guard bytes; AddressSanitizer takes them, and what is not in use, for
//   poisoned.
// Whatever is found is printed, and the program ends.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __shared__ static
#define __launch_bounds__(...)

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned first = 1, unsigned second = 1, unsigned third = 1)
      : x(first), y(second), z(third) {}
};

namespace lr::emu {

struct Place {
  dim3 threadIdx, blockIdx, blockDim, gridDim;
};
extern Place* current;

// Waits for the threads of the block that have not ended; `site` is where in the source.
void syncThreads(const char* site);
// What `value` is in the lane `from` of the warp, once all lanes that have not ended have come here
uint64_t exchange(uint64_t value, int from, const char* site);
unsigned ballot(bool value, const char* site);
int lane();

[[noreturn]] void fail(const char* format, ...) __attribute__((format(printf, 1, 2)));

// Runs body for every thread of every block. independent: the threads neither wait nor exchange.
void run(dim3 grid, dim3 block, bool independent, const std::function<void()>& body);

// Ends the program where a word in [argument, argument + bytes) is the address of memory that a device lacks.
void checkArgument(const void* argument, size_t bytes);

struct Stream;
void push(Stream* stream, std::function<void()> work);

template <class... Parameters>
void launch(Stream* stream, bool independent, void (*kernel)(Parameters...), dim3 grid, dim3 block,
            Parameters... arguments) {
  static_assert((std::is_trivially_copyable_v<Parameters> && ...));
#if __has_builtin(__builtin_clear_padding)
  (__builtin_clear_padding(&arguments), ...);
  (checkArgument(&arguments, sizeof arguments), ...);
#endif
  if (block.x * block.y * block.z > 1024 || grid.x == 0 || grid.y == 0 || grid.z == 0 || grid.y > 65535 ||
      grid.z > 65535) {
    fail("no launch of %u x %u x %u blocks of %u threads", grid.x, grid.y, grid.z,
         block.x * block.y * block.z);
  }
  push(stream, [=, all = std::make_tuple(arguments...)] {
    run(grid, block, independent, [&] { std::apply(kernel, all); });
  });
}

// What the caching allocator says of its blocks, in the order of the stream: `bytes` of a block's `size` are
// in use, or none are any more, which is recorded with the work of a graph or, where it is not, said at once.
void use(Stream* stream, void* block, int64_t bytes, int64_t size);
void unuse(Stream* stream, void* block, int64_t size, bool recorded);
constexpr int64_t kGuardBytes = 64;

// For the stand-ins of libraries: end the program unless [memory, memory + bytes) is a device's, and in use.
void checkRange(const void* memory, size_t bytes, const char* what);
void checkInUse(const void* memory, int64_t bytes, const char* what);

template <class T>
T shuffled(T value, int from, const char* site) {
  static_assert(sizeof(T) <= sizeof(uint64_t));
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  bits = exchange(bits, from, site);
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace lr::emu

#define LR_EMU_TEXT(x) #x
#define LR_EMU_LINE(x) LR_EMU_TEXT(x)
#define LR_EMU_SITE __FILE__ ":" LR_EMU_LINE(__LINE__)

#define threadIdx (::lr::emu::current->threadIdx)
#define blockIdx (::lr::emu::current->blockIdx)
#define blockDim (::lr::emu::current->blockDim)
#define gridDim (::lr::emu::current->gridDim)
#define __syncthreads() ::lr::emu::syncThreads(LR_EMU_SITE)
#define __shfl_down_sync(mask, value, by) \
  ::lr::emu::shuffled(value, ::lr::emu::lane() + static_cast<int>(by), LR_EMU_SITE)
#define __shfl_sync(mask, value, from) ::lr::emu::shuffled(value, static_cast<int>(from), LR_EMU_SITE)
#define __ballot_sync(mask, value) ::lr::emu::ballot((value) != 0, LR_EMU_SITE)

inline int atomicOr(int* at, int value) { return __atomic_fetch_or(at, value, __ATOMIC_RELAXED); }
inline int __ffs(int x) { return __builtin_ffs(x); }

// The runtime: the calls that cuda/context.cpp makes
enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInvalidDevice = 101,
  cudaErrorStreamCaptureInvalidated = 901,
};
constexpr int CUDART_VERSION = 13000;
enum libraryPropertyType { MAJOR_VERSION, MINOR_VERSION, PATCH_LEVEL };
enum cudaMemcpyKind { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost, cudaMemcpyDeviceToDevice };
enum cudaStreamCaptureMode { cudaStreamCaptureModeRelaxed };
constexpr unsigned cudaStreamNonBlocking = 1, cudaHostAllocMapped = 2, cudaEventDisableTiming = 2;

struct EmulatedGraph;
struct EmulatedEvent;
using cudaStream_t = lr::emu::Stream*;
using cudaGraph_t = EmulatedGraph*;
using cudaGraphExec_t = EmulatedGraph*;
using cudaEvent_t = EmulatedEvent*;

struct cudaDeviceProp {
  char name[256];
  size_t totalGlobalMem;
  int major, minor;
};

const char* cudaGetErrorString(cudaError_t);
cudaError_t cudaGetLastError();
cudaError_t cudaDriverGetVersion(int* version);
cudaError_t cudaGetDeviceCount(int* count);
cudaError_t cudaSetDevice(int device);
cudaError_t cudaGetDeviceProperties(cudaDeviceProp*, int device);
cudaError_t cudaMalloc(void** memory, size_t bytes);
cudaError_t cudaFree(void* memory);
cudaError_t cudaHostAlloc(void** memory, size_t bytes, unsigned flags);
cudaError_t cudaFreeHost(void* memory);
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind, cudaStream_t);
cudaError_t cudaMemsetAsync(void* to, int value, size_t bytes, cudaStream_t);
cudaError_t cudaStreamCreateWithFlags(cudaStream_t*, unsigned flags);
cudaError_t cudaStreamSynchronize(cudaStream_t);
cudaError_t cudaStreamBeginCapture(cudaStream_t, cudaStreamCaptureMode);
cudaError_t cudaStreamEndCapture(cudaStream_t, cudaGraph_t*);
cudaError_t cudaGraphInstantiate(cudaGraphExec_t*, cudaGraph_t, unsigned long long flags);
cudaError_t cudaGraphLaunch(cudaGraphExec_t, cudaStream_t);
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t);
cudaError_t cudaGraphDestroy(cudaGraph_t);
cudaError_t cudaEventCreateWithFlags(cudaEvent_t*, unsigned flags);
cudaError_t cudaEventDestroy(cudaEvent_t);
cudaError_t cudaEventRecord(cudaEvent_t, cudaStream_t);
cudaError_t cudaEventSynchronize(cudaEvent_t);
