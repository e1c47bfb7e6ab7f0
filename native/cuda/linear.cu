// Linear layers.
#include "cuda/libraries.h"
#include "cuda/reduction.h"
#include "cuda/table.h"

namespace lr::cuda {

template <class T>
void linearForward(const LinearShape& s, const T* x, const T* w, const T* bias, T* y) {
  MatrixProduct<T> product = {
      s.rows, s.outFeatures, s.inFeatures, s.inFeatures, 1, 1, s.inFeatures, s.outFeatures, x, w, y};
  product.bias = bias;
  launchMatrices(product);
}
LR_CUDA_OPERATOR(linearForward)

template <class T>
void linearBackwardInput(const LinearShape& s, const T* dy, const T* w, T* dx) {
  launchMatrices(MatrixProduct<T>{s.rows, s.inFeatures, s.outFeatures, s.outFeatures, 1, s.inFeatures, 1,
                                  s.inFeatures, dy, w, dx});
}
LR_CUDA_OPERATOR(linearBackwardInput)

template <class T>
struct LinearBias : MergeTotals {
  int64_t columns;
  const T* dy;
  T* dbias;
  LinearBias(int64_t n, const T* from, T* to) : columns(n), dy(from), dbias(to) {}
  __device__ void add(Total& sum, int64_t column, int64_t row) const {
    sum.total += dy[row * columns + column];
  }
  __device__ void finish(int64_t column, const Total& sum) const {
    dbias[column] = static_cast<T>(sum.total);
  }
};

template <class T>
void linearBackwardWeight(const LinearShape& s, const T* x, const T* dy, T* dw, T* dbias) {
  launchMatrices(MatrixProduct<T>{s.outFeatures, s.inFeatures, s.rows, 1, s.outFeatures, s.inFeatures, 1,
                                  s.inFeatures, dy, x, dw});
  if (dbias != nullptr) launchReduction(s.outFeatures, s.rows, true, LinearBias<T>(s.outFeatures, dy, dbias));
}
LR_CUDA_OPERATOR(linearBackwardWeight)

}  // namespace lr::cuda
