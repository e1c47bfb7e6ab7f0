// Functions of two elements, on floats or vectors of them. A struct each: operator()(a, b) is y;
// gradientA(a, b, dy) and gradientB(a, b, dy) are da and db, PyTorch's formulas. To add one: its struct here,
// its row in LR_BINARY of kernels.h, its lines in reference/binary.h.
#pragma once

#include "elem/precise.h"
#include "elem/unary.h"

struct Add {
  template <class T>
  LR_ELEM T operator()(T a, T b) const {
    return a + b;
  }
  template <class T>
  LR_ELEM T gradientA(T, T, T dy) const {
    return dy;
  }
  template <class T>
  LR_ELEM T gradientB(T, T, T dy) const {
    return dy;
  }
};

struct Sub {
  template <class T>
  LR_ELEM T operator()(T a, T b) const {
    return a - b;
  }
  template <class T>
  LR_ELEM T gradientA(T, T, T dy) const {
    return dy;
  }
  template <class T>
  LR_ELEM T gradientB(T, T, T dy) const {
    return -dy;
  }
};

struct Mul {
  template <class T>
  LR_ELEM T operator()(T a, T b) const {
    return a * b;
  }
  template <class T>
  LR_ELEM T gradientA(T, T b, T dy) const {
    return dy * b;
  }
  template <class T>
  LR_ELEM T gradientB(T a, T, T dy) const {
    return dy * a;
  }
};

struct Div {
  template <class T>
  LR_ELEM T operator()(T a, T b) const {
    return a / b;
  }
  template <class T>
  LR_ELEM T gradientA(T, T b, T dy) const {
    return dy / b;
  }
  template <class T>
  LR_ELEM T gradientB(T a, T b, T dy) const {
    return -dy * ((a / b) / b);
  }
};

struct Pow {
  template <class T>
  LR_ELEM T operator()(T a, T b) const {
    return inDouble([](auto x, auto y) { return precisePow(x, y); }, a, b);
  }
  template <class T>
  LR_ELEM T gradientA(T a, T b, T dy) const {
    const T slope = b * inDouble([](auto x, auto y) { return precisePow(x, y - 1.0); }, a, b);
    return b == T{} ? T{} : dy * slope;
  }
  template <class T>
  LR_ELEM T gradientB(T a, T b, T dy) const {
    const T slope = inDouble([](auto x, auto y) { return precisePow(x, y) * preciseLog(x); }, a, b);
    return (a == T{}) & (b >= T{}) ? T{} : dy * slope;
  }
};

// The larger; NaN where one is. Of equals each has half of the gradient.
struct Maximum {
  template <class T>
  LR_ELEM T operator()(T a, T b) const {
    return (a > b) | (a != a) ? a : b;
  }
  template <class T>
  LR_ELEM T gradientA(T a, T b, T dy) const {
    return a == b ? dy * 0.5f : (a < b ? T{} : dy);
  }
  template <class T>
  LR_ELEM T gradientB(T a, T b, T dy) const {
    return gradientA(b, a, dy);
  }
};

struct Minimum {
  template <class T>
  LR_ELEM T operator()(T a, T b) const {
    return (a < b) | (a != a) ? a : b;
  }
  template <class T>
  LR_ELEM T gradientA(T a, T b, T dy) const {
    return a == b ? dy * 0.5f : (a > b ? T{} : dy);
  }
  template <class T>
  LR_ELEM T gradientB(T a, T b, T dy) const {
    return gradientA(b, a, dy);
  }
};

// a modulo b with the sign of a, exactly. Where the quotient has more bits than a product of doubles, b is
// taken away in larger steps first.
LR_ELEM float fmodOf(float a, float b) {
  const double size = magnitudeOf(b);
  double rest = magnitudeOf(a);
  if (!(rest < __builtin_inf()) || !(size > 0)) return __builtin_nanf("");
  if (size == __builtin_inf()) return a;
  while (rest >= size) {
    double step = size;
    while (rest / step >= 268435456.0) step *= 268435456.0;
    rest -= static_cast<double>(static_cast<int64_t>(rest / step)) * step;
    if (rest < 0) rest += step;
  }
  return static_cast<float>(bitsOf(a) < 0 ? -rest : rest);
}
template <class T>
LR_ELEM T fmodOf(T a, T b) {
  for (int i = 0; i < kLanes; ++i) a[i] = fmodOf(a[i], b[i]);
  return a;
}

// The slope in b is minus the whole part of a / b
struct Fmod {
  template <class T>
  LR_ELEM T operator()(T a, T b) const {
    return fmodOf(a, b);
  }
  template <class T>
  LR_ELEM T gradientA(T, T, T dy) const {
    return dy;
  }
  template <class T>
  LR_ELEM T gradientB(T a, T b, T dy) const {
    return -dy * Trunc{}(a / b);
  }
};

// a modulo b with the sign of b
struct Remainder {
  template <class T>
  LR_ELEM T operator()(T a, T b) const {
    const T rest = fmodOf(a, b);
    return (rest != T{}) & ((b < T{}) != (rest < T{})) ? rest + b : rest;
  }
  template <class T>
  LR_ELEM T gradientA(T, T, T dy) const {
    return dy;
  }
  template <class T>
  LR_ELEM T gradientB(T a, T b, T dy) const {
    return -dy * floorOf(a / b);
  }
};

// The angle of the point (b, a)
struct Atan2 {
  template <class T>
  LR_ELEM T operator()(T a, T b) const {
    return inDouble(
        [](auto y, auto x) {
          using D = decltype(y);
          const D rise = doubleOf(bitsOf(y) & 0x7fffffffffffffff),
                  run = doubleOf(bitsOf(x) & 0x7fffffffffffffff);
          const D infinity = D{} + __builtin_inf();
          const D both = (rise == infinity) & (run == infinity) ? D{} + 1.0 : rise / run;
          const D angle = preciseAtan((rise == D{}) & (run == D{}) ? D{} : both);
          const D turned = bitsOf(x) < 0 ? 3.141592653589793 - angle : angle;
          return bitsOf(y) < 0 ? -turned : turned;
        },
        a, b);
  }
  template <class T>
  LR_ELEM T gradientA(T a, T b, T dy) const {
    const T square = a * a + b * b;
    return square == T{} ? T{} : dy * (b / square);
  }
  template <class T>
  LR_ELEM T gradientB(T a, T b, T dy) const {
    const T square = a * a + b * b;
    return square == T{} ? T{} : dy * (-a / square);
  }
};
