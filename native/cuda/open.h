// Opening a library of CUDA's at run time, as a struct of its functions.
#pragma once
#include "cuda/context.h"

#include <initializer_list>
#include <string>

#if !LR_EMU
#include <dlfcn.h>
#endif

namespace lr::cuda {

#if LR_EMU
// The emulator's stand-ins are linked.
#define LR_LIBRARY_FUNCTION(library, name, Type) static_cast<Type>(&name)
#else
// The first of several names by which a library is found; or null, and why it is not found by the first name
inline void* openLibrary(std::initializer_list<const char*> names, std::string& why) {
  for (const char* name : names) {
    if (void* library = dlopen(name, RTLD_NOW | RTLD_LOCAL)) return library;
    const char* error = dlerror();
    if (why.empty()) why = error != nullptr ? error : "it does not load";
  }
  return nullptr;
}
#define LR_LIBRARY_FUNCTION(library, name, Type) reinterpret_cast<Type>(dlsym(library, #name))
#endif

// Of each, as Device::libraries has it
#if LR_HAS_CUBLAS
std::string describeCublas();
#else
inline std::string describeCublas() { return "cuBLAS: this build was made without its headers"; }
#endif
#if LR_HAS_CUDNN
std::string describeCudnn();
#else
inline std::string describeCudnn() { return "cuDNN: this build was made without its headers"; }
#endif

// As Device::libraries has it
template <class GetProperty>
std::string describeLibrary(const char* name, bool isComplete, const std::string& why, GetProperty get) {
  const std::string text = name;
  if (!usesLibraries()) return text + ": not used, by LR_CUDA_LIBRARIES";
  if (!isComplete) return text + ": " + (why.empty() ? "it lacks functions that are needed" : why);
  int major = 0, minor = 0, patch = 0;
  get(MAJOR_VERSION, &major);
  get(MINOR_VERSION, &minor);
  get(PATCH_LEVEL, &patch);
  return text + " " + std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

}  // namespace lr::cuda
