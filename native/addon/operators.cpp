// The operators of the kernel tables, as JavaScript calls them: name(geometry and numbers, inputs, outputs),
// the parameters of the operator in KernelsOf in their order. Geometry is an Int32Array of the fields of its
// struct; arrays are Float32Array, or Float64Array throughout, which chooses the table.
#include <tuple>
#include <utility>

#include "addon/arguments.h"
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

template <class LengthsOf, class... P>
void call(Arguments& args, const char* name, void (*op)(P...), LengthsOf lengthsOf) {
  constexpr size_t leading = kLeading<std::decay_t<P>...>;
  std::tuple<std::decay_t<P>...> values;
  const auto readNumbers = [&]<size_t... I>(std::index_sequence<I...>) {
    ((std::get<I>(values) = number<std::tuple_element_t<I, decltype(values)>>(args, I)), ...);
    return lengthsOf(std::get<I>(values)...);
  };
  const lengths::Lengths length = readNumbers(std::make_index_sequence<leading>());
  [&]<size_t... I>(std::index_sequence<I...>) {
    ((std::get<leading + I>(values) =
          array<std::tuple_element_t<leading + I, decltype(values)>>(args, leading + I, length.of[I])),
     ...);
  }(std::make_index_sequence<sizeof...(P) - leading>());
  if (args.failed()) return;
  profiled([&] { std::apply(op, values); },
           [&] { return description(name, Profile::phase, values, length); });
  if (Program* program = Program::recording) {
    auto recorded = std::make_unique<OperatorCall<P...>>(name, op, values, length);
    [&]<size_t... I>(std::index_sequence<I...>) {
      (program->hold(args.value(leading + I), std::get<leading + I>(values)), ...);
    }(std::make_index_sequence<sizeof...(P) - leading>());
    program->add(std::move(recorded));
  }
}

template <class LengthsOf, class... P, class... P64>
void callFor(napi_env env, napi_callback_info info, const char* name, void (*Kernels::*op)(P...),
             void (*KernelsOf<double>::*op64)(P64...), LengthsOf lengthsOf) {
  Arguments args(env, info);
  if (hasFloat64<P...>(args)) {
    call(args, name, kFloat64Kernels.*op64, lengthsOf);
  } else {
    call(args, name, cpu().*op, lengthsOf);
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

}  // namespace

// A convolution and the relu of it, where nobody else reads what the convolution gives
bool Program::fuse(Call& call, const Call& next) {
  using Convolution = OperatorCall<const Conv2dShape&, const float*, const float*, const float*, float*>;
  using Unary = OperatorCall<int32_t, double, double, int64_t, const float*, float*>;
  auto* convolution = dynamic_cast<Convolution*>(&call);
  const auto* unary = dynamic_cast<const Unary*>(&next);
  if (convolution == nullptr || convolution->op != cpu().conv2dForward) return false;
  if (unary == nullptr || unary->op != cpu().unaryForward || std::get<0>(unary->values) != kUnaryRelu)
    return false;
  const float* y = std::get<4>(convolution->values);
  if (std::get<4>(unary->values) != y || std::get<5>(unary->values) != y) return false;
  std::get<0>(convolution->values).relu = 1;
  return true;
}

#define LR_ROW(name) {#name, nullptr, name, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
const napi_property_descriptor kOperators[] = {LR_OPERATORS(LR_ROW)};
#undef LR_ROW
const size_t kOperatorCount = sizeof kOperators / sizeof *kOperators;

}  // namespace lr::addon
