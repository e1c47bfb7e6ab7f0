// Optimizer steps: one launch for all tensors of a group, a block for each chunk of one of them. Those with
// norms have two launches before it. To add a kind: see elem/step.h.
#include <array>
#include <cstring>
#include <new>
#include <vector>

#include "cuda/formulas.h"
#include "cuda/launch.h"
#include "cuda/table.h"

namespace lr::cuda {

constexpr int64_t kStepChunk = 16384;
constexpr int kMostHyper = 8, kSquareLanes = 8;

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

// The chunk of a number among those of all tensors
template <class Tensor>
__device__ StepChunk chunkOf(const Tensor* tensors, int32_t count, int64_t number) {
  int32_t low = 0, high = count;
  while (high - low > 1) {
    const int32_t middle = low + (high - low) / 2;
    (tensors[middle].firstChunk <= number ? low : high) = middle;
  }
  const int64_t begin = (number - tensors[low].firstChunk) * kStepChunk, end = begin + kStepChunk;
  return {low, begin, end < tensors[low].size ? end : tensors[low].size};
}

// Norms of two arrays of each tensor's length, as floats
struct NormPair {
  float first, second;
};

// What is done with the elements of a chunk: of kinds that are one formula
struct WholeStep {
  template <int kRoles, class Formula>
  __device__ Formula formulaOf(const StepTensor<kRoles, Formula>& tensor, const NormPair*, int32_t) const {
    return tensor.formula;
  }
  template <class Formula, int kRoles>
  __device__ void operator()(const Formula& formula, float (&x)[kRoles]) const {
    update(formula, x);
  }
};

struct LarsStep : WholeStep {
  template <class Tensor>
  __device__ Lars formulaOf(const Tensor& tensor, const NormPair* norms, int32_t t) const {
    Lars formula = tensor.formula;
    formula.ratio = static_cast<float>(larsRatio(tensor.hyper, norms[t].first, norms[t].second));
    return formula;
  }
};

struct LambAverages : WholeStep {
  __device__ void operator()(const Lamb& formula, float (&x)[4]) const {
    formula.moveAverages(x[0], x[1], x[2], x[3]);
  }
};

struct LambMove {
  struct Formula {
    Lamb lamb;
    float negativeStepSize;
  };
  template <class Tensor>
  __device__ Formula formulaOf(const Tensor& tensor, const NormPair* norms, int32_t t) const {
    return {tensor.formula, static_cast<float>(-lambStepSize(tensor.hyper, norms[t].first, norms[t].second))};
  }
  __device__ void operator()(const Formula& formula, float (&x)[4]) const {
    x[0] = x[0] + formula.negativeStepSize * formula.lamb.update(x[0], x[2], x[3]);
  }
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
// with them: element i of a chunk in lane i mod 8, then the lanes in a tree, then the chunks in order.
struct SquarePair {
  double first, second;
};

__device__ inline float secondOf(const StepTensor<3, Lars>& tensor, int64_t i) { return tensor.at[1][i]; }
__device__ inline float secondOf(const StepTensor<4, Lamb>& tensor, int64_t i) {
  return tensor.formula.update(tensor.at[0][i], tensor.at[2][i], tensor.at[3][i]);
}

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

__device__ inline double treeOf(const SquarePair* lanes, double SquarePair::* of) {
  return ((lanes[0].*of + lanes[4].*of) + (lanes[2].*of + lanes[6].*of)) +
         ((lanes[1].*of + lanes[5].*of) + (lanes[3].*of + lanes[7].*of));
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
      first += treeOf(lanes + chunk * kSquareLanes, &SquarePair::first);
      second += treeOf(lanes + chunk * kSquareLanes, &SquarePair::second);
    }
    norms[t] = {static_cast<float>(sqrt(first)), static_cast<float>(sqrt(second))};
  }
};

// The tensors of a group in device memory. What all elements of one share is rounded by its formula's
// constructor, which for kinds with norms takes 1 as the ratio of them.
template <Optimizer kind, class Formula>
class Tensors {
 public:
  static constexpr int kRoles = kindOf(kind).roles;
  using Tensor = StepTensor<kRoles, Formula>;

  explicit Tensors(const OptimStep& s) : count_(s.tensors), memory_(s.tensors) {
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
           [given, options, hyper = s.hyper, scalars = s.scalars](void* to) {
             for (size_t t = 0; t < given.size(); ++t) {
               const StepNumbers numbers = {hyper, scalars + t * kindOf(kind).scalars, options.data()};
               auto* tensor = new (static_cast<Tensor*>(to) + t)
                   Tensor{{}, given[t].size, given[t].firstChunk, {}, formulaOf(numbers)};
               std::memcpy(tensor->at, given[t].at, sizeof tensor->at);
               std::memcpy(tensor->hyper, hyper, sizeof(double) * kindOf(kind).hyper);
             }
           });
  }

  template <class Step>
  void launchStep(const NormPair* norms = nullptr) const {
    if (memory_ && chunks_ > 0)
      launch<true>(stepKernel<Step, kRoles, Formula>, dim3(static_cast<unsigned>(chunks_)), kBlock,
                   memory_.data(), count_, norms);
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

template <Optimizer kind, class Formula>
void updateElements(const OptimStep& s) {
  Tensors<kind, Formula>(s).template launchStep<WholeStep>();
}

#define LR_ROW(kind, Formula) \
  void kind##Step(const OptimStep& s) { updateElements<Optimizer::kind, Formula>(s); }
LR_FORMULA_STEPS(LR_ROW)
#undef LR_ROW

void larsStep(const OptimStep& s) {
  const Tensors<Optimizer::lars, Lars> tensors(s);
  const Scratch<NormPair> norms(s.tensors);
  tensors.launchNorms(norms.data());
  tensors.launchStep<LarsStep>(norms.data());
}

void lambStep(const OptimStep& s) {
  const Tensors<Optimizer::lamb, Lamb> tensors(s);
  const Scratch<NormPair> norms(s.tensors);
  tensors.launchStep<LambAverages>();
  tensors.launchNorms(norms.data());
  tensors.launchStep<LambMove>(norms.data());
}

}  // namespace lr::cuda
