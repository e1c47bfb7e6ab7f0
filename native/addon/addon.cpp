// What JavaScript sees: the table of functions, filled once for each process and worker thread that loads the
// addon.
#include <node_api.h>

#include "addon/functions.h"
#include "lr/kernels.h"

namespace {

#define LR_FUNCTION(name) \
  {#name, nullptr, lr::addon::name, nullptr, nullptr, nullptr, napi_enumerable, nullptr}

const napi_property_descriptor kFunctions[] = {
    LR_FUNCTION(cpuInfo),           LR_FUNCTION(selectCpu),        LR_FUNCTION(setNumThreads),
    LR_FUNCTION(getNumThreads),     LR_FUNCTION(beginProgram),     LR_FUNCTION(endProgram),
    LR_FUNCTION(runProgram),        LR_FUNCTION(optimizerStep),    LR_FUNCTION(gradientNorms),
    LR_FUNCTION(scaleGradients),    LR_FUNCTION(keepFreedMemory),  LR_FUNCTION(watchSignals),
    LR_FUNCTION(unwatchSignals),    LR_FUNCTION(receivedSignal),   LR_FUNCTION(beginProfile),
    LR_FUNCTION(endProfile),        LR_FUNCTION(setPhase),         LR_FUNCTION(setDeviceError),
    LR_FUNCTION(deviceInfo),        LR_FUNCTION(deviceAllocate),   LR_FUNCTION(deviceView),
    LR_FUNCTION(deviceFree),        LR_FUNCTION(deviceIsFreed),    LR_FUNCTION(deviceWrite),
    LR_FUNCTION(deviceRead),        LR_FUNCTION(deviceCopy),       LR_FUNCTION(deviceAllow),
    LR_FUNCTION(deviceSynchronize), LR_FUNCTION(deviceEmptyCache), LR_FUNCTION(deviceMemoryStats),
};

#undef LR_FUNCTION

}  // namespace

NAPI_MODULE_INIT() {
  if (const char* why = lr::cpuError()) {
    napi_throw_error(env, nullptr, why);
    return nullptr;
  }
  napi_define_properties(env, exports, sizeof kFunctions / sizeof kFunctions[0], kFunctions);
  napi_define_properties(env, exports, lr::addon::kOperatorCount, lr::addon::kOperators);
  return exports;
}
