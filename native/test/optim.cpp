// Optimizer steps: equal to the naive table bit by bit, since every operation is defined to round to float
#include <cmath>

#include "test/suites.h"

namespace lr::test {
namespace {

struct Row {
  std::string name;
  void (*Kernels::*step)(const OptimStep&);
  int roles;
  bool lastRole;  // whether the last role's buffers are given
  int scalarCount;
  std::vector<double> hyper;
};

const std::vector<int64_t> kSizes = {1, 7, 16, 33, 16384, 20001, 40000, 3};

// Three steps over tensors of many sizes; the second moments are positive, one gradient is NaN.
void testStep(Suite& suite, const Row& row) {
  suite.checkExact(row.name, [&](const Kernels& table) {
    std::vector<std::vector<Floats>> memory(row.roles);
    std::vector<std::vector<float*>> pointers(row.roles);
    std::vector<float* const*> buffers(row.roles);
    for (int role = 0; role < row.roles; ++role) {
      for (size_t t = 0; t < kSizes.size(); ++t) {
        memory[role].push_back(randomFloats(kSizes[t], static_cast<uint32_t>(100 * role + t)));
        if (role >= 3) {
          for (float& value : memory[role].back()) value = std::fabs(value);
        }
      }
      for (Floats& values : memory[role]) pointers[role].push_back(values.data());
      buffers[role] = role + 1 < row.roles || row.lastRole ? pointers[role].data() : nullptr;
    }
    memory[1][3][5] = NAN;
    for (int step = 1; step <= 3; ++step) {
      std::vector<double> scalars;
      for (size_t t = 0; t < kSizes.size(); ++t) {
        if (row.scalarCount == 1) {
          scalars.push_back(step == 1 && t % 2 == 0);
        } else {
          const double at = step + static_cast<double>(t);
          scalars.push_back(row.hyper[0] / (1 - std::pow(row.hyper[1], at)));
          scalars.push_back(std::sqrt(1 - std::pow(row.hyper[2], at)));
        }
      }
      (table.*row.step)({static_cast<int32_t>(kSizes.size()), kSizes.data(), buffers.data(), scalars.data(),
                         row.hyper.data()});
    }
    Outputs outputs;
    for (int role = 0; role < row.roles; ++role) {
      Floats all;
      for (const Floats& values : memory[role]) all.insert(all.end(), values.begin(), values.end());
      outputs.push_back({"buffer", all});
    }
    return outputs;
  });
}

}  // namespace

void testOptim(Suite& suite) {
  // lr, momentum, dampening, weightDecay, nesterov, maximize
  for (const std::vector<double>& hyper : {std::vector<double>{0.1, 0, 0, 0, 0, 0},
                                           {0.1, 0.9, 0, 0, 0, 0},
                                           {0.1, 0.9, 0.3, 0.01, 0, 0},
                                           {0.07, 0.8, 0, 1e-4, 1, 0},
                                           {0.1, 0.9, 0.1, 0.02, 0, 1},
                                           {0.03, 0, 0, 0.1, 0, 1}}) {
    const bool momentum = hyper[1] != 0;
    testStep(suite, {"sgd momentum " + std::to_string(hyper[1]) + " weightDecay " + std::to_string(hyper[3]) +
                         " nesterov " + std::to_string(hyper[4]),
                     &Kernels::sgdStep, 3, momentum, 1, hyper});
  }
  // lr, beta1, beta2, eps, weightDecay, decoupledWeightDecay, maximize
  for (const std::vector<double>& hyper : {std::vector<double>{1e-3, 0.9, 0.999, 1e-8, 0, 0, 0},
                                           {1e-3, 0.9, 0.999, 1e-8, 0.01, 0, 0},
                                           {1e-3, 0.9, 0.999, 1e-8, 0.01, 1, 0},
                                           {0.02, 0.4, 0.99, 1e-6, 0.1, 1, 1},
                                           {0.02, 0, 0.9, 1e-6, 0, 0, 1}}) {
    for (const bool amsgrad : {false, true}) {
      testStep(suite, {"adam beta1 " + std::to_string(hyper[1]) + " weightDecay " + std::to_string(hyper[4]) +
                           " decoupled " + std::to_string(hyper[5]) + (amsgrad ? " amsgrad" : ""),
                       &Kernels::adamStep, 5, amsgrad, 2, hyper});
    }
  }
}

}  // namespace lr::test
