// The operators of the kernel tables, as JavaScript calls them: name(geometry and numbers, inputs, outputs),
// the parameters of the operator in KernelsOf in their order. Geometry is an Int32Array of the fields of its
// struct; arrays are Float32Array, or Float64Array throughout, which chooses the table. Where one is a
// DeviceArray the table is that of its device: outputs lie there too, and inputs of the host are copied
// there.
#include <tuple>
#include <utility>

#include "addon/arguments.h"
#include "addon/device_array.h"
#include "addon/functions.h"
#include "addon/lengths.h"
#include "addon/profile.h"
#include "addon/program.h"
#include "lr/kernels.h"

namespace lr::addon {
namespace {

template <class P>
constexpr bool kIsArray = std::is_pointer_v<P>;

// How many parameters come before the first array
template <class... P>
constexpr size_t kLeading = [] {
  size_t leading = 0;
  for (const bool isArray : {kIsArray<P>...}) {
    if (isArray) break;
    ++leading;
  }
  return leading;
}();

// Whether an array that operators on float have as one of floats is one of doubles. One that may be null says
// nothing.
template <class... P>
bool hasFloat64(const Arguments& args) {
  size_t position = 0;
  for (const bool isFloats : {std::is_same_v<std::remove_const_t<std::remove_pointer_t<P>>, float>...}) {
    if (isFloats && args.isFloat64(position)) return true;
    ++position;
  }
  return false;
}

// As hasFloat64, where arrays may be a device's
template <class... P>
bool hasFloat64OnDevice(const Arguments& args) {
  size_t position = 0;
  for (const bool isFloats : {std::is_same_v<std::remove_const_t<std::remove_pointer_t<P>>, float>...}) {
    const DeviceArray* array = isFloats ? DeviceArray::of(args.env(), args.value(position)) : nullptr;
    if (array != nullptr && array->element == kElementFloat64) return true;
    ++position;
  }
  return hasFloat64<P...>(args);
}

// The last array that is a device's, or null
template <class... P>
const DeviceArray* onDevice(const Arguments& args) {
  for (size_t i = sizeof...(P); i-- > kLeading<P...>;) {
    if (const DeviceArray* array = DeviceArray::of(args.env(), args.value(i))) return array;
  }
  return nullptr;
}

template <class P>
P number(Arguments& args, size_t i) {
  if constexpr (std::is_same_v<P, double>) {
    return args.number(i);
  } else if constexpr (std::is_same_v<P, int32_t>) {
    return args.integer(i);
  } else if constexpr (std::is_same_v<P, int64_t>) {
    return args.count(i);
  } else {
    return args.shape<P>(i);
  }
}

template <class P>
P array(Arguments& args, size_t i, const lengths::Length& length) {
  if (length.nullable && args.isNull(i)) return nullptr;
  if (length.elements < 0) args.fail(0, "geometry and numbers of this operator");
  const P elements = args.elements<std::remove_const_t<std::remove_pointer_t<P>>>(i, length.elements);
  if constexpr (std::is_same_v<P, const int32_t*>) {
    if (!args.failed() && !lengths::holdsPlaces(length, elements)) args.fail(i, "places within its array");
  }
  return elements;
}

// Calls on arrays of the host
struct Host {
  static constexpr int32_t kDevice = Program::kHost;
  int32_t device() const { return kDevice; }

  template <class P>
  P argument(Arguments& args, size_t i, const lengths::Length& length) {
    return array<P>(args, i, length);
  }
};

template <class T>
constexpr int32_t kElementOf = std::is_same_v<T, float>     ? kElementFloat32
                               : std::is_same_v<T, double>  ? kElementFloat64
                               : std::is_same_v<T, int32_t> ? kElementInt32
                                                            : kElementUint8;

// Calls on arrays of a device, which is selected for the time of this. Holds the copies of what is the
// host's.
class OnDevice {
 public:
  OnDevice(napi_env env, int32_t device) : env_(env), device_(device) { cudaDevice()->select(device); }
  OnDevice(const OnDevice&) = delete;
  ~OnDevice() {
    for (size_t i = 0; i < count_; ++i) cudaDevice()->release(copies_[i]);
  }
  int32_t device() const { return device_; }

  template <class P>
  P argument(Arguments& args, size_t i, const lengths::Length& length) {
    using Element = std::remove_pointer_t<P>;
    using Plain = std::remove_const_t<Element>;
    if (length.nullable && args.isNull(i)) return nullptr;
    if (length.elements < 0) args.fail(0, "geometry and numbers of this operator");
    if (args.failed()) return nullptr;
    if (const DeviceArray* given = DeviceArray::of(env_, args.value(i))) {
      const char* why = given->isFreed() ? "expected an array whose memory is there but it has been freed"
                        : given->device() != device_ ? "expected all arrays on one device"
                                                     : nullptr;
      if (why != nullptr) {
        args.fail();
        throwDeviceError(env_, why);
        return nullptr;
      }
      if (given->element != kElementOf<Plain> || given->length != length.elements) {
        char text[96];
        std::snprintf(text, sizeof text, "a DeviceArray of %lld elements of its type",
                      static_cast<long long>(length.elements));
        args.fail(i, text);
        return nullptr;
      }
      return static_cast<P>(given->data());
    }
    if constexpr (std::is_const_v<Element>) {
      const P host = array<P>(args, i, length);
      if (args.failed()) return nullptr;
      return static_cast<P>(
          copied(args.value(i), host, length.elements * static_cast<int64_t>(sizeof(Plain)), args));
    } else {
      args.fail(i, "a DeviceArray");
      return nullptr;
    }
  }

 private:
  void* copied(napi_value array, const void* host, int64_t bytes, Arguments& args) {
    if (Program* program = Program::recording) {
      void* copy = program->stage(array, host, bytes, device_);
      if (copy == nullptr) args.fail();
      return copy;
    }
    void* copy = allocateOnDevice(env_, device_, bytes);
    if (copy == nullptr) {
      args.fail();
      return nullptr;
    }
    copies_[count_++] = copy;
    cudaDevice()->copyIn(copy, host, bytes);
    return copy;
  }

  napi_env env_;
  int32_t device_;
  void* copies_[Arguments::kMax];
  size_t count_ = 0;
};

// What parameter I is to a profile
template <size_t I, class... P>
void describe(Profile::Calls& calls, const std::tuple<P...>& values, const lengths::Lengths& length) {
  constexpr size_t leading = kLeading<P...>;
  const auto value = std::get<I>(values);
  if constexpr (I >= leading) {
    calls.addArray(value == nullptr ? 0 : static_cast<double>(length.of[I - leading].elements),
                   sizeof *value);
  } else if constexpr (std::is_arithmetic_v<std::decay_t<decltype(value)>>) {
    calls.addNumber(static_cast<double>(value));
  } else {
    calls.addFields(&value, sizeof value);
  }
}

// What a call is to a profile
template <class... P>
Profile::Calls description(const char* name, Phase phase, const std::tuple<P...>& values,
                           const lengths::Lengths& length) {
  Profile::Calls calls{name, phase, {}, {}};
  [&]<size_t... I>(std::index_sequence<I...>) {
    (describe<I>(calls, values, length), ...);
  }(std::index_sequence_for<P...>());
  return calls;
}

// A call of a program
template <class... P>
struct OperatorCall final : Program::Call {
  const char* name;
  Phase phase;
  void (*op)(P...);
  std::tuple<std::decay_t<P>...> values;
  lengths::Lengths length;

  OperatorCall(const char* operatorName, void (*function)(P...),
               const std::tuple<std::decay_t<P>...>& arguments, const lengths::Lengths& lengths)
      : name(operatorName), phase(Profile::phase), op(function), values(arguments), length(lengths) {
    constexpr size_t leading = kLeading<std::decay_t<P>...>;
    [&]<size_t... I>(std::index_sequence<I...>) {
      (note(std::get<leading + I>(values), length.of[I]), ...);
    }(std::make_index_sequence<sizeof...(P) - leading>());
  }
  void run() const override {
    profiled([&] { std::apply(op, values); }, [&] { return description(name, phase, values, length); });
  }

  template <class Element>
  void note(Element*& array, const lengths::Length& of) {
    const auto bytes = of.elements * static_cast<int64_t>(sizeof(Element));
    uses.push_back({&array, bytes, !std::is_const_v<Element>, of.access, of.over});
  }
};

template <class Place, class LengthsOf, class... P>
void call(Arguments& args, Place&& place, const char* name, void (*op)(P...), LengthsOf lengthsOf) {
  constexpr size_t leading = kLeading<std::decay_t<P>...>;
  std::tuple<std::decay_t<P>...> values;
  const auto readNumbers = [&]<size_t... I>(std::index_sequence<I...>) {
    ((std::get<I>(values) = number<std::tuple_element_t<I, decltype(values)>>(args, I)), ...);
    return lengthsOf(std::get<I>(values)...);
  };
  const lengths::Lengths length = readNumbers(std::make_index_sequence<leading>());
  [&]<size_t... I>(std::index_sequence<I...>) {
    ((std::get<leading + I>(values) =
          place.template argument<std::tuple_element_t<leading + I, decltype(values)>>(args, leading + I,
                                                                                       length.of[I])),
     ...);
  }(std::make_index_sequence<sizeof...(P) - leading>());
  if (args.failed()) return;
  profiled(
      [&] {
        std::apply(op, values);
        if (place.device() != Program::kHost && Profile::any()) cudaDevice()->synchronize();
      },
      [&] { return description(name, Profile::phase, values, length); });
  if (Program* program = Program::recording) {
    auto recorded = std::make_unique<OperatorCall<P...>>(name, op, values, length);
    [&]<size_t... I>(std::index_sequence<I...>) {
      (program->hold(args.value(leading + I), std::get<leading + I>(values)), ...);
    }(std::make_index_sequence<sizeof...(P) - leading>());
    program->add(std::move(recorded), place.device());
  }
}

template <class LengthsOf, class... P, class... P64>
void callFor(napi_env env, napi_callback_info info, const char* name, void (*Kernels::*op)(P...),
             void (*KernelsOf<double>::*op64)(P64...), LengthsOf lengthsOf) {
  Arguments args(env, info);
  if (DeviceArray::any()) {
    if (const DeviceArray* array = onDevice<P...>(args)) {
      OnDevice place(env, array->device());
      if (hasFloat64OnDevice<P...>(args))
        call(args, place, name, cudaDevice()->float64->*op64, lengthsOf);
      else
        call(args, place, name, cudaDevice()->kernels->*op, lengthsOf);
      return;
    }
  }
  if (hasFloat64<P...>(args)) {
    call(args, Host(), name, kFloat64Kernels.*op64, lengthsOf);
  } else {
    call(args, Host(), name, cpu().*op, lengthsOf);
  }
}

#define LR_ROW(name)                                                           \
  napi_value name(napi_env env, napi_callback_info info) {                     \
    callFor(env, info, #name, &Kernels::name, &KernelsOf<double>::name,        \
            [](const auto&... numbers) { return lengths::name(numbers...); }); \
    return nullptr;                                                            \
  }
LR_OPERATORS(LR_ROW)
#undef LR_ROW

using Convolution = OperatorCall<const Conv2dShape&, const float*, const float*, const float*, float*>;
using Unary = OperatorCall<int32_t, double, double, int64_t, const float*, float*>;
using Pool = OperatorCall<const Pool2dShape&, const float*, float*, int32_t*>;
using PooledConvolution =
    OperatorCall<const Conv2dShape&, const float*, const float*, const float*, float*, int32_t*>;

using Calls = std::vector<std::unique_ptr<Program::Call>>;

// Whether one of the calls [begin, end) writes an array
bool writes(const Calls& calls, size_t begin, size_t end, const void* array) {
  for (size_t i = begin; i < end; ++i) {
    for (const Program::Use& use : calls[i]->uses) {
      if (use.isOutput && use.address() == array) return true;
    }
  }
  return false;
}

// Whether a call from `begin` on reads what an array holds now
bool readsFrom(const Calls& calls, size_t begin, const void* array) {
  for (size_t i = begin; i < calls.size(); ++i) {
    bool isWritten = false;
    for (const Program::Use& use : calls[i]->uses) {
      if (use.address() != array || use.access == lengths::Access::kNone) continue;
      if (!use.isOutput || use.access == lengths::Access::kUpdate) return true;
      isWritten = true;
    }
    if (isWritten) return false;
  }
  return false;
}

// Windows of 2 by 2, side by side
bool isInPairs(const Pool2dShape& s) {
  return s.kernelHeight == 2 && s.kernelWidth == 2 && s.strideHeight == 2 && s.strideWidth == 2 &&
         s.dilationHeight == 1 && s.dilationWidth == 1 && s.padTop == 0 && s.padLeft == 0 &&
         s.outHeight == s.inHeight / 2 && s.outWidth == s.inWidth / 2;
}

}  // namespace

// A convolution and the relu of it, where nobody else reads what the convolution gives
bool Program::fuse(Call& call, const Call& next) {
  auto* convolution = dynamic_cast<Convolution*>(&call);
  const auto* unary = dynamic_cast<const Unary*>(&next);
  if (convolution == nullptr || unary == nullptr || std::get<0>(unary->values) != kUnaryRelu) return false;
  const auto areOf = [&](const Kernels& kernels) {
    return convolution->op == kernels.conv2dForward && unary->op == kernels.unaryForward;
  };
  if (!areOf(cpu()) && !areOf(*cudaDevice()->kernels)) return false;
  const float* y = std::get<4>(convolution->values);
  if (std::get<4>(unary->values) != y || std::get<5>(unary->values) != y) return false;
  std::get<0>(convolution->values).relu = 1;
  return true;
}

void Program::reluBeforePool(std::vector<std::unique_ptr<Call>>& calls,
                             const std::unordered_set<const void*>& kept) {
  using PoolBackward = OperatorCall<const Pool2dShape&, const float*, const int32_t*, float*>;
  using UnaryBackward =
      OperatorCall<int32_t, double, double, int64_t, const float*, const float*, const float*, float*>;
  const auto isOf = [](const auto* call, auto Kernels::* op) {
    return call != nullptr && (call->op == cpu().*op || call->op == cudaDevice()->kernels->*op);
  };
  for (size_t i = 0; i + 1 < calls.size(); ++i) {
    auto* unpool = dynamic_cast<PoolBackward*>(calls[i].get());
    auto* relu = dynamic_cast<UnaryBackward*>(calls[i + 1].get());
    if (!isOf(unpool, &Kernels::maxPool2dBackward) || !isOf(relu, &Kernels::unaryBackward)) continue;
    if (std::get<0>(relu->values) != kUnaryRelu) continue;
    auto& [shape, dy, index, dx] = unpool->values;
    auto& [kind, a, b, n, x, y, reluDy, reluDx] = relu->values;
    if (reluDy != dx || kept.count(dx) != 0 || readsFrom(calls, i + 2, dx)) continue;
    if (kept.count(dy) != 0 || readsFrom(calls, i + 2, dy)) continue;
    for (size_t k = i; k-- > 0;) {
      const auto* pool = dynamic_cast<const Pool*>(calls[k].get());
      if (!isOf(pool, &Kernels::maxPool2dForward)) continue;
      const auto& [poolShape, image, maxima, at] = pool->values;
      if (at != index || image != y) continue;
      if (writes(calls, k + 1, i + 1, at) || writes(calls, k + 1, i + 1, image) ||
          writes(calls, k + 1, i + 1, maxima))
        break;
      n = unpool->length.of[0].elements;
      x = y = maxima;
      dx = std::exchange(reluDx, const_cast<float*>(dy));
      reluDy = dy;
      for (size_t array = 0; array < relu->uses.size(); ++array) {
        relu->length.of[array].elements = n;
        relu->uses[array].bytes = n * static_cast<int64_t>(sizeof(float));
      }
      std::swap(calls[i], calls[i + 1]);
      break;
    }
  }
}

#define LR_ROW(name) {#name, nullptr, name, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
const napi_property_descriptor kOperators[] = {LR_OPERATORS(LR_ROW)};
#undef LR_ROW
const size_t kOperatorCount = sizeof kOperators / sizeof *kOperators;

void Program::poolConvolutions(Calls& calls, const std::unordered_set<const void*>& kept) {
  for (size_t i = 0; i + 1 < calls.size(); ++i) {
    const auto* convolution = dynamic_cast<const Convolution*>(calls[i].get());
    if (convolution == nullptr || convolution->op != cpu().conv2dForward) continue;
    auto [shape, x, w, bias, y] = convolution->values;
    size_t last = i + 1;
    const float* image = y;
    const auto* relu = dynamic_cast<const Unary*>(calls[last].get());
    if (relu != nullptr && relu->op == cpu().unaryForward && std::get<0>(relu->values) == kUnaryRelu &&
        std::get<4>(relu->values) == y && last + 1 < calls.size()) {
      image = std::get<5>(relu->values);
      shape.relu = 1;
      ++last;
    }
    const auto* pool = dynamic_cast<const Pool*>(calls[last].get());
    if (pool == nullptr || pool->op != cpu().maxPool2dForward) continue;
    const auto& [windows, pooled, maxima, index] = pool->values;
    if (pooled != image || !isInPairs(windows) || !cpu().fusesMaxPool(shape)) continue;
    const auto isOnlyPooled = [&](const void* array) {
      return kept.count(array) == 0 && !readsFrom(calls, last + 1, array);
    };
    if (!isOnlyPooled(y) || !isOnlyPooled(image)) continue;
    lengths::Lengths length = convolution->length;
    length.of[3] = pool->length.of[1];
    length.of[4] = pool->length.of[2];
    auto fused = std::make_unique<PooledConvolution>("conv2dMaxPoolForward", cpu().conv2dMaxPoolForward,
                                                     std::tuple(shape, x, w, bias, maxima, index), length);
    fused->phase = convolution->phase;
    calls[i] = std::move(fused);
    const auto at = calls.begin() + static_cast<std::ptrdiff_t>(i);
    calls.erase(at + 1, at + 1 + static_cast<std::ptrdiff_t>(last - i));
  }
}

}  // namespace lr::addon
