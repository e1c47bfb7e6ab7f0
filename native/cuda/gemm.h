// Products of matrices that are stored, with whatever stands between their rows and columns.
#pragma once
#include "cuda/product.h"

namespace lr::cuda {

// c (m, n) = a (m, k) · b (k, n) for batches (outer, inner), of which those in `shared` add up in one c: for
// these p goes through the k of each of them. Strides are in elements.
template <class T>
struct MatrixProduct {
  using Element = T;
  struct Batches {
    int64_t outer = 0, inner = 0;  // from one matrix to the next
  };
  int64_t m = 0, n = 0, k = 0;
  int64_t aRow = 0, aColumn = 0, bRow = 0, bColumn = 0, cRow = 0;
  const T *aData = nullptr, *bData = nullptr;
  T* cData = nullptr;
  const T* bias = nullptr;  // of the columns
  bool accumulate = false;
  int64_t batches = 1, innerBatches = 1;
  Batches aBatch = {}, bBatch = {}, cBatch = {};
  int64_t singleK = 0, innerShared = 1;  // of one product, where several add up
  Batches aShared = {}, bShared = {};
  bool aAlong = false, bAlong = false;

  __device__ int64_t offset(const Batches& of, int64_t batch, const Batches& shared, int64_t product) const {
    int64_t at = 0;
    if (batches > 1) at += batch / innerBatches * of.outer + batch % innerBatches * of.inner;
    if (singleK > 0) at += product / innerShared * shared.outer + product % innerShared * shared.inner;
    return at;
  }
  __device__ T a(int batch, int64_t i, int64_t p) const {
    const int64_t product = singleK > 0 ? p / singleK : 0;
    return aData[offset(aBatch, batch, aShared, product) + i * aRow + (p - product * singleK) * aColumn];
  }
  __device__ T b(int batch, int64_t p, int64_t j) const {
    const int64_t product = singleK > 0 ? p / singleK : 0;
    return bData[offset(bBatch, batch, bShared, product) + (p - product * singleK) * bRow + j * bColumn];
  }
  __device__ void store(int batch, int64_t i, int64_t j, T sum) const {
    T* const to =
        cData +
        (batches > 1 ? batch / innerBatches * cBatch.outer + batch % innerBatches * cBatch.inner : 0) +
        i * cRow + j;
    if (bias != nullptr) sum += bias[j];
    *to = accumulate ? *to + sum : sum;
  }
};

}  // namespace lr::cuda
