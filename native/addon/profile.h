// How long operators take, for whoever asks: where a thread has a profile, every call of an operator is timed
// and added to it, by its operator, its phase and the sizes of its arguments. Where there is none, a call
// costs one comparison. What the numbers mean is in packages/lr-native/src/profile.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace lr::addon {

// What a thread is doing; the numbers cross to JavaScript.
enum Phase : int32_t { kForward = 0, kBackward = 1, kOptimizer = 2 };

// Nanoseconds of a clock that only goes forward
inline int64_t now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

class Profile {
 public:
  // The calls that have the same operator, phase and sizes
  struct Calls {
    const char* name;
    Phase phase;
    std::vector<double> numbers;  // geometry and numbers, field after field
    std::vector<double> arrays;   // elements and bytes of an element, array after array; 0 elements: null
    int64_t count = 0, nanoseconds = 0;

    void addNumber(double value);
    void addFields(const void* fields, size_t bytes);  // of a struct of int32
    void addArray(double elements, size_t bytesPerElement);
  };
  struct Event {
    int32_t calls;
    int64_t begin, end;
  };
  // What encloses operators: a backward pass, a program
  struct Span {
    const char* name;
    int64_t begin, end;
  };

  // The most events that are kept, spans as well, so that memory stays bounded
  static constexpr size_t kMaxEvents = 1 << 20;

  // Whether any thread has a profile: what a call costs that nobody asks about
  static bool any() { return running.load(std::memory_order_relaxed) > 0; }

  static thread_local Phase phase;

  // Begins: it is one of the thread's profiles until end().
  explicit Profile(bool keepsEvents);
  Profile(const Profile&) = delete;
  ~Profile() { end(); }

  void end();

  int64_t begin() const { return begin_; }
  const std::vector<Calls>& calls() const { return calls_; }
  const std::vector<Event>& events() const { return events_; }
  const std::vector<Span>& spans() const { return spans_; }
  int64_t dropped() const { return dropped_; }

  // To every profile of this thread that began before
  static void addCall(const Calls& call, int64_t begin, int64_t end);
  static void addSpan(const char* name, int64_t begin, int64_t end);

 private:
  static std::atomic<int> running;
  // The profiles of this thread, a list, or null
  static thread_local Profile* first;

  bool keepsEvents_;
  int64_t begin_;
  Profile* next_;
  std::vector<Calls> calls_;
  std::unordered_map<std::string, int32_t> indices_;  // of calls_, by their bytes
  std::vector<Event> events_;
  std::vector<Span> spans_;
  int64_t dropped_ = 0;
};

// Runs `run`, timed where there is a profile; describe() is what to add it as, a Profile::Calls.
template <class Run, class Describe>
void profiled(const Run& run, const Describe& describe) {
  if (!Profile::any()) {
    run();
    return;
  }
  const int64_t begin = now();
  run();
  const int64_t end = now();
  Profile::addCall(describe(), begin, end);
}

}  // namespace lr::addon
