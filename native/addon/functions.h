// The functions that addon.cpp exports, by the names that JavaScript sees; their types are in
// packages/lr-native/src/addon-types.ts. To add one: its entry here, its row in addon.cpp, its body in the
// file of its family.
#pragma once
#include <node_api.h>

namespace lr::addon {

// cpu.cpp
napi_value cpuInfo(napi_env, napi_callback_info);
napi_value selectCpu(napi_env, napi_callback_info);
napi_value setNumThreads(napi_env, napi_callback_info);
napi_value getNumThreads(napi_env, napi_callback_info);

// operators.cpp
napi_value gemm(napi_env, napi_callback_info);
napi_value conv2dForward(napi_env, napi_callback_info);
napi_value conv2dBackwardInput(napi_env, napi_callback_info);
napi_value conv2dBackwardWeight(napi_env, napi_callback_info);
napi_value linearForward(napi_env, napi_callback_info);
napi_value linearBackwardInput(napi_env, napi_callback_info);
napi_value linearBackwardWeight(napi_env, napi_callback_info);
napi_value reluForward(napi_env, napi_callback_info);
napi_value reluBackward(napi_env, napi_callback_info);
napi_value unaryForward(napi_env, napi_callback_info);
napi_value unaryBackward(napi_env, napi_callback_info);
napi_value maxPool2dForward(napi_env, napi_callback_info);
napi_value maxPool2dBackward(napi_env, napi_callback_info);
napi_value crossEntropyForward(napi_env, napi_callback_info);
napi_value crossEntropyBackward(napi_env, napi_callback_info);
napi_value mseForward(napi_env, napi_callback_info);
napi_value mseBackward(napi_env, napi_callback_info);
napi_value accumulate(napi_env, napi_callback_info);

// optimizer.cpp
napi_value optimizerStep(napi_env, napi_callback_info);

}  // namespace lr::addon
