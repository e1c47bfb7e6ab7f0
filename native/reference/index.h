// Elements and rows by index by definition.
#pragma once

#include "reference/definition.h"

namespace lr::reference {

// Calls body(target, source) with the flat positions in (outer, length, inner) and (outer, count, inner)
template <class Body>
void forEachGathered(const GatherShape& s, const int32_t* index, const Body& body) {
  for (int64_t o = 0; o < s.outer; ++o) {
    for (int64_t i = 0; i < s.count; ++i) {
      for (int64_t k = 0; k < s.inner; ++k) {
        const int64_t source = (o * s.count + i) * s.inner + k;
        body((o * s.length + index[source]) * s.inner + k, source);
      }
    }
  }
}

template <class T>
void gather(const GatherShape& s, const T* x, const int32_t* index, T* y) {
  forEachGathered(s, index, [=](int64_t target, int64_t source) { y[source] = x[target]; });
}

template <class T>
void scatter(const GatherShape& s, const T* x, const int32_t* index, T* y) {
  forEachGathered(s, index, [=](int64_t target, int64_t source) { y[target] = x[source]; });
}

template <class T>
void scatterAdd(const GatherShape& s, const T* x, const int32_t* index, T* y) {
  std::vector<double> sums(y, y + static_cast<int64_t>(s.outer) * s.length * s.inner);
  forEachGathered(s, index, [&](int64_t target, int64_t source) { sums[target] += x[source]; });
  storeTo(sums, y);
}

template <class T>
void gatherRows(const RowsShape& s, const T* x, const int32_t* index, T* y) {
  for (int64_t o = 0; o < s.outer; ++o) {
    for (int64_t i = 0; i < s.count; ++i) {
      for (int64_t k = 0; k < s.inner; ++k)
        y[(o * s.count + i) * s.inner + k] = x[(o * s.length + index[i]) * s.inner + k];
    }
  }
}

template <class T>
void gatherRowsBackward(const RowsShape& s, const T* dy, const int32_t* index, T* dx) {
  std::vector<double> sums(static_cast<int64_t>(s.outer) * s.length * s.inner);
  for (int64_t o = 0; o < s.outer; ++o) {
    for (int64_t i = 0; i < s.count; ++i) {
      if (index[i] == s.ignored) continue;
      for (int64_t k = 0; k < s.inner; ++k)
        sums[(o * s.length + index[i]) * s.inner + k] += dy[(o * s.count + i) * s.inner + k];
    }
  }
  storeTo(sums, dx);
}

}  // namespace lr::reference
