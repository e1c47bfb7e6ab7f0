// The operator list. A backend (baseline, avx2, avx512, neon, the reference, cuda) is one filled
// KernelsOf<T> table, T the type of the elements; choosing a device or an instruction set is choosing a
// table, and tests iterate the tables.
//
// What may not go in here: N-API, standard containers, anything about how a table does its work.
// To add an operator: its function pointer in KernelsOf, its row in LR_OPERATORS and, for its geometry, a
// plain struct of int32 fields here; its definition in reference/<family>.h; its loops in
// cpu/<family>.inc.cpp and its kernels in cuda/<family>.cu; how long its arrays are in addon/lengths.h; its
// rows in test/.
//
// Conventions
// - Parameters come in the order geometry and numbers, inputs, outputs.
// - Every array is contiguous and row-major; images are NCHW, convolution weights OIHW, linear weights (out,
// in).
// - Kernels own nothing: the caller allocates outputs, and outputs are overwritten, never accumulated, unless
// a
//   function says otherwise. Outputs do not overlap inputs unless a function says they may be the same array.
// - A gradient is `d` + the name of what it is the gradient of.
// - Geometry crosses from TypeScript as an Int32Array with the fields of the struct in order,
// hyper-parameters as
//   a Float64Array likewise: the layouts are repeated once, in packages/lr-native/src/addon-types.ts.
// - Arguments are valid (TypeScript has checked them) and no array is empty.
// - Results depend on neither the number of threads nor, among tables with fused multiply-add, on the table.
#pragma once
#include <cstdint>

namespace lr {

// c (m, n) = op(a) (m, k) · op(b) (k, n), or += with accumulate. op transposes where asked: a is then stored
// (k, m). lda, ldb, ldc: elements from one stored row to the next.
struct GemmShape {
  int32_t m, n, k;
  int32_t lda, ldb, ldc;
  int32_t transposeA, transposeB, accumulate;
};

// Products c = op(a) · op(b) of stored matrices that follow one another, for every pair (i, j) of batch
// indices below (outer, inner): matrix number i · outerA + j · innerA of a, and so on. Pairs that share a
// matrix of c add up in it, in their order; every matrix of c has a pair.
struct GemmBatchShape {
  int32_t m, n, k;
  int32_t transposeA, transposeB, accumulate;
  int32_t outer, inner;
  int32_t outerA, innerA, outerB, innerB, outerC, innerC;
};

// How a convolution is computed. Auto takes what is fastest for the shape; Winograd's F(2x2, 3x3) and F(4x4,
// 3x3) are for kernels of 3 by 3, stride 1, without dilation, groups or padding above 2, and direct is taken
// where they cannot be. They spread an Inf or a NaN over its tile, and F(4x4) is not exact on integers.
enum ConvAlgorithm : int32_t { kConvAuto = 0, kConvDirect = 1, kConvWinograd2 = 2, kConvWinograd4 = 3 };

// x (batch, inChannels, inHeight, inWidth), w (outChannels, inChannels / groups, kernelHeight, kernelWidth),
// y (batch, outChannels, outHeight, outWidth). Padding is implicit zeros; below and to the right there are as
// many as outHeight and outWidth need, so that "same" padding may be asymmetric.
struct Conv2dShape {
  int32_t batch, inChannels, inHeight, inWidth;
  int32_t outChannels, outHeight, outWidth;
  int32_t kernelHeight, kernelWidth;
  int32_t strideHeight, strideWidth;
  int32_t padTop, padLeft;
  int32_t dilationHeight, dilationWidth;
  int32_t groups;
  int32_t algorithm;  // ConvAlgorithm
  int32_t relu = 0;   // whether y is the relu of what the convolution gives; forward alone
};

// x (rows, inFeatures), w (outFeatures, inFeatures), y (rows, outFeatures)
struct LinearShape {
  int32_t rows, inFeatures, outFeatures;
};

// x (planes, inHeight, inWidth), y (planes, outHeight, outWidth); planes = batch · channels. A window may
// reach past the image (ceilMode, padding); what lies outside is never the maximum.
struct Pool2dShape {
  int32_t planes, inHeight, inWidth;
  int32_t outHeight, outWidth;
  int32_t kernelHeight, kernelWidth;
  int32_t strideHeight, strideWidth;
  int32_t padTop, padLeft;
  int32_t dilationHeight, dilationWidth;
};

// Windows that spans describe: x (planes, inHeight, inWidth), y (planes, outHeight, outWidth); output (i, j)
// covers rows (rows[i][0], rows[i][1]) and columns likewise, and rows[i][2] · columns[j][2] is what a mean
// divides by.
struct Window2dShape {
  int32_t planes, inHeight, inWidth;
  int32_t outHeight, outWidth;
};

// Output (i, j) is the sum of taps · taps inputs: of rows rows[i][k] with weights rowWeights[i][k], and of
// columns likewise. With one tap, a row or column of -1 lies outside the image.
struct Resample2dShape {
  int32_t planes, inHeight, inWidth;
  int32_t outHeight, outWidth;
  int32_t taps;
};

// logits (batch, classes, inner): inner is the product of the dimensions after the classes, 1 for (N, C).
// target (batch, inner): a class index in [0, classes) or ignoreIndex.
// The target's probabilities are (1 - labelSmoothing) · onehot + labelSmoothing / classes, as in PyTorch.
enum Reduction : int32_t { kReductionNone = 0, kReductionMean = 1, kReductionSum = 2 };
struct CrossEntropyShape {
  int32_t batch, classes, inner;
  int32_t ignoreIndex;
  int32_t reduction;
};

// One optimizer step for all tensors of a parameter group.
// buffers[role][tensor] has sizes[tensor] elements, but for two roles of Adafactor (addon/lengths.h);
// scalars[tensor · (number of scalars) + i] and hyper are doubles that the kernel rounds once to float.
// Roles, scalars and hyper-parameters of each kind are in lr-core's step-kernels.ts, the formula with its
// order of operations in elem/<kind>.h and, the same, in lr-core's reference/<kind>.ts: both give the same
// bits. A null buffers[role] means that the option which needs the role is off.
struct OptimStep {
  int32_t tensors;
  const int64_t* sizes;
  float* const* const* buffers;
  const double* scalars;
  const double* hyper;
};

// Every kind of optimizer step: ROW(name, roles, those of them, the first, that no option turns off, scalars
// of a tensor, hyper-parameters)
#define LR_OPTIMIZERS(ROW)           \
  ROW(adadelta, 4, 4, 0, 5)          \
  ROW(adafactor, 5, 2, 4, 6)         \
  ROW(adagrad, 3, 3, 1, 3)           \
  ROW(adam, 5, 4, 2, 7)              \
  ROW(adamax, 4, 4, 1, 5)            \
  ROW(asgd, 3, 3, 2, 3)              \
  ROW(lamb, 4, 4, 2, 6)              \
  ROW(lars, 3, 2, 1, 8)              \
  ROW(lion, 3, 3, 0, 5)              \
  ROW(muon, 3, 3, 3, 9)              \
  ROW(nadam, 4, 4, 3, 7)             \
  ROW(radam, 4, 4, 3, 7)             \
  ROW(rmsprop, 5, 3, 0, 6)           \
  ROW(rprop, 4, 4, 0, 5)             \
  ROW(schedulefreeadamw, 4, 4, 0, 8) \
  ROW(schedulefreesgd, 3, 3, 0, 5)   \
  ROW(sgd, 3, 2, 1, 6)               \
  ROW(sparseadam, 4, 4, 1, 4)

#define LR_ROW(name, ...) name,
enum class Optimizer : int32_t { LR_OPTIMIZERS(LR_ROW) };
#undef LR_ROW

struct OptimizerKind {
  const char* name;
  int32_t roles, requiredRoles, scalars, hyper;
};
#define LR_ROW(name, ...) {#name, __VA_ARGS__},
constexpr OptimizerKind kOptimizers[] = {LR_OPTIMIZERS(LR_ROW)};
#undef LR_ROW
constexpr int32_t kOptimizerCount = sizeof(kOptimizers) / sizeof(*kOptimizers);

// Functions of one element, by the names of their structs in elem/unary.h and elem/activation.h. Each has up
// to two parameters, a and b, in the order of its struct's fields.
#define LR_UNARY(ROW) \
  ROW(Exp)            \
  ROW(Log)            \
  ROW(Sqrt)           \
  ROW(Abs)            \
  ROW(Sigmoid)        \
  ROW(Tanh)           \
  ROW(Gelu)           \
  ROW(GeluTanh)       \
  ROW(Silu)           \
  ROW(Softplus)       \
  ROW(LeakyRelu)      \
  ROW(Relu)           \
  ROW(Neg)            \
  ROW(Sign)           \
  ROW(Exp2)           \
  ROW(Expm1)          \
  ROW(Log2)           \
  ROW(Log10)          \
  ROW(Log1p)          \
  ROW(Rsqrt)          \
  ROW(Square)         \
  ROW(Reciprocal)     \
  ROW(Sin)            \
  ROW(Cos)            \
  ROW(Tan)            \
  ROW(Asin)           \
  ROW(Acos)           \
  ROW(Atan)           \
  ROW(Sinh)           \
  ROW(Cosh)           \
  ROW(Floor)          \
  ROW(Ceil)           \
  ROW(Round)          \
  ROW(Trunc)          \
  ROW(Erf)            \
  ROW(Erfc)           \
  ROW(Clamp)          \
  ROW(Hardtanh)       \
  ROW(Elu)            \
  ROW(Celu)           \
  ROW(Selu)           \
  ROW(Mish)           \
  ROW(Softsign)       \
  ROW(Hardsigmoid)    \
  ROW(Hardswish)      \
  ROW(Logsigmoid)     \
  ROW(Tanhshrink)     \
  ROW(Softshrink)     \
  ROW(Hardshrink)     \
  ROW(Threshold)

#define LR_ROW(name) kUnary##name,
enum Unary : int32_t { LR_UNARY(LR_ROW) kUnaryCount };
#undef LR_ROW

// Functions of two elements, by the names of their structs in elem/binary.h
#define LR_BINARY(ROW) \
  ROW(Add)             \
  ROW(Sub)             \
  ROW(Mul)             \
  ROW(Div)             \
  ROW(Pow)             \
  ROW(Maximum)         \
  ROW(Minimum)         \
  ROW(Fmod)            \
  ROW(Remainder)       \
  ROW(Atan2)

#define LR_ROW(name) kBinary##name,
enum Binary : int32_t { LR_BINARY(LR_ROW) kBinaryCount };
#undef LR_ROW

enum Compare : int32_t {
  kCompareEq = 0,
  kCompareNe = 1,
  kCompareLt = 2,
  kCompareLe = 3,
  kCompareGt = 4,
  kCompareGe = 5,
};
constexpr int32_t kCompareCount = 6;

// The types of elements that tensors have. Operators that work on any of them take arrays as bytes.
enum Element : int32_t {
  kElementFloat32 = 0,
  kElementFloat64 = 1,
  kElementInt32 = 2,
  kElementInt64 = 3,
  kElementUint8 = 4,
  kElementBool = 5,  // bytes of 0 and 1
};
// Bytes of an element, or -1 where there is no such type
constexpr int64_t elementWidth(int32_t element) {
  constexpr int64_t kWidths[] = {4, 8, 4, 8, 1, 1};
  return element < 0 || element > kElementBool ? -1 : kWidths[element];
}

// Arithmetic of two integers of one type, which wraps around. A power of a negative exponent, and what is
// left of a division by 0, are 0. And, or, xor are bit by bit.
enum Integer : int32_t {
  kIntegerAdd = 0,
  kIntegerSub = 1,
  kIntegerMul = 2,
  kIntegerPow = 3,
  kIntegerMaximum = 4,
  kIntegerMinimum = 5,
  kIntegerFmod = 6,       // with the sign of a
  kIntegerRemainder = 7,  // with the sign of b
  kIntegerAnd = 8,
  kIntegerOr = 9,
  kIntegerXor = 10,
};
constexpr int32_t kIntegerCount = 11;

// Walks up to three arrays together: for every index of the first `dims` lengths of `shape`, operand k is at
// offsets[k] + sum of index · strides[k], which is within its `sizes[k]` elements. A stride may be 0 or
// negative. Operands are the arrays of the operator in the order of its parameters, but for outputs that are
// said to be contiguous, which have `shape`.
constexpr int32_t kMaxDims = 8;
struct Strided {
  int32_t dims;
  int32_t shape[kMaxDims];
  int32_t strides[3][kMaxDims];
  int32_t offsets[3];
  int32_t sizes[3];
};

// x (outer, length, inner), index (outer, count, inner) of values in [0, length), y (outer, count, inner)
struct GatherShape {
  int32_t outer, length, count, inner;
};

// x (outer, length, inner), index (count) of values in [0, length), y (outer, count, inner). No gradient goes
// to row `ignored` of x; -1: to all.
struct RowsShape {
  int32_t outer, length, count, inner;
  int32_t ignored;
};

// What a reduction makes of the elements it takes together, of one parameter a: the correction of variance
// and standard deviation (whose divisor is the count - a, at least 0), the order of a norm. A NaN is a
// maximum and a minimum; its gradient is shared with the other NaN where a is 0, and where a is 1 all
// elements of its output have NaN as theirs.
enum Reduce : int32_t {
  kReduceSum = 0,
  kReduceMean = 1,
  kReduceProd = 2,
  kReduceMax = 3,
  kReduceMin = 4,
  kReduceVariance = 5,
  kReduceLogSumExp = 6,
  kReduceNorm = 7,
  kReduceStd = 8,
};
constexpr int32_t kReduceCount = 9;

// x with its neighbouring dimensions merged, outermost first: they are by turns reduced and kept, the first
// one reduced where firstReduced is 1. y has the kept ones in their order.
constexpr int32_t kReduceDims = 32;
struct ReduceShape {
  int32_t dims, firstReduced;
  int32_t lengths[kReduceDims];
};

// x (outer, length, inner), `length` along the axis that an operator works on
struct AxisShape {
  int32_t outer, length, inner;
};

// x (rows, length), each row normalised by itself; its mean is subtracted where centered is 1.
struct LayerNormShape {
  int32_t rows, length, centered;
};

// x (batch, channels, inner); groups of channels of one example are normalised together.
struct GroupNormShape {
  int32_t batch, channels, inner, groups;
};

// x (batch, channels, inner); a channel is normalised over the batch where training is 1, else by what is
// given.
struct BatchNormShape {
  int32_t batch, channels, inner, training;
};

// Losses of each element by itself, of input x, target t and, for some, a third w, with parameters a and b:
// smoothL1's beta, huber's delta and a hinge's margin are a; full is a = 1 with the terms of the target
// alone.
enum Loss : int32_t {
  kLossMse = 0,
  kLossL1 = 1,
  kLossSmoothL1 = 2,
  kLossHuber = 3,
  kLossBce = 4,
  kLossBceWithLogits = 5,
  kLossBceWithLogitsWeighted = 6,  // w: the weight of positive targets
  kLossKlDiv = 7,
  kLossKlDivLogTarget = 8,
  kLossPoissonNll = 9,       // a: full; x is the logarithm of the rate
  kLossPoissonNllRate = 10,  // a: full, b: eps
  kLossGaussianNll = 11,     // w: the variance; a: full, b: eps
  kLossHingeEmbedding = 12,
  kLossSoftMargin = 13,
  kLossMarginRanking = 14,  // x and t are ranked, w is 1 or -1
};
constexpr int32_t kLossCount = 15;

inline bool lossHasThird(int32_t kind) {
  return kind == kLossBceWithLogitsWeighted || kind == kLossGaussianNll || kind == kLossMarginRanking;
}

template <class T>
struct KernelsOf {
  const char* name;

  void (*gemm)(const GemmShape&, const T* a, const T* b, T* c);
  void (*gemmBatch)(const GemmBatchShape&, const T* a, const T* b, T* c);

  // bias (outChannels) may be null
  void (*conv2dForward)(const Conv2dShape&, const T* x, const T* w, const T* bias, T* y);
  void (*conv2dBackwardInput)(const Conv2dShape&, const T* dy, const T* w, T* dx);
  // dbias (outChannels) may be null
  void (*conv2dBackwardWeight)(const Conv2dShape&, const T* x, const T* dy, T* dw, T* dbias);

  // bias (outFeatures) may be null
  void (*linearForward)(const LinearShape&, const T* x, const T* w, const T* bias, T* y);
  void (*linearBackwardInput)(const LinearShape&, const T* dy, const T* w, T* dx);
  // dbias (outFeatures) may be null
  void (*linearBackwardWeight)(const LinearShape&, const T* x, const T* dy, T* dw, T* dbias);

  // kind: one of Unary, a and b its parameters. y may be x
  void (*unaryForward)(int32_t kind, double a, double b, int64_t n, const T* x, T* y);
  // y: the function of x; dx may be dy
  void (*unaryBackward)(int32_t kind, double a, double b, int64_t n, const T* x, const T* y, const T* dy,
                        T* dx);

  // index (planes, outHeight, outWidth): flat position in its input plane of the maximum, the first of
  // equals; a NaN is a maximum
  void (*maxPool2dForward)(const Pool2dShape&, const T* x, T* y, int32_t* index);
  void (*maxPool2dBackward)(const Pool2dShape&, const T* dy, const int32_t* index, T* dx);

  // maxUnpool2d is maxPool2dBackward of x, and this its gradient: dx (planes, outHeight, outWidth) = the
  // elements of dy (planes, inHeight, inWidth) at index
  void (*maxUnpool2dBackward)(const Pool2dShape&, const T* dy, const int32_t* index, T* dx);

  // rows (outHeight, 3), columns (outWidth, 3)
  void (*avgPool2dForward)(const Window2dShape&, const int32_t* rows, const int32_t* columns, const T* x,
                           T* y);
  void (*avgPool2dBackward)(const Window2dShape&, const int32_t* rows, const int32_t* columns, const T* dy,
                            T* dx);
  // As maxPool2dForward, whose gradient is this one's too
  void (*windowMaxForward)(const Window2dShape&, const int32_t* rows, const int32_t* columns, const T* x,
                           T* y, int32_t* index);

  // rows and rowWeights (outHeight, taps), columns and columnWeights (outWidth, taps); outside is what lies
  // outside
  void (*resample2dForward)(const Resample2dShape&, double outside, const int32_t* rows,
                            const int32_t* columns, const T* rowWeights, const T* columnWeights, const T* x,
                            T* y);
  void (*resample2dBackward)(const Resample2dShape&, const int32_t* rows, const int32_t* columns,
                             const T* rowWeights, const T* columnWeights, const T* dy, T* dx);

  // y (planes, kernelHeight, kernelWidth, outHeight, outWidth): the windows of x, zeros outside. fold adds
  // them up in x, which is the gradient of unfold, as unfold is that of fold.
  void (*unfold2d)(const Pool2dShape&, const T* x, T* y);
  void (*fold2d)(const Pool2dShape&, const T* y, T* x);

  // weight (classes) may be null. logProbs (batch, classes, inner) is kept for the backward pass. loss is
  // (batch, inner) for kReductionNone, else one value; the mean divides by the sum of the targets' weights.
  void (*crossEntropyForward)(const CrossEntropyShape&, double labelSmoothing, const T* logits,
                              const int32_t* target, const T* weight, T* logProbs, T* loss);
  // dloss has the shape of loss
  void (*crossEntropyBackward)(const CrossEntropyShape&, double labelSmoothing, const T* logProbs,
                               const int32_t* target, const T* weight, const T* dloss, T* dlogits);

  // The same of logProbs (batch, classes, inner)
  void (*nllForward)(const CrossEntropyShape&, const T* logProbs, const int32_t* target, const T* weight,
                     T* loss);
  void (*nllBackward)(const CrossEntropyShape&, const int32_t* target, const T* weight, const T* dloss,
                      T* dlogProbs);

  // kind: one of Loss, a and b its parameters. third is null unless the loss has one; loss has n values for
  // kReductionNone, else one
  void (*pointwiseLossForward)(int32_t kind, double a, double b, int64_t n, int32_t reduction, const T* x,
                               const T* target, const T* third, T* loss);
  // dx, dtarget and dthird: null where not wanted
  void (*pointwiseLossBackward)(int32_t kind, double a, double b, int64_t n, int32_t reduction, const T* x,
                                const T* target, const T* third, const T* dloss, T* dx, T* dtarget,
                                T* dthird);

  // y = x · scale + kept where mask is 1, x · 0 + dropped where it is 0; mask (n / inner), each for `inner`
  // elements
  void (*dropout)(double scale, double kept, double dropped, int64_t inner, int64_t n, const T* x,
                  const uint8_t* mask, T* y);

  // kind: one of Reduce, a its parameter
  void (*reduceForward)(int32_t kind, double a, const ReduceShape&, const T* x, T* y);
  // y: the reduction of x. Equal maxima and minima share the gradient.
  void (*reduceBackward)(int32_t kind, double a, const ReduceShape&, const T* x, const T* y, const T* dy,
                         T* dx);

  // kind: kReduceMax or kReduceMin. index (outer, inner): the position along the axis of the first that
  // equals y
  void (*argReduce)(int32_t kind, const AxisShape&, const T* x, T* y, int32_t* index);
  void (*argReduceBackward)(const AxisShape&, const T* dy, const int32_t* index, T* dx);

  // Sums of the elements up to and with each, or from each on where reverse is 1
  void (*cumulativeSum)(const AxisShape&, int32_t reverse, const T* x, T* y);

  // Every lane of x in order, equals in that of their positions, which are index: ascending with NaN last, or
  // descending with NaN first
  void (*sort)(const AxisShape&, int32_t descending, const T* x, T* y, int32_t* index);

  // y may be x, dx may be dy. Lanes of -infinity alone are 0 where zeroHidden is 1, else NaN.
  void (*softmaxForward)(const AxisShape&, int32_t zeroHidden, const T* x, T* y);
  void (*softmaxBackward)(const AxisShape&, const T* y, const T* dy, T* dx);
  void (*logSoftmaxForward)(const AxisShape&, const T* x, T* y);
  void (*logSoftmaxBackward)(const AxisShape&, const T* y, const T* dy, T* dx);

  // weight and bias (length) may be null. mean (rows), null where not centered, and rstd (rows) =
  // 1 / sqrt(variance + eps) are kept for the backward pass.
  void (*layerNormForward)(const LayerNormShape&, double eps, const T* x, const T* weight, const T* bias,
                           T* y, T* mean, T* rstd);
  // dx, dweight and dbias may be null
  void (*layerNormBackward)(const LayerNormShape&, double eps, const T* x, const T* weight, const T* mean,
                            const T* rstd, const T* dy, T* dx, T* dweight, T* dbias);

  // weight and bias (channels) may be null; mean and rstd (batch, groups)
  void (*groupNormForward)(const GroupNormShape&, double eps, const T* x, const T* weight, const T* bias,
                           T* y, T* mean, T* rstd);
  // dx, dweight and dbias may be null
  void (*groupNormBackward)(const GroupNormShape&, double eps, const T* x, const T* weight, const T* mean,
                            const T* rstd, const T* dy, T* dx, T* dweight, T* dbias);

  // weight and bias (channels) may be null. mean and variance (channels), biased, are outputs when training,
  // else inputs.
  void (*batchNormForward)(const BatchNormShape&, double eps, const T* x, const T* weight, const T* bias,
                           T* mean, T* variance, T* y);
  // dx, dweight and dbias may be null
  void (*batchNormBackward)(const BatchNormShape&, double eps, const T* x, const T* weight, const T* mean,
                            const T* variance, const T* dy, T* dx, T* dweight, T* dbias);

  // y moves by `share` of the way to factor · x, without regard to what it was where that is 1
  void (*movingAverage)(int64_t n, double share, double factor, const T* x, T* y);

  // y += x
  void (*accumulate)(int64_t n, const T* x, T* y);

  // kind: one of Binary; operands a, b; y contiguous
  void (*binaryForward)(int32_t kind, const Strided&, const T* a, const T* b, T* y);
  // operands a, b; dy, da and db contiguous, before they are summed to the shapes of a and b; da or db may be
  // null
  void (*binaryBackward)(int32_t kind, const Strided&, const T* a, const T* b, const T* dy, T* da, T* db);
  // kind: one of Compare; operands a, b; y contiguous, of 0 and 1
  void (*compare)(int32_t kind, const Strided&, const T* a, const T* b, uint8_t* y);
  // kind: one of Integer, element: that of integers or of booleans; operands a, b; y contiguous
  void (*integerForward)(int32_t kind, int32_t element, const Strided&, const uint8_t* a, const uint8_t* b,
                         uint8_t* y);
  // kind: one of Compare, the rest likewise; y of 0 and 1
  void (*integerCompare)(int32_t kind, int32_t element, const Strided&, const uint8_t* a, const uint8_t* b,
                         uint8_t* y);
  // y: the n elements of x as another type, fractions cut off, integers wrapped around. NaN and what is
  // beyond 64 bits are the least of those. A boolean is whether x is not 0.
  void (*convert)(int32_t from, int32_t to, int64_t n, const uint8_t* x, uint8_t* y);
  // a where the condition is not 0, else b; y contiguous
  void (*where)(const Strided&, const uint8_t* condition, const T* a, const T* b, T* y);
  // y = x at the places that are walked; the others keep what they have. No two indices are the same place of
  // y.
  void (*copy)(const Strided&, const T* x, T* y);
  void (*copyBytes)(const Strided&, const uint8_t* x, uint8_t* y);

  // y[o, i, k] = x[o, index[o, i, k], k]
  void (*gather)(const GatherShape&, const T* x, const int32_t* index, T* y);
  // y[o, index[o, i, k], k] = x[o, i, k], of equal indices the last; y (outer, length, inner) keeps its other
  // elements
  void (*scatter)(const GatherShape&, const T* x, const int32_t* index, T* y);
  // += likewise, in the order of i
  void (*scatterAdd)(const GatherShape&, const T* x, const int32_t* index, T* y);

  // y[o, i, k] = x[o, index[i], k]
  void (*gatherRows)(const RowsShape&, const T* x, const int32_t* index, T* y);
  // dx[o, r, k] = the sum of dy[o, i, k] where index[i] is r, in the order of i
  void (*gatherRowsBackward)(const RowsShape&, const T* dy, const int32_t* index, T* dx);

  // By Optimizer; float only
  void (*optimizerStep[kOptimizerCount])(const OptimStep&);

  // What maxPool2dForward gives for windows of 2 by 2, side by side, of what conv2dForward gives, which is
  // not written; for shapes of which fusesMaxPool is true. Of the processor's tables alone
  bool (*fusesMaxPool)(const Conv2dShape&) = nullptr;
  void (*conv2dMaxPoolForward)(const Conv2dShape&, const float* x, const float* w, const float* bias,
                               float* y, int32_t* index) = nullptr;

  // The gradients that are a step's buffers[0], all else of it null: the Euclidean norm of each, the sum of
  // squares in the order of lr-core's reference/norm.ts; each times a factor. Of the processor's tables alone
  void (*gradientNorms)(const OptimStep&, float* norms) = nullptr;
  void (*scaleGradients)(const OptimStep&, float factor) = nullptr;
};
using Kernels = KernelsOf<float>;

// Every operator on tensors, by its name in KernelsOf
#define LR_OPERATORS(ROW)    \
  ROW(gemm)                  \
  ROW(gemmBatch)             \
  ROW(conv2dForward)         \
  ROW(conv2dBackwardInput)   \
  ROW(conv2dBackwardWeight)  \
  ROW(linearForward)         \
  ROW(linearBackwardInput)   \
  ROW(linearBackwardWeight)  \
  ROW(unaryForward)          \
  ROW(unaryBackward)         \
  ROW(maxPool2dForward)      \
  ROW(maxPool2dBackward)     \
  ROW(maxUnpool2dBackward)   \
  ROW(avgPool2dForward)      \
  ROW(avgPool2dBackward)     \
  ROW(windowMaxForward)      \
  ROW(resample2dForward)     \
  ROW(resample2dBackward)    \
  ROW(unfold2d)              \
  ROW(fold2d)                \
  ROW(crossEntropyForward)   \
  ROW(crossEntropyBackward)  \
  ROW(nllForward)            \
  ROW(nllBackward)           \
  ROW(pointwiseLossForward)  \
  ROW(pointwiseLossBackward) \
  ROW(dropout)               \
  ROW(reduceForward)         \
  ROW(reduceBackward)        \
  ROW(argReduce)             \
  ROW(argReduceBackward)     \
  ROW(cumulativeSum)         \
  ROW(sort)                  \
  ROW(softmaxForward)        \
  ROW(softmaxBackward)       \
  ROW(logSoftmaxForward)     \
  ROW(logSoftmaxBackward)    \
  ROW(layerNormForward)      \
  ROW(layerNormBackward)     \
  ROW(groupNormForward)      \
  ROW(groupNormBackward)     \
  ROW(batchNormForward)      \
  ROW(batchNormBackward)     \
  ROW(movingAverage)         \
  ROW(accumulate)            \
  ROW(binaryForward)         \
  ROW(binaryBackward)        \
  ROW(compare)               \
  ROW(integerForward)        \
  ROW(integerCompare)        \
  ROW(convert)               \
  ROW(where)                 \
  ROW(copy)                  \
  ROW(copyBytes)             \
  ROW(gather)                \
  ROW(scatter)               \
  ROW(scatterAdd)            \
  ROW(gatherRows)            \
  ROW(gatherRowsBackward)

// The table that runs: the best this machine supports, or the one that selectCpu or LR_CPU named.
const Kernels& cpu();

// The operators on double, as their definitions read: what float64 tensors run on, for gradient checks. It
// has no optimizers.
extern const KernelsOf<double> kFloat64Kernels;

// Every table of float kernels built into this library that this machine can run, best first; ends with null.
const Kernels* const* cpuTables();

// Names of the tables built into this library, best first; ends with null.
const char* const* builtTables();

// Why LR_CPU could not be followed, or null: who loads the library must not go on with another table than
// asked for.
const char* cpuError();

// Chooses a table by name. Returns null when done, else why it cannot be (static storage): an unknown name,
// or an instruction set this machine lacks.
const char* selectCpu(const char* name);

}  // namespace lr
