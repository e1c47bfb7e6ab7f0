// A backend whose memory is not the host's: CUDA, and its emulation on the CPU in test builds.
//
// A device is one table of functions as a set of kernels is one: `unavailable` says why there is none, where
// the build or the machine has none. Kernels take pointers that `allocate` gave, in every argument that is an
// array; what structs point at is the host's, but for OptimStep's buffers[role][tensor], which are the
// device's.
//
// Conventions
// - All functions are called from the thread that owns the work. Work is done in the order of the calls.
// - Nothing throws: the first failure since the last call of `error` is kept as text for it.
#pragma once
#include "kernels.h"

namespace lr {

struct Device {
  const char* name;              // "cuda" or "cuda-emu"
  const char* (*unavailable)();  // why no device can be used, or null; asks the driver on the first call
  // What is opened at run time, a line each: its name and version, or its name, a colon and why it is not
  // used
  const char* (*libraries)();
  int (*count)();                      // of devices, 0 where unavailable
  const char* (*describe)(int index);  // name, compute capability and memory, in one line
  void (*select)(int index);           // the device of this thread's following calls; the first one before
  void* (*allocate)(int64_t bytes);    // from the caching allocator; null when out of memory
  void (*release)(void* memory);       // ready for reuse in the order of the work; null is nothing
  void (*copyIn)(void* to, const void* from, int64_t bytes);   // `from` may be reused on return
  void (*copyOut)(void* to, const void* from, int64_t bytes);  // after all work before it
  void (*copyWithin)(void* to, const void* from, int64_t bytes);
  void (*synchronize)();
  // The first failure since the last call, or null. An index out of range that a kernel has met, and skipped,
  // is one; synchronise to hear of all work so far.
  const char* (*error)();
  void (*emptyCache)();  // gives memory that nothing uses back to the system
  void (*statistics)(int64_t* allocated, int64_t* reserved, int64_t* peak);  // bytes of the selected device

  // Records this thread's kernels and copies within from beginGraph to endGraph instead of running them;
  // runGraph runs them all. Memory that recorded work uses must live as long as the graph, and so must what
  // an OptimStep's hyper and scalars point at: every run reads them again, while other numbers, and the sizes
  // of matrices and Muon's number of iterations, stay as they were recorded. copyIn, copyOut and synchronize
  // are failures meanwhile. Memory that is allocated meanwhile is the graph's, until freeGraph. endGraph
  // gives null on failure.
  void (*beginGraph)();
  void* (*endGraph)();
  void (*runGraph)(void* graph);
  void (*freeGraph)(void* graph);

  // Options, off by default: products of matrices and convolutions in TF32, or with inputs rounded to
  // bfloat16
  void (*allowTf32)(int on);
  void (*allowBfloat16)(int on);

  const Kernels* kernels;
  const KernelsOf<double>* float64;  // has no optimizers
};

// Never null
const Device* cudaDevice();

}  // namespace lr
