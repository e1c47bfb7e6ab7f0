// Instruction sets and threads.
#include "addon/arguments.h"
#include "addon/functions.h"
#include "lr/kernels.h"
#include "lr/parallel.h"

namespace lr::addon {
namespace {

napi_value string(napi_env env, const char* text) {
  napi_value value;
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value);
  return value;
}

}  // namespace

// { table, tables, built }
napi_value cpuInfo(napi_env env, napi_callback_info) {
  napi_value info, runnable, built;
  napi_create_object(env, &info);
  napi_create_array(env, &runnable);
  napi_create_array(env, &built);
  for (uint32_t i = 0; cpuTables()[i] != nullptr; ++i) {
    napi_set_element(env, runnable, i, string(env, cpuTables()[i]->name));
  }
  for (uint32_t i = 0; builtTables()[i] != nullptr; ++i) {
    napi_set_element(env, built, i, string(env, builtTables()[i]));
  }
  napi_set_named_property(env, info, "table", string(env, cpu().name));
  napi_set_named_property(env, info, "tables", runnable);
  napi_set_named_property(env, info, "built", built);
  return info;
}

// selectCpu(table)
napi_value selectCpu(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  char name[32];
  if (napi_get_value_string_utf8(env, args.value(0), name, sizeof name, nullptr) != napi_ok) {
    args.fail(0, "the name of a table");
    return nullptr;
  }
  if (const char* why = lr::selectCpu(name)) napi_throw_error(env, nullptr, why);
  return nullptr;
}

// setNumThreads(threads)
napi_value setNumThreads(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int32_t threads = args.integer(0);
  if (!args.failed()) setThreadCount(threads);
  return nullptr;
}

napi_value getNumThreads(napi_env env, napi_callback_info) {
  napi_value threads;
  napi_create_int32(env, threadCount(), &threads);
  return threads;
}

}  // namespace lr::addon
