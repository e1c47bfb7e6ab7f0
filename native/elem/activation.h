// Activations: functions of one element as in elem/unary.h.
#pragma once

#include "elem/unary.h"

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

// log(1 + exp(beta · x)) / beta; x itself where beta · x is above the threshold
struct Softplus {
  float beta = 1, threshold = 20;
  template <class T>
  LR_ELEM T operator()(T given) const {
    const T x = given * beta;
    // log1p(u) = log(1 + u) · u / ((1 + u) - 1) undoes the rounding of 1 + u
    const T u = expOf(-magnitudeOf(x));
    const T w = 1.0f + u;
    const T difference = w - 1.0f;
    const T log1p = difference == T{} ? u : logOf(w) * (u / difference);
    const T y = (x > T{} ? x : T{}) + log1p;
    return x > threshold ? given : (x == x ? y / beta : x);
  }
  template <class T>
  LR_ELEM T gradient(T x, T, T dy) const {
    return x * beta > threshold ? dy : dy * sigmoidOf(x * beta);
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

// min(max(x, least), most); no gradient passes at the bounds. relu6 is 0 and 6.
struct Hardtanh {
  float least, most;
  template <class T>
  LR_ELEM T operator()(T x) const {
    return Clamp{least, most}(x);
  }
  template <class T>
  LR_ELEM T gradient(T x, T, T dy) const {
    return (x <= least) | (x >= most) ? T{} : dy;
  }
};

// x, or alpha · (exp(x) - 1) below zero
struct Elu {
  float alpha;
  template <class T>
  LR_ELEM T operator()(T x) const {
    return x > T{} ? x : alpha * Expm1{}(x);
  }
  template <class T>
  LR_ELEM T gradient(T x, T, T dy) const {
    return x > T{} ? dy : dy * (alpha * expOf(x));
  }
};

// x, or alpha · (exp(x / alpha) - 1) below zero
struct Celu {
  float alpha;
  template <class T>
  LR_ELEM T operator()(T x) const {
    return x > T{} ? x : alpha * Expm1{}(x / alpha);
  }
  template <class T>
  LR_ELEM T gradient(T x, T, T dy) const {
    return x > T{} ? dy : dy * expOf(x / alpha);
  }
};

struct Selu {
  static constexpr float kAlpha = 1.6732632423543772848170429916717f;
  static constexpr float kScale = 1.0507009873554804934193349852946f;
  template <class T>
  LR_ELEM T operator()(T x) const {
    return kScale * Elu{kAlpha}(x);
  }
  template <class T>
  LR_ELEM T gradient(T x, T y, T dy) const {
    return kScale * Elu{kAlpha}.gradient(x, y, dy);
  }
};

// x · tanh(log(1 + exp(x))); with u = 1 + exp(x) the tangent is (u² - 1) / (u² + 1). NaN at -infinity, as in
// PyTorch
struct Mish {
  template <class T>
  static LR_ELEM T tangent(T x) {
    const T e = preciseExp(x > 40.0 ? T{} + 40.0 : x);
    const T n = e * (e + 2.0);
    return x < -150.0 ? T{} : n / (n + 2.0);
  }
  template <class T>
  LR_ELEM T operator()(T x) const {
    return inDouble([](auto d) { return d * tangent(d); }, x);
  }
  template <class T>
  LR_ELEM T gradient(T x, T, T dy) const {
    return dy * inDouble(
                    [](auto d) {
                      const auto t = tangent(d);
                      return t + d * (1.0 - t * t) / (1.0 + preciseExp(-d));
                    },
                    x);
  }
};

// x / (1 + |x|)
struct Softsign {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return x / (1.0f + magnitudeOf(x));
  }
  template <class T>
  LR_ELEM T gradient(T x, T, T dy) const {
    const T d = 1.0f + magnitudeOf(x);
    return dy / (d * d);
  }
};

// min(max(x / 6 + 1/2, 0), 1)
struct Hardsigmoid {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return Clamp{0.0f, 6.0f}(x + 3.0f) / 6.0f;
  }
  template <class T>
  LR_ELEM T gradient(T x, T, T dy) const {
    return (x > -3.0f) & (x < 3.0f) ? dy * (1.0f / 6.0f) : T{};
  }
};

// x · min(max(x / 6 + 1/2, 0), 1)
struct Hardswish {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return x * Clamp{0.0f, 6.0f}(x + 3.0f) / 6.0f;
  }
  template <class T>
  LR_ELEM T gradient(T x, T, T dy) const {
    return x <= -3.0f ? T{} : (x < 3.0f ? dy * (x / 3.0f + 0.5f) : dy);
  }
};

// log(1 / (1 + exp(-x)))
struct Logsigmoid {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return inDouble(
        [](auto d) {
          using D = decltype(d);
          const D magnitude = d < D{} ? -d : d;
          const D e = preciseExp(-magnitude);
          // e below 1e-5 is where log1p has its series
          return (d < D{} ? d : D{}) - preciseLog1p(e);
        },
        x);
  }
  template <class T>
  LR_ELEM T gradient(T x, T, T dy) const {
    return dy * sigmoidOf(-x);
  }
};

// x - tanh(x)
struct Tanhshrink {
  template <class T>
  LR_ELEM T operator()(T x) const {
    return inDouble(
        [](auto d) {
          using D = decltype(d);
          const D e = preciseExpm1(2.0 * d);
          const D magnitude = d < D{} ? -d : d;
          return magnitude < 2e-2 ? d * d * d * (1.0 / 3 - d * d * (2.0 / 15) + d * d * d * d * (17.0 / 315))
                                  : d - e / (e + 2.0);
        },
        x);
  }
  template <class T>
  LR_ELEM T gradient(T x, T, T dy) const {
    const T t = tanhOf(x);
    return dy * (t * t);
  }
};

// x moved by lambda towards zero, which is where it is within lambda of it
struct Softshrink {
  float lambda;
  template <class T>
  LR_ELEM T operator()(T x) const {
    return x > lambda ? x - lambda : (x < -lambda ? x + lambda : x * 0.0f);
  }
  template <class T>
  LR_ELEM T gradient(T x, T, T dy) const {
    return (x >= -lambda) & (x <= lambda) ? T{} : dy;
  }
};

// x, or 0 within lambda of it
struct Hardshrink {
  float lambda;
  template <class T>
  LR_ELEM T operator()(T x) const {
    return (x >= -lambda) & (x <= lambda) ? T{} : x;
  }
  template <class T>
  LR_ELEM T gradient(T x, T, T dy) const {
    return (x >= -lambda) & (x <= lambda) ? T{} : dy;
  }
};

// x above the threshold, else `value`
struct Threshold {
  float threshold, value;
  template <class T>
  LR_ELEM T operator()(T x) const {
    return x <= threshold ? T{} + value : x;
  }
  template <class T>
  LR_ELEM T gradient(T x, T, T dy) const {
    return x <= threshold ? T{} : dy;
  }
};
