// What becomes of the memory of arrays that the garbage collector has freed.
#include <cstdlib>
#include <initializer_list>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "addon/arguments.h"
#include "addon/functions.h"

namespace lr::addon {
namespace {

// Who has chosen by the environment is left to it.
bool isChosen() {
  for (const char* name :
       {"MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_MMAP_MAX_", "GLIBC_TUNABLES"}) {
    if (std::getenv(name) != nullptr) return true;
  }
  return false;
}

}  // namespace

// keepFreedMemory(keep): whether glibc keeps freed arrays for those to come, up to 256 MB of them at the end
// of its heap, or gives all from 128 KB on back to the system: each page of a fresh array is a fault.
napi_value keepFreedMemory(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int32_t keep = args.integer(0);
#ifdef __GLIBC__
  if (args.failed() || isChosen()) return nullptr;
  mallopt(M_MMAP_MAX, keep != 0 ? 0 : 1 << 16);
  mallopt(M_MMAP_THRESHOLD, 128 << 10);
  mallopt(M_TRIM_THRESHOLD, keep != 0 ? 256 << 20 : 128 << 10);
#else
  static_cast<void>(keep);
#endif
  return nullptr;
}

}  // namespace lr::addon
