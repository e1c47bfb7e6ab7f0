// Profiles as JavaScript has them: an external from beginProfile to endProfile, then plain numbers.
#include "addon/profile.h"

#include <cstring>

#include "addon/arguments.h"
#include "addon/functions.h"

namespace lr::addon {

std::atomic<int> Profile::running{0};
thread_local Profile* Profile::first = nullptr;
thread_local Phase Profile::phase = kForward;

void Profile::Calls::addNumber(double value) { numbers.push_back(value); }

void Profile::Calls::addFields(const void* fields, size_t bytes) {
  for (size_t at = 0; at < bytes; at += sizeof(int32_t)) {
    int32_t value;
    std::memcpy(&value, static_cast<const char*>(fields) + at, sizeof value);
    numbers.push_back(value);
  }
}

void Profile::Calls::addArray(double elements, size_t bytesPerElement) {
  arrays.push_back(elements);
  arrays.push_back(static_cast<double>(bytesPerElement));
}

Profile::Profile(bool keepsEvents) : keepsEvents_(keepsEvents), begin_(now()), next_(first) {
  first = this;
  running.fetch_add(1, std::memory_order_relaxed);
}

void Profile::end() {
  for (Profile** link = &first; *link != nullptr; link = &(*link)->next_) {
    if (*link != this) continue;
    *link = next_;
    running.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
}

void Profile::addCall(const Calls& call, int64_t begin, int64_t end) {
  if (first == nullptr) return;
  static thread_local std::string key;
  const auto append = [](const void* data, size_t bytes) {
    key.append(static_cast<const char*>(data), bytes);
  };
  const auto appendAll = [&](const std::vector<double>& values) {
    const size_t count = values.size();
    append(&count, sizeof count);
    append(values.data(), count * sizeof(double));
  };
  key.clear();
  append(&call.name, sizeof call.name);
  append(&call.phase, sizeof call.phase);
  appendAll(call.numbers);
  appendAll(call.arrays);
  for (Profile* profile = first; profile != nullptr; profile = profile->next_) {
    const auto [found, isNew] = profile->indices_.try_emplace(key, profile->calls_.size());
    if (isNew) profile->calls_.push_back(call);
    Calls& calls = profile->calls_[found->second];
    calls.count += 1;
    calls.nanoseconds += end - begin;
    if (!profile->keepsEvents_) continue;
    if (profile->events_.size() < kMaxEvents) {
      profile->events_.push_back({found->second, begin, end});
    } else {
      profile->dropped_ += 1;
    }
  }
}

void Profile::addSpan(const char* name, int64_t begin, int64_t end) {
  for (Profile* profile = first; profile != nullptr; profile = profile->next_) {
    if (!profile->keepsEvents_ || begin < profile->begin_) continue;
    if (profile->spans_.size() < kMaxEvents) profile->spans_.push_back({name, begin, end});
  }
}

namespace {

napi_value number(napi_env env, double value) {
  napi_value result;
  napi_create_double(env, value, &result);
  return result;
}

napi_value text(napi_env env, const char* value) {
  napi_value result;
  napi_create_string_utf8(env, value, NAPI_AUTO_LENGTH, &result);
  return result;
}

napi_value float64Array(napi_env env, const std::vector<double>& values) {
  void* data = nullptr;
  napi_value buffer, result;
  napi_create_arraybuffer(env, values.size() * sizeof(double), &data, &buffer);
  if (!values.empty()) std::memcpy(data, values.data(), values.size() * sizeof(double));
  napi_create_typedarray(env, napi_float64_array, values.size(), buffer, 0, &result);
  return result;
}

struct Field {
  const char* name;
  napi_value value;
};
napi_value object(napi_env env, std::initializer_list<Field> fields) {
  napi_value result;
  napi_create_object(env, &result);
  for (const Field& field : fields) napi_set_named_property(env, result, field.name, field.value);
  return result;
}

template <class T, class Make>
napi_value list(napi_env env, const std::vector<T>& items, Make make) {
  napi_value result;
  napi_create_array_with_length(env, items.size(), &result);
  for (size_t i = 0; i < items.size(); ++i) {
    napi_set_element(env, result, static_cast<uint32_t>(i), make(items[i]));
  }
  return result;
}

}  // namespace

// beginProfile(keepsEvents): profile
napi_value beginProfile(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const bool keepsEvents = args.integer(0) != 0;
  if (args.failed()) return nullptr;
  auto* profile = new Profile(keepsEvents);
  const auto free = [](napi_env, void* data, void*) { delete static_cast<Profile*>(data); };
  napi_value external = nullptr;
  if (napi_create_external(env, profile, free, nullptr, &external) != napi_ok) delete profile;
  return external;
}

// endProfile(profile): what it holds, as ProfileData of addon-types.ts has it
napi_value endProfile(napi_env env, napi_callback_info info) {
  const int64_t end = now();
  Arguments args(env, info);
  void* data = nullptr;
  if (napi_get_value_external(env, args.value(0), &data) != napi_ok) {
    args.fail(0, "a profile");
    return nullptr;
  }
  auto& profile = *static_cast<Profile*>(data);
  profile.end();
  const int64_t begin = profile.begin();
  const napi_value calls = list(env, profile.calls(), [&](const Profile::Calls& call) {
    return object(env, {{"name", text(env, call.name)},
                        {"phase", number(env, call.phase)},
                        {"count", number(env, static_cast<double>(call.count))},
                        {"nanoseconds", number(env, static_cast<double>(call.nanoseconds))},
                        {"numbers", float64Array(env, call.numbers)},
                        {"arrays", float64Array(env, call.arrays)}});
  });
  std::vector<double> events;
  events.reserve(3 * profile.events().size());
  for (const Profile::Event& event : profile.events()) {
    events.insert(events.end(), {static_cast<double>(event.calls), static_cast<double>(event.begin - begin),
                                 static_cast<double>(event.end - begin)});
  }
  const napi_value spans = list(env, profile.spans(), [&](const Profile::Span& span) {
    return object(env, {{"name", text(env, span.name)},
                        {"begin", number(env, static_cast<double>(span.begin - begin))},
                        {"end", number(env, static_cast<double>(span.end - begin))}});
  });
  return object(env, {{"nanoseconds", number(env, static_cast<double>(end - begin))},
                      {"calls", calls},
                      {"events", float64Array(env, events)},
                      {"spans", spans},
                      {"dropped", number(env, static_cast<double>(profile.dropped()))}});
}

// setPhase(phase): the phase before. A backward pass that ends is a span.
napi_value setPhase(napi_env env, napi_callback_info info) {
  static thread_local int64_t backwardBegin = 0;
  Arguments args(env, info);
  const int32_t wanted = args.integer(0);
  if (args.failed()) return nullptr;
  const Phase before = Profile::phase;
  Profile::phase = wanted == kBackward ? kBackward : kForward;
  if (Profile::any() && before != Profile::phase) {
    if (Profile::phase == kBackward) {
      backwardBegin = now();
    } else {
      Profile::addSpan("backward", backwardBegin, now());
    }
  }
  return number(env, before);
}

}  // namespace lr::addon
