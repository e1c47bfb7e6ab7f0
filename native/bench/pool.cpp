// Pooling and its gradients. Rows: planes, image size, kernel, stride, padding.
#include "bench/bench.h"

namespace lr::bench {
namespace {

struct Row {
  int32_t planes, size, kernel, stride, pad;
};

const Row kRows[] = {{64 * 64, 24, 2, 2, 0}, {32 * 64, 112, 3, 2, 1}, {32 * 64, 28, 3, 1, 1}};

}  // namespace

void benchPool(Bench& bench) {
  for (const Row& row : kRows) {
    const int32_t out = (row.size + 2 * row.pad - row.kernel) / row.stride + 1;
    const Pool2dShape s = {row.planes, row.size,   row.size, out,     out, row.kernel, row.kernel,
                           row.stride, row.stride, row.pad,  row.pad, 1,   1};
    std::string name = "maxPool2d (";
    for (const int32_t value : {row.planes, row.size, row.kernel, row.stride, row.pad}) {
      if (name.back() != '(') name += ',';
      name += std::to_string(value);
    }
    name += ")";
    const Floats x = randomFloats(int64_t{s.planes} * s.inHeight * s.inWidth, 1);
    const Floats dy = randomFloats(int64_t{s.planes} * s.outHeight * s.outWidth, 2);
    Floats y(dy.size()), dx(x.size());
    std::vector<int32_t> index(dy.size());
    const double bytes = 4.0 * static_cast<double>(x.size() + 2 * dy.size());
    bench.bytes(name + " forward", bytes,
                [&](const Kernels& table) { table.maxPool2dForward(s, x.data(), y.data(), index.data()); });
    cpu().maxPool2dForward(s, x.data(), y.data(), index.data());
    bench.bytes(name + " backward", bytes, [&](const Kernels& table) {
      table.maxPool2dBackward(s, dy.data(), index.data(), dx.data());
    });
    if (row.pad > 0) continue;
    std::vector<int32_t> spans;
    for (int32_t i = 0; i < out; ++i) {
      spans.insert(spans.end(), {i * row.stride, i * row.stride + row.kernel, row.kernel});
    }
    const Window2dShape w = {row.planes, row.size, row.size, out, out};
    name.replace(0, 3, "avg");
    const double less = 4.0 * static_cast<double>(x.size() + dy.size());
    bench.bytes(name + " forward", less, [&](const Kernels& table) {
      table.avgPool2dForward(w, spans.data(), spans.data(), x.data(), y.data());
    });
    bench.bytes(name + " backward", less, [&](const Kernels& table) {
      table.avgPool2dBackward(w, spans.data(), spans.data(), dy.data(), dx.data());
    });
  }
}

}  // namespace lr::bench
