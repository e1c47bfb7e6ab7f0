// The operators of the kernel table: arguments in, table call out. The comment over each function is its
// JavaScript signature; the shapes are in include/lr/kernels.h.
#include "addon/arguments.h"
#include "addon/functions.h"
#include "lr/kernels.h"

namespace lr::addon {
namespace {

// Elements from the first to the last of a stored matrix of `rows` rows, `leading` apart.
int64_t matrixSize(int64_t rows, int64_t columns, int64_t leading) {
  if (rows < 1 || columns < 1 || leading < columns) return -1;
  return (rows - 1) * leading + columns;
}

struct ConvSizes {
  int64_t x, w, y;
};

ConvSizes sizes(const Conv2dShape& s) {
  if (s.groups < 1 || s.strideHeight < 1 || s.strideWidth < 1) return {-1, -1, -1};
  return {product({s.batch, s.inChannels, s.inHeight, s.inWidth}),
          product({s.outChannels, s.inChannels / s.groups, s.kernelHeight, s.kernelWidth}),
          product({s.batch, s.outChannels, s.outHeight, s.outWidth})};
}

struct PoolSizes {
  int64_t x, y;
};

PoolSizes sizes(const Pool2dShape& s) {
  if (s.strideHeight < 1 || s.strideWidth < 1) return {-1, -1};
  return {product({s.planes, s.inHeight, s.inWidth}), product({s.planes, s.outHeight, s.outWidth})};
}

int32_t unaryKind(Arguments& args) {
  const int32_t kind = args.integer(0);
  if (kind < 0 || kind >= kUnaryCount) args.fail(0, "the number of a function in the enum Unary");
  return kind;
}

int64_t lossSize(int32_t reduction, int64_t elements) { return reduction == kReductionNone ? elements : 1; }

}  // namespace

// gemm(shape, a, b, c)
napi_value gemm(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const auto s = args.shape<GemmShape>(0);
  int64_t aLength, bLength, cLength;
  const float* a = args.floats(1, &aLength);
  const float* b = args.floats(2, &bLength);
  float* c = args.floats(3, &cLength);
  if (args.failed()) return nullptr;
  const int64_t aSize = s.transposeA ? matrixSize(s.k, s.m, s.lda) : matrixSize(s.m, s.k, s.lda);
  const int64_t bSize = s.transposeB ? matrixSize(s.n, s.k, s.ldb) : matrixSize(s.k, s.n, s.ldb);
  const int64_t cSize = matrixSize(s.m, s.n, s.ldc);
  if (aSize < 0 || bSize < 0 || cSize < 0 || aLength < aSize || bLength < bSize || cLength < cSize) {
    args.fail(0, "a GemmShape that fits the arrays");
    return nullptr;
  }
  cpu().gemm(s, a, b, c);
  return nullptr;
}

// conv2dForward(shape, x, w, bias | null, y)
napi_value conv2dForward(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const auto s = args.shape<Conv2dShape>(0);
  const ConvSizes size = sizes(s);
  const float* x = args.floats(1, size.x);
  const float* w = args.floats(2, size.w);
  const float* bias = args.floatsOrNull(3, s.outChannels);
  float* y = args.floats(4, size.y);
  if (!args.failed()) cpu().conv2dForward(s, x, w, bias, y);
  return nullptr;
}

// conv2dBackwardInput(shape, dy, w, dx)
napi_value conv2dBackwardInput(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const auto s = args.shape<Conv2dShape>(0);
  const ConvSizes size = sizes(s);
  const float* dy = args.floats(1, size.y);
  const float* w = args.floats(2, size.w);
  float* dx = args.floats(3, size.x);
  if (!args.failed()) cpu().conv2dBackwardInput(s, dy, w, dx);
  return nullptr;
}

// conv2dBackwardWeight(shape, x, dy, dw, dbias | null)
napi_value conv2dBackwardWeight(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const auto s = args.shape<Conv2dShape>(0);
  const ConvSizes size = sizes(s);
  const float* x = args.floats(1, size.x);
  const float* dy = args.floats(2, size.y);
  float* dw = args.floats(3, size.w);
  float* dbias = args.floatsOrNull(4, s.outChannels);
  if (!args.failed()) cpu().conv2dBackwardWeight(s, x, dy, dw, dbias);
  return nullptr;
}

// linearForward(shape, x, w, bias | null, y)
napi_value linearForward(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const auto s = args.shape<LinearShape>(0);
  const float* x = args.floats(1, product({s.rows, s.inFeatures}));
  const float* w = args.floats(2, product({s.outFeatures, s.inFeatures}));
  const float* bias = args.floatsOrNull(3, s.outFeatures);
  float* y = args.floats(4, product({s.rows, s.outFeatures}));
  if (!args.failed()) cpu().linearForward(s, x, w, bias, y);
  return nullptr;
}

// linearBackwardInput(shape, dy, w, dx)
napi_value linearBackwardInput(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const auto s = args.shape<LinearShape>(0);
  const float* dy = args.floats(1, product({s.rows, s.outFeatures}));
  const float* w = args.floats(2, product({s.outFeatures, s.inFeatures}));
  float* dx = args.floats(3, product({s.rows, s.inFeatures}));
  if (!args.failed()) cpu().linearBackwardInput(s, dy, w, dx);
  return nullptr;
}

// linearBackwardWeight(shape, x, dy, dw, dbias | null)
napi_value linearBackwardWeight(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const auto s = args.shape<LinearShape>(0);
  const float* x = args.floats(1, product({s.rows, s.inFeatures}));
  const float* dy = args.floats(2, product({s.rows, s.outFeatures}));
  float* dw = args.floats(3, product({s.outFeatures, s.inFeatures}));
  float* dbias = args.floatsOrNull(4, s.outFeatures);
  if (!args.failed()) cpu().linearBackwardWeight(s, x, dy, dw, dbias);
  return nullptr;
}

// reluForward(x, y)
napi_value reluForward(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  int64_t n;
  const float* x = args.floats(0, &n);
  float* y = args.floats(1, n);
  if (!args.failed()) cpu().reluForward(n, x, y);
  return nullptr;
}

// reluBackward(y, dy, dx)
napi_value reluBackward(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  int64_t n;
  const float* y = args.floats(0, &n);
  const float* dy = args.floats(1, n);
  float* dx = args.floats(2, n);
  if (!args.failed()) cpu().reluBackward(n, y, dy, dx);
  return nullptr;
}

// unaryForward(kind, parameter, x, y)
napi_value unaryForward(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int32_t kind = unaryKind(args);
  const double parameter = args.number(1);
  int64_t n;
  const float* x = args.floats(2, &n);
  float* y = args.floats(3, n);
  if (!args.failed()) cpu().unaryForward(kind, parameter, n, x, y);
  return nullptr;
}

// unaryBackward(kind, parameter, x, y, dy, dx)
napi_value unaryBackward(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int32_t kind = unaryKind(args);
  const double parameter = args.number(1);
  int64_t n;
  const float* x = args.floats(2, &n);
  const float* y = args.floats(3, n);
  const float* dy = args.floats(4, n);
  float* dx = args.floats(5, n);
  if (!args.failed()) cpu().unaryBackward(kind, parameter, n, x, y, dy, dx);
  return nullptr;
}

// maxPool2dForward(shape, x, y, index)
napi_value maxPool2dForward(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const auto s = args.shape<Pool2dShape>(0);
  const PoolSizes size = sizes(s);
  const float* x = args.floats(1, size.x);
  float* y = args.floats(2, size.y);
  int32_t* index = args.integers(3, size.y);
  if (!args.failed()) cpu().maxPool2dForward(s, x, y, index);
  return nullptr;
}

// maxPool2dBackward(shape, dy, index, dx)
napi_value maxPool2dBackward(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const auto s = args.shape<Pool2dShape>(0);
  const PoolSizes size = sizes(s);
  const float* dy = args.floats(1, size.y);
  const int32_t* index = args.integers(2, size.y);
  float* dx = args.floats(3, size.x);
  if (!args.failed()) cpu().maxPool2dBackward(s, dy, index, dx);
  return nullptr;
}

// crossEntropyForward(shape, labelSmoothing, logits, target, weight | null, logProbs, loss)
napi_value crossEntropyForward(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const auto s = args.shape<CrossEntropyShape>(0);
  const double labelSmoothing = args.number(1);
  const int64_t targets = product({s.batch, s.inner});
  const float* logits = args.floats(2, product({s.batch, s.classes, s.inner}));
  const int32_t* target = args.integers(3, targets);
  const float* weight = args.floatsOrNull(4, s.classes);
  float* logProbs = args.floats(5, product({s.batch, s.classes, s.inner}));
  float* loss = args.floats(6, lossSize(s.reduction, targets));
  if (!args.failed()) cpu().crossEntropyForward(s, labelSmoothing, logits, target, weight, logProbs, loss);
  return nullptr;
}

// crossEntropyBackward(shape, labelSmoothing, logProbs, target, weight | null, dloss, dlogits)
napi_value crossEntropyBackward(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const auto s = args.shape<CrossEntropyShape>(0);
  const double labelSmoothing = args.number(1);
  const int64_t targets = product({s.batch, s.inner});
  const float* logProbs = args.floats(2, product({s.batch, s.classes, s.inner}));
  const int32_t* target = args.integers(3, targets);
  const float* weight = args.floatsOrNull(4, s.classes);
  const float* dloss = args.floats(5, lossSize(s.reduction, targets));
  float* dlogits = args.floats(6, product({s.batch, s.classes, s.inner}));
  if (!args.failed()) cpu().crossEntropyBackward(s, labelSmoothing, logProbs, target, weight, dloss, dlogits);
  return nullptr;
}

// mseForward(reduction, x, target, loss)
napi_value mseForward(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int32_t reduction = args.integer(0);
  int64_t n;
  const float* x = args.floats(1, &n);
  const float* target = args.floats(2, n);
  float* loss = args.floats(3, lossSize(reduction, n));
  if (!args.failed()) cpu().mseForward(n, reduction, x, target, loss);
  return nullptr;
}

// mseBackward(reduction, x, target, dloss, dx)
napi_value mseBackward(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  const int32_t reduction = args.integer(0);
  int64_t n;
  const float* x = args.floats(1, &n);
  const float* target = args.floats(2, n);
  const float* dloss = args.floats(3, lossSize(reduction, n));
  float* dx = args.floats(4, n);
  if (!args.failed()) cpu().mseBackward(n, reduction, x, target, dloss, dx);
  return nullptr;
}

// accumulate(x, y)
napi_value accumulate(napi_env env, napi_callback_info info) {
  Arguments args(env, info);
  int64_t n;
  const float* x = args.floats(0, &n);
  float* y = args.floats(1, n);
  if (!args.failed()) cpu().accumulate(n, x, y);
  return nullptr;
}

}  // namespace lr::addon
