// SIGINT and SIGTERM during a run. JavaScript hears of a signal between turns of the event loop only; what is
// here does not wait for the step at hand.
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "addon/functions.h"

namespace lr::addon {
namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM};
constexpr int kCount = sizeof kSignals / sizeof kSignals[0];

struct sigaction before[kCount];
bool watching = false;
std::atomic<int> received{0};
static_assert(std::atomic<int>::is_always_lock_free);

// On whichever thread the system chose: nothing here but what a handler may call.
void handle(int signal) {
  int none = 0;
  if (!received.compare_exchange_strong(none, signal)) _exit(128 + signal);
  const int error = errno;
  const char* text = signal == SIGINT ? "\nSIGINT: finishing the step; again to end at once\n"
                                      : "\nSIGTERM: finishing the step; again to end at once\n";
  // Nobody may be reading.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text, std::strlen(text));
  errno = error;
}

}  // namespace

// From now on the first signal is kept, and said on stderr; the second ends the process with 128 + its
// number.
napi_value watchSignals(napi_env, napi_callback_info) {
  if (watching) return nullptr;
  watching = true;
  received = 0;
  struct sigaction action = {};
  action.sa_handler = handle;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (int i = 0; i < kCount; ++i) sigaction(kSignals[i], &action, &before[i]);
  return nullptr;
}

// Leaves signals to whoever had them before.
napi_value unwatchSignals(napi_env, napi_callback_info) {
  if (!watching) return nullptr;
  watching = false;
  for (int i = 0; i < kCount; ++i) sigaction(kSignals[i], &before[i], nullptr);
  return nullptr;
}

// The number of the first signal, 0 if none came
napi_value receivedSignal(napi_env env, napi_callback_info) {
  napi_value signal;
  napi_create_int32(env, received, &signal);
  return signal;
}

}  // namespace lr::addon
