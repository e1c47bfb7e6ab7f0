// What a device does beside its kernels: memory, copies, recorded work, indices out of range, options.
#include "lr/device.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <memory>

#include "addon/lengths.h"
#include "test/suites.h"

namespace lr::test {
namespace {

// An array of the device
template <class T>
class Memory {
 public:
  explicit Memory(const std::vector<T>& values) : size_(static_cast<int64_t>(values.size())) {
    memory_ = static_cast<T*>(cudaDevice()->allocate(bytes()));
    put(values);
  }
  ~Memory() { cudaDevice()->release(memory_); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  T* data() const { return memory_; }
  int64_t bytes() const { return size_ * static_cast<int64_t>(sizeof(T)); }
  void put(std::vector<T> values) const {
    cudaDevice()->copyIn(memory_, values.data(), bytes());
    // What was copied may change at once.
    std::memset(values.data(), 0x5a, values.size() * sizeof(T));
  }
  std::vector<T> get() const {
    std::vector<T> values(static_cast<size_t>(size_));
    cudaDevice()->copyOut(values.data(), memory_, bytes());
    return values;
  }

 private:
  int64_t size_;
  T* memory_;
};

std::string errorText() {
  cudaDevice()->synchronize();
  const char* text = cudaDevice()->error();
  return text != nullptr ? text : "";
}

std::string copies() {
  for (const int64_t n : {1, 1000, 3000000}) {
    const Floats x = randomFloats(n, 1);
    const Memory<float> a(x), b(Floats(static_cast<size_t>(n)));
    cudaDevice()->copyWithin(b.data(), a.data(), a.bytes());
    if (b.get() != x) return std::to_string(n) + " elements are not what was copied";
  }
  return errorText();
}

std::string statistics() {
  const Device& device = *cudaDevice();
  device.synchronize();
  device.emptyCache();
  int64_t before = 0, reserved = 0, peak = 0, after = 0;
  device.statistics(&before, &reserved, &peak);
  void* first = device.allocate(100000);
  void* second = device.allocate(3 << 20);
  device.statistics(&after, &reserved, &peak);
  if (after - before < 100000 + (3 << 20)) return "allocated memory is not counted";
  if (reserved < after || peak < after) return "less is reserved, or was, than is in use";
  device.release(first);
  const int64_t held = reserved;
  void* again = device.allocate(90000);
  device.statistics(&after, &reserved, &peak);
  if (reserved != held) return "released memory is not taken for the next";
  device.release(again);
  device.release(second);
  device.statistics(&after, &reserved, &peak);
  if (after != before) return "released memory is counted";
  device.emptyCache();
  int64_t left = 0;
  device.statistics(&after, &left, &peak);
  if (left >= reserved) return "emptyCache keeps what nothing uses";
  return errorText();
}

std::string outOfMemory() {
  void* memory = cudaDevice()->allocate(int64_t{1} << 50);
  if (memory != nullptr) return "a petabyte is there";
  const std::string text = errorText();
  return text.find("out of memory") != std::string::npos ? "" : "the error is: " + text;
}

std::string foreignMemory() {
  float host = 0;
  cudaDevice()->release(&host);
  const std::string text = errorText();
  return text.find("release") != std::string::npos ? "" : "the error is: " + text;
}

std::string secondDevice() {
  const Device& device = *cudaDevice();
  if (device.count() < 2) return "";
  const Memory<float> first(Floats{1, 2, 3});
  device.select(1);
  const Memory<float> x(Floats{4, 5, 6}), y(Floats(3));
  device.kernels->unaryForward(kUnaryNeg, 0, 0, 3, x.data(), y.data());
  const Floats result = y.get();
  device.select(0);
  if (result != Floats{-4, -5, -6}) return "a kernel does not run on the second device";
  device.select(7);
  const std::string text = errorText();
  if (text.find("no such device") == std::string::npos) return "the error is: " + text;
  return std::string(device.describe(1)).empty() ? "the second device has no description" : errorText();
}

// A kernel that meets an index out of range says so, and nothing but what is its own is touched, which the
// emulator watches.
std::string outOfRange(const std::function<void(const Kernels&)>& call) {
  call(*cudaDevice()->kernels);
  const std::string text = errorText();
  if (text.find("out of range") == std::string::npos) return "the error is: " + text;
  return errorText();
}

std::string recordedStep() {
  const Device& device = *cudaDevice();
  const Kernels& cpuTable = cpu();
  const Floats start = randomFloats(1000, 1), grad = randomFloats(1000, 2);
  std::vector<double> hyper = {1e-2, 0.9, 0.999, 1e-8, 0.01, 1, 0}, scalars = {0.1, 0.5};
  Floats param = start, expAvg(1000), expAvgSq(1000), gradient = grad, square(1000);
  const Memory<float> p(param), g(gradient), m(expAvg), v(expAvgSq), s(square);
  const int64_t size = 1000;
  float* const onCpu[] = {param.data(), gradient.data(), expAvg.data(), expAvgSq.data()};
  float* const onDevice[] = {p.data(), g.data(), m.data(), v.data()};
  float *const *cpuBuffers[] = {&onCpu[0], &onCpu[1], &onCpu[2], &onCpu[3], nullptr},
               *const * buffers[] = {&onDevice[0], &onDevice[1], &onDevice[2], &onDevice[3], nullptr};
  const auto step = [&](const Kernels& table, float* const* const* at, float* x, float* y) {
    table.unaryForward(kUnarySquare, 0, 0, size, x, y);
    const ReduceShape whole = {1, 1, {1000}};
    table.reduceForward(kReduceVariance, 1, whole, x, y);
    table.optimizerStep[static_cast<int>(Optimizer::adam)]({1, &size, at, scalars.data(), hyper.data()});
  };
  device.beginGraph();
  step(*device.kernels, buffers, p.data(), s.data());
  device.copyIn(p.data(), start.data(), 4000);
  void* graph = device.endGraph();
  const char* refused = device.error();
  if (refused == nullptr || std::strstr(refused, "recorded") == nullptr) return "copyIn is recorded";
  if (graph == nullptr) return "no graph: " + errorText();
  if (p.get() != start) return "recorded work ran at once";
  for (int round = 1; round <= 5; ++round) {
    // What the step reads of the host is read again.
    scalars = {0.1 / round, 0.5 + 0.1 * round};
    const Floats next = randomFloats(1000, static_cast<uint32_t>(10 + round));
    std::copy(next.begin(), next.end(), gradient.begin());
    g.put(gradient);
    // Memory that the graph does not own comes and goes meanwhile.
    const Memory<float> other(Floats(5000, 7.0f));
    device.runGraph(graph);
    step(cpuTable, cpuBuffers, param.data(), square.data());
    if (other.get() != Floats(5000, 7.0f)) return "a graph wrote to memory of others";
  }
  const bool same = p.get() == param && m.get() == expAvg && v.get() == expAvgSq;
  device.freeGraph(graph);
  return same ? errorText() : "five recorded steps differ from five on the processor";
}

// Steps of a matrix (30, 50) whose kernels are more than one formula, and which need memory meanwhile
std::string recordedMatrix(Optimizer optimizer, std::vector<double> scalars, std::vector<double> hyper) {
  const Device& device = *cudaDevice();
  const auto kind = static_cast<size_t>(optimizer);
  const int64_t size = 1500;
  std::vector<Floats> onCpu;
  std::vector<std::unique_ptr<Memory<float>>> onDevice;
  std::vector<float*> pointers, places;
  for (int32_t role = 0; role < kOptimizers[kind].requiredRoles + (optimizer == Optimizer::adafactor ? 2 : 0);
       ++role) {
    const int64_t length = lengths::optimizerStep(optimizer, role, size, scalars.data());
    onCpu.push_back(squared(randomFloats(length, static_cast<uint32_t>(role + 1))));
    onDevice.push_back(std::make_unique<Memory<float>>(onCpu.back()));
  }
  for (size_t role = 0; role < onCpu.size(); ++role) {
    pointers.push_back(onCpu[role].data());
    places.push_back(onDevice[role]->data());
  }
  std::vector<float* const*> buffers(static_cast<size_t>(kOptimizers[kind].roles)), deviceBuffers = buffers;
  for (size_t role = 0; role < onCpu.size(); ++role) {
    buffers[role] = &pointers[role];
    deviceBuffers[role] = &places[role];
  }
  device.beginGraph();
  device.kernels->optimizerStep[kind]({1, &size, deviceBuffers.data(), scalars.data(), hyper.data()});
  void* graph = device.endGraph();
  if (graph == nullptr) return "no graph: " + errorText();
  for (int round = 1; round <= 3; ++round) {
    scalars.back() /= 2;
    hyper[0] /= 3;
    onCpu[1] = randomFloats(size, static_cast<uint32_t>(10 + round));
    pointers[1] = onCpu[1].data();
    onDevice[1]->put(onCpu[1]);
    const Memory<float> other(Floats(5000, 7.0f));
    device.runGraph(graph);
    cpu().optimizerStep[kind]({1, &size, buffers.data(), scalars.data(), hyper.data()});
    if (other.get() != Floats(5000, 7.0f)) return "a graph wrote to memory of others";
  }
  bool same = true;
  for (size_t role = 0; role < onCpu.size(); ++role) same = same && onDevice[role]->get() == onCpu[role];
  device.freeGraph(graph);
  return same ? errorText() : "three recorded steps differ from three on the processor";
}

std::string nestedRecording() {
  const Device& device = *cudaDevice();
  device.beginGraph();
  device.beginGraph();
  const char* why = device.error();
  const bool told = why != nullptr;
  void* graph = device.endGraph();
  if (graph == nullptr) return "no graph of nothing";
  device.runGraph(graph);
  device.freeGraph(graph);
  if (device.endGraph() != nullptr || device.error() == nullptr) return "endGraph ends what was not begun";
  return told ? errorText() : "work is recorded within recorded work";
}

// With allowBfloat16 a product takes its inputs rounded to eight bits, and adds up in float.
std::string bfloat16() {
  const Device& device = *cudaDevice();
  const GemmShape s = {1, 1, 2, 2, 1, 1, 0, 0, 0};
  const Memory<float> a(Floats{1.00390625f, 1.01171875f}), b(Floats{1.0f, 1024.0f}), c(Floats{0});
  device.kernels->gemm(s, a.data(), b.data(), c.data());
  const float exact = c.get()[0];
  device.allowBfloat16(1);
  device.kernels->gemm(s, a.data(), b.data(), c.data());
  device.allowBfloat16(0);
  const float rounded = c.get()[0];
  if (exact != 1.00390625f + 1.01171875f * 1024)
    return "without the option the product is " + std::to_string(exact);
  if (rounded != 1.0f + 1.015625f * 1024) return "with the option the product is " + std::to_string(rounded);
  return errorText();
}

}  // namespace

void testDevice(Suite& suite) {
  if (cudaDevice()->unavailable() != nullptr) return;
  suite.expect("device copies", copies);
  suite.expect("device statistics", statistics);
  suite.expect("device out of memory", outOfMemory);
  suite.expect("device foreign memory", foreignMemory);
  suite.expect("device second", secondDevice);
  suite.expect("device recorded step", recordedStep);
  suite.expect("device recorded muon step", [] {
    return recordedMatrix(Optimizer::muon, {30, 50, 0.1},
                          {0.3, 0.1, 0.9, 1, 3.4445, -4.775, 2.0315, 1e-7, 3});
  });
  suite.expect("device recorded adafactor step", [] {
    return recordedMatrix(Optimizer::adafactor, {30, 50, 0.3, 0.1}, {0.3, 0.1, 1e-7, 1e-3, 1, 0});
  });
  suite.expect("device nested recording", nestedRecording);
  suite.expect("device bfloat16", bfloat16);

  const Memory<float> x(randomFloats(12, 1)), y(randomFloats(12, 2)), z(randomFloats(12, 3)), one(Floats{0});
  const Memory<int32_t> bad({0, 5, -1, 2}), places(std::vector<int32_t>(12));
  const Memory<int32_t> spans({0, 2, 2, 1, 9, 2});
  const auto refuses = [&](const char* name, const std::function<void(const Kernels&)>& call) {
    suite.expect(std::string("device index out of range ") + name, [&] { return outOfRange(call); });
  };
  const GatherShape lanes = {1, 3, 4, 1};
  const RowsShape rows = {1, 3, 4, 1, -1};
  const CrossEntropyShape classes = {4, 3, 1, -100, kReductionMean};
  const Pool2dShape pool = {1, 2, 2, 2, 2, 1, 1, 1, 1, 0, 0, 1, 1};
  const Window2dShape windows = {1, 3, 4, 2, 2};
  const Resample2dShape resample = {1, 2, 2, 2, 2, 2};
  refuses("gather", [&](const Kernels& k) { k.gather(lanes, x.data(), bad.data(), y.data()); });
  refuses("scatter", [&](const Kernels& k) { k.scatter(lanes, x.data(), bad.data(), y.data()); });
  refuses("scatterAdd", [&](const Kernels& k) { k.scatterAdd(lanes, x.data(), bad.data(), y.data()); });
  refuses("gatherRows", [&](const Kernels& k) { k.gatherRows(rows, x.data(), bad.data(), y.data()); });
  refuses("gatherRowsBackward",
          [&](const Kernels& k) { k.gatherRowsBackward(rows, x.data(), bad.data(), y.data()); });
  refuses("argReduceBackward",
          [&](const Kernels& k) { k.argReduceBackward({4, 3, 1}, x.data(), bad.data(), y.data()); });
  refuses("maxPool2dBackward",
          [&](const Kernels& k) { k.maxPool2dBackward(pool, x.data(), bad.data(), y.data()); });
  refuses("maxUnpool2dBackward",
          [&](const Kernels& k) { k.maxUnpool2dBackward(pool, x.data(), bad.data(), y.data()); });
  refuses("avgPool2dForward", [&](const Kernels& k) {
    k.avgPool2dForward(windows, spans.data(), spans.data(), x.data(), y.data());
  });
  refuses("avgPool2dBackward", [&](const Kernels& k) {
    k.avgPool2dBackward(windows, spans.data(), spans.data(), x.data(), y.data());
  });
  refuses("windowMaxForward", [&](const Kernels& k) {
    k.windowMaxForward(windows, spans.data(), spans.data(), x.data(), y.data(), places.data());
  });
  refuses("resample2dForward", [&](const Kernels& k) {
    k.resample2dForward(resample, 0, bad.data(), bad.data(), z.data(), z.data(), x.data(), y.data());
  });
  refuses("resample2dBackward", [&](const Kernels& k) {
    k.resample2dBackward(resample, bad.data(), bad.data(), z.data(), z.data(), x.data(), y.data());
  });
  refuses("crossEntropyForward", [&](const Kernels& k) {
    k.crossEntropyForward(classes, 0.1, x.data(), bad.data(), nullptr, y.data(), one.data());
  });
  refuses("crossEntropyBackward", [&](const Kernels& k) {
    k.crossEntropyBackward(classes, 0.1, x.data(), bad.data(), nullptr, one.data(), y.data());
  });
  refuses("nllForward",
          [&](const Kernels& k) { k.nllForward(classes, x.data(), bad.data(), nullptr, one.data()); });
  refuses("nllBackward",
          [&](const Kernels& k) { k.nllBackward(classes, bad.data(), nullptr, one.data(), y.data()); });
}

}  // namespace lr::test
