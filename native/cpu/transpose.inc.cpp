// Transposes of a square of vectors in registers, for packing and for changes of layout.

#define LR_SHUFFLE(NAME, FOUR, EIGHT, SIXTEEN) \
  LR_ELEM vec NAME(vec a, vec b) { return __builtin_shufflevector(a, b, LR_BY_LANES(FOUR, EIGHT, SIXTEEN)); }
#define LR_LIST(...) __VA_ARGS__
#if LR_LANES == 4
#define LR_BY_LANES(FOUR, EIGHT, SIXTEEN) LR_LIST FOUR
#elif LR_LANES == 8
#define LR_BY_LANES(FOUR, EIGHT, SIXTEEN) LR_LIST EIGHT
#else
#define LR_BY_LANES(FOUR, EIGHT, SIXTEEN) LR_LIST SIXTEEN
#endif

// Within each four lanes: a0 b0 a1 b1; a2 b2 a3 b3; a0 a1 b0 b1; a2 a3 b2 b3
LR_SHUFFLE(interleaveLow, (0, 4, 1, 5), (0, 8, 1, 9, 4, 12, 5, 13),
           (0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29))
LR_SHUFFLE(interleaveHigh, (2, 6, 3, 7), (2, 10, 3, 11, 6, 14, 7, 15),
           (2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31))
LR_SHUFFLE(pairsLow, (0, 1, 4, 5), (0, 1, 8, 9, 4, 5, 12, 13),
           (0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29))
LR_SHUFFLE(pairsHigh, (2, 3, 6, 7), (2, 3, 10, 11, 6, 7, 14, 15),
           (2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31))
#if LR_LANES >= 8
// Of each eight lanes, the lower fours of a and b; the upper fours
LR_SHUFFLE(foursLow, (), (0, 1, 2, 3, 8, 9, 10, 11),
           (0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27))
LR_SHUFFLE(foursHigh, (), (4, 5, 6, 7, 12, 13, 14, 15),
           (4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31))
#endif
#if LR_LANES >= 16
LR_SHUFFLE(eightsLow, (), (), (0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23))
LR_SHUFFLE(eightsHigh, (), (), (8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))
#endif

LR_ELEM void exchange(vec& a, vec& b, vec (*low)(vec, vec), vec (*high)(vec, vec)) {
  const vec x = a, y = b;
  a = low(x, y);
  b = high(x, y);
}

// row[i][j] <-> row[j][i]
LR_ELEM void transpose(vec (&row)[kLanes]) {
#pragma GCC unroll 4
  for (int i = 0; i < kLanes; i += 4) {
    const vec a = interleaveLow(row[i], row[i + 1]), b = interleaveHigh(row[i], row[i + 1]);
    const vec c = interleaveLow(row[i + 2], row[i + 3]), d = interleaveHigh(row[i + 2], row[i + 3]);
    row[i] = pairsLow(a, c);
    row[i + 1] = pairsHigh(a, c);
    row[i + 2] = pairsLow(b, d);
    row[i + 3] = pairsHigh(b, d);
  }
#if LR_LANES >= 8
#pragma GCC unroll 16
  for (int i = 0; i < kLanes; ++i) {
    if ((i & 4) == 0) exchange(row[i], row[i + 4], foursLow, foursHigh);
  }
#endif
#if LR_LANES >= 16
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) exchange(row[i], row[i + 8], eightsLow, eightsHigh);
#endif
}

#undef LR_BY_LANES
#undef LR_LIST
#undef LR_SHUFFLE
