// Moving elements with strides by definition.
#pragma once

#include "reference/definition.h"

namespace lr::reference {

// Calls body(i, at): i the row-major position, at[k] the offset in operand k
template <class Body>
void forEachPlace(const Strided& s, const Body& body) {
  int64_t n = 1;
  for (int d = 0; d < s.dims; ++d) n *= s.shape[d];
  for (int64_t i = 0; i < n; ++i) {
    int64_t at[3] = {s.offsets[0], s.offsets[1], s.offsets[2]};
    int64_t rest = i;
    for (int d = s.dims - 1; d >= 0; --d) {
      for (int k = 0; k < 3; ++k) at[k] += rest % s.shape[d] * s.strides[k][d];
      rest /= s.shape[d];
    }
    body(i, at);
  }
}

template <class T>
void copy(const Strided& s, const T* x, T* y) {
  forEachPlace(s, [=](int64_t, const int64_t* at) { y[at[1]] = x[at[0]]; });
}

template <class T>
void copyBytes(const Strided& s, const uint8_t* x, uint8_t* y) {
  forEachPlace(s, [=](int64_t, const int64_t* at) { y[at[1]] = x[at[0]]; });
}

}  // namespace lr::reference
