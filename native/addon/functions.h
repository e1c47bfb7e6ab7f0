// The functions that addon.cpp exports, by the names that JavaScript sees; their types are in
// packages/lr-native/src/addon-types.ts. To add one: its entry here, its row in addon.cpp, its body in the
// file of its family.
#pragma once
#include <node_api.h>

#include <cstddef>

namespace lr::addon {

// cpu.cpp
napi_value cpuInfo(napi_env, napi_callback_info);
napi_value selectCpu(napi_env, napi_callback_info);
napi_value setNumThreads(napi_env, napi_callback_info);
napi_value keepFreedMemory(napi_env, napi_callback_info);
napi_value getNumThreads(napi_env, napi_callback_info);

// operators.cpp: every operator of LR_OPERATORS
extern const napi_property_descriptor kOperators[];
extern const size_t kOperatorCount;

// program.cpp
napi_value beginProgram(napi_env, napi_callback_info);
napi_value endProgram(napi_env, napi_callback_info);
napi_value runProgram(napi_env, napi_callback_info);

// profile.cpp
napi_value beginProfile(napi_env, napi_callback_info);
napi_value endProfile(napi_env, napi_callback_info);
napi_value setPhase(napi_env, napi_callback_info);

// device_array.cpp
napi_value setDeviceError(napi_env, napi_callback_info);
napi_value deviceInfo(napi_env, napi_callback_info);
napi_value deviceAllocate(napi_env, napi_callback_info);
napi_value deviceView(napi_env, napi_callback_info);
napi_value deviceFree(napi_env, napi_callback_info);
napi_value deviceIsFreed(napi_env, napi_callback_info);
napi_value deviceWrite(napi_env, napi_callback_info);
napi_value deviceRead(napi_env, napi_callback_info);
napi_value deviceCopy(napi_env, napi_callback_info);
napi_value deviceAllow(napi_env, napi_callback_info);
napi_value deviceSynchronize(napi_env, napi_callback_info);
napi_value deviceEmptyCache(napi_env, napi_callback_info);
napi_value deviceMemoryStats(napi_env, napi_callback_info);

// optimizer.cpp
napi_value optimizerStep(napi_env, napi_callback_info);
napi_value gradientNorms(napi_env, napi_callback_info);
napi_value scaleGradients(napi_env, napi_callback_info);

// signals.cpp
napi_value watchSignals(napi_env, napi_callback_info);
napi_value unwatchSignals(napi_env, napi_callback_info);
napi_value receivedSignal(napi_env, napi_callback_info);

}  // namespace lr::addon
