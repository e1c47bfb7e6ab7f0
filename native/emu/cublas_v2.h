// The part of cuBLAS that cuda/cublas.cu calls; emu/libraries.cpp does it, and checks what it is given.
#pragma once
#include "emu/cuda_runtime.h"

enum cudaDataType { CUDA_R_32F = 0, CUDA_R_64F = 1 };
enum cublasStatus_t { CUBLAS_STATUS_SUCCESS = 0, CUBLAS_STATUS_INVALID_VALUE = 7 };
enum cublasOperation_t { CUBLAS_OP_N = 0, CUBLAS_OP_T = 1 };
enum cublasComputeType_t {
  CUBLAS_COMPUTE_32F = 68,
  CUBLAS_COMPUTE_64F = 70,
  CUBLAS_COMPUTE_32F_FAST_16BF = 75,
  CUBLAS_COMPUTE_32F_FAST_TF32 = 77,
};
enum cublasGemmAlgo_t { CUBLAS_GEMM_DEFAULT = -1 };
struct EmulatedCublas;
using cublasHandle_t = EmulatedCublas*;

cublasStatus_t cublasGetProperty(libraryPropertyType, int* value);
cublasStatus_t cublasCreate_v2(cublasHandle_t*);
cublasStatus_t cublasSetStream_v2(cublasHandle_t, cudaStream_t);
cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t, void* workspace, size_t bytes);
cublasStatus_t cublasGemmStridedBatchedEx(cublasHandle_t, cublasOperation_t transa, cublasOperation_t transb,
                                          int m, int n, int k, const void* alpha, const void* a, cudaDataType,
                                          int lda, long long strideA, const void* b, cudaDataType, int ldb,
                                          long long strideB, const void* beta, void* c, cudaDataType, int ldc,
                                          long long strideC, int batchCount, cublasComputeType_t,
                                          cublasGemmAlgo_t);
