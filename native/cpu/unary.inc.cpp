// Functions of one element by their number in the enum Unary; the formulas are in elem/unary.h.

// Calls body(f) with the function that `kind` names.
template <class Body>
void withUnary(int32_t kind, double a, double b, const Body& body) {
  (void)b;
  switch (kind) {
    case kUnaryExp:
      return body(Exp{});
    case kUnaryLog:
      return body(Log{});
    case kUnarySqrt:
      return body(Sqrt{});
    case kUnaryAbs:
      return body(Abs{});
    case kUnarySigmoid:
      return body(Sigmoid{});
    case kUnaryTanh:
      return body(Tanh{});
    case kUnaryGelu:
      return body(Gelu{});
    case kUnaryGeluTanh:
      return body(GeluTanh{});
    case kUnarySilu:
      return body(Silu{});
    case kUnarySoftplus:
      return body(Softplus{});
    case kUnaryLeakyRelu:
      return body(LeakyRelu{static_cast<float>(a)});
    case kUnaryRelu:
      return body(Relu{});
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
