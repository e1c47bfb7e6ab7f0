// How many elements each array of an operator has, in the order of its parameters, from its geometry and
// numbers: what the addon holds JavaScript's arrays to, so that no kernel touches memory that is not its own.
// To add an operator: a function of its name, which takes its parameters up to the first array.
#pragma once
#include "addon/arguments.h"
#include "lr/kernels.h"

namespace lr::lengths {

struct Length {
  int64_t elements;
  bool nullable = false;
  constexpr Length(int64_t n = -1, bool orNull = false) : elements(n), nullable(orNull) {}
};

constexpr Length orNull(int64_t n) { return {n, true}; }

// -1 as a length says that the geometry makes no sense.
struct Lengths {
  Length of[8];
};

// Elements from the first to the last of a stored matrix of `rows` rows, `leading` apart
inline int64_t matrix(int64_t rows, int64_t columns, int64_t leading) {
  if (rows < 1 || columns < 1 || leading < columns) return -1;
  return (rows - 1) * leading + columns;
}

inline Lengths gemm(const GemmShape& s) {
  return {s.transposeA ? matrix(s.k, s.m, s.lda) : matrix(s.m, s.k, s.lda),
          s.transposeB ? matrix(s.n, s.k, s.ldb) : matrix(s.k, s.n, s.ldb), matrix(s.m, s.n, s.ldc)};
}

struct ConvLengths {
  int64_t x, w, y;
};
inline ConvLengths conv(const Conv2dShape& s) {
  if (s.groups < 1 || s.strideHeight < 1 || s.strideWidth < 1) return {-1, -1, -1};
  return {product({s.batch, s.inChannels, s.inHeight, s.inWidth}),
          product({s.outChannels, s.inChannels / s.groups, s.kernelHeight, s.kernelWidth}),
          product({s.batch, s.outChannels, s.outHeight, s.outWidth})};
}
inline Lengths conv2dForward(const Conv2dShape& s) {
  const auto [x, w, y] = conv(s);
  return {x, w, orNull(s.outChannels), y};
}
inline Lengths conv2dBackwardInput(const Conv2dShape& s) {
  const auto [x, w, y] = conv(s);
  return {y, w, x};
}
inline Lengths conv2dBackwardWeight(const Conv2dShape& s) {
  const auto [x, w, y] = conv(s);
  return {x, y, w, orNull(s.outChannels)};
}

inline Lengths linearForward(const LinearShape& s) {
  return {product({s.rows, s.inFeatures}), product({s.outFeatures, s.inFeatures}), orNull(s.outFeatures),
          product({s.rows, s.outFeatures})};
}
inline Lengths linearBackwardInput(const LinearShape& s) {
  return {product({s.rows, s.outFeatures}), product({s.outFeatures, s.inFeatures}),
          product({s.rows, s.inFeatures})};
}
inline Lengths linearBackwardWeight(const LinearShape& s) {
  return {product({s.rows, s.inFeatures}), product({s.rows, s.outFeatures}),
          product({s.outFeatures, s.inFeatures}), orNull(s.outFeatures)};
}

inline Lengths unaryForward(int32_t kind, double, double, int64_t n) {
  if (kind < 0 || kind >= kUnaryCount) n = -1;
  return {n, n};
}
inline Lengths unaryBackward(int32_t kind, double, double, int64_t n) {
  if (kind < 0 || kind >= kUnaryCount) n = -1;
  return {n, n, n, n};
}

struct PoolLengths {
  int64_t x, y;
};
inline PoolLengths pool(const Pool2dShape& s) {
  if (s.strideHeight < 1 || s.strideWidth < 1) return {-1, -1};
  return {product({s.planes, s.inHeight, s.inWidth}), product({s.planes, s.outHeight, s.outWidth})};
}
inline Lengths maxPool2dForward(const Pool2dShape& s) {
  const auto [x, y] = pool(s);
  return {x, y, y};
}
inline Lengths maxPool2dBackward(const Pool2dShape& s) {
  const auto [x, y] = pool(s);
  return {y, y, x};
}

inline int64_t loss(int32_t reduction, int64_t n) { return reduction == kReductionNone ? n : 1; }

inline Lengths crossEntropyForward(const CrossEntropyShape& s, double) {
  const int64_t logits = product({s.batch, s.classes, s.inner}), targets = product({s.batch, s.inner});
  return {logits, targets, orNull(s.classes), logits, loss(s.reduction, targets)};
}
inline Lengths crossEntropyBackward(const CrossEntropyShape& s, double) {
  const int64_t logits = product({s.batch, s.classes, s.inner}), targets = product({s.batch, s.inner});
  return {logits, targets, orNull(s.classes), loss(s.reduction, targets), logits};
}

inline Lengths mseForward(int64_t n, int32_t reduction) { return {n, n, loss(reduction, n)}; }
inline Lengths mseBackward(int64_t n, int32_t reduction) { return {n, n, loss(reduction, n), n}; }

struct ReduceLengths {
  int64_t x, y;
};
inline ReduceLengths reduce(int32_t kind, const ReduceShape& s) {
  if (kind < 0 || kind >= kReduceCount || s.dims < 1 || s.dims > kReduceDims) return {-1, -1};
  ReduceLengths size = {1, 1};
  for (int32_t d = 0; d < s.dims; ++d) {
    const bool kept = (d % 2 == 0) != (s.firstReduced != 0);
    size = {product({size.x, s.lengths[d]}), kept ? product({size.y, s.lengths[d]}) : size.y};
  }
  return size;
}
inline Lengths reduceForward(int32_t kind, double, const ReduceShape& s) {
  const auto [x, y] = reduce(kind, s);
  return {x, y};
}
inline Lengths reduceBackward(int32_t kind, double, const ReduceShape& s) {
  const auto [x, y] = reduce(kind, s);
  return {x, y, y, x};
}

inline int64_t axis(const AxisShape& s) { return product({s.outer, s.length, s.inner}); }
inline Lengths argReduce(int32_t kind, const AxisShape& s) {
  const int64_t y = kind == kReduceMax || kind == kReduceMin ? product({s.outer, s.inner}) : -1;
  return {axis(s), y, y};
}
inline Lengths argReduceBackward(const AxisShape& s) {
  const int64_t y = product({s.outer, s.inner});
  return {y, y, axis(s)};
}
inline Lengths cumulativeSum(const AxisShape& s, int32_t) { return {axis(s), axis(s)}; }
inline Lengths softmaxForward(const AxisShape& s) { return {axis(s), axis(s)}; }
inline Lengths softmaxBackward(const AxisShape& s) { return {axis(s), axis(s), axis(s)}; }
inline Lengths logSoftmaxForward(const AxisShape& s) { return softmaxForward(s); }
inline Lengths logSoftmaxBackward(const AxisShape& s) { return softmaxBackward(s); }

inline Lengths layerNormForward(const LayerNormShape& s, double) {
  const int64_t x = product({s.rows, s.length});
  return {x, orNull(s.length), orNull(s.length), x, {s.rows, s.centered == 0}, s.rows};
}
inline Lengths layerNormBackward(const LayerNormShape& s, double) {
  const int64_t x = product({s.rows, s.length});
  return {x, orNull(s.length), {s.rows, s.centered == 0}, s.rows,
          x, orNull(x),        orNull(s.length),          orNull(s.length)};
}

inline int64_t groups(const GroupNormShape& s) {
  return s.groups < 1 || s.channels % s.groups != 0 ? -1 : product({s.batch, s.groups});
}
inline Lengths groupNormForward(const GroupNormShape& s, double) {
  const int64_t x = product({s.batch, s.channels, s.inner});
  return {x, orNull(s.channels), orNull(s.channels), x, groups(s), groups(s)};
}
inline Lengths groupNormBackward(const GroupNormShape& s, double) {
  const int64_t x = product({s.batch, s.channels, s.inner});
  return {x, orNull(s.channels), groups(s), groups(s), x, orNull(x), orNull(s.channels), orNull(s.channels)};
}

inline Lengths batchNormForward(const BatchNormShape& s, double) {
  const int64_t x = product({s.batch, s.channels, s.inner});
  return {x, orNull(s.channels), orNull(s.channels), s.channels, s.channels, x};
}
inline Lengths batchNormBackward(const BatchNormShape& s, double) {
  const int64_t x = product({s.batch, s.channels, s.inner});
  return {x, orNull(s.channels), s.channels,         s.channels,
          x, orNull(x),          orNull(s.channels), orNull(s.channels)};
}

inline Lengths movingAverage(int64_t n, double, double) { return {n, n}; }

inline Lengths accumulate(int64_t n) { return {n, n}; }

// The elements of operand k, or -1 where a walk leaves it
inline int64_t operand(const Strided& s, int k) {
  if (s.dims < 1 || s.dims > kMaxDims) return -1;
  int64_t least = s.offsets[k], most = s.offsets[k];
  for (int d = 0; d < s.dims; ++d) {
    if (s.shape[d] < 1) return -1;
    const int64_t reach = int64_t{s.shape[d] - 1} * s.strides[k][d];
    (reach < 0 ? least : most) += reach;
  }
  return least < 0 || most >= s.sizes[k] ? -1 : s.sizes[k];
}
inline int64_t places(const Strided& s) {
  int64_t n = 1;
  for (int d = 0; d < s.dims && d < kMaxDims && n >= 0; ++d) n = product({n, s.shape[d]});
  return n;
}
inline Lengths binaryForward(int32_t kind, const Strided& s) {
  const int64_t n = kind < 0 || kind >= kBinaryCount ? -1 : places(s);
  return {operand(s, 0), operand(s, 1), n};
}
inline Lengths binaryBackward(int32_t kind, const Strided& s) {
  const int64_t n = kind < 0 || kind >= kBinaryCount ? -1 : places(s);
  return {operand(s, 0), operand(s, 1), n, orNull(n), orNull(n)};
}
inline Lengths compare(int32_t kind, const Strided& s) {
  const int64_t n = kind < 0 || kind >= kCompareCount ? -1 : places(s);
  return {operand(s, 0), operand(s, 1), n};
}
inline Lengths where(const Strided& s) { return {operand(s, 0), operand(s, 1), operand(s, 2), places(s)}; }
inline Lengths copy(const Strided& s) { return {operand(s, 0), operand(s, 1)}; }
inline Lengths copyBytes(const Strided& s) { return copy(s); }

// That indices are within [0, length) is checked in TypeScript.
inline Lengths gather(const GatherShape& s) {
  const int64_t x = product({s.outer, s.length, s.inner}), y = product({s.outer, s.count, s.inner});
  return {x, y, y};
}
inline Lengths scatter(const GatherShape& s) {
  const int64_t x = product({s.outer, s.count, s.inner}), y = product({s.outer, s.length, s.inner});
  return {x, x, y};
}
inline Lengths scatterAdd(const GatherShape& s) { return scatter(s); }
inline Lengths gatherRows(const RowsShape& s) {
  return {product({s.outer, s.length, s.inner}), s.count, product({s.outer, s.count, s.inner})};
}
inline Lengths gatherRowsBackward(const RowsShape& s) {
  return {product({s.outer, s.count, s.inner}), s.count, product({s.outer, s.length, s.inner})};
}

}  // namespace lr::lengths
