// The device of a build without CUDA: it says so.
#include "lr/device.h"

namespace lr {
namespace {

const char* unavailable() {
  return "this build of the addon has no CUDA: it was made without nvcc, or with LR_CUDA=off";
}
const char* libraries() { return ""; }
int count() { return 0; }
const char* describe(int) { return ""; }

// What no one calls where there is no device
void nothing() {}
template <class... Arguments>
void ignore(Arguments...) {}
template <class... Arguments>
void* null(Arguments...) {
  return nullptr;
}
const char* error() { return nullptr; }
void statistics(int64_t* allocated, int64_t* reserved, int64_t* peak) { *allocated = *reserved = *peak = 0; }

const Kernels kNone = {};
const KernelsOf<double> kNone64 = {};

const Device kNoDevice = {
    .name = "cuda",
    .unavailable = unavailable,
    .libraries = libraries,
    .count = count,
    .describe = describe,
    .select = ignore<int>,
    .allocate = null<int64_t>,
    .release = ignore<void*>,
    .copyIn = ignore<void*, const void*, int64_t>,
    .copyOut = ignore<void*, const void*, int64_t>,
    .copyWithin = ignore<void*, const void*, int64_t>,
    .synchronize = nothing,
    .error = error,
    .emptyCache = nothing,
    .statistics = statistics,
    .beginGraph = nothing,
    .endGraph = null<>,
    .runGraph = ignore<void*>,
    .freeGraph = ignore<void*>,
    .allowTf32 = ignore<int>,
    .allowBfloat16 = ignore<int>,
    .kernels = &kNone,
    .float64 = &kNone64,
};

}  // namespace

const Device* cudaDevice() { return &kNoDevice; }

}  // namespace lr
