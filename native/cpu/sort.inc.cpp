// Sorting along an axis: positions by keys whose order as integers is that of the elements, by insertion
// where there are few, else by one byte of the keys after another.

constexpr int64_t kInsertionLength = 64;

// A key above and the position below: no two are equal, so that any order of them is stable.
LR_ELEM uint64_t sortKey(float x, bool descending, int64_t position) {
  const uint32_t bits = static_cast<uint32_t>(bitsOf(x == 0 ? 0.0f : x));
  uint32_t key = (bits >> 31) != 0 ? ~bits : bits | 0x80000000u;
  if (x != x) key = 0xffffffffu;
  return uint64_t{descending ? ~key : key} << 32 | static_cast<uint64_t>(position);
}

void insertionSort(int64_t n, uint64_t* keys) {
  for (int64_t i = 1; i < n; ++i) {
    const uint64_t key = keys[i];
    int64_t to = i;
    for (; to > 0 && keys[to - 1] > key; --to) keys[to] = keys[to - 1];
    keys[to] = key;
  }
}

// Four passes, each stable, from `keys` to `other` and back; a byte that all keys share is skipped.
void radixSort(int64_t n, uint64_t* keys, uint64_t* other) {
  uint32_t counts[4][256] = {};
  for (int64_t i = 0; i < n; ++i) {
    for (int byte = 0; byte < 4; ++byte) ++counts[byte][keys[i] >> (32 + 8 * byte) & 255];
  }
  uint64_t* const result = keys;
  for (int byte = 0; byte < 4; ++byte) {
    const int shift = 32 + 8 * byte;
    if (counts[byte][keys[0] >> shift & 255] == static_cast<uint64_t>(n)) continue;
    uint32_t at = 0;
    for (uint32_t& count : counts[byte]) {
      const uint32_t next = at + count;
      count = at;
      at = next;
    }
    for (int64_t i = 0; i < n; ++i) other[counts[byte][keys[i] >> shift & 255]++] = keys[i];
    uint64_t* const sorted = other;
    other = keys;
    keys = sorted;
  }
  if (keys != result) std::memcpy(result, keys, sizeof(uint64_t) * static_cast<size_t>(n));
}

void sort(const AxisShape& s, int32_t descending, const float* x, float* y, int32_t* index) {
  const int64_t n = s.length, stride = s.inner;
  const int64_t lanes = int64_t{s.outer} * s.inner, perUnit = kElementsPerUnit / 4 / n + 1;
  parallel(quotientUp(lanes, perUnit), [&](int64_t unit) {
    uint64_t* keys = scratchOf<uint64_t>(kSortKeys, 2 * n);
    for (int64_t lane = unit * perUnit; lane < least((unit + 1) * perUnit, lanes); ++lane) {
      const int64_t first = lane / stride * n * stride + lane % stride;
      for (int64_t i = 0; i < n; ++i) keys[i] = sortKey(x[first + i * stride], descending != 0, i);
      if (n <= kInsertionLength) {
        insertionSort(n, keys);
      } else {
        radixSort(n, keys, keys + n);
      }
      for (int64_t i = 0; i < n; ++i) {
        const int64_t position = static_cast<int64_t>(keys[i] & 0xffffffffu);
        y[first + i * stride] = x[first + position * stride];
        index[first + i * stride] = static_cast<int32_t>(position);
      }
    }
  });
}
