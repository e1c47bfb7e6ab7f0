// The kernels of a device as tables on memory of the host, so that every row runs on them: arrays are copied
// to memory of exactly their length, and back. The operators on double are taken for a second table, which
// converts.
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <tuple>
#include <utility>

#include "addon/lengths.h"
#include "lr/device.h"
#include "test/tables.h"

namespace lr::test {
namespace {

void check() {
  const Device& device = *cudaDevice();
  device.synchronize();
  if (const char* why = device.error()) {
    std::fprintf(stderr, "%s\n", why);
    std::abort();
  }
}

// An array of the host, of elements H, that a kernel takes as elements D
template <class H, class D>
class Array {
 public:
  Array(H* host, int64_t elements, bool isInput) : host_(host), elements_(elements) {
    const Device& device = *cudaDevice();
    memory_ = static_cast<D*>(device.allocate(elements * static_cast<int64_t>(sizeof(D))));
    if (!isInput) return;
    const std::vector<D> values(host, host + elements);
    device.copyIn(memory_, values.data(), elements * static_cast<int64_t>(sizeof(D)));
  }
  D* memory() const { return memory_; }
  void copyBack() const {
    std::vector<D> values(static_cast<size_t>(elements_));
    cudaDevice()->copyOut(values.data(), memory_, elements_ * static_cast<int64_t>(sizeof(D)));
    for (int64_t i = 0; i < elements_; ++i) host_[i] = static_cast<H>(values[static_cast<size_t>(i)]);
  }

 private:
  H* host_;
  int64_t elements_;
  D* memory_;
};

// The pointers of one call in memory of the device
class Call {
 public:
  template <class P, class D>
  void pass(P* host, const lengths::Length& length, D*& memory) {
    memory = nullptr;
    if (host == nullptr) return;
    using H = std::remove_const_t<P>;
    using E = std::remove_const_t<D>;
    auto* values = const_cast<H*>(host);
    for (const auto& [known, at] : known_) {
      if (known == values) memory = static_cast<D*>(at);
    }
    if (memory == nullptr) {
      const Array<H, E> array(values, length.elements, length.access != lengths::Access::kNone);
      memory = array.memory();
      known_.emplace_back(values, array.memory());
      if constexpr (!std::is_const_v<P>) back_.push_back([array] { array.copyBack(); });
    } else if constexpr (!std::is_const_v<P>) {
      const int64_t elements = length.elements;
      back_.push_back([values, elements, memory] {
        std::vector<E> from(static_cast<size_t>(elements));
        cudaDevice()->copyOut(from.data(), memory, elements * static_cast<int64_t>(sizeof(E)));
        for (int64_t i = 0; i < elements; ++i) values[i] = static_cast<H>(from[static_cast<size_t>(i)]);
      });
    }
  }
  void finish() {
    check();
    for (const auto& copy : back_) copy();
    for (const auto& [host, memory] : known_) cudaDevice()->release(memory);
    check();
  }

 private:
  std::vector<std::pair<void*, void*>> known_;
  std::vector<std::function<void()>> back_;
};

// An operator of the table of elements T, as one of floats. kLengths gives the lengths by its numbers.
template <class T, auto kFloat, auto kMember, auto kLengths>
struct OnDevice;
template <class T, class... A, void (*Kernels::*kFloat)(A...), auto kMember, auto kLengths>
struct OnDevice<T, kFloat, kMember, kLengths> {
  static constexpr size_t kCount = sizeof...(A);
  static constexpr size_t firstArray() {
    constexpr bool isArray[] = {std::is_pointer_v<A>...};
    size_t i = 0;
    while (!isArray[i]) ++i;
    return i;
  }
  static const KernelsOf<T>& table() {
    if constexpr (std::is_same_v<T, float>) {
      return *cudaDevice()->kernels;
    } else {
      return *cudaDevice()->float64;
    }
  }
  template <class P>
  static auto* deviceType(P* pointer) {
    if constexpr (std::is_same_v<P, float>) {
      return static_cast<T*>(nullptr);
    } else if constexpr (std::is_same_v<P, const float>) {
      return static_cast<const T*>(nullptr);
    } else {
      return pointer;
    }
  }
  // Numbers as the reference takes them, which rounds them to the type of its elements
  template <class N>
  static const N& rounded(const N& number) {
    return number;
  }
  static double rounded(const double& number) { return static_cast<float>(number); }

  static void call(A... arguments) {
    constexpr size_t kFirst = firstArray();
    const auto all = std::tie(arguments...);
    [&]<size_t... N, size_t... P>(std::index_sequence<N...>, std::index_sequence<P...>) {
      const lengths::Lengths of = kLengths(std::get<N>(all)...);
      Call call;
      std::tuple<decltype(deviceType(std::get<kFirst + P>(all)))...> arrays;
      (call.pass(std::get<kFirst + P>(all), of.of[P], std::get<P>(arrays)), ...);
      (table().*kMember)(rounded(std::get<N>(all))..., std::get<P>(arrays)...);
      call.finish();
    }(std::make_index_sequence<kFirst>(), std::make_index_sequence<kCount - kFirst>());
  }
};

template <int kKind>
void stepOnDevice(const OptimStep& s) {
  const OptimizerKind& kind = kOptimizers[kKind];
  std::vector<std::vector<float*>> memory(static_cast<size_t>(kind.roles));
  std::vector<float* const*> buffers(static_cast<size_t>(kind.roles));
  std::vector<Array<float, float>> arrays;
  for (int32_t role = 0; role < kind.roles; ++role) {
    if (s.buffers[role] == nullptr) continue;
    for (int32_t t = 0; t < s.tensors; ++t) {
      const double* scalars = s.scalars + t * kind.scalars;
      const int64_t elements =
          lengths::optimizerStep(static_cast<Optimizer>(kKind), role, s.sizes[t], scalars);
      arrays.emplace_back(s.buffers[role][t], elements, true);
      memory[role].push_back(arrays.back().memory());
    }
    buffers[role] = memory[role].data();
  }
  cudaDevice()->kernels->optimizerStep[kKind]({s.tensors, s.sizes, buffers.data(), s.scalars, s.hyper});
  check();
  for (const Array<float, float>& array : arrays) {
    array.copyBack();
    cudaDevice()->release(array.memory());
  }
  check();
}

#define LR_LENGTHS(name) [](const auto&... numbers) { return lengths::name(numbers...); }
#define LR_OPERATOR(name) .name = OnDevice<float, &Kernels::name, &Kernels::name, LR_LENGTHS(name)>::call,
#define LR_STEP(name, ...) stepOnDevice<static_cast<int>(Optimizer::name)>,
const Kernels kDeviceKernels = {
    .name = "device",
    LR_OPERATORS(LR_OPERATOR).optimizerStep = {LR_OPTIMIZERS(LR_STEP)},
};
#undef LR_OPERATOR

#define LR_OPERATOR(name) \
  .name = OnDevice<double, &Kernels::name, &KernelsOf<double>::name, LR_LENGTHS(name)>::call,
const Kernels kDeviceFloat64 = {
    .name = "device float64",
    LR_OPERATORS(LR_OPERATOR).optimizerStep = {LR_OPTIMIZERS(LR_STEP)},
};

}  // namespace

void addDeviceTables(std::vector<NamedTable>& tables) {
  const bool runs = cudaDevice()->unavailable() == nullptr;
  const std::string name = cudaDevice()->name;
  tables.push_back({name, runs ? &kDeviceKernels : nullptr, TableKind::kDevice});
  tables.push_back({name + "-float64", runs ? &kDeviceFloat64 : nullptr, TableKind::kFloat64});
}

}  // namespace lr::test
