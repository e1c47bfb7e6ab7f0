// Functions of one element, on a float or a vector of them; activations are in elem/activation.h. A struct
// each, whose fields are the parameters: operator()(x) is y, gradient(x, y, dy) is dx; both are PyTorch's
// formulas. To add one: its struct, its row in LR_UNARY of kernels.h, its lines in reference/unary.h.
#pragma once

#include "elem/erf.h"
#include "elem/exp.h"
#include "elem/log.h"
#include "elem/precise.h"
#include "elem/tanh.h"

template <class T>
LR_ELEM T magnitudeOf(T x) {
  return floatOf(bitsOf(x) & 0x7fffffff);
}

// 1 / (1 + exp(-x))
template <class T>
LR_ELEM T sigmoidOf(T x) {
  return 1.0f / (1.0f + expOf(-x));
}

struct Exp {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return expOf(x);
  }
  template <class T>
  LR_ELEM T gradient(T, T y, T dy) const {
    return dy * y;
  }
};

// Of zero -infinity, of a negative number NaN; subnormal numbers are scaled first.
struct Log {
  template <class T>
  LR_ELEM T operator()(T x) const {
    const T least = T{} + 1.17549435e-38f;
    const T y = x < least ? logOf(x * 16777216.0f) - 16.635532333438687f : logOf(x);
    const T nan = T{} + __builtin_nanf("");
    return x > T{} ? y : (x == T{} ? T{} - __builtin_inff() : nan);
  }
  template <class T>
  LR_ELEM T gradient(T x, T, T dy) const {
    return dy / x;
  }
};

struct Sqrt {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return sqrtOf(x);
  }
  template <class T>
  LR_ELEM T gradient(T, T y, T dy) const {
    return dy / (y + y);
  }
};

struct Abs {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return magnitudeOf(x);
  }
  // dy · sign(x)
  template <class T>
  LR_ELEM T gradient(T x, T, T dy) const {
    return x > T{} ? dy : (x < T{} ? -dy : dy * T{});
  }
};

struct Sigmoid {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return sigmoidOf(x);
  }
  template <class T>
  LR_ELEM T gradient(T, T y, T dy) const {
    return dy * ((1.0f - y) * y);
  }
};

struct Tanh {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return tanhOf(x);
  }
  template <class T>
  LR_ELEM T gradient(T, T y, T dy) const {
    return dy * (1.0f - y * y);
  }
};

struct Neg {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return -x;
  }
  template <class T>
  LR_ELEM T gradient(T, T, T dy) const {
    return -dy;
  }
};

// -1, 0 or 1; NaN is 0
struct Sign {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return x > T{} ? T{} + 1.0f : (x < T{} ? T{} - 1.0f : T{});
  }
  template <class T>
  LR_ELEM T gradient(T, T, T) const {
    return T{};
  }
};

struct Exp2 {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return inDouble([](auto d) { return preciseExp(d * 0.6931471805599453); }, x);
  }
  template <class T>
  LR_ELEM T gradient(T, T y, T dy) const {
    return dy * (y * 0.6931471805599453f);
  }
};

struct Expm1 {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return inDouble([](auto d) { return preciseExpm1(d); }, x);
  }
  template <class T>
  LR_ELEM T gradient(T, T y, T dy) const {
    return dy * (y + 1.0f);
  }
};

struct Log2 {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return inDouble([](auto d) { return preciseLog(d) * 1.4426950408889634; }, x);
  }
  template <class T>
  LR_ELEM T gradient(T x, T, T dy) const {
    return dy / (x * 0.6931471805599453f);
  }
};

struct Log10 {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return inDouble([](auto d) { return preciseLog(d) * 0.4342944819032518; }, x);
  }
  template <class T>
  LR_ELEM T gradient(T x, T, T dy) const {
    return dy / (x * 2.302585092994046f);
  }
};

struct Log1p {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return inDouble([](auto d) { return preciseLog1p(d); }, x);
  }
  template <class T>
  LR_ELEM T gradient(T x, T, T dy) const {
    return dy / (x + 1.0f);
  }
};

struct Rsqrt {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return 1.0f / sqrtOf(x);
  }
  template <class T>
  LR_ELEM T gradient(T, T y, T dy) const {
    return dy * -0.5f * (y * y * y);
  }
};

struct Square {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return x * x;
  }
  template <class T>
  LR_ELEM T gradient(T x, T, T dy) const {
    return dy * (x + x);
  }
};

struct Reciprocal {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return 1.0f / x;
  }
  template <class T>
  LR_ELEM T gradient(T, T y, T dy) const {
    return -dy * (y * y);
  }
};

struct Sin {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return inDouble([](auto d) { return preciseSin(d, 0); }, x);
  }
  template <class T>
  LR_ELEM T gradient(T x, T, T dy) const {
    return dy * inDouble([](auto d) { return preciseSin(d, 1); }, x);
  }
};

struct Cos {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return inDouble([](auto d) { return preciseSin(d, 1); }, x);
  }
  template <class T>
  LR_ELEM T gradient(T x, T, T dy) const {
    return -dy * inDouble([](auto d) { return preciseSin(d, 0); }, x);
  }
};

struct Tan {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return inDouble([](auto d) { return preciseSin(d, 0) / preciseSin(d, 1); }, x);
  }
  template <class T>
  LR_ELEM T gradient(T, T y, T dy) const {
    return dy * (1.0f + y * y);
  }
};

struct Asin {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return inDouble([](auto d) { return preciseAtan(d / sqrtOf((1.0 - d) * (1.0 + d))); }, x);
  }
  template <class T>
  LR_ELEM T gradient(T x, T, T dy) const {
    return dy / sqrtOf((1.0f - x) * (1.0f + x));
  }
};

struct Acos {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return inDouble([](auto d) { return 2.0 * preciseAtan(sqrtOf((1.0 - d) / (1.0 + d))); }, x);
  }
  template <class T>
  LR_ELEM T gradient(T x, T, T dy) const {
    return -dy / sqrtOf((1.0f - x) * (1.0f + x));
  }
};

struct Atan {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return inDouble([](auto d) { return preciseAtan(d); }, x);
  }
  template <class T>
  LR_ELEM T gradient(T x, T, T dy) const {
    return dy / (x * x + 1.0f);
  }
};

// Near zero by its series, where the difference of the exponentials would cancel
struct Sinh {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return inDouble(
        [](auto d) {
          using D = decltype(d);
          const D e = preciseExp(d);
          const D magnitude = d < D{} ? -d : d;
          return magnitude < 1e-2 ? d + d * d * d * (1.0 / 6) : 0.5 * (e - 1.0 / e);
        },
        x);
  }
  template <class T>
  LR_ELEM T gradient(T x, T, T dy) const;
};

struct Cosh {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return inDouble(
        [](auto d) {
          const auto e = preciseExp(d);
          return 0.5 * (e + 1.0 / e);
        },
        x);
  }
  template <class T>
  LR_ELEM T gradient(T x, T, T dy) const {
    return dy * Sinh{}(x);
  }
};

template <class T>
LR_ELEM T Sinh::gradient(T x, T, T dy) const {
  return dy * Cosh{}(x);
}

// The nearest integer, of two the even one
template <class T>
LR_ELEM T roundOf(T x) {
  const auto sign = bitsOf(x) & static_cast<int32_t>(0x80000000);
  const T magnitude = magnitudeOf(x);
  const T rounded = (magnitude + 8388608.0f) - 8388608.0f;
  return magnitude < 8388608.0f ? floatOf(bitsOf(rounded) | sign) : x;
}

template <class T>
LR_ELEM T floorOf(T x) {
  const T rounded = roundOf(x);
  return rounded > x ? rounded - 1.0f : rounded;
}

struct Floor {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return floorOf(x);
  }
  template <class T>
  LR_ELEM T gradient(T, T, T) const {
    return T{};
  }
};

struct Ceil {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return -floorOf(-x);
  }
  template <class T>
  LR_ELEM T gradient(T, T, T) const {
    return T{};
  }
};

struct Round {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return roundOf(x);
  }
  template <class T>
  LR_ELEM T gradient(T, T, T) const {
    return T{};
  }
};

struct Trunc {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return x < T{} ? -floorOf(-x) : floorOf(x);
  }
  template <class T>
  LR_ELEM T gradient(T, T, T) const {
    return T{};
  }
};

struct Erf {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return erfOf(x);
  }
  template <class T>
  LR_ELEM T gradient(T x, T, T dy) const {
    return dy * inDouble([](auto d) { return 1.1283791670955126 * preciseExp(-(d * d)); }, x);
  }
};

struct Erfc {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return inDouble([](auto d) { return preciseErfc(d); }, x);
  }
  template <class T>
  LR_ELEM T gradient(T x, T, T dy) const {
    return -Erf{}.gradient(x, x, dy);
  }
};

// x between least and most; the gradient passes at the bounds
struct Clamp {
  float least, most;
  template <class T>
  LR_ELEM T operator()(T x) const {
    const T y = x < least ? T{} + least : x;
    return y > most ? T{} + most : y;
  }
  template <class T>
  LR_ELEM T gradient(T x, T, T dy) const {
    return (x >= least) & (x <= most) ? dy : T{};
  }
};
