// Moving elements with strides.
#include "cuda/launch.h"
#include "cuda/table.h"
#include "cuda/walk.h"

namespace lr::cuda {

template <class E>
struct Copy {
  Strided s;
  const E* x;
  E* y;
  __device__ void operator()(int64_t i) const {
    const auto places = placesOf<2>(s, i);
    y[places.at[1]] = x[places.at[0]];
  }
};

template <class T>
void copy(const Strided& s, const T* x, T* y) {
  launchEach(sizeOf(s), Copy<T>{s, x, y});
}
LR_CUDA_OPERATOR(copy)

template <class T>
void copyBytes(const Strided& s, const uint8_t* x, uint8_t* y) {
  launchEach(sizeOf(s), Copy<uint8_t>{s, x, y});
}
LR_CUDA_OPERATOR(copyBytes)

}  // namespace lr::cuda
