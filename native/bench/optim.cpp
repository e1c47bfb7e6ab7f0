#include "bench/bench.h"

namespace lr::bench {
namespace {

struct Row {
  Optimizer optimizer;
  std::vector<double> scalars, hyper;
  int roles;      // those given; the options of the others are off
  double passes;  // arrays read and written
};

}  // namespace

// The tensors of the MNIST network, and one tensor of ResNet-50's number of parameters. Bytes: each buffer
// read, and all but the gradient written; LARS and LAMB read a second time for their norms.
void benchOptim(Bench& bench) {
  using enum Optimizer;
  const std::vector<Row> rows = {
      {sgd, {0}, {1e-9, 0.9, 0, 0, 0, 0}, 3, 5},
      {adam, {1e-9, 1}, {1e-9, 0.9, 0.999, 1e-8, 0.01, 1, 0}, 4, 7},
      {nadam, {1, 1e-9, 1e-9}, {1e-9, 0.9, 0.999, 1e-8, 0, 0, 0}, 4, 7},
      {radam, {1, 1, 0.5}, {1e-9, 0.9, 0.999, 1e-8, 0, 0, 0}, 4, 7},
      {adamax, {1e-9}, {0.9, 0.999, 1e-8, 0, 0}, 4, 7},
      {adagrad, {1e-9}, {0, 1e-10, 0}, 3, 5},
      {adadelta, {}, {1e-9, 0.9, 1e-6, 0, 0}, 4, 7},
      {rmsprop, {}, {1e-9, 0.99, 1e-8, 0, 0, 0}, 3, 5},
      {rprop, {}, {0.5, 1.2, 1e-9, 1e-8, 0}, 4, 7},
      {asgd, {1e-9, 0.5}, {1e-4, 0, 0}, 3, 5},
      {lion, {}, {1e-9, 0.9, 0.99, 0.01, 0}, 3, 5},
      {schedulefreesgd, {}, {1e-9, 0.9, 0.1, 0, 0}, 3, 5},
      {schedulefreeadamw, {}, {1e-9, 0.9, 0.1, 0.999, 1, 1e-8, 0.01, 0}, 4, 7},
      {lamb, {1, 1}, {1e-9, 0.9, 0.999, 1e-6, 0.01, 0}, 4, 10},
      {lars, {0}, {1e-9, 0.9, 0, 1e-4, 0, 1e-3, 1e-8, 0}, 3, 7},
  };
  const std::vector<int64_t> groups[] = {{288, 32, 18432, 64, 1179648, 128, 1280, 10}, {25'000'000}};
  for (const std::vector<int64_t>& sizes : groups) {
    int64_t total = 0;
    for (const int64_t size : sizes) total += size;
    const std::string count = " " + std::to_string(sizes.size()) + " tensors, " + std::to_string(total);
    for (const Row& row : rows) {
      const auto kind = static_cast<size_t>(row.optimizer);
      const std::string name = kOptimizers[kind].name + count;
      if (!bench.wants(name)) continue;
      std::vector<Floats> memory(row.roles, Floats(total, 0.5f));
      std::vector<std::vector<float*>> pointers(row.roles);
      std::vector<float* const*> buffers(kOptimizers[kind].roles, nullptr);
      for (int role = 0; role < row.roles; ++role) {
        int64_t offset = 0;
        for (const int64_t size : sizes) {
          pointers[role].push_back(memory[role].data() + offset);
          offset += size;
        }
        buffers[role] = pointers[role].data();
      }
      std::vector<double> scalars;
      for (size_t t = 0; t < sizes.size(); ++t)
        scalars.insert(scalars.end(), row.scalars.begin(), row.scalars.end());
      bench.bytes(name, 4 * row.passes * static_cast<double>(total), [&](const Kernels& table) {
        table.optimizerStep[kind]({static_cast<int32_t>(sizes.size()), sizes.data(), buffers.data(),
                                   scalars.data(), row.hyper.data()});
      });
    }
  }
}

}  // namespace lr::bench
