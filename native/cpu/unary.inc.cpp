// Functions of one element by their number in the enum Unary; the formulas are in elem/unary.h and
// elem/activation.h.

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
