// Dropout: a mask of bytes applied to elements, or to runs of `inner` of them.
#include "cuda/launch.h"
#include "cuda/scalar.h"
#include "cuda/table.h"

namespace lr::cuda {

template <class T>
struct Dropout {
  T scale, kept, dropped;
  int64_t inner;
  const T* x;
  const uint8_t* mask;
  T* y;
  __device__ void operator()(int64_t i) const {
    const bool keeps = mask[inner == 1 ? i : i / inner] != 0;
    y[i] = x[i] * (keeps ? scale : T{}) + (keeps ? kept : dropped);
  }
};

template <class T>
void dropout(double scale, double kept, double dropped, int64_t inner, int64_t n, const T* x,
             const uint8_t* mask, T* y) {
  launchEach(
      n, Dropout<T>{static_cast<T>(scale), static_cast<T>(kept), static_cast<T>(dropped), inner, x, mask, y});
}
LR_CUDA_OPERATOR(dropout)

}  // namespace lr::cuda
