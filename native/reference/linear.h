// Linear layers by definition.
#pragma once

#include "reference/definition.h"

namespace lr::reference {

template <class T>
void linearForward(const LinearShape& s, const T* x, const T* w, const T* bias, T* y) {
  for (int64_t row = 0; row < s.rows; ++row) {
    for (int64_t o = 0; o < s.outFeatures; ++o) {
      double sum = bias != nullptr ? bias[o] : 0;
      for (int64_t i = 0; i < s.inFeatures; ++i)
        sum += double{x[row * s.inFeatures + i]} * w[o * s.inFeatures + i];
      y[row * s.outFeatures + o] = static_cast<T>(sum);
    }
  }
}

template <class T>
void linearBackwardInput(const LinearShape& s, const T* dy, const T* w, T* dx) {
  for (int64_t row = 0; row < s.rows; ++row) {
    for (int64_t i = 0; i < s.inFeatures; ++i) {
      double sum = 0;
      for (int64_t o = 0; o < s.outFeatures; ++o)
        sum += double{dy[row * s.outFeatures + o]} * w[o * s.inFeatures + i];
      dx[row * s.inFeatures + i] = static_cast<T>(sum);
    }
  }
}

template <class T>
void linearBackwardWeight(const LinearShape& s, const T* x, const T* dy, T* dw, T* dbias) {
  for (int64_t o = 0; o < s.outFeatures; ++o) {
    for (int64_t i = 0; i < s.inFeatures; ++i) {
      double sum = 0;
      for (int64_t row = 0; row < s.rows; ++row)
        sum += double{dy[row * s.outFeatures + o]} * x[row * s.inFeatures + i];
      dw[o * s.inFeatures + i] = static_cast<T>(sum);
    }
    if (dbias == nullptr) continue;
    double sum = 0;
    for (int64_t row = 0; row < s.rows; ++row) sum += dy[row * s.outFeatures + o];
    dbias[o] = static_cast<T>(sum);
  }
}

}  // namespace lr::reference
