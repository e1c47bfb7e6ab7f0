// What kernels need of the device they run on: its stream, memory in the order of that stream, and where to
// tell of failures. context.cpp is the only file that calls CUDA's runtime for anything else than a launch.
#pragma once
#include <cuda_runtime.h>

#include <cstdint>
#include <functional>

namespace lr::cuda {

cudaStream_t stream();
int selectedDevice();

// From the caching allocator of the selected device. Memory that is released while work is recorded stays the
// graph's.
void* allocate(int64_t bytes);
void release(void* memory);

// Keeps the first failure for Device::error.
void fail(const char* what, const char* why);
bool check(cudaError_t error, const char* what);

// Where a kernel that meets an index out of range says so; the device may write there.
int* badIndexFlag();

void fillZero(void* memory, int64_t bytes);

// Memory of the device gets what fill(host memory of as many bytes) writes. Where work is being recorded,
// fill is called again before each run, so what it reads must live as long as the graph.
void upload(void* memory, int64_t bytes, std::function<void(void*)> fill);

// For the time of the program, not the caching allocator's
void* allocateForever(int64_t bytes);

// Whether cuBLAS and cuDNN are used where they are found: LR_CUDA_LIBRARIES, on or off
bool usesLibraries();
bool allowsTf32();
bool allowsBfloat16();

// Memory for the work of one operator
template <class T>
class Scratch {
 public:
  explicit Scratch(int64_t elements)
      : memory_(static_cast<T*>(allocate(elements * static_cast<int64_t>(sizeof(T))))) {}
  ~Scratch() { release(memory_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  T* data() const { return memory_; }
  explicit operator bool() const { return memory_ != nullptr; }

 private:
  T* memory_;
};

}  // namespace lr::cuda
