// Opening a library of CUDA's at run time, as a struct of its functions.
#pragma once
#include <initializer_list>

#if !LR_EMU
#include <dlfcn.h>
#endif

namespace lr::cuda {

#if LR_EMU
// The emulator's stand-ins are linked.
#define LR_LIBRARY_FUNCTION(library, name, Type) static_cast<Type>(&name)
#else
// The first of several names by which a library is found, or null
inline void* openLibrary(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (void* library = dlopen(name, RTLD_NOW | RTLD_LOCAL)) return library;
  }
  return nullptr;
}
#define LR_LIBRARY_FUNCTION(library, name, Type) reinterpret_cast<Type>(dlsym(library, #name))
#endif

}  // namespace lr::cuda
