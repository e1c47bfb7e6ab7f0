// Dropout: a mask of bytes applied to elements, or to runs of `inner` of them.

// x and y (n), mask (n / inner)
void dropout(double scale, double kept, double dropped, int64_t inner, int64_t n, const float* x,
             const uint8_t* mask, float* y) {
  const float factors[] = {0.0f, static_cast<float>(scale)};
  const float shifts[] = {static_cast<float>(dropped), static_cast<float>(kept)};
  if (inner == 1) {
    parallel((n + kElementsPerUnit - 1) / kElementsPerUnit, [&](int64_t unit) {
      const int64_t begin = unit * kElementsPerUnit;
      const int64_t end = begin + kElementsPerUnit < n ? begin + kElementsPerUnit : n;
      for (int64_t i = begin; i < end; ++i) {
        const float factor = mask[i] != 0 ? factors[1] : factors[0];
        const float shift = mask[i] != 0 ? shifts[1] : shifts[0];
        y[i] = x[i] * factor + shift;
      }
    });
    return;
  }
  const int64_t runs = n / inner, perUnit = kElementsPerUnit / inner + 1;
  parallel((runs + perUnit - 1) / perUnit, [&](int64_t unit) {
    for (int64_t run = unit * perUnit; run < (unit + 1) * perUnit && run < runs; ++run) {
      const float factor = factors[mask[run] != 0], shift = shifts[mask[run] != 0];
      forEachElement(run * inner, (run + 1) * inner, [=](int64_t i, auto type) {
        using T = decltype(type);
        write(y + i, read<T>(x + i) * factor + shift);
      });
    }
  });
}
