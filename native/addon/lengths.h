// How many elements each array of an operator has, in the order of its parameters, from its geometry and
// numbers: what the addon holds JavaScript's arrays to, so that no kernel touches memory that is not its own.
// To add an operator: a function of its name, which takes its parameters up to the first array.
#pragma once
#include <initializer_list>

#include "lr/kernels.h"

namespace lr::lengths {

// The product of lengths, or -1 where one is negative or the product is no array's length.
inline int64_t product(std::initializer_list<int64_t> lengths) {
  int64_t size = 1;
  for (int64_t length : lengths) {
    if (length < 0 || __builtin_mul_overflow(size, length, &size)) return -1;
  }
  return size;
}

// What an operator does with an array, where it is other than reading inputs and overwriting outputs
enum class Access : uint8_t {
  kUsual,
  kUpdate,  // an output of which something stays, or is read first
  kNone,    // an input that these numbers do not need
};

// What the elements of an array of int32 that a kernel reads are, where it takes them for places in another:
// indices in [0, below), or `other`; or spans, of which there are three each: where it begins and ends, in
// [0, below], and a divisor.
enum class Places { kNone, kIndices, kSpans };

struct Length {
  int64_t elements;
  bool nullable = false;
  Access access = Access::kUsual;
  int8_t over = -1;  // the input, by its place among the arrays, that this output may share its memory with
  Places places = Places::kNone;
  int64_t below = 0;
  int32_t other = 0;
  constexpr Length(int64_t n = -1, bool orNull = false) : elements(n), nullable(orNull) {}
  constexpr Length(int64_t n, Places what, int64_t limit, int32_t allowed)
      : elements(n), places(what), below(limit), other(allowed) {}
};

constexpr Length orNull(int64_t n) { return {n, true}; }
constexpr Length with(Length length, Access access) {
  length.access = access;
  return length;
}
constexpr Length updated(int64_t n) { return with(n, Access::kUpdate); }
constexpr Length unread(int64_t n) { return with(n, Access::kNone); }
constexpr Length over(int64_t n, int8_t input) {
  Length length = n;
  length.over = input;
  return length;
}
constexpr Length indices(int64_t n, int64_t below, int32_t other = 0) {
  return {n, Places::kIndices, below, other};
}

// The sign bit of `outside` is set where one of n values is below 0 or above `most`.
inline bool areWithin(const int32_t* values, int64_t n, int32_t most) {
  int32_t outside = most;
  for (int64_t i = 0; i < n; ++i) outside |= values[i] | (most - (values[i] & INT32_MAX));
  return outside >= 0;
}

inline bool holdsPlaces(const Length& length, const int32_t* values) {
  const auto most = static_cast<int32_t>(length.below - 1);
  bool holds = true;
  if (length.places == Places::kIndices && !areWithin(values, length.elements, most)) {
    for (int64_t i = 0; i < length.elements; ++i) {
      holds &= (values[i] >= 0 && values[i] <= most) || values[i] == length.other;
    }
  } else if (length.places == Places::kSpans) {
    for (int64_t i = 0; i < length.elements; i += 3) {
      holds &= 0 <= values[i] && values[i] <= values[i + 1] && values[i + 1] <= length.below;
    }
  }
  return holds;
}

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
  const Access access = s.accumulate || s.ldc > s.n ? Access::kUpdate : Access::kUsual;
  return {s.transposeA ? matrix(s.k, s.m, s.lda) : matrix(s.m, s.k, s.lda),
          s.transposeB ? matrix(s.n, s.k, s.ldb) : matrix(s.k, s.n, s.ldb),
          with(matrix(s.m, s.n, s.ldc), access)};
}

inline Lengths gemmBatch(const GemmBatchShape& s) {
  const auto matrices = [&](int64_t outer, int64_t inner) {
    return outer < 0 || inner < 0 ? -1 : (s.outer - 1) * outer + (s.inner - 1) * inner + 1;
  };
  if (s.outer < 1 || s.inner < 1) return {-1};
  return {product({matrices(s.outerA, s.innerA), s.m, s.k}),
          product({matrices(s.outerB, s.innerB), s.k, s.n}),
          with(product({matrices(s.outerC, s.innerC), s.m, s.n}),
               s.accumulate ? Access::kUpdate : Access::kUsual)};
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

// Whether the gradient is a function of y alone
inline bool readsOnlyOutput(int32_t kind) {
  return kind == kUnaryExp || kind == kUnarySqrt || kind == kUnarySigmoid || kind == kUnaryTanh ||
         kind == kUnaryRelu;
}
inline Lengths unaryForward(int32_t kind, double, double, int64_t n) {
  if (kind < 0 || kind >= kUnaryCount) n = -1;
  return {n, over(n, 0)};
}
inline Lengths unaryBackward(int32_t kind, double, double, int64_t n) {
  if (kind < 0 || kind >= kUnaryCount) n = -1;
  return {readsOnlyOutput(kind) ? unread(n) : n, n, n, over(n, 2)};
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
  return {y, indices(y, product({s.inHeight, s.inWidth})), x};
}

inline Lengths maxUnpool2dBackward(const Pool2dShape& s) {
  const auto [x, y] = pool(s);
  return {x, indices(y, product({s.inHeight, s.inWidth})), y};
}

inline Length spans(int64_t n, int64_t length) { return {product({n, 3}), Places::kSpans, length, 0}; }
inline PoolLengths window(const Window2dShape& s) {
  return {product({s.planes, s.inHeight, s.inWidth}), product({s.planes, s.outHeight, s.outWidth})};
}
inline Lengths avgPool2dForward(const Window2dShape& s) {
  const auto [x, y] = window(s);
  return {spans(s.outHeight, s.inHeight), spans(s.outWidth, s.inWidth), x, y};
}
inline Lengths avgPool2dBackward(const Window2dShape& s) {
  const auto [x, y] = window(s);
  return {spans(s.outHeight, s.inHeight), spans(s.outWidth, s.inWidth), y, x};
}
inline Lengths windowMaxForward(const Window2dShape& s) {
  const auto [x, y] = window(s);
  return {spans(s.outHeight, s.inHeight), spans(s.outWidth, s.inWidth), x, y, y};
}

inline Lengths resample2dForward(const Resample2dShape& s, double) {
  const int64_t rows = product({s.outHeight, s.taps}), columns = product({s.outWidth, s.taps});
  return {indices(rows, s.inHeight, s.taps == 1 ? -1 : 0),
          indices(columns, s.inWidth, s.taps == 1 ? -1 : 0),
          rows,
          columns,
          product({s.planes, s.inHeight, s.inWidth}),
          product({s.planes, s.outHeight, s.outWidth})};
}
inline Lengths resample2dBackward(const Resample2dShape& s) {
  const int64_t rows = product({s.outHeight, s.taps}), columns = product({s.outWidth, s.taps});
  return {indices(rows, s.inHeight, s.taps == 1 ? -1 : 0),
          indices(columns, s.inWidth, s.taps == 1 ? -1 : 0),
          rows,
          columns,
          product({s.planes, s.outHeight, s.outWidth}),
          product({s.planes, s.inHeight, s.inWidth})};
}

inline PoolLengths folds(const Pool2dShape& s) {
  const auto [x, y] = pool(s);
  return {x, y < 0 ? -1 : product({y, s.kernelHeight, s.kernelWidth})};
}
inline Lengths unfold2d(const Pool2dShape& s) {
  const auto [x, y] = folds(s);
  return {x, y};
}
inline Lengths fold2d(const Pool2dShape& s) {
  const auto [x, y] = folds(s);
  return {y, x};
}

inline int64_t loss(int32_t reduction, int64_t n) { return reduction == kReductionNone ? n : 1; }

inline Lengths crossEntropyForward(const CrossEntropyShape& s, double) {
  const int64_t logits = product({s.batch, s.classes, s.inner}), targets = product({s.batch, s.inner});
  return {logits, indices(targets, s.classes, s.ignoreIndex), orNull(s.classes), logits,
          loss(s.reduction, targets)};
}
inline Lengths crossEntropyBackward(const CrossEntropyShape& s, double) {
  const int64_t logits = product({s.batch, s.classes, s.inner}), targets = product({s.batch, s.inner});
  return {logits, indices(targets, s.classes, s.ignoreIndex), orNull(s.classes), loss(s.reduction, targets),
          logits};
}

inline Lengths nllForward(const CrossEntropyShape& s) {
  const int64_t logProbs = product({s.batch, s.classes, s.inner}), targets = product({s.batch, s.inner});
  return {logProbs, indices(targets, s.classes, s.ignoreIndex), orNull(s.classes),
          loss(s.reduction, targets)};
}
inline Lengths nllBackward(const CrossEntropyShape& s) {
  const int64_t logProbs = product({s.batch, s.classes, s.inner}), targets = product({s.batch, s.inner});
  return {indices(targets, s.classes, s.ignoreIndex), orNull(s.classes), loss(s.reduction, targets),
          logProbs};
}

inline Length third(int32_t kind, int64_t n) { return lossHasThird(kind) ? Length(n) : orNull(0); }
inline Lengths pointwiseLossForward(int32_t kind, double, double, int64_t n, int32_t reduction) {
  if (kind < 0 || kind >= kLossCount) n = -1;
  return {n, n, third(kind, n), loss(reduction, n)};
}
inline Lengths pointwiseLossBackward(int32_t kind, double, double, int64_t n, int32_t reduction) {
  if (kind < 0 || kind >= kLossCount) n = -1;
  return {n, n, third(kind, n), loss(reduction, n), orNull(n), orNull(n), orNull(n)};
}

inline Lengths dropout(double, double, double, int64_t inner, int64_t n) {
  if (inner < 1 || n % inner != 0) return {-1};
  return {n, n / inner, n};
}

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
  return {y, indices(y, s.length), axis(s)};
}
inline Lengths cumulativeSum(const AxisShape& s, int32_t) { return {axis(s), axis(s)}; }
inline Lengths sort(const AxisShape& s, int32_t) { return {axis(s), axis(s), axis(s)}; }
inline Lengths softmaxForward(const AxisShape& s, int32_t) { return {axis(s), over(axis(s), 0)}; }
inline Lengths softmaxBackward(const AxisShape& s) { return {axis(s), axis(s), over(axis(s), 1)}; }
inline Lengths logSoftmaxForward(const AxisShape& s) { return softmaxForward(s, 0); }
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
  const Length statistics = s.training ? s.channels : updated(s.channels);
  return {x, orNull(s.channels), orNull(s.channels), statistics, statistics, x};
}
inline Lengths batchNormBackward(const BatchNormShape& s, double) {
  const int64_t x = product({s.batch, s.channels, s.inner});
  return {x, orNull(s.channels), s.channels,         s.channels,
          x, orNull(x),          orNull(s.channels), orNull(s.channels)};
}

inline Lengths movingAverage(int64_t n, double, double) { return {n, updated(n)}; }

inline Lengths accumulate(int64_t n) { return {n, updated(n)}; }

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
inline Lengths integers(int32_t element, const Strided& s, int64_t yWidth) {
  const int64_t width = element < kElementInt32 ? -1 : elementWidth(element);
  return {product({operand(s, 0), width}), product({operand(s, 1), width}), product({places(s), yWidth})};
}
inline Lengths integerForward(int32_t kind, int32_t element, const Strided& s) {
  return integers(kind < 0 || kind >= kIntegerCount ? -1 : element, s, elementWidth(element));
}
inline Lengths integerCompare(int32_t kind, int32_t element, const Strided& s) {
  return integers(kind < 0 || kind >= kCompareCount ? -1 : element, s, 1);
}
inline Lengths convert(int32_t from, int32_t to, int64_t n) {
  return {product({n, elementWidth(from)}), product({n, elementWidth(to)})};
}
inline Lengths where(const Strided& s) { return {operand(s, 0), operand(s, 1), operand(s, 2), places(s)}; }
inline Lengths copy(const Strided& s) {
  const int64_t y = operand(s, 1);
  return {operand(s, 0), places(s) == y ? y : updated(y)};
}
inline Lengths copyBytes(const Strided& s) { return copy(s); }

inline Lengths gather(const GatherShape& s) {
  const int64_t x = product({s.outer, s.length, s.inner}), y = product({s.outer, s.count, s.inner});
  return {x, indices(y, s.length), y};
}
inline Lengths scatter(const GatherShape& s) {
  const int64_t x = product({s.outer, s.count, s.inner}), y = product({s.outer, s.length, s.inner});
  return {x, indices(x, s.length), updated(y)};
}
inline Lengths scatterAdd(const GatherShape& s) { return scatter(s); }
inline Lengths gatherRows(const RowsShape& s) {
  return {product({s.outer, s.length, s.inner}), indices(s.count, s.length),
          product({s.outer, s.count, s.inner})};
}
inline Lengths gatherRowsBackward(const RowsShape& s) {
  return {product({s.outer, s.count, s.inner}), indices(s.count, s.length),
          product({s.outer, s.length, s.inner})};
}

// Elements of the array of a role for a tensor of `size` elements, or -1 where its scalars are of no such
// tensor
inline int64_t optimizerStep(Optimizer kind, int32_t role, int64_t size, const double* scalars) {
  const bool isMean = kind == Optimizer::adafactor && (role == 2 || role == 3);
  if (kind != Optimizer::muon && !isMean) return size;
  const double limit = static_cast<double>(size);
  if (!(scalars[0] >= 1 && scalars[1] >= 1 && scalars[0] <= limit && scalars[1] <= limit)) return -1;
  const auto rows = static_cast<int64_t>(scalars[0]), cols = static_cast<int64_t>(scalars[1]);
  const bool isWhole = static_cast<double>(rows) == scalars[0] && static_cast<double>(cols) == scalars[1];
  const int64_t matrix = product({rows, cols});
  if (!isWhole || matrix < 0 || size % matrix != 0 || (kind == Optimizer::muon && matrix != size)) return -1;
  return !isMean ? size : (role == 2 ? size / cols : size / rows);
}

// Whether the roles that are given belong together, where that is more than those that no option turns off:
// Adafactor's averages, which are of rows and columns or of elements
inline bool optimizerRoles(Optimizer kind, float* const* const* buffers) {
  if (kind != Optimizer::adafactor) return true;
  return (buffers[2] != nullptr) == (buffers[3] != nullptr) &&
         (buffers[2] != nullptr) != (buffers[4] != nullptr);
}

}  // namespace lr::lengths
