// Strided geometry for rows of tests and benches: shapes with the strides of each operand.
#pragma once
#include <vector>

#include "lr/kernels.h"

namespace lr::test {

struct Walk {
  std::vector<int32_t> strides;
  int32_t offset = 0;
  int32_t size = 0;  // 0: as many elements as the walk reaches
};

inline Strided strided(const std::vector<int32_t>& shape, const std::vector<Walk>& walks) {
  Strided s{};
  s.dims = static_cast<int32_t>(shape.size());
  for (size_t d = 0; d < shape.size(); ++d) s.shape[d] = shape[d];
  for (size_t k = 0; k < walks.size(); ++k) {
    int32_t most = walks[k].offset;
    for (size_t d = 0; d < shape.size(); ++d) {
      s.strides[k][d] = walks[k].strides[d];
      if (walks[k].strides[d] > 0) most += walks[k].strides[d] * (shape[d] - 1);
    }
    s.offsets[k] = walks[k].offset;
    s.sizes[k] = walks[k].size > 0 ? walks[k].size : most + 1;
  }
  return s;
}

inline int64_t places(const Strided& s) {
  int64_t n = 1;
  for (int d = 0; d < s.dims; ++d) n *= s.shape[d];
  return n;
}

}  // namespace lr::test
