// Operators that act on each element by itself.
#include "cuda/launch.h"
#include "cuda/scalar.h"
#include "cuda/table.h"

namespace lr::cuda {

template <class T>
struct Accumulate {
  const T* x;
  T* y;
  __device__ void operator()(int64_t i) const { y[i] += x[i]; }
};

template <class T>
void accumulate(int64_t n, const T* x, T* y) {
  launchEach(n, Accumulate<T>{x, y});
}
LR_CUDA_OPERATOR(accumulate)

}  // namespace lr::cuda
