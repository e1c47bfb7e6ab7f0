// cuBLAS for products of matrices and cuDNN for convolutions, where the build had their headers and the
// machine has the libraries, which are opened at run time. What they do not take, own kernels do.
// LR_CUDA_LIBRARIES=off does without.
#pragma once
#include "cuda/gemm.h"
#include "lr/kernels.h"

namespace lr::cuda {

// Whether the library computed it; c is then what was asked for.
#if LR_HAS_CUBLAS
bool productByLibrary(const MatrixProduct<float>&);
bool productByLibrary(const MatrixProduct<double>&);
#else
template <class T>
bool productByLibrary(const MatrixProduct<T>&) {
  return false;
}
#endif

template <class T>
void launchMatrices(MatrixProduct<T> product) {
  if (productByLibrary(product)) return;
  product.aAlong = product.aColumn == 1;
  product.bAlong = product.bRow == 1 && product.bColumn != 1;
  launchProduct(product);
}

// Without bias and relu
#if LR_HAS_CUDNN
template <class T>
bool convForwardByLibrary(const Conv2dShape&, const T* x, const T* w, T* y);
template <class T>
bool convInputByLibrary(const Conv2dShape&, const T* dy, const T* w, T* dx);
template <class T>
bool convWeightByLibrary(const Conv2dShape&, const T* x, const T* dy, T* dw);
#else
template <class T>
bool convForwardByLibrary(const Conv2dShape&, const T*, const T*, T*) {
  return false;
}
template <class T>
bool convInputByLibrary(const Conv2dShape&, const T*, const T*, T*) {
  return false;
}
template <class T>
bool convWeightByLibrary(const Conv2dShape&, const T*, const T*, T*) {
  return false;
}
#endif

}  // namespace lr::cuda
