#include "bench/bench.h"

namespace lr::bench {

// The tensors of the MNIST network, and one large tensor. Bytes: each buffer read, and all but the gradient
// written.
void benchOptim(Bench& bench) {
  const std::vector<int64_t> groups[] = {{288, 32, 18432, 64, 1179648, 128, 1280, 10}, {1 << 24}};
  for (const std::vector<int64_t>& sizes : groups) {
    int64_t total = 0;
    for (const int64_t size : sizes) total += size;
    const std::string count = " " + std::to_string(sizes.size()) + " tensors, " + std::to_string(total);
    if (!bench.wants("sgd" + count) && !bench.wants("adam" + count)) continue;
    std::vector<Floats> memory;
    std::vector<std::vector<float*>> pointers;
    for (int role = 0; role < 4; ++role) {
      memory.emplace_back(total, 0.5f);
      pointers.emplace_back();
      int64_t offset = 0;
      for (const int64_t size : sizes) {
        pointers.back().push_back(memory.back().data() + offset);
        offset += size;
      }
    }
    float* const* const buffers[] = {pointers[0].data(), pointers[1].data(), pointers[2].data(),
                                     pointers[3].data(), nullptr};
    const std::vector<double> scalars(2 * sizes.size(), 1e-9);
    const double sgd[] = {1e-9, 0.9, 0, 0, 0, 0}, adam[] = {1e-9, 0.9, 0.999, 1e-8, 0, 0, 0};
    const int32_t tensors = static_cast<int32_t>(sizes.size());
    const std::vector<double> later(sizes.size(), 0);
    bench.bytes("sgd" + count, 4.0 * 5 * static_cast<double>(total), [&](const Kernels& table) {
      table.sgdStep({tensors, sizes.data(), buffers, later.data(), sgd});
    });
    bench.bytes("adam" + count, 4.0 * 7 * static_cast<double>(total), [&](const Kernels& table) {
      table.adamStep({tensors, sizes.data(), buffers, scalars.data(), adam});
    });
  }
}

}  // namespace lr::bench
