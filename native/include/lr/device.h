// A device that keeps arrays in memory of its own and has kernel tables that work on them.
#pragma once
#include <cstdint>

#include "lr/kernels.h"

namespace lr {

struct Device {
  const char* name;                       // "cuda" or "cuda-emu"
  const char* (*unavailable)();           // why no device can be used, or null; asks the driver on the first call
  int (*count)();
  const char* (*describe)(int index);     // of lr doctor
  void (*select)(int index);              // the device of the following calls of this thread
  void* (*allocate)(int64_t bytes);       // from the caching allocator, null when out of memory
  void (*release)(void* memory);
  void (*copyIn)(void* to, const void* from, int64_t bytes);
  void (*copyOut)(void* to, const void* from, int64_t bytes);
  void (*copyWithin)(void* to, const void* from, int64_t bytes);
  void (*synchronize)();
  const char* (*error)();                 // includes indices out of range that kernels have met
  void (*emptyCache)();
  void (*statistics)(int64_t* allocated, int64_t* reserved, int64_t* peak);
  void (*beginGraph)();
  void* (*endGraph)();
  void (*runGraph)(void* graph);
  void (*freeGraph)(void* graph);
  const Kernels* kernels;                 // on device pointers
  const KernelsOf<double>* float64;
};

// Never null
const Device* cudaDevice();

}  // namespace lr
