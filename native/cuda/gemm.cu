// Matrix products, and batches of them.
#include "cuda/libraries.h"

#include "cuda/table.h"

namespace lr::cuda {

template <class T>
MatrixProduct<T> productOf(const GemmShape& s, const T* a, const T* b, T* c) {
  MatrixProduct<T> product = {s.m, s.n, s.k};
  product.aRow = s.transposeA ? 1 : s.lda;
  product.aColumn = s.transposeA ? s.lda : 1;
  product.bRow = s.transposeB ? 1 : s.ldb;
  product.bColumn = s.transposeB ? s.ldb : 1;
  product.cRow = s.ldc;
  product.aData = a;
  product.bData = b;
  product.cData = c;
  product.accumulate = s.accumulate != 0;
  return product;
}

template <class T>
void gemm(const GemmShape& s, const T* a, const T* b, T* c) {
  launchMatrices(productOf(s, a, b, c));
}
LR_CUDA_OPERATOR(gemm)

// A batch of which each pair has a matrix of c by itself, or shares it with all other pairs of its outer or
// inner index
template <class T>
MatrixProduct<T> batchOf(const GemmBatchShape& s, const T* a, const T* b, T* c) {
  const int64_t sizeA = int64_t{s.m} * s.k, sizeB = int64_t{s.k} * s.n, sizeC = int64_t{s.m} * s.n;
  const GemmShape one = {.m = s.m,
                         .n = s.n,
                         .k = s.k,
                         .lda = s.transposeA ? s.m : s.k,
                         .ldb = s.transposeB ? s.k : s.n,
                         .ldc = s.n,
                         .transposeA = s.transposeA,
                         .transposeB = s.transposeB,
                         .accumulate = s.accumulate};
  MatrixProduct<T> product = productOf(one, a, b, c);
  const bool sharesOuter = s.outerC == 0 && s.outer > 1, sharesInner = s.innerC == 0 && s.inner > 1;
  product.batches = (sharesOuter ? 1 : int64_t{s.outer}) * (sharesInner ? 1 : s.inner);
  product.innerBatches = sharesInner ? 1 : s.inner;
  product.aBatch = {s.outerA * sizeA, s.innerA * sizeA};
  product.bBatch = {s.outerB * sizeB, s.innerB * sizeB};
  product.cBatch = {s.outerC * sizeC, s.innerC * sizeC};
  if (sharesOuter || sharesInner) {
    product.singleK = s.k;
    product.innerShared = sharesInner ? s.inner : 1;
    product.k = int64_t{s.k} * (sharesOuter ? s.outer : 1) * product.innerShared;
    product.aShared = product.aBatch;
    product.bShared = product.bBatch;
  }
  return product;
}

template <class T>
void gemmBatch(const GemmBatchShape& s, const T* a, const T* b, T* c) {
  const bool isGrid = s.outer == 1 || s.inner == 1 || s.outerC == 0 || s.innerC == 0 ||
                      s.outerC >= s.inner * s.innerC || s.innerC >= s.outer * s.outerC;
  if (isGrid) return launchMatrices(batchOf(s, a, b, c));
  // Pairs that share a matrix in some other way, one after the other
  const int64_t matrices = (s.outer - 1) * int64_t{s.outerC} + (s.inner - 1) * int64_t{s.innerC} + 1;
  if (!s.accumulate) fillZero(c, matrices * s.m * s.n * static_cast<int64_t>(sizeof(T)));
  for (int64_t outer = 0; outer < s.outer; ++outer) {
    for (int64_t inner = 0; inner < s.inner; ++inner) {
      GemmBatchShape one = {s.m, s.n, s.k, s.transposeA, s.transposeB, 1, 1, 1, 0, 0, 0, 0, 0, 0};
      launchMatrices(batchOf(one, a + (outer * s.outerA + inner * s.innerA) * s.m * s.k,
                             b + (outer * s.outerB + inner * s.innerB) * s.k * s.n,
                             c + (outer * s.outerC + inner * s.innerC) * s.m * s.n));
    }
  }
}
LR_CUDA_OPERATOR(gemmBatch)

}  // namespace lr::cuda
