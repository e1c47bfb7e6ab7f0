// Products of matrices by cuBLAS. It takes columns for what rows are here, so it computes the transpose of c.
#include <cublas_v2.h>

#include <climits>
#include <initializer_list>
#include <map>
#include <mutex>

#include "cuda/libraries.h"
#include "cuda/open.h"

namespace lr::cuda {
namespace {

constexpr int64_t kWorkspace = int64_t{32} << 20;

// cublasGemmStridedBatchedEx, which cuBLAS's header overloads
using Gemm = cublasStatus_t (*)(cublasHandle_t, cublasOperation_t, cublasOperation_t, int, int, int,
                                const void*, const void*, cudaDataType, int, long long, const void*,
                                cudaDataType, int, long long, const void*, void*, cudaDataType, int,
                                long long, int, cublasComputeType_t, cublasGemmAlgo_t);

struct Cublas {
  decltype(&cublasCreate_v2) create = nullptr;
  decltype(&cublasSetStream_v2) setStream = nullptr;
  decltype(&cublasSetWorkspace_v2) setWorkspace = nullptr;
  decltype(&cublasGetProperty) getProperty = nullptr;
  Gemm gemm = nullptr;
  std::string why;
  bool isComplete() const {
    return create != nullptr && setStream != nullptr && setWorkspace != nullptr && getProperty != nullptr &&
           gemm != nullptr;
  }
};

const Cublas& cublas() {
  static const Cublas functions = [] {
    Cublas found;
#if !LR_EMU
    void* library = openLibrary({"libcublas.so.13", "libcublas.so.12", "libcublas.so"}, found.why);
    if (library == nullptr) return found;
#endif
    found.create = LR_LIBRARY_FUNCTION(library, cublasCreate_v2, decltype(&cublasCreate_v2));
    found.setStream = LR_LIBRARY_FUNCTION(library, cublasSetStream_v2, decltype(&cublasSetStream_v2));
    found.setWorkspace =
        LR_LIBRARY_FUNCTION(library, cublasSetWorkspace_v2, decltype(&cublasSetWorkspace_v2));
    found.getProperty = LR_LIBRARY_FUNCTION(library, cublasGetProperty, decltype(&cublasGetProperty));
    found.gemm = LR_LIBRARY_FUNCTION(library, cublasGemmStridedBatchedEx, Gemm);
    found.why.clear();
    return found;
  }();
  return functions;
}

std::mutex mutex;

// Of the selected device, with memory of its own, so that results are the same in every run; null on failure
cublasHandle_t handle() {
  static std::map<int, cublasHandle_t> handles;
  const auto found = handles.find(selectedDevice());
  if (found != handles.end()) return found->second;
  cublasHandle_t made = nullptr;
  if (cublas().create(&made) != CUBLAS_STATUS_SUCCESS) made = nullptr;
  void* workspace = made != nullptr ? allocateForever(kWorkspace) : nullptr;
  if (made != nullptr &&
      (cublas().setStream(made, stream()) != CUBLAS_STATUS_SUCCESS || workspace == nullptr ||
       cublas().setWorkspace(made, workspace, kWorkspace) != CUBLAS_STATUS_SUCCESS))
    made = nullptr;
  return handles[selectedDevice()] = made;
}

// How a matrix of `rows` by `columns` is stored: as it is or transposed, in rows that are `leading` apart
struct Stored {
  bool fits = false;
  cublasOperation_t operation = CUBLAS_OP_N;
  int leading = 0;

  Stored(int64_t rows, int64_t columns, int64_t byRow, int64_t byColumn) {
    const bool isPlain = byColumn == 1 && byRow >= columns, isTransposed = byRow == 1 && byColumn >= rows;
    const int64_t distance = isPlain ? byRow : byColumn;
    fits = (isPlain || isTransposed) && distance <= INT_MAX;
    operation = isPlain ? CUBLAS_OP_N : CUBLAS_OP_T;
    leading = static_cast<int>(distance);
  }
};

template <class T>
struct FillRows {
  int64_t columns, rowStride, batchStride, rows;
  const T* bias;
  T* c;
  __device__ void operator()(int64_t i) const {
    const int64_t row = i / columns;
    c[row / rows * batchStride + row % rows * rowStride + i % columns] = bias[i % columns];
  }
};

template <class T>
bool product(const MatrixProduct<T>& p) {
  if (!usesLibraries() || !cublas().isComplete() || p.singleK > 0) return false;
  if (p.m > INT_MAX || p.n > INT_MAX || p.k > INT_MAX || p.batches > INT_MAX) return false;
  const Stored a(p.m, p.k, p.aRow, p.aColumn), b(p.k, p.n, p.bRow, p.bColumn);
  if (!a.fits || !b.fits || p.cRow > INT_MAX || (p.bias != nullptr && p.accumulate)) return false;
  // Matrices of a batch are the same distance apart.
  const auto isEven = [&](const typename MatrixProduct<T>::Batches& of) {
    return p.innerBatches == 1 || p.innerBatches == p.batches || of.outer == p.innerBatches * of.inner;
  };
  const auto strideOf = [&](const typename MatrixProduct<T>::Batches& of) {
    return static_cast<long long>(p.batches == 1 ? 0 : p.innerBatches == 1 ? of.outer : of.inner);
  };
  if (!isEven(p.aBatch) || !isEven(p.bBatch) || !isEven(p.cBatch)) return false;

  const std::lock_guard<std::mutex> lock(mutex);
  const cublasHandle_t of = handle();
  if (of == nullptr) return false;
  if (p.bias != nullptr)
    launchEach(p.batches * p.m * p.n, FillRows<T>{p.n, p.cRow, strideOf(p.cBatch), p.m, p.bias, p.cData});
  constexpr bool kFloat = sizeof(T) == sizeof(float);
  constexpr cudaDataType kType = kFloat ? CUDA_R_32F : CUDA_R_64F;
  const cublasComputeType_t compute = !kFloat            ? CUBLAS_COMPUTE_64F
                                      : allowsBfloat16() ? CUBLAS_COMPUTE_32F_FAST_16BF
                                      : allowsTf32()     ? CUBLAS_COMPUTE_32F_FAST_TF32
                                                         : CUBLAS_COMPUTE_32F;
  const T one = 1, adds = p.bias != nullptr || p.accumulate ? 1 : 0;
  const cublasStatus_t status =
      cublas().gemm(of, b.operation, a.operation, static_cast<int>(p.n), static_cast<int>(p.m),
                    static_cast<int>(p.k), &one, p.bData, kType, b.leading, strideOf(p.bBatch), p.aData,
                    kType, a.leading, strideOf(p.aBatch), &adds, p.cData, kType, static_cast<int>(p.cRow),
                    strideOf(p.cBatch), static_cast<int>(p.batches), compute, CUBLAS_GEMM_DEFAULT);
  if (status != CUBLAS_STATUS_SUCCESS) fail("gemm", "cuBLAS refuses a product");
  return true;
}

}  // namespace

std::string describeCublas() {
  return describeLibrary("cuBLAS", cublas().isComplete(), cublas().why, cublas().getProperty);
}
bool productByLibrary(const MatrixProduct<float>& p) { return product(p); }
bool productByLibrary(const MatrixProduct<double>& p) { return product(p); }

}  // namespace lr::cuda
