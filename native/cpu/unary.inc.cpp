// Functions of one element by their number in the enum Unary; the formulas are in elem/unary.h and
// elem/activation.h.

// F with as many of a and b as it has fields
template <class F>
LR_ELEM F withParameters(double a, double b) {
  const auto first = static_cast<float>(a), second = static_cast<float>(b);
  if constexpr (requires { F{first, second}; }) {
    return F{first, second};
  } else if constexpr (requires { F{first}; }) {
    return F{first};
  } else {
    return F{};
  }
}

// Calls body(f) with the function that `kind` names.
template <class Body>
void withUnary(int32_t kind, double a, double b, const Body& body) {
  switch (kind) {
#define LR_ROW(name) \
  case kUnary##name: \
    return body(withParameters<name>(a, b));
    LR_UNARY(LR_ROW)
#undef LR_ROW
  }
}

void unaryForward(int32_t kind, double a, double b, int64_t n, const float* x, float* y) {
  withUnary(kind, a, b, [=](auto f) {
    parallelElements(n, [=](int64_t i, auto type) { write(y + i, f(read<decltype(type)>(x + i))); });
  });
}

void unaryBackward(int32_t kind, double a, double b, int64_t n, const float* x, const float* y,
                   const float* dy, float* dx) {
  withUnary(kind, a, b, [=](auto f) {
    parallelElements(n, [=](int64_t i, auto type) {
      using T = decltype(type);
      write(dx + i, f.gradient(read<T>(x + i), read<T>(y + i), read<T>(dy + i)));
    });
  });
}
