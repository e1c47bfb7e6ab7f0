// Recording and running programs.
#include "addon/program.h"

#include "addon/functions.h"

namespace lr::addon {

thread_local Program* Program::recording = nullptr;

// beginProgram(): operators are recorded until endProgram
napi_value beginProgram(napi_env env, napi_callback_info) {
  if (Program::recording != nullptr) {
    napi_throw_error(env, nullptr, "[addon] expected no program to be recorded already");
    return nullptr;
  }
  Program::recording = new Program(env);
  return nullptr;
}

// endProgram(): program
napi_value endProgram(napi_env env, napi_callback_info) {
  Program* program = Program::recording;
  if (program == nullptr) {
    napi_throw_error(env, nullptr, "[addon] expected a program to be recorded");
    return nullptr;
  }
  Program::recording = nullptr;
  napi_value external = nullptr;
  const auto free = [](napi_env, void* data, void*) { delete static_cast<Program*>(data); };
  if (napi_create_external(env, program, free, nullptr, &external) != napi_ok) delete program;
  return external;
}

// runProgram(program)
napi_value runProgram(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value external;
  void* program = nullptr;
  napi_get_cb_info(env, info, &count, &external, nullptr, nullptr);
  if (napi_get_value_external(env, external, &program) != napi_ok) {
    napi_throw_type_error(env, nullptr, "[addon] expected argument 0 to be a program");
    return nullptr;
  }
  static_cast<const Program*>(program)->run();
  return nullptr;
}

}  // namespace lr::addon
