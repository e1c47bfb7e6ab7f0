// Losses of one element, on a float or a vector of them. A struct each: value(x, t, w) of the input, the
// target and what some have as a third; dx, dtarget and dthird are its derivatives. The formulas are
// PyTorch's. To add one: its struct here, its name in the enum Loss of kernels.h, its line in
// cpu/loss.inc.cpp and in reference/loss.h.
#pragma once

#include "elem/exp.h"
#include "elem/log.h"
#include "elem/step.h"
#include "elem/unary.h"

// log(1 + u) for u > -1, precise for small u: log(1 + u) · u / ((1 + u) - 1) undoes the rounding of 1 + u
template <class T>
LR_ELEM T logOnePlus(T u) {
  const T w = 1.0f + u, difference = w - 1.0f;
  return difference == T{} ? u : Log{}(w) * (u / difference);
}

// log(1 + exp(x))
template <class T>
LR_ELEM T logOnePlusExp(T x) {
  const T tail = logOnePlus(expOf(-magnitudeOf(x)));
  return (x > T{} ? x : T{}) + tail;
}

// Losses of x - t: the target's derivative is the input's, negated.
template <class F>
struct DifferenceLoss : F {
  static constexpr bool kThird = false;
  template <class T>
  LR_ELEM T value(T x, T t, T) const {
    return F::of(x - t);
  }
  template <class T>
  LR_ELEM T dx(T x, T t, T) const {
    return F::slope(x - t);
  }
  template <class T>
  LR_ELEM T dtarget(T x, T t, T) const {
    return -F::slope(x - t);
  }
  template <class T>
  LR_ELEM T dthird(T, T, T) const {
    return T{};
  }
};

struct SquaredError {
  template <class T>
  LR_ELEM T of(T d) const {
    return d * d;
  }
  template <class T>
  LR_ELEM T slope(T d) const {
    return d + d;
  }
};

struct Magnitude {
  template <class T>
  LR_ELEM T of(T d) const {
    return magnitudeOf(d);
  }
  template <class T>
  LR_ELEM T slope(T d) const {
    return signOf(d);
  }
};

// d² / (2 · beta) below beta, |d| - beta / 2 above
struct SmoothMagnitude {
  float beta;
  template <class T>
  LR_ELEM T of(T d) const {
    const T size = magnitudeOf(d);
    return size < beta ? 0.5f * size * size / beta : size - 0.5f * beta;
  }
  template <class T>
  LR_ELEM T slope(T d) const {
    return magnitudeOf(d) < beta ? d / beta : signOf(d);
  }
};

// d² / 2 up to delta, delta · (|d| - delta / 2) above
struct Huber {
  float delta;
  template <class T>
  LR_ELEM T of(T d) const {
    const T size = magnitudeOf(d);
    return size <= delta ? 0.5f * size * size : delta * (size - 0.5f * delta);
  }
  template <class T>
  LR_ELEM T slope(T d) const {
    return magnitudeOf(d) <= delta ? d : delta * signOf(d);
  }
};

// What the losses below have unless they say otherwise
struct PairLoss {
  static constexpr bool kThird = false;
  template <class T>
  LR_ELEM T dthird(T, T, T) const {
    return T{};
  }
};

// (t - 1) · log(1 - x) - t · log(x), logarithms not below -100
struct Bce : PairLoss {
  template <class T>
  LR_ELEM T value(T x, T t, T) const {
    const T least = T{} - 100.0f;
    T left = logOnePlus(-x), right = Log{}(x);
    left = left < least ? least : left;
    right = right < least ? least : right;
    return (t - 1.0f) * left - t * right;
  }
  template <class T>
  LR_ELEM T dx(T x, T t, T) const {
    const T spread = (1.0f - x) * x, least = T{} + 1e-12f;
    return (x - t) / (spread > least ? spread : least);
  }
  template <class T>
  LR_ELEM T dtarget(T x, T, T) const {
    return logOnePlus(-x) - Log{}(x);
  }
};

// (1 - t) · x + log(1 + exp(-x))
struct BceWithLogits : PairLoss {
  template <class T>
  LR_ELEM T value(T x, T t, T) const {
    return (1.0f - t) * x + logOnePlusExp(-x);
  }
  template <class T>
  LR_ELEM T dx(T x, T t, T) const {
    return sigmoidOf(x) - t;
  }
  template <class T>
  LR_ELEM T dtarget(T x, T, T) const {
    return -x;
  }
};

// (1 - t) · x + (1 + (w - 1) · t) · log(1 + exp(-x))
struct BceWithLogitsWeighted {
  static constexpr bool kThird = true;
  template <class T>
  LR_ELEM T value(T x, T t, T w) const {
    return (1.0f - t) * x + ((w - 1.0f) * t + 1.0f) * logOnePlusExp(-x);
  }
  template <class T>
  LR_ELEM T dx(T x, T t, T w) const {
    return (1.0f - t) - ((w - 1.0f) * t + 1.0f) * sigmoidOf(-x);
  }
  template <class T>
  LR_ELEM T dtarget(T x, T, T w) const {
    return (w - 1.0f) * logOnePlusExp(-x) - x;
  }
  template <class T>
  LR_ELEM T dthird(T x, T t, T) const {
    return t * logOnePlusExp(-x);
  }
};

// t · (log(t) - x), 0 where t is
struct KlDiv : PairLoss {
  template <class T>
  LR_ELEM T value(T x, T t, T) const {
    return (t == T{} ? T{} : t * Log{}(t)) - t * x;
  }
  template <class T>
  LR_ELEM T dx(T, T t, T) const {
    return -t;
  }
  template <class T>
  LR_ELEM T dtarget(T x, T t, T) const {
    return Log{}(t) + 1.0f - x;
  }
};

// exp(t) · (t - x)
struct KlDivLogTarget : PairLoss {
  template <class T>
  LR_ELEM T value(T x, T t, T) const {
    return expOf(t) * (t - x);
  }
  template <class T>
  LR_ELEM T dx(T, T t, T) const {
    return -expOf(t);
  }
  template <class T>
  LR_ELEM T dtarget(T x, T t, T) const {
    return expOf(t) * (t - x + 1.0f);
  }
};

// Stirling's approximation of log(t!), for t above 1, where `full` is 1
template <class T>
LR_ELEM T stirlingOf(T t, float full) {
  const T y = t * Log{}(t)-t + 0.5f * Log{}(6.28318530717958647692f * t);
  return full != 0 ? (t > 1.0f ? y : T{}) : T{};
}
template <class T>
LR_ELEM T stirlingSlope(T t, float full) {
  const T y = Log{}(t) + 0.5f / t;
  return full != 0 ? (t > 1.0f ? y : T{}) : T{};
}

// exp(x) - t · x
struct PoissonNll : PairLoss {
  float full;
  explicit PoissonNll(float f) : full(f) {}
  template <class T>
  LR_ELEM T value(T x, T t, T) const {
    return expOf(x) - t * x + stirlingOf(t, full);
  }
  template <class T>
  LR_ELEM T dx(T x, T t, T) const {
    return expOf(x) - t;
  }
  template <class T>
  LR_ELEM T dtarget(T x, T t, T) const {
    return stirlingSlope(t, full) - x;
  }
};

// x - t · log(x + eps)
struct PoissonNllRate : PairLoss {
  float full, eps;
  PoissonNllRate(float f, float e) : full(f), eps(e) {}
  template <class T>
  LR_ELEM T value(T x, T t, T) const {
    return x - t * Log{}(x + eps) + stirlingOf(t, full);
  }
  template <class T>
  LR_ELEM T dx(T x, T t, T) const {
    return 1.0f - t / (x + eps);
  }
  template <class T>
  LR_ELEM T dtarget(T x, T t, T) const {
    return stirlingSlope(t, full) - Log{}(x + eps);
  }
};

// (log(v) + (x - t)² / v) / 2, v the larger of w and eps; the derivative of w is that of v
struct GaussianNll {
  static constexpr bool kThird = true;
  float full, eps;
  template <class T>
  LR_ELEM T variance(T w) const {
    return w < eps ? T{} + eps : w;
  }
  template <class T>
  LR_ELEM T value(T x, T t, T w) const {
    const T v = variance(w), d = x - t;
    return 0.5f * (Log{}(v) + d * d / v) + (full != 0 ? 0.91893853320467274178f : 0.0f);
  }
  template <class T>
  LR_ELEM T dx(T x, T t, T w) const {
    return (x - t) / variance(w);
  }
  template <class T>
  LR_ELEM T dtarget(T x, T t, T w) const {
    return (t - x) / variance(w);
  }
  template <class T>
  LR_ELEM T dthird(T x, T t, T w) const {
    const T v = variance(w), d = x - t;
    return 0.5f * (1.0f - d * d / v) / v;
  }
};

// x where t is 1, max(0, margin - x) where it is -1
struct HingeEmbedding : PairLoss {
  float margin;
  explicit HingeEmbedding(float m) : margin(m) {}
  template <class T>
  LR_ELEM T value(T x, T t, T) const {
    const T room = margin - x, hinge = room > T{} ? room : T{};
    return (t != 1.0f ? hinge : T{}) + (t != -1.0f ? x : T{});
  }
  template <class T>
  LR_ELEM T dx(T x, T t, T) const {
    const T one = T{} + 1.0f, room = margin - x, hinge = room >= T{} ? -one : T{};
    return (t != 1.0f ? hinge : T{}) + (t != -1.0f ? one : T{});
  }
  template <class T>
  LR_ELEM T dtarget(T, T, T) const {
    return T{};
  }
};

// log(1 + exp(-t · x))
struct SoftMargin : PairLoss {
  template <class T>
  LR_ELEM T value(T x, T t, T) const {
    return logOnePlusExp(-(t * x));
  }
  template <class T>
  LR_ELEM T dx(T x, T t, T) const {
    return -(t * sigmoidOf(-(t * x)));
  }
  template <class T>
  LR_ELEM T dtarget(T x, T t, T) const {
    return -(x * sigmoidOf(-(t * x)));
  }
};

// max(0, margin - w · (x - t))
struct MarginRanking {
  static constexpr bool kThird = true;
  float margin;
  template <class T>
  LR_ELEM T room(T x, T t, T w) const {
    return margin - w * (x - t);
  }
  template <class T>
  LR_ELEM T value(T x, T t, T w) const {
    const T y = room(x, t, w);
    return y < T{} ? T{} : y;
  }
  template <class T>
  LR_ELEM T dx(T x, T t, T w) const {
    return room(x, t, w) < T{} ? T{} : -w;
  }
  template <class T>
  LR_ELEM T dtarget(T x, T t, T w) const {
    return room(x, t, w) < T{} ? T{} : w;
  }
  template <class T>
  LR_ELEM T dthird(T x, T t, T w) const {
    return room(x, t, w) < T{} ? T{} : t - x;
  }
};
