// What optimizer steps share: the tensors of a group in device memory, chunks of them, norms.
#pragma once
#include <array>
#include <cstring>
#include <new>
#include <vector>

#include "cuda/formulas.h"
#include "cuda/launch.h"

namespace lr::cuda {

constexpr int64_t kStepChunk = 16384;
constexpr int kMostHyper = 9, kSquareLanes = 8;

constexpr const OptimizerKind& kindOf(Optimizer optimizer) {
  return kOptimizers[static_cast<int32_t>(optimizer)];
}

// A tensor as the kernels take it; at[role] is null where the option that needs it is off.
template <int kRoles, class Formula>
struct StepTensor {
  float* at[kRoles];
  int64_t size, firstChunk;
  double hyper[kMostHyper];
  Formula formula;
};

struct StepChunk {
  int32_t tensor;
  int64_t begin, end;
};

// The tensor that has a number among those of all tensors: its own begin with first(tensor).
template <class Tensor, class First>
__device__ int32_t tensorOf(const Tensor* tensors, int32_t count, int64_t number, const First& first) {
  int32_t low = 0, high = count;
  while (high - low > 1) {
    const int32_t middle = low + (high - low) / 2;
    (first(tensors[middle]) <= number ? low : high) = middle;
  }
  return low;
}

// The chunk of a number among those of all tensors
template <class Tensor>
__device__ StepChunk chunkOf(const Tensor* tensors, int32_t count, int64_t number) {
  const int32_t low =
      tensorOf(tensors, count, number, [](const Tensor& tensor) { return tensor.firstChunk; });
  const int64_t begin = (number - tensors[low].firstChunk) * kStepChunk, end = begin + kStepChunk;
  return {low, begin, end < tensors[low].size ? end : tensors[low].size};
}

// Norms of two arrays of each tensor's length, as floats
struct NormPair {
  float first, second;
};

template <class Step, int kRoles, class Formula>
__global__ void __launch_bounds__(kBlock)
    stepKernel(const StepTensor<kRoles, Formula>* tensors, int32_t count, const NormPair* norms) {
  const Step step{};
  const StepChunk chunk = chunkOf(tensors, count, blockIdx.x);
  const StepTensor<kRoles, Formula>& tensor = tensors[chunk.tensor];
  const auto formula = step.formulaOf(tensor, norms, chunk.tensor);
  float* at[kRoles];
  for (int role = 0; role < kRoles; ++role) at[role] = tensor.at[role];
  for (int64_t i = chunk.begin + threadIdx.x; i < chunk.end; i += kBlock) {
    float x[kRoles];
    for (int role = 0; role < kRoles; ++role) x[role] = at[role] != nullptr ? at[role][i] : 0.0f;
    step(formula, x);
    for (int role = 0; role < kRoles; ++role) {
      if (role != 1 && at[role] != nullptr) at[role][i] = x[role];
    }
  }
}

// Sums of squares in double, in which the square of a float is exact, of parameters and of what is compared
// with them, which secondOf(tensor, i) gives: element i of a chunk in lane i mod 8, then the lanes in a tree,
// then the chunks in order.
struct SquarePair {
  double first, second;
};

template <class Tensor>
struct SquareLanes {
  const Tensor* tensors;
  int32_t count;
  SquarePair* lanes;
  __device__ void operator()(int64_t number) const {
    const StepChunk chunk = chunkOf(tensors, count, number / kSquareLanes);
    const Tensor& tensor = tensors[chunk.tensor];
    SquarePair sum = {0, 0};
    for (int64_t i = chunk.begin + number % kSquareLanes; i < chunk.end; i += kSquareLanes) {
      const double first = tensor.at[0][i], second = secondOf(tensor, i);
      sum.first += first * first;
      sum.second += second * second;
    }
    lanes[number] = sum;
  }
};

// Of lane(0) to lane(7)
template <class Lane>
__device__ double treeOf(const Lane& lane) {
  return ((lane(0) + lane(4)) + (lane(2) + lane(6))) + ((lane(1) + lane(5)) + (lane(3) + lane(7)));
}

template <class Tensor>
struct NormsOf {
  const Tensor* tensors;
  const SquarePair* lanes;
  NormPair* norms;
  __device__ void operator()(int64_t t) const {
    double first = 0, second = 0;
    const int64_t chunks = (tensors[t].size + kStepChunk - 1) / kStepChunk;
    for (int64_t chunk = tensors[t].firstChunk; chunk < tensors[t].firstChunk + chunks; ++chunk) {
      const SquarePair* of = lanes + chunk * kSquareLanes;
      first += treeOf([of](int lane) { return of[lane].first; });
      second += treeOf([of](int lane) { return of[lane].second; });
    }
    norms[t] = {static_cast<float>(sqrt(first)), static_cast<float>(sqrt(second))};
  }
};

// The tensors of a group in device memory. What all elements of one share is rounded by its formula's
// constructor, which for LARS takes 1 as the ratio of norms; complete(tensors, count) adds what that does not
// know.
template <Optimizer kind, class Formula>
class Tensors {
 public:
  static constexpr int kRoles = kindOf(kind).roles;
  using Tensor = StepTensor<kRoles, Formula>;

  static_assert(kindOf(kind).hyper <= kMostHyper);

  explicit Tensors(const OptimStep& s) : Tensors(s, [](Tensor*, int32_t) {}) {}
  template <class Complete>
  Tensors(const OptimStep& s, const Complete& complete) : count_(s.tensors), memory_(s.tensors) {
    struct Given {
      float* at[kRoles];
      int64_t size, firstChunk;
    };
    std::vector<Given> given(static_cast<size_t>(s.tensors));
    std::array<float* const*, kRoles> options = {};
    static float* const isOn = nullptr;
    for (int role = 0; role < kRoles; ++role) {
      options[role] = s.buffers[role] != nullptr ? &isOn : nullptr;
      for (int32_t t = 0; t < s.tensors; ++t)
        given[t].at[role] = s.buffers[role] != nullptr ? s.buffers[role][t] : nullptr;
    }
    for (int32_t t = 0; t < s.tensors; ++t) {
      given[t].size = s.sizes[t];
      given[t].firstChunk = chunks_;
      chunks_ += quotientUp(s.sizes[t], kStepChunk);
    }
    if (!memory_) return;
    upload(memory_.data(), count_ * static_cast<int64_t>(sizeof(Tensor)),
           [given, options, complete, hyper = s.hyper, scalars = s.scalars](void* to) {
             for (size_t t = 0; t < given.size(); ++t) {
               const StepNumbers numbers = {hyper, scalars + t * kindOf(kind).scalars, options.data()};
               auto* tensor = new (static_cast<Tensor*>(to) + t)
                   Tensor{{}, given[t].size, given[t].firstChunk, {}, formulaOf(numbers)};
               std::memcpy(tensor->at, given[t].at, sizeof tensor->at);
               std::memcpy(tensor->hyper, hyper, sizeof(double) * kindOf(kind).hyper);
             }
             complete(static_cast<Tensor*>(to), static_cast<int32_t>(given.size()));
           });
  }

  // Null where there is no memory
  const Tensor* data() const { return memory_.data(); }

  template <class Step>
  void launchStep(const NormPair* norms = nullptr) const {
    launchChunks(stepKernel<Step, kRoles, Formula>, norms);
  }

  // A block for each chunk
  void launchChunks(void (*kernel)(const Tensor*, int32_t, const NormPair*), const NormPair* norms) const {
    if (memory_ && chunks_ > 0)
      launch<true>(kernel, dim3(static_cast<unsigned>(chunks_)), kBlock, memory_.data(), count_, norms);
  }

  void launchNorms(NormPair* norms) const {
    const Scratch<SquarePair> lanes(chunks_ * kSquareLanes);
    if (!memory_ || !lanes || norms == nullptr) return;
    launchEach(chunks_ * kSquareLanes, SquareLanes<Tensor>{memory_.data(), count_, lanes.data()});
    launchEach(count_, NormsOf<Tensor>{memory_.data(), lanes.data(), norms});
  }

 private:
  static Formula formulaOf(const StepNumbers& numbers) {
    if constexpr (kind == Optimizer::lars) {
      return Formula(numbers, 1);
    } else {
      return Formula(numbers);
    }
  }

  int32_t count_;
  int64_t chunks_ = 0;
  Scratch<Tensor> memory_;
};

}  // namespace lr::cuda
