// Optimizer steps: one launch for all tensors of a group, a block for each chunk of one of them. Those with
// norms have two launches before it. To add a kind: see elem/step.h.
#include "cuda/step.h"

#include "cuda/table.h"

namespace lr::cuda {

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

__device__ inline float secondOf(const StepTensor<3, Lars>& tensor, int64_t i) { return tensor.at[1][i]; }
__device__ inline float secondOf(const StepTensor<4, Lamb>& tensor, int64_t i) {
  return tensor.formula.update(tensor.at[0][i], tensor.at[2][i], tensor.at[3][i]);
}

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
