// Optimizer steps: equal to the naive table bit by bit, since every operation is defined to round to float
#include <algorithm>
#include <cmath>
#include <cstring>

#include "addon/lengths.h"
#include "test/suites.h"
#include "test/tables.h"

namespace lr::test {
namespace {

struct Row {
  Optimizer optimizer;
  std::vector<double> hyper;
  std::vector<int> off;  // roles whose options are off
};

const std::vector<int64_t> kSizes = {1, 7, 16, 33, 16384, 20001, 40000, 3};

// A parameter: matrices, which are one row where they do not matter
struct Shape {
  int64_t matrices, rows, cols;
  int64_t size() const { return matrices * rows * cols; }
};

// The fourth has five elements and more, the sixth six
std::vector<Shape> shapesOf(const Row& row) {
  const bool hasMatrices = row.optimizer == Optimizer::adafactor && row.off.size() == 1;
  if (hasMatrices)
    return {{1, 1, 1}, {1, 7, 1}, {2, 1, 8}, {1, 3, 11}, {1, 40, 500}, {300, 3, 3}, {2, 500, 40}, {3, 1, 1}};
  if (row.optimizer == Optimizer::muon)
    return {{1, 1, 1},    {1, 7, 1},    {1, 1, 16},    {1, 3, 11},
            {1, 130, 70}, {1, 33, 600}, {1, 129, 131}, {1, 3, 1}};
  std::vector<Shape> shapes;
  for (const int64_t size : kSizes) shapes.push_back({1, 1, size});
  return shapes;
}

const int kSteps = 4;

std::string nameOf(const Row& row) {
  std::string name = std::string(kOptimizers[static_cast<int>(row.optimizer)].name) + " step";
  for (const double value : row.hyper) name += " " + std::to_string(value);
  for (const int role : row.off) name += " without role " + std::to_string(role);
  return name;
}

// The scalars of tensor t, which differ between tensors
std::vector<double> scalarsOf(const Row& row, const Shape& shape, int step, int t) {
  const std::vector<double>& h = row.hyper;
  const double at = step + t, rows = static_cast<double>(shape.rows), cols = static_cast<double>(shape.cols);
  switch (row.optimizer) {
    case Optimizer::adafactor:
      return {rows, cols, std::pow(at, -0.8), std::fmin(h[0], 1 / std::sqrt(at))};
    case Optimizer::adagrad:
      return {0.1 / (1 + at / 7)};
    case Optimizer::adam:
      return {h[0] / (1 - std::pow(h[1], at)), std::sqrt(1 - std::pow(h[2], at))};
    case Optimizer::adamax:
      return {0.01 / (1 - std::pow(h[0], at))};
    case Optimizer::asgd:
      return {0.1 / at, 1 / std::fmax(1, at - 2)};
    case Optimizer::lamb:
      return {1 - std::pow(h[1], at), std::sqrt(1 - std::pow(h[2], at))};
    case Optimizer::lars:
    case Optimizer::sgd:
      return {step == 1 && t % 2 == 0 ? 1.0 : 0.0};
    case Optimizer::muon:
      return {rows, cols, h[0] * at};
    case Optimizer::nadam:
      return {1 - std::pow(h[2], at), h[0] * 0.3 / at, h[0] * 0.8 / at};
    case Optimizer::radam:
      return {1 - std::pow(h[1], at), std::sqrt(1 - std::pow(h[2], at)), at < 5 ? 0 : 1 - 1 / at};
    case Optimizer::sparseadam:
      return {0.01 * std::sqrt(1 - std::pow(h[1], at)) / (1 - std::pow(h[0], at))};
    default:
      return {};
  }
}

// Roles that hold squares, magnitudes or step sizes
bool isPositive(Optimizer optimizer, int role) {
  switch (optimizer) {
    case Optimizer::adadelta:
    case Optimizer::adafactor:
      return role >= 2;
    case Optimizer::adagrad:
    case Optimizer::rmsprop:
      return role == 2;
    default:
      return role >= 3;
  }
}

// Steps over tensors of many sizes; a parameter of zeros, and gradients with all kinds of numbers
void testStep(Suite& suite, const Row& row) {
  const auto kind = static_cast<size_t>(row.optimizer);
  const int roles = kOptimizers[kind].roles;
  const std::vector<Shape> shapes = shapesOf(row);
  std::vector<int64_t> sizes;
  for (const Shape& shape : shapes) sizes.push_back(shape.size());
  suite.checkExact(nameOf(row), [&](const Kernels& table) {
    std::vector<std::vector<Floats>> memory(roles);
    std::vector<std::vector<float*>> pointers(roles);
    std::vector<float* const*> buffers(roles);
    for (int role = 0; role < roles; ++role) {
      if (std::find(row.off.begin(), row.off.end(), role) != row.off.end()) continue;
      for (size_t t = 0; t < shapes.size(); ++t) {
        const std::vector<double> scalars = scalarsOf(row, shapes[t], 1, static_cast<int>(t));
        const int64_t length = lengths::optimizerStep(row.optimizer, role, sizes[t], scalars.data());
        memory[role].push_back(randomFloats(length, static_cast<uint32_t>(100 * role + t)));
        for (float& value : memory[role].back()) {
          if (isPositive(row.optimizer, role)) value = std::fabs(value);
        }
      }
      for (Floats& values : memory[role]) pointers[role].push_back(values.data());
      buffers[role] = pointers[role].data();
    }
    memory[0].front()[0] = 0;
    for (int step = 1; step <= kSteps; ++step) {
      std::vector<double> scalars;
      for (size_t t = 0; t < shapes.size(); ++t) {
        const Floats grad = randomFloats(sizes[t], static_cast<uint32_t>(1000 * step + t));
        std::copy(grad.begin(), grad.end(), memory[1][t].begin());
        const std::vector<double> own = scalarsOf(row, shapes[t], step, static_cast<int>(t));
        scalars.insert(scalars.end(), own.begin(), own.end());
      }
      const float special[] = {NAN, 0.0f, -0.0f, INFINITY, 1e-42f};
      std::copy(std::begin(special), std::end(special), memory[1][3].end() - 5);
      std::copy(std::begin(special) + 1, std::begin(special) + 3, memory[1][5].begin() + step);
      table.optimizerStep[kind]({static_cast<int32_t>(sizes.size()), sizes.data(), buffers.data(),
                                 scalars.data(), row.hyper.data()});
    }
    Outputs outputs;
    for (const std::vector<Floats>& role : memory) {
      Floats all;
      for (const Floats& values : role) all.insert(all.end(), values.begin(), values.end());
      outputs.push_back({"buffer", all});
    }
    return outputs;
  });
}

// The norms of gradients, which then are scaled: both one after the other, norms first
Floats clipped(const Kernels& table) {
  std::vector<Floats> grads;
  std::vector<float*> pointers;
  for (size_t t = 0; t < kSizes.size(); ++t)
    grads.push_back(randomFloats(kSizes[t], static_cast<uint32_t>(t)));
  grads[3][2] = INFINITY;
  grads[4][16383] = NAN;
  for (Floats& grad : grads) pointers.push_back(grad.data());
  float* const* const buffers[] = {pointers.data()};
  const OptimStep step = {static_cast<int32_t>(kSizes.size()), kSizes.data(), buffers, nullptr, nullptr};
  Floats all(kSizes.size());
  table.gradientNorms(step, all.data());
  table.scaleGradients(step, 0.3f);
  for (const Floats& grad : grads) all.insert(all.end(), grad.begin(), grad.end());
  return all;
}

void testClipping(Suite& suite) {
  for (const NamedTable& table : allTables()) {
    if (table.kernels == nullptr || table.kernels->gradientNorms == nullptr) continue;
    suite.expect("clipped gradients " + table.name, [&]() -> std::string {
      const Floats found = clipped(*table.kernels), expected = clipped(kNaive);
      for (size_t i = 0; i < expected.size(); ++i) {
        const bool bothNaN = std::isnan(found[i]) && std::isnan(expected[i]);
        if (!bothNaN && std::memcmp(&found[i], &expected[i], sizeof(float)) != 0)
          return "element " + std::to_string(i) + " is " + std::to_string(found[i]);
      }
      return "";
    });
  }
}

}  // namespace

void testOptim(Suite& suite) {
  testClipping(suite);
  using enum Optimizer;
  const std::vector<Row> rows = {
      // lr, rho, eps, weightDecay, maximize
      {adadelta, {1, 0.9, 1e-6, 0, 0}, {}},
      {adadelta, {0.5, 0.4, 1e-5, 0.1, 1}, {}},
      // lr, weightDecay, eps1, eps2, d, maximize
      {adafactor, {0.01, 0, 1.1920928955078125e-7, 1e-3, 1, 0}, {4}},
      {adafactor, {0.5, 0.1, 0.3, 1e-3, 2, 1}, {4}},
      {adafactor, {0.01, 0, 1.1920928955078125e-7, 1e-3, 1, 0}, {2, 3}},
      {adafactor, {0.5, 0.1, 0.6, 1, 1.5, 1}, {2, 3}},
      // weightDecay, eps, maximize
      {adagrad, {0, 1e-10, 0}, {}},
      {adagrad, {0.1, 1e-8, 1}, {}},
      // lr, beta1, beta2, eps, weightDecay, decoupledWeightDecay, maximize
      {adam, {1e-3, 0.9, 0.999, 1e-8, 0, 0, 0}, {4}},
      {adam, {1e-3, 0.9, 0.999, 1e-8, 0, 0, 0}, {}},
      {adam, {1e-3, 0.9, 0.999, 1e-8, 0.01, 0, 0}, {4}},
      {adam, {1e-3, 0.9, 0.999, 1e-8, 0.01, 1, 0}, {}},
      {adam, {0.02, 0.4, 0.99, 1e-6, 0.1, 1, 1}, {4}},
      {adam, {0.02, 0, 0.9, 1e-6, 0.1, 0, 1}, {}},
      // beta1, beta2, eps, weightDecay, maximize
      {adamax, {0.9, 0.999, 1e-8, 0, 0}, {}},
      {adamax, {0.3, 0.9, 1e-3, 0.1, 1}, {}},
      // lambd, weightDecay, maximize
      {asgd, {1e-4, 0, 0}, {}},
      {asgd, {0.1, 0.2, 1}, {}},
      // lr, beta1, beta2, eps, weightDecay, maximize
      {lamb, {1e-2, 0.9, 0.999, 1e-6, 0.01, 0}, {}},
      {lamb, {1e-2, 0.4, 0.9, 1e-3, 0, 1}, {}},
      // lr, momentum, dampening, weightDecay, nesterov, trustCoefficient, eps, maximize
      {lars, {0.1, 0.9, 0, 1e-4, 0, 1e-3, 1e-8, 0}, {}},
      {lars, {0.1, 0.9, 0, 0.1, 1, 1, 0, 1}, {}},
      {lars, {0.1, 0.9, 0.5, 0, 0, 1, 0.1, 0}, {}},
      {lars, {0.1, 0, 0, 0.1, 0, 1e-3, 1e-8, 1}, {2}},
      // lr, beta1, beta2, weightDecay, maximize
      {lion, {1e-4, 0.9, 0.99, 0, 0}, {}},
      {lion, {0.01, 0.3, 0.4, 0.1, 1}, {}},
      // lr, weightDecay, momentum, nesterov, three coefficients, eps, nsSteps
      {muon, {0.02, 0.1, 0.95, 1, 3.4445, -4.775, 2.0315, 1e-7, 5}, {}},
      {muon, {0.02, 0, 0.3, 0, 1.5, -0.5, 0, 0.5, 2}, {}},
      {muon, {0.02, 0.1, 0.4, 1, 1, 1, 1, 1e-7, 0}, {}},
      // lr, beta1, beta2, eps, weightDecay, decoupledWeightDecay, maximize
      {nadam, {2e-3, 0.9, 0.999, 1e-8, 0, 0, 0}, {}},
      {nadam, {2e-3, 0.9, 0.999, 1e-8, 0.1, 1, 1}, {}},
      {nadam, {2e-3, 0.2, 0.9, 1e-3, 0.1, 0, 1}, {}},
      {radam, {1e-3, 0.9, 0.999, 1e-8, 0, 0, 0}, {}},
      {radam, {1e-3, 0.9, 0.999, 1e-8, 0.1, 1, 1}, {}},
      {radam, {1e-3, 0.2, 0.9, 1e-3, 0.1, 0, 1}, {}},
      // lr, alpha, eps, weightDecay, momentum, maximize
      {rmsprop, {0.01, 0.99, 1e-8, 0, 0, 0}, {3, 4}},
      {rmsprop, {0.01, 0.99, 1e-8, 0.1, 0.9, 0}, {4}},
      {rmsprop, {0.01, 0.3, 1e-3, 0, 0, 1}, {3}},
      {rmsprop, {0.01, 0.9, 1e-3, 0.1, 0.5, 1}, {}},
      // etaMinus, etaPlus, minimal and maximal step size, maximize
      {rprop, {0.5, 1.2, 1e-6, 50, 0}, {}},
      {rprop, {0.4, 1.7, 0.2, 0.7, 1}, {}},
      // lr, beta1, the weight of z, beta2, 1 - beta2^t, eps, weightDecay, maximize
      {schedulefreeadamw, {2.5e-3, 0.9, 0.3, 0.999, 1e-3, 1e-8, 0, 0}, {}},
      {schedulefreeadamw, {2.5e-3, 0.5, 1, 0.9, 0.1, 1e-3, 0.1, 1}, {}},
      // lr, momentum, the weight of z, weightDecay, maximize
      {schedulefreesgd, {0.1, 0.9, 0.3, 0, 0}, {}},
      {schedulefreesgd, {0.1, 0.9, 0.7, 0.1, 1}, {}},
      // lr, momentum, dampening, weightDecay, nesterov, maximize
      {sgd, {0.1, 0, 0, 0, 0, 0}, {2}},
      {sgd, {0.1, 0.9, 0, 0, 0, 0}, {}},
      {sgd, {0.1, 0.9, 0.3, 0.01, 0, 0}, {}},
      {sgd, {0.07, 0.8, 0, 1e-4, 1, 0}, {}},
      {sgd, {0.1, 0.9, 0.1, 0.02, 0, 1}, {}},
      {sgd, {0.03, 0, 0, 0.1, 0, 1}, {2}},
      // beta1, beta2, eps, maximize
      {sparseadam, {0.9, 0.999, 1e-8, 0}, {}},
      {sparseadam, {0.4, 0.9, 1e-3, 1}, {}},
  };
  for (const Row& row : rows) testStep(suite, row);
  suite.expect("every optimizer has rows", [&]() -> std::string {
    for (int32_t kind = 0; kind < kOptimizerCount; ++kind) {
      const auto isKind = [&](const Row& row) { return static_cast<int32_t>(row.optimizer) == kind; };
      if (std::none_of(rows.begin(), rows.end(), isKind)) return kOptimizers[kind].name;
    }
    return "";
  });
}

}  // namespace lr::test
