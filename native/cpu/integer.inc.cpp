// Integers, booleans and conversions between types of elements: arrays are bytes, aligned as their elements.

// Calls body(E{}) with the type of the integers.
template <class Body>
LR_ELEM void withInteger(int32_t element, const Body& body) {
  if (element == kElementInt32) return body(int32_t{});
  if (element == kElementInt64) return body(int64_t{});
  body(uint8_t{});
}

template <class E>
LR_ELEM const E* elementsAt(const uint8_t* x) {
  return reinterpret_cast<const E*>(x);
}
template <class E>
LR_ELEM E* elementsAt(uint8_t* x) {
  return reinterpret_cast<E*>(x);
}

template <class E>
LR_ELEM E powerOfInteger(E a, E b) {
  if (b < 0) return 0;
  uint64_t y = 1, square = static_cast<uint64_t>(a);
  for (; b != 0; b /= 2, square *= square) {
    if (b % 2 != 0) y *= square;
  }
  return static_cast<E>(y);
}

// a modulo b with the sign of a; the least integer has no quotient by -1.
template <class E>
LR_ELEM E restOf(E a, E b) {
  constexpr bool isSigned = static_cast<E>(-1) < E{0};
  return b == 0 || (isSigned && b == static_cast<E>(-1)) ? E{0} : static_cast<E>(a % b);
}

// y = f(a, b) for every place, Y the type of y's elements
template <class E, class Y, class Function>
LR_ELEM void forIntegers(const Strided& s, const uint8_t* a, const uint8_t* b, uint8_t* y,
                         const Function& f) {
  const int last = s.dims - 1;
  const int64_t aStride = s.strides[0][last], bStride = s.strides[1][last];
  parallelRows<2>(s, [=](int64_t i, const int64_t* at, int64_t count) {
    const E *p = elementsAt<E>(a) + at[0], *q = elementsAt<E>(b) + at[1];
    Y* to = elementsAt<Y>(y) + i;
    if (aStride == 1 && bStride == 1) {
      for (int64_t k = 0; k < count; ++k) to[k] = static_cast<Y>(f(p[k], q[k]));
    } else if (aStride == 1 && bStride == 0) {
      const E value = *q;
      for (int64_t k = 0; k < count; ++k) to[k] = static_cast<Y>(f(p[k], value));
    } else {
      for (int64_t k = 0; k < count; ++k) to[k] = static_cast<Y>(f(p[k * aStride], q[k * bStride]));
    }
  });
}

template <class E>
LR_ELEM void integersOf(int32_t kind, const Strided& s, const uint8_t* a, const uint8_t* b, uint8_t* y) {
  // Sums and products without a sign wrap around.
  const auto wrapped = [](E x) { return static_cast<uint64_t>(x); };
  const auto each = [&](const auto& f) { forIntegers<E, E>(s, a, b, y, f); };
  switch (kind) {
    case kIntegerAdd:
      return each([=](E p, E q) { return wrapped(p) + wrapped(q); });
    case kIntegerSub:
      return each([=](E p, E q) { return wrapped(p) - wrapped(q); });
    case kIntegerMul:
      return each([=](E p, E q) { return wrapped(p) * wrapped(q); });
    case kIntegerPow:
      return each([](E p, E q) { return powerOfInteger(p, q); });
    case kIntegerMaximum:
      return each([](E p, E q) { return p > q ? p : q; });
    case kIntegerMinimum:
      return each([](E p, E q) { return p < q ? p : q; });
    case kIntegerFmod:
      return each([](E p, E q) { return restOf(p, q); });
    case kIntegerRemainder:
      return each([](E p, E q) {
        const E rest = restOf(p, q);
        return static_cast<E>(rest != 0 && (rest < 0) != (q < 0) ? rest + q : rest);
      });
    case kIntegerAnd:
      return each([](E p, E q) { return p & q; });
    case kIntegerOr:
      return each([](E p, E q) { return p | q; });
    case kIntegerXor:
      return each([](E p, E q) { return p ^ q; });
  }
}

void integerForward(int32_t kind, int32_t element, const Strided& s, const uint8_t* a, const uint8_t* b,
                    uint8_t* y) {
  withInteger(element, [&](auto type) { integersOf<decltype(type)>(kind, s, a, b, y); });
}

template <class E>
LR_ELEM void compareIntegers(int32_t kind, const Strided& s, const uint8_t* a, const uint8_t* b, uint8_t* y) {
  const auto each = [&](const auto& f) { forIntegers<E, uint8_t>(s, a, b, y, f); };
  switch (kind) {
    case kCompareEq:
      return each([](E p, E q) { return p == q; });
    case kCompareNe:
      return each([](E p, E q) { return p != q; });
    case kCompareLt:
      return each([](E p, E q) { return p < q; });
    case kCompareLe:
      return each([](E p, E q) { return p <= q; });
    case kCompareGt:
      return each([](E p, E q) { return p > q; });
    case kCompareGe:
      return each([](E p, E q) { return p >= q; });
  }
}

void integerCompare(int32_t kind, int32_t element, const Strided& s, const uint8_t* a, const uint8_t* b,
                    uint8_t* y) {
  withInteger(element, [&](auto type) { compareIntegers<decltype(type)>(kind, s, a, b, y); });
}

// x without its fraction; the least where it is no 64-bit integer
LR_ELEM int64_t wholeOf(double x) {
  return x >= -9223372036854775808.0 && x < 9223372036854775808.0 ? static_cast<int64_t>(x) : INT64_MIN;
}

template <class Body>
LR_ELEM void forConverted(int64_t n, const Body& body) {
  parallel((n + kElementsPerUnit - 1) / kElementsPerUnit, [&](int64_t unit) {
    const int64_t begin = unit * kElementsPerUnit;
    for (int64_t i = begin; i < least(begin + kElementsPerUnit, n); ++i) body(i);
  });
}

template <class From>
LR_ELEM void convertFrom(int32_t to, int64_t n, const uint8_t* x, uint8_t* y) {
  constexpr bool isReal = From(0.5) != From(0);
  const From* from = elementsAt<From>(x);
  const auto whole = [=](int64_t i) {
    if constexpr (isReal) {
      return wholeOf(from[i]);
    } else {
      return from[i];
    }
  };
  switch (to) {
    case kElementFloat32:
      return forConverted(n, [=](int64_t i) { elementsAt<float>(y)[i] = static_cast<float>(from[i]); });
    case kElementFloat64:
      return forConverted(n, [=](int64_t i) { elementsAt<double>(y)[i] = static_cast<double>(from[i]); });
    case kElementInt32:
      return forConverted(n, [=](int64_t i) { elementsAt<int32_t>(y)[i] = static_cast<int32_t>(whole(i)); });
    case kElementInt64:
      return forConverted(n, [=](int64_t i) { elementsAt<int64_t>(y)[i] = whole(i); });
    case kElementUint8:
      return forConverted(n, [=](int64_t i) { y[i] = static_cast<uint8_t>(whole(i)); });
    case kElementBool:
      return forConverted(n, [=](int64_t i) { y[i] = from[i] != 0; });
  }
}

void convert(int32_t from, int32_t to, int64_t n, const uint8_t* x, uint8_t* y) {
  switch (from) {
    case kElementFloat32:
      return convertFrom<float>(to, n, x, y);
    case kElementFloat64:
      return convertFrom<double>(to, n, x, y);
    default:
      withInteger(from, [&](auto type) { convertFrom<decltype(type)>(to, n, x, y); });
  }
}
