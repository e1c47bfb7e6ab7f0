// Stand-ins for cuBLAS and cuDNN: they check descriptors, leading dimensions, strides, workspaces and
// streams, and that all memory is a device's and in use, and compute by definition.
#include <algorithm>
#include <vector>

#include "emu/cublas_v2.h"
#include "emu/cudnn.h"
#include "reference/conv.h"

using lr::emu::checkInUse;
using lr::emu::fail;
using lr::emu::push;

struct EmulatedCublas {
  cudaStream_t stream = nullptr;
  void* workspace = nullptr;
};

cublasStatus_t cublasGetProperty(libraryPropertyType, int* value) {
  *value = 0;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasCreate_v2(cublasHandle_t* handle) {
  *handle = new EmulatedCublas;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetStream_v2(cublasHandle_t handle, cudaStream_t stream) {
  handle->stream = stream;
  handle->workspace = nullptr;  // as in cuBLAS: the stream's own is taken until one is set
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t handle, void* workspace, size_t bytes) {
  lr::emu::checkRange(workspace, bytes, "a workspace");
  handle->workspace = workspace;
  return CUBLAS_STATUS_SUCCESS;
}

namespace {

float bfloat16Of(float x) {
  uint32_t bits = 0;
  std::memcpy(&bits, &x, sizeof bits);
  if (x == x) bits = (bits + 0x7fffu + ((bits >> 16) & 1u)) & 0xffff0000u;
  std::memcpy(&x, &bits, sizeof bits);
  return x;
}

struct Gemm {
  bool transposeA, transposeB, bfloat16;
  int m, n, k;
  long long lda, ldb, ldc, strideA, strideB, strideC;
  int batches;
};

// Columns are adjacent: op(a) (m, k), op(b) (k, n), c (m, n)
template <class T>
void gemmOf(const Gemm& g, T alpha, const T* a, const T* b, T beta, T* c) {
  const auto rounded = [&](T x) {
    return g.bfloat16 ? static_cast<T>(bfloat16Of(static_cast<float>(x))) : x;
  };
  for (int batch = 0; batch < g.batches; ++batch) {
    for (int j = 0; j < g.n; ++j) {
      for (int i = 0; i < g.m; ++i) {
        T sum = 0;
        for (int p = 0; p < g.k; ++p) {
          const T left = a[batch * g.strideA + (g.transposeA ? i * g.lda + p : p * g.lda + i)];
          const T right = b[batch * g.strideB + (g.transposeB ? p * g.ldb + j : j * g.ldb + p)];
          sum = std::fma(rounded(left), rounded(right), sum);
        }
        T& to = c[batch * g.strideC + j * g.ldc + i];
        to = alpha * sum + (beta != 0 ? beta * to : 0);
      }
    }
  }
}

template <class T>
void runGemm(cublasHandle_t handle, const Gemm& g, const void* alpha, const void* a, const void* b,
             const void* beta, void* c) {
  const T factor = *static_cast<const T*>(alpha), keeps = *static_cast<const T*>(beta);
  const auto bytesOf = [&](long long rows, long long columns, long long leading, long long stride) {
    return ((g.batches - 1) * stride + (columns - 1) * leading + rows) * static_cast<long long>(sizeof(T));
  };
  const auto bytesA =
      g.transposeA ? bytesOf(g.k, g.m, g.lda, g.strideA) : bytesOf(g.m, g.k, g.lda, g.strideA);
  const auto bytesB =
      g.transposeB ? bytesOf(g.n, g.k, g.ldb, g.strideB) : bytesOf(g.k, g.n, g.ldb, g.strideB);
  const auto bytesC = bytesOf(g.m, g.n, g.ldc, g.strideC);
  push(handle->stream, [=] {
    checkInUse(a, bytesA, "a");
    checkInUse(b, bytesB, "b");
    checkInUse(c, bytesC, "c");
    gemmOf(g, factor, static_cast<const T*>(a), static_cast<const T*>(b), keeps, static_cast<T*>(c));
  });
}

}  // namespace

cublasStatus_t cublasGemmStridedBatchedEx(cublasHandle_t handle, cublasOperation_t transa,
                                          cublasOperation_t transb, int m, int n, int k, const void* alpha,
                                          const void* a, cudaDataType typeA, int lda, long long strideA,
                                          const void* b, cudaDataType typeB, int ldb, long long strideB,
                                          const void* beta, void* c, cudaDataType typeC, int ldc,
                                          long long strideC, int batches, cublasComputeType_t compute,
                                          cublasGemmAlgo_t) {
  if (handle->stream == nullptr) fail("cuBLAS: no stream was set");
  if (handle->workspace == nullptr) fail("cuBLAS: no workspace was set");
  if (m < 0 || n < 0 || k < 0 || batches < 0) fail("cuBLAS: a size is negative");
  if (lda < std::max(1, transa == CUBLAS_OP_N ? m : k)) fail("cuBLAS: lda is %d for %d by %d", lda, m, k);
  if (ldb < std::max(1, transb == CUBLAS_OP_N ? k : n)) fail("cuBLAS: ldb is %d for %d by %d", ldb, k, n);
  if (ldc < std::max(1, m)) fail("cuBLAS: ldc is %d for %d by %d", ldc, m, n);
  if (batches > 1 && strideC < (n - 1LL) * ldc + m && -strideC < (n - 1LL) * ldc + m)
    fail("cuBLAS: matrices of c overlap");
  const bool isDouble = compute == CUBLAS_COMPUTE_64F;
  const cudaDataType type = isDouble ? CUDA_R_64F : CUDA_R_32F;
  if (typeA != type || typeB != type || typeC != type) fail("cuBLAS: types that do not go together");
  const Gemm g = {transa == CUBLAS_OP_T,
                  transb == CUBLAS_OP_T,
                  compute == CUBLAS_COMPUTE_32F_FAST_16BF,
                  m,
                  n,
                  k,
                  lda,
                  ldb,
                  ldc,
                  strideA,
                  strideB,
                  strideC,
                  batches};
  isDouble ? runGemm<double>(handle, g, alpha, a, b, beta, c)
           : runGemm<float>(handle, g, alpha, a, b, beta, c);
  return CUBLAS_STATUS_SUCCESS;
}

struct EmulatedCudnn {
  cudaStream_t stream = nullptr;
};
struct EmulatedTensor {
  int type = -1, n = 0, c = 0, h = 0, w = 0;
};
struct EmulatedFilter {
  int type = -1, k = 0, c = 0, h = 0, w = 0;
};
struct EmulatedConvolution {
  int type = -1, padHeight = 0, padWidth = 0, strideHeight = 0, strideWidth = 0, dilationHeight = 0,
      dilationWidth = 0;
  int groups = 1;
};

namespace {

// Of the workspace of every algorithm: as much as the output of a tile
constexpr size_t kWorkspace = 1000;

lr::Conv2dShape shapeOf(cudnnHandle_t handle, const EmulatedTensor& x, const EmulatedFilter& w,
                        const EmulatedConvolution& of, const EmulatedTensor& y) {
  if (handle->stream == nullptr) fail("cuDNN: no stream was set");
  if (x.type < 0 || w.type < 0 || of.type < 0 || y.type < 0) fail("cuDNN: a descriptor was not set");
  if (x.type != w.type || x.type != of.type || x.type != y.type) fail("cuDNN: types that do not go together");
  if (x.n != y.n || w.k != y.c || w.c * of.groups != x.c || w.k % of.groups != 0)
    fail("cuDNN: channels do not fit");
  const auto length = [](int in, int pad, int kernel, int stride, int dilation) {
    return (in + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
  };
  if (y.h != length(x.h, of.padHeight, w.h, of.strideHeight, of.dilationHeight) ||
      y.w != length(x.w, of.padWidth, w.w, of.strideWidth, of.dilationWidth))
    fail("cuDNN: y is %d by %d", y.h, y.w);
  return {x.n,
          x.c,
          x.h,
          x.w,
          w.k,
          y.h,
          y.w,
          w.h,
          w.w,
          of.strideHeight,
          of.strideWidth,
          of.padHeight,
          of.padWidth,
          of.dilationHeight,
          of.dilationWidth,
          of.groups,
          lr::kConvDirect,
          0};
}

void checkWorkspace(const void* workspace, size_t bytes) {
  if (bytes < kWorkspace) fail("cuDNN: a workspace of %zu bytes", bytes);
  checkInUse(workspace, static_cast<int64_t>(bytes), "a workspace");
}

template <class T>
void checkScale(const void* alpha, const void* beta) {
  if (*static_cast<const T*>(alpha) != 1 || *static_cast<const T*>(beta) != 0)
    fail("cuDNN: other factors than 1 and 0");
}

// Puts body(T{}) on the stream after all memory was checked.
template <class Body>
void run(cudnnHandle_t handle, int type, const void* alpha, const void* beta, const void* workspace,
         size_t bytes, const Body& body) {
  type == CUDNN_DATA_DOUBLE ? checkScale<double>(alpha, beta) : checkScale<float>(alpha, beta);
  push(handle->stream, [=] {
    checkWorkspace(workspace, bytes);
    type == CUDNN_DATA_DOUBLE ? body(double{}) : body(float{});
  });
}

template <class T>
int64_t bytesOf(const EmulatedTensor& t) {
  return int64_t{t.n} * t.c * t.h * t.w * static_cast<int64_t>(sizeof(T));
}
template <class T>
int64_t bytesOf(const EmulatedFilter& f) {
  return int64_t{f.k} * f.c * f.h * f.w * static_cast<int64_t>(sizeof(T));
}

// One that is faster and differs between runs, then one that does not
template <class Performance, class Algorithm>
void performances(int requested, int* returned, Performance* to, Algorithm first, Algorithm second) {
  *returned = std::min(requested, 2);
  to[0] = {first, CUDNN_STATUS_SUCCESS, 1, 0, CUDNN_NON_DETERMINISTIC, CUDNN_FMA_MATH};
  if (requested > 1)
    to[1] = {second, CUDNN_STATUS_SUCCESS, 2, kWorkspace, CUDNN_DETERMINISTIC, CUDNN_FMA_MATH};
}

}  // namespace

cudnnStatus_t cudnnGetProperty(libraryPropertyType, int* value) {
  *value = 0;
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnCreate(cudnnHandle_t* handle) {
  *handle = new EmulatedCudnn;
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, cudaStream_t stream) {
  handle->stream = stream;
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnCreateTensorDescriptor(cudnnTensorDescriptor_t* to) {
  *to = new EmulatedTensor;
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnDestroyTensorDescriptor(cudnnTensorDescriptor_t of) {
  delete of;
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetTensor4dDescriptor(cudnnTensorDescriptor_t of, cudnnTensorFormat_t,
                                         cudnnDataType_t type, int n, int c, int h, int w) {
  if (n < 1 || c < 1 || h < 1 || w < 1) fail("cuDNN: a tensor of %d, %d, %d, %d", n, c, h, w);
  *of = {type, n, c, h, w};
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnCreateFilterDescriptor(cudnnFilterDescriptor_t* to) {
  *to = new EmulatedFilter;
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnDestroyFilterDescriptor(cudnnFilterDescriptor_t of) {
  delete of;
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetFilter4dDescriptor(cudnnFilterDescriptor_t of, cudnnDataType_t type,
                                         cudnnTensorFormat_t, int k, int c, int h, int w) {
  if (k < 1 || c < 1 || h < 1 || w < 1) fail("cuDNN: a filter of %d, %d, %d, %d", k, c, h, w);
  *of = {type, k, c, h, w};
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnCreateConvolutionDescriptor(cudnnConvolutionDescriptor_t* to) {
  *to = new EmulatedConvolution;
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnDestroyConvolutionDescriptor(cudnnConvolutionDescriptor_t of) {
  delete of;
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetConvolution2dDescriptor(cudnnConvolutionDescriptor_t of, int padHeight, int padWidth,
                                              int strideHeight, int strideWidth, int dilationHeight,
                                              int dilationWidth, cudnnConvolutionMode_t,
                                              cudnnDataType_t type) {
  if (padHeight < 0 || padWidth < 0 || strideHeight < 1 || strideWidth < 1 || dilationHeight < 1 ||
      dilationWidth < 1)
    fail("cuDNN: no convolution has this padding, stride or dilation");
  const int groups = of->groups;
  *of = {type, padHeight, padWidth, strideHeight, strideWidth, dilationHeight, dilationWidth, groups};
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetConvolutionGroupCount(cudnnConvolutionDescriptor_t of, int groups) {
  of->groups = groups;
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetConvolutionMathType(cudnnConvolutionDescriptor_t, cudnnMathType_t) {
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetConvolutionForwardAlgorithm_v7(cudnnHandle_t handle, cudnnTensorDescriptor_t x,
                                                     cudnnFilterDescriptor_t w,
                                                     cudnnConvolutionDescriptor_t of,
                                                     cudnnTensorDescriptor_t y, int requested, int* returned,
                                                     cudnnConvolutionFwdAlgoPerf_t* to) {
  shapeOf(handle, *x, *w, *of, *y);
  performances(requested, returned, to, static_cast<cudnnConvolutionFwdAlgo_t>(1),
               CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM);
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnGetConvolutionBackwardDataAlgorithm_v7(cudnnHandle_t handle, cudnnFilterDescriptor_t w,
                                                          cudnnTensorDescriptor_t dy,
                                                          cudnnConvolutionDescriptor_t of,
                                                          cudnnTensorDescriptor_t dx, int requested,
                                                          int* returned,
                                                          cudnnConvolutionBwdDataAlgoPerf_t* to) {
  shapeOf(handle, *dx, *w, *of, *dy);
  performances(requested, returned, to, CUDNN_CONVOLUTION_BWD_DATA_ALGO_0, CUDNN_CONVOLUTION_BWD_DATA_ALGO_1);
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnGetConvolutionBackwardFilterAlgorithm_v7(cudnnHandle_t handle, cudnnTensorDescriptor_t x,
                                                            cudnnTensorDescriptor_t dy,
                                                            cudnnConvolutionDescriptor_t of,
                                                            cudnnFilterDescriptor_t dw, int requested,
                                                            int* returned,
                                                            cudnnConvolutionBwdFilterAlgoPerf_t* to) {
  shapeOf(handle, *x, *dw, *of, *dy);
  performances(requested, returned, to, CUDNN_CONVOLUTION_BWD_FILTER_ALGO_0,
               CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1);
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetConvolutionForwardWorkspaceSize(cudnnHandle_t handle, cudnnTensorDescriptor_t x,
                                                      cudnnFilterDescriptor_t w,
                                                      cudnnConvolutionDescriptor_t of,
                                                      cudnnTensorDescriptor_t y, cudnnConvolutionFwdAlgo_t,
                                                      size_t* bytes) {
  shapeOf(handle, *x, *w, *of, *y);
  *bytes = kWorkspace;
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnGetConvolutionBackwardDataWorkspaceSize(cudnnHandle_t handle, cudnnFilterDescriptor_t w,
                                                           cudnnTensorDescriptor_t dy,
                                                           cudnnConvolutionDescriptor_t of,
                                                           cudnnTensorDescriptor_t dx,
                                                           cudnnConvolutionBwdDataAlgo_t, size_t* bytes) {
  return cudnnGetConvolutionForwardWorkspaceSize(handle, dx, w, of, dy,
                                                 CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM, bytes);
}
cudnnStatus_t cudnnGetConvolutionBackwardFilterWorkspaceSize(cudnnHandle_t handle, cudnnTensorDescriptor_t x,
                                                             cudnnTensorDescriptor_t dy,
                                                             cudnnConvolutionDescriptor_t of,
                                                             cudnnFilterDescriptor_t dw,
                                                             cudnnConvolutionBwdFilterAlgo_t, size_t* bytes) {
  return cudnnGetConvolutionForwardWorkspaceSize(handle, x, dw, of, dy,
                                                 CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_GEMM, bytes);
}

cudnnStatus_t cudnnConvolutionForward(cudnnHandle_t handle, const void* alpha, cudnnTensorDescriptor_t xOf,
                                      const void* x, cudnnFilterDescriptor_t wOf, const void* w,
                                      cudnnConvolutionDescriptor_t of, cudnnConvolutionFwdAlgo_t,
                                      void* workspace, size_t bytes, const void* beta,
                                      cudnnTensorDescriptor_t yOf, void* y) {
  const lr::Conv2dShape s = shapeOf(handle, *xOf, *wOf, *of, *yOf);
  run(handle, xOf->type, alpha, beta, workspace, bytes, [=, xs = *xOf, ws = *wOf, ys = *yOf](auto type) {
    using T = decltype(type);
    checkInUse(x, bytesOf<T>(xs), "x");
    checkInUse(w, bytesOf<T>(ws), "w");
    checkInUse(y, bytesOf<T>(ys), "y");
    lr::reference::conv2dForward<T>(s, static_cast<const T*>(x), static_cast<const T*>(w), nullptr,
                                    static_cast<T*>(y));
  });
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnConvolutionBackwardData(cudnnHandle_t handle, const void* alpha,
                                           cudnnFilterDescriptor_t wOf, const void* w,
                                           cudnnTensorDescriptor_t dyOf, const void* dy,
                                           cudnnConvolutionDescriptor_t of,
                                           cudnnConvolutionBwdDataAlgo_t algorithm, void* workspace,
                                           size_t bytes, const void* beta, cudnnTensorDescriptor_t dxOf,
                                           void* dx) {
  if (algorithm != CUDNN_CONVOLUTION_BWD_DATA_ALGO_1) fail("cuDNN: an algorithm that differs between runs");
  const lr::Conv2dShape s = shapeOf(handle, *dxOf, *wOf, *of, *dyOf);
  run(handle, dyOf->type, alpha, beta, workspace, bytes, [=, xs = *dxOf, ws = *wOf, ys = *dyOf](auto type) {
    using T = decltype(type);
    checkInUse(dy, bytesOf<T>(ys), "dy");
    checkInUse(w, bytesOf<T>(ws), "w");
    checkInUse(dx, bytesOf<T>(xs), "dx");
    lr::reference::conv2dBackwardInput<T>(s, static_cast<const T*>(dy), static_cast<const T*>(w),
                                          static_cast<T*>(dx));
  });
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnConvolutionBackwardFilter(cudnnHandle_t handle, const void* alpha,
                                             cudnnTensorDescriptor_t xOf, const void* x,
                                             cudnnTensorDescriptor_t dyOf, const void* dy,
                                             cudnnConvolutionDescriptor_t of,
                                             cudnnConvolutionBwdFilterAlgo_t algorithm, void* workspace,
                                             size_t bytes, const void* beta, cudnnFilterDescriptor_t dwOf,
                                             void* dw) {
  if (algorithm != CUDNN_CONVOLUTION_BWD_FILTER_ALGO_1) fail("cuDNN: an algorithm that differs between runs");
  const lr::Conv2dShape s = shapeOf(handle, *xOf, *dwOf, *of, *dyOf);
  run(handle, dyOf->type, alpha, beta, workspace, bytes, [=, xs = *xOf, ws = *dwOf, ys = *dyOf](auto type) {
    using T = decltype(type);
    checkInUse(x, bytesOf<T>(xs), "x");
    checkInUse(dy, bytesOf<T>(ys), "dy");
    checkInUse(dw, bytesOf<T>(ws), "dw");
    lr::reference::conv2dBackwardWeight<T>(s, static_cast<const T*>(x), static_cast<const T*>(dy),
                                           static_cast<T*>(dw), nullptr);
  });
  return CUDNN_STATUS_SUCCESS;
}
