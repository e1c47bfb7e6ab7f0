// Functions of one element, on a float or a vector of them. A struct each: operator()(x) is y, gradient(x, y,
// dy) is dx; both are PyTorch's formulas. To add one: its struct here, its name in the enum Unary of
// kernels.h, its line in cpu/unary.inc.cpp and in reference/unary.h.
#pragma once

#include "elem/erf.h"
#include "elem/exp.h"
#include "elem/log.h"
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

// x · Φ(x), Φ the distribution function of the normal distribution
struct Gelu {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return x * 0.5f * (1.0f + erfOf(x * 0.70710678118654752440f));
  }
  template <class T>
  LR_ELEM T gradient(T x, T, T dy) const {
    const T cdf = 0.5f * (1.0f + erfOf(x * 0.70710678118654752440f));
    const T pdf = expOf(x * x * -0.5f) * 0.39894228040143267794f;
    return dy * (cdf + x * pdf);
  }
};

// 0.5 · x · (1 + tanh(sqrt(2 / π) · (x + 0.044715 · x³)))
struct GeluTanh {
  static constexpr float kBeta = 0.79788456080286535588f, kKappa = 0.044715f;
  template <class T>
  LR_ELEM T operator()(T x) const {
    return 0.5f * x * (1.0f + tanhOf(kBeta * (x + kKappa * x * x * x)));
  }
  template <class T>
  LR_ELEM T gradient(T x, T, T dy) const {
    const T t = tanhOf(kBeta * (x + kKappa * x * x * x));
    const T inner = kBeta * (1.0f + 3.0f * kKappa * x * x);
    return dy * (0.5f * (1.0f + t) + 0.5f * x * (1.0f - t * t) * inner);
  }
};

// x · sigmoid(x)
struct Silu {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return x / (1.0f + expOf(-x));
  }
  template <class T>
  LR_ELEM T gradient(T x, T, T dy) const {
    const T s = sigmoidOf(x);
    return dy * (s * (1.0f + x * (1.0f - s)));
  }
};

// log(1 + exp(x)); x itself above 20
struct Softplus {
  template <class T>
  LR_ELEM T operator()(T x) const {
    // log1p(u) = log(1 + u) · u / ((1 + u) - 1) undoes the rounding of 1 + u
    const T u = expOf(-magnitudeOf(x));
    const T w = 1.0f + u;
    const T difference = w - 1.0f;
    const T log1p = difference == T{} ? u : logOf(w) * (u / difference);
    const T y = (x > T{} ? x : T{}) + log1p;
    return x > 20.0f ? x : (x == x ? y : x);
  }
  template <class T>
  LR_ELEM T gradient(T x, T, T dy) const {
    return x > 20.0f ? dy : dy * sigmoidOf(x);
  }
};

// x, or slope · x below zero
struct LeakyRelu {
  float slope;
  template <class T>
  LR_ELEM T operator()(T x) const {
    return x > T{} ? x : x * slope;
  }
  template <class T>
  LR_ELEM T gradient(T x, T, T dy) const {
    return x > T{} ? dy : dy * slope;
  }
};

// NaN stays NaN, and its gradient passes, as in PyTorch
struct Relu {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return x <= T{} ? T{} : x;
  }
  template <class T>
  LR_ELEM T gradient(T, T y, T dy) const {
    return y <= T{} ? T{} : dy;
  }
};
