// Softmax and its logarithm along an axis; the kernels are in softmax.h, for cross entropy too.
#include "cuda/softmax.h"

#include "cuda/table.h"

namespace lr::cuda {

template <class T>
void softmaxForward(const AxisShape& s, int32_t zeroHidden, const T* x, T* y) {
  launchSoftmax<false>(s, zeroHidden != 0, x, y);
}
LR_CUDA_OPERATOR(softmaxForward)

template <class T>
void softmaxBackward(const AxisShape& s, const T* y, const T* dy, T* dx) {
  launchSoftmaxBackward<false>(s, y, dy, dx);
}
LR_CUDA_OPERATOR(softmaxBackward)

template <class T>
void logSoftmaxForward(const AxisShape& s, const T* x, T* y) {
  launchSoftmax<true>(s, false, x, y);
}
LR_CUDA_OPERATOR(logSoftmaxForward)

template <class T>
void logSoftmaxBackward(const AxisShape& s, const T* y, const T* dy, T* dx) {
  launchSoftmaxBackward<true>(s, y, dy, dx);
}
LR_CUDA_OPERATOR(logSoftmaxBackward)

}  // namespace lr::cuda
