// One optimizer step of a parameter group; roles, scalars and hyper-parameters in order are those of
// lr-core's step-kernels.ts.
#include <numeric>
#include <vector>

#include "addon/arguments.h"
#include "addon/device_array.h"
#include "addon/functions.h"
#include "addon/lengths.h"
#include "addon/profile.h"
#include "addon/program.h"
#include "lr/kernels.h"

namespace lr::addon {
namespace {

const OptimizerKind* find(napi_env env, napi_value value) {
  char name[32];
  if (napi_get_value_string_utf8(env, value, name, sizeof name, nullptr) != napi_ok) return nullptr;
  for (const OptimizerKind& kind : kOptimizers) {
    if (std::strcmp(kind.name, name) == 0) return &kind;
  }
  return nullptr;
}

// The pointers of one call, kept for the next one on this thread.
struct Buffers {
  std::vector<int64_t> sizes;
  std::vector<float*> pointers;  // role after role, a pointer for each tensor
  std::vector<float* const*> roles;
  int32_t device;  // where they are, or Program::kHost
};

uint32_t arrayLength(napi_env env, napi_value value) {
  uint32_t length = 0;
  return napi_get_array_length(env, value, &length) == napi_ok ? length : 0;
}

// The elements of an array and where it is, or null
float* elements(Arguments& args, napi_value value, int64_t* length, int32_t* device) {
  *device = Program::kHost;
  if (void* data = args.typedArray(value, napi_float32_array, length)) return static_cast<float*>(data);
  const DeviceArray* array = DeviceArray::any() ? DeviceArray::of(args.env(), value) : nullptr;
  if (array == nullptr || array->element != kElementFloat32 || array->isFreed()) return nullptr;
  *length = array->length;
  *device = array->device();
  return static_cast<float*>(array->data());
}

// How many parameters buffers[role][tensor] of JavaScript has
uint32_t tensorsOf(napi_env env, napi_value value) {
  napi_value params;
  return arrayLength(env, value) > 0 && napi_get_element(env, value, 0, &params) == napi_ok
             ? arrayLength(env, params)
             : 0;
}

Optimizer numberOf(const OptimizerKind& kind) { return static_cast<Optimizer>(&kind - kOptimizers); }

// Fills `buffers` from buffers[role][tensor] of JavaScript, which are on one device.
bool read(Arguments& args, napi_value value, const OptimizerKind& kind, const double* scalars,
          Buffers& buffers) {
  napi_env env = args.env();
  if (arrayLength(env, value) != static_cast<uint32_t>(kind.roles)) return false;
  napi_value role;
  const uint32_t tensors = tensorsOf(env, value);
  buffers.sizes.assign(tensors, 0);
  buffers.pointers.assign(size_t{tensors} * kind.roles, nullptr);
  buffers.roles.assign(kind.roles, nullptr);
  for (int32_t r = 0; r < kind.roles; ++r) {
    napi_get_element(env, value, r, &role);
    if (r >= kind.requiredRoles && args.isNull(role)) continue;
    if (arrayLength(env, role) != tensors) return false;
    float** pointers = buffers.pointers.data() + size_t{tensors} * r;
    for (uint32_t t = 0; t < tensors; ++t) {
      napi_value array;
      int64_t length = 0;
      int32_t device;
      napi_get_element(env, role, t, &array);
      pointers[t] = elements(args, array, &length, &device);
      if (r == 0) buffers.sizes[t] = length;
      if (r == 0 && t == 0) buffers.device = device;
      const int64_t expected =
          lengths::optimizerStep(numberOf(kind), r, buffers.sizes[t], scalars + size_t{t} * kind.scalars);
      if (pointers[t] == nullptr || length != expected || device != buffers.device) return false;
    }
    buffers.roles[r] = pointers;
  }
  return lengths::optimizerRoles(numberOf(kind), buffers.roles.data());
}

// The elements of all tensors of each role
Profile::Calls description(const OptimizerKind& kind, const Buffers& buffers, const double* scalars) {
  Profile::Calls calls{kind.name, kOptimizer, {}, {}};
  calls.addNumber(static_cast<double>(buffers.sizes.size()));
  for (int32_t role = 0; role < kind.roles; ++role) {
    int64_t elements = 0;
    for (size_t t = 0; buffers.roles[role] != nullptr && t < buffers.sizes.size(); ++t)
      elements += lengths::optimizerStep(numberOf(kind), role, buffers.sizes[t], scalars + t * kind.scalars);
    calls.addArray(static_cast<double>(elements), sizeof(float));
  }
  return calls;
}

}  // namespace

// optimizerStep(kind, buffers, scalars, hyper)
napi_value optimizerStep(napi_env env, napi_callback_info info) {
  static thread_local Buffers buffers;
  Arguments args(env, info);
  const OptimizerKind* kind = find(env, args.value(0));
  if (kind == nullptr) {
    args.fail(0, "the name of an optimizer kernel");
    return nullptr;
  }
  const int64_t tensors = tensorsOf(env, args.value(1));
  const double* scalars = args.doubles(2, tensors * kind->scalars);
  const double* hyper = args.doubles(3, kind->hyper);
  if (args.failed()) return nullptr;
  if (!read(args, args.value(1), *kind, scalars, buffers))
    args.fail(1, "an array for each role, of floats of the lengths of the parameters, on one device");
  if (args.failed() || tensors == 0) return nullptr;
  const OptimStep step{static_cast<int32_t>(tensors), buffers.sizes.data(), buffers.roles.data(), scalars,
                       hyper};
  const bool isOnDevice = buffers.device != Program::kHost;
  if (isOnDevice) cudaDevice()->select(buffers.device);
  const Kernels& table = isOnDevice ? *cudaDevice()->kernels : cpu();
  profiled(
      [&] {
        table.optimizerStep[kind - kOptimizers](step);
        if (isOnDevice && Profile::any()) cudaDevice()->synchronize();
      },
      [&] { return description(*kind, buffers, scalars); });
  return nullptr;
}

// Fills `buffers` with a list of arrays of the host.
bool readList(Arguments& args, napi_value value, Buffers& buffers) {
  const uint32_t tensors = arrayLength(args.env(), value);
  buffers.sizes.assign(tensors, 0);
  buffers.pointers.assign(tensors, nullptr);
  buffers.roles.assign(1, buffers.pointers.data());
  for (uint32_t t = 0; t < tensors; ++t) {
    napi_value array;
    napi_get_element(args.env(), value, t, &array);
    buffers.pointers[t] = elements(args, array, &buffers.sizes[t], &buffers.device);
    if (buffers.pointers[t] == nullptr || buffers.device != Program::kHost) return false;
  }
  return true;
}

// Calls run(step) for the list of gradients that is the first argument.
template <class Run>
napi_value withGradients(Arguments& args, const char* name, const Run& run) {
  static thread_local Buffers buffers;
  if (!readList(args, args.value(0), buffers)) args.fail(0, "a list of Float32Arrays");
  const auto tensors = static_cast<int32_t>(buffers.sizes.size());
  profiled([&] { run(OptimStep{tensors, buffers.sizes.data(), buffers.roles.data(), nullptr, nullptr}); },
           [&] {
             Profile::Calls calls{name, kBackward, {}, {}};
             calls.addNumber(tensors);
             calls.addArray(std::accumulate(buffers.sizes.begin(), buffers.sizes.end(), 0.0), sizeof(float));
             return calls;
           });
  return nullptr;
}

// gradientNorms(gradients, norms): a number for each
napi_value gradientNorms(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  return withGradients(args, "gradientNorms", [&](const OptimStep& step) {
    auto* norms = args.elements<float>(1, step.tensors);
    if (!args.failed()) cpu().gradientNorms(step, norms);
  });
}

// scaleGradients(gradients, factor)
napi_value scaleGradients(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  return withGradients(args, "scaleGradients", [&](const OptimStep& step) {
    const auto factor = static_cast<float>(args.number(1));
    if (!args.failed()) cpu().scaleGradients(step, factor);
  });
}

}  // namespace lr::addon
