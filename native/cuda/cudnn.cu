// Convolutions by cuDNN, where the padding is alike on both sides: by the algorithm that its heuristics put
// first among those that give the same in every run.
#include <cudnn.h>

#include <array>
#include <cstring>
#include <initializer_list>
#include <map>
#include <mutex>

#include "cuda/libraries.h"
#include "cuda/open.h"

namespace lr::cuda {
namespace {

#define LR_CUDNN(ROW)                                 \
  ROW(cudnnCreate)                                    \
  ROW(cudnnGetProperty)                               \
  ROW(cudnnSetStream)                                 \
  ROW(cudnnCreateTensorDescriptor)                    \
  ROW(cudnnDestroyTensorDescriptor)                   \
  ROW(cudnnSetTensor4dDescriptor)                     \
  ROW(cudnnCreateFilterDescriptor)                    \
  ROW(cudnnDestroyFilterDescriptor)                   \
  ROW(cudnnSetFilter4dDescriptor)                     \
  ROW(cudnnCreateConvolutionDescriptor)               \
  ROW(cudnnDestroyConvolutionDescriptor)              \
  ROW(cudnnSetConvolution2dDescriptor)                \
  ROW(cudnnSetConvolutionGroupCount)                  \
  ROW(cudnnSetConvolutionMathType)                    \
  ROW(cudnnGetConvolutionForwardAlgorithm_v7)         \
  ROW(cudnnGetConvolutionBackwardDataAlgorithm_v7)    \
  ROW(cudnnGetConvolutionBackwardFilterAlgorithm_v7)  \
  ROW(cudnnGetConvolutionForwardWorkspaceSize)        \
  ROW(cudnnGetConvolutionBackwardDataWorkspaceSize)   \
  ROW(cudnnGetConvolutionBackwardFilterWorkspaceSize) \
  ROW(cudnnConvolutionForward)                        \
  ROW(cudnnConvolutionBackwardData)                   \
  ROW(cudnnConvolutionBackwardFilter)

struct Cudnn {
  bool isComplete = false;
  std::string why;
#define LR_ROW(name) decltype(&::name) name = nullptr;
  LR_CUDNN(LR_ROW)
#undef LR_ROW
};

const Cudnn& cudnn() {
  static const Cudnn functions = [] {
    Cudnn found;
#if !LR_EMU
    void* library = openLibrary({"libcudnn.so.9", "libcudnn.so"}, found.why);
    if (library == nullptr) return found;
#endif
    found.why.clear();
    found.isComplete = true;
#define LR_ROW(name)                                                  \
  found.name = LR_LIBRARY_FUNCTION(library, name, decltype(&::name)); \
  found.isComplete = found.isComplete && found.name != nullptr;
    LR_CUDNN(LR_ROW)
#undef LR_ROW
    return found;
  }();
  return functions;
}

std::mutex mutex;

// Of the selected device; null on failure
cudnnHandle_t handle() {
  static std::map<int, cudnnHandle_t> handles;
  const auto found = handles.find(selectedDevice());
  if (found != handles.end()) return found->second;
  cudnnHandle_t made = nullptr;
  if (cudnn().cudnnCreate(&made) != CUDNN_STATUS_SUCCESS ||
      cudnn().cudnnSetStream(made, stream()) != CUDNN_STATUS_SUCCESS)
    made = nullptr;
  return handles[selectedDevice()] = made;
}

// A convolution as cuDNN is told of it
class Description {
 public:
  Description(const Conv2dShape& s, cudnnDataType_t type) {
    const Cudnn& c = cudnn();
    const auto needs = [&](cudnnStatus_t status) { holds = holds && status == CUDNN_STATUS_SUCCESS; };
    needs(c.cudnnCreateTensorDescriptor(&x));
    needs(c.cudnnCreateTensorDescriptor(&y));
    needs(c.cudnnCreateFilterDescriptor(&w));
    needs(c.cudnnCreateConvolutionDescriptor(&convolution));
    if (!holds) return;
    needs(c.cudnnSetTensor4dDescriptor(x, CUDNN_TENSOR_NCHW, type, s.batch, s.inChannels, s.inHeight,
                                       s.inWidth));
    needs(c.cudnnSetTensor4dDescriptor(y, CUDNN_TENSOR_NCHW, type, s.batch, s.outChannels, s.outHeight,
                                       s.outWidth));
    needs(c.cudnnSetFilter4dDescriptor(w, type, CUDNN_TENSOR_NCHW, s.outChannels, s.inChannels / s.groups,
                                       s.kernelHeight, s.kernelWidth));
    needs(c.cudnnSetConvolution2dDescriptor(convolution, s.padTop, s.padLeft, s.strideHeight, s.strideWidth,
                                            s.dilationHeight, s.dilationWidth, CUDNN_CROSS_CORRELATION,
                                            type));
    needs(c.cudnnSetConvolutionGroupCount(convolution, s.groups));
    needs(c.cudnnSetConvolutionMathType(convolution, allowsTf32() ? CUDNN_DEFAULT_MATH : CUDNN_FMA_MATH));
  }
  ~Description() {
    const Cudnn& c = cudnn();
    if (x != nullptr) c.cudnnDestroyTensorDescriptor(x);
    if (y != nullptr) c.cudnnDestroyTensorDescriptor(y);
    if (w != nullptr) c.cudnnDestroyFilterDescriptor(w);
    if (convolution != nullptr) c.cudnnDestroyConvolutionDescriptor(convolution);
  }
  Description(const Description&) = delete;
  Description& operator=(const Description&) = delete;

  bool holds = true;
  cudnnTensorDescriptor_t x = nullptr, y = nullptr;
  cudnnFilterDescriptor_t w = nullptr;
  cudnnConvolutionDescriptor_t convolution = nullptr;
};

bool isAlike(int32_t length, int32_t out, int32_t kernel, int32_t stride, int32_t pad, int32_t dilation) {
  const int32_t room = length + 2 * pad - dilation * (kernel - 1) - 1;
  return room >= 0 && room / stride + 1 == out;
}
bool isPossible(const Conv2dShape& s) {
  return usesLibraries() && cudnn().isComplete && !allowsBfloat16() &&
         isAlike(s.inHeight, s.outHeight, s.kernelHeight, s.strideHeight, s.padTop, s.dilationHeight) &&
         isAlike(s.inWidth, s.outWidth, s.kernelWidth, s.strideWidth, s.padLeft, s.dilationWidth);
}

// The algorithm of a kind of work for a shape, chosen once; -1 where there is none
using Key = std::array<int32_t, sizeof(Conv2dShape) / sizeof(int32_t) + 3>;
template <class Performance, class Choose>
int algorithmOf(const Conv2dShape& s, int kind, bool isDouble, const Choose& choose) {
  static std::map<Key, int> chosen;
  Key key = {};
  Conv2dShape shape = s;
  shape.algorithm = shape.relu = 0;
  std::memcpy(key.data(), &shape, sizeof shape);
  key[key.size() - 3] = kind;
  key[key.size() - 2] = isDouble ? 1 : 0;
  key[key.size() - 1] = allowsTf32() ? 1 : 0;
  const auto found = chosen.find(key);
  if (found != chosen.end()) return found->second;
  constexpr int kMost = 8;
  Performance performances[kMost];
  int count = 0, algorithm = -1;
  if (choose(kMost, &count, performances) == CUDNN_STATUS_SUCCESS) {
    for (int i = count - 1; i >= 0; --i) {
      const Performance& each = performances[i];
      const bool isExact =
          allowsTf32() || each.mathType == CUDNN_FMA_MATH || each.mathType == CUDNN_DEFAULT_MATH;
      if (each.status == CUDNN_STATUS_SUCCESS && each.determinism == CUDNN_DETERMINISTIC && isExact)
        algorithm = static_cast<int>(each.algo);
    }
  }
  return chosen[key] = algorithm;
}

template <class T>
constexpr cudnnDataType_t kType = sizeof(T) == sizeof(float) ? CUDNN_DATA_FLOAT : CUDNN_DATA_DOUBLE;

bool told(cudnnStatus_t status) {
  if (status != CUDNN_STATUS_SUCCESS) fail("conv2d", "cuDNN refuses a convolution");
  return true;
}

}  // namespace

template <class T>
bool convForwardByLibrary(const Conv2dShape& s, const T* x, const T* w, T* y) {
  if (!isPossible(s)) return false;
  const std::lock_guard<std::mutex> lock(mutex);
  const cudnnHandle_t of = handle();
  const Description d(s, kType<T>);
  if (of == nullptr || !d.holds) return false;
  const int chosen = algorithmOf<cudnnConvolutionFwdAlgoPerf_t>(
      s, 0, sizeof(T) == sizeof(double),
      [&](int most, int* count, cudnnConvolutionFwdAlgoPerf_t* performances) {
        return cudnn().cudnnGetConvolutionForwardAlgorithm_v7(of, d.x, d.w, d.convolution, d.y, most, count,
                                                              performances);
      });
  const auto algorithm = static_cast<cudnnConvolutionFwdAlgo_t>(chosen);
  size_t bytes = 0;
  if (chosen < 0 || cudnn().cudnnGetConvolutionForwardWorkspaceSize(
                        of, d.x, d.w, d.convolution, d.y, algorithm, &bytes) != CUDNN_STATUS_SUCCESS)
    return false;
  const Scratch<uint8_t> workspace(static_cast<int64_t>(bytes));
  const T one = 1, zero = 0;
  return told(cudnn().cudnnConvolutionForward(of, &one, d.x, x, d.w, w, d.convolution, algorithm,
                                              workspace.data(), bytes, &zero, d.y, y));
}

template <class T>
bool convInputByLibrary(const Conv2dShape& s, const T* dy, const T* w, T* dx) {
  if (!isPossible(s)) return false;
  const std::lock_guard<std::mutex> lock(mutex);
  const cudnnHandle_t of = handle();
  const Description d(s, kType<T>);
  if (of == nullptr || !d.holds) return false;
  const int chosen = algorithmOf<cudnnConvolutionBwdDataAlgoPerf_t>(
      s, 1, sizeof(T) == sizeof(double),
      [&](int most, int* count, cudnnConvolutionBwdDataAlgoPerf_t* performances) {
        return cudnn().cudnnGetConvolutionBackwardDataAlgorithm_v7(of, d.w, d.y, d.convolution, d.x, most,
                                                                   count, performances);
      });
  const auto algorithm = static_cast<cudnnConvolutionBwdDataAlgo_t>(chosen);
  size_t bytes = 0;
  if (chosen < 0 || cudnn().cudnnGetConvolutionBackwardDataWorkspaceSize(
                        of, d.w, d.y, d.convolution, d.x, algorithm, &bytes) != CUDNN_STATUS_SUCCESS)
    return false;
  const Scratch<uint8_t> workspace(static_cast<int64_t>(bytes));
  const T one = 1, zero = 0;
  return told(cudnn().cudnnConvolutionBackwardData(of, &one, d.w, w, d.y, dy, d.convolution, algorithm,
                                                   workspace.data(), bytes, &zero, d.x, dx));
}

template <class T>
bool convWeightByLibrary(const Conv2dShape& s, const T* x, const T* dy, T* dw) {
  if (!isPossible(s)) return false;
  const std::lock_guard<std::mutex> lock(mutex);
  const cudnnHandle_t of = handle();
  const Description d(s, kType<T>);
  if (of == nullptr || !d.holds) return false;
  const int chosen = algorithmOf<cudnnConvolutionBwdFilterAlgoPerf_t>(
      s, 2, sizeof(T) == sizeof(double),
      [&](int most, int* count, cudnnConvolutionBwdFilterAlgoPerf_t* performances) {
        return cudnn().cudnnGetConvolutionBackwardFilterAlgorithm_v7(of, d.x, d.y, d.convolution, d.w, most,
                                                                     count, performances);
      });
  const auto algorithm = static_cast<cudnnConvolutionBwdFilterAlgo_t>(chosen);
  size_t bytes = 0;
  if (chosen < 0 || cudnn().cudnnGetConvolutionBackwardFilterWorkspaceSize(
                        of, d.x, d.y, d.convolution, d.w, algorithm, &bytes) != CUDNN_STATUS_SUCCESS)
    return false;
  const Scratch<uint8_t> workspace(static_cast<int64_t>(bytes));
  const T one = 1, zero = 0;
  return told(cudnn().cudnnConvolutionBackwardFilter(of, &one, d.x, x, d.y, dy, d.convolution, algorithm,
                                                     workspace.data(), bytes, &zero, d.w, dw));
}

std::string describeCudnn() {
  return describeLibrary("cuDNN", cudnn().isComplete, cudnn().why, cudnn().cudnnGetProperty);
}

#define LR_CUDNN_OF(T)                                                               \
  template bool convForwardByLibrary<T>(const Conv2dShape&, const T*, const T*, T*); \
  template bool convInputByLibrary<T>(const Conv2dShape&, const T*, const T*, T*);   \
  template bool convWeightByLibrary<T>(const Conv2dShape&, const T*, const T*, T*);
LR_CUDNN_OF(float)
LR_CUDNN_OF(double)

}  // namespace lr::cuda
