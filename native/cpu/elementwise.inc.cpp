// Operators that act on each element by itself. To add one: its formula in elem/, one function here.

constexpr int64_t kElementsPerUnit = 32768;

constexpr int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Calls body(i, T{}) for every i in [0, n), vector by vector (T vec) and the last few by one (T float). The
// empty asm keeps the compiler from making vectors of those few: a quarter of the table's code and of its
// compile time.
template <class Body>
LR_ELEM void forEachElement(int64_t begin, int64_t end, const Body& body) {
  int64_t i = begin;
  for (; i + kLanes <= end; i += kLanes) body(i, vec{});
  for (; i < end; ++i) {
    body(i, float{});
    asm volatile("");
  }
}

// The same over the threads
template <class Body>
LR_ELEM void parallelElements(int64_t n, const Body& body) {
  parallel(ceilDiv(n, kElementsPerUnit), [&](int64_t unit) {
    const int64_t begin = unit * kElementsPerUnit;
    forEachElement(begin, begin + kElementsPerUnit < n ? begin + kElementsPerUnit : n, body);
  });
}

template <class T>
LR_ELEM T read(const float* p) {
  return *reinterpret_cast<const float*>(p);
}
template <>
LR_ELEM vec read<vec>(const float* p) {
  return load(p);
}
LR_ELEM void write(float* p, float x) { *p = x; }
LR_ELEM void write(float* p, vec x) { store(p, x); }

// y += x
void accumulate(int64_t n, const float* x, float* y) {
  parallelElements(n, [=](int64_t i, auto type) {
    using T = decltype(type);
    write(y + i, read<T>(y + i) + read<T>(x + i));
  });
}
