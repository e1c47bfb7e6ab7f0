#include "test/harness.h"

#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <tuple>
#include <utility>

#include "lr/parallel.h"

namespace lr::test {
namespace {

constexpr double kEps = 1.1920928955078125e-7;

std::string format(const char* text, ...) __attribute__((format(printf, 1, 2)));
std::string format(const char* text, ...) {
  char buffer[400];
  va_list arguments;
  va_start(arguments, text);
  std::vsnprintf(buffer, sizeof buffer, text, arguments);
  va_end(arguments);
  return buffer;
}

bool sameBits(float a, float b) {
  return std::memcmp(&a, &b, sizeof a) == 0 || (std::isnan(a) && std::isnan(b));
}

// FNV-1a of the bits, with one NaN for all
uint64_t hashBits(const Floats& values, uint64_t hash) {
  for (const float value : values) {
    uint32_t bits = 0x7fc00000;
    if (!std::isnan(value)) std::memcpy(&bits, &value, sizeof bits);
    hash = (hash ^ bits) * 1099511628211ull;
  }
  return hash;
}

std::string differentBits(const Outputs& got, const Outputs& want) {
  for (size_t o = 0; o < want.size(); ++o) {
    for (size_t i = 0; i < want[o].values.size(); ++i) {
      if (!sameBits(got[o].values[i], want[o].values[i])) {
        return format("%s[%zu] is %.9g, not %.9g", want[o].name, i, got[o].values[i], want[o].values[i]);
      }
    }
  }
  return "";
}

std::string outOfBounds(const Outputs& got, const Outputs& want, const std::vector<Bound>& bounds) {
  for (size_t o = 0; o < want.size(); ++o) {
    for (size_t i = 0; i < want[o].values.size(); ++i) {
      const double a = got[o].values[i], b = want[o].values[i],
                   allowed = bounds[o].empty() ? 0 : bounds[o][i];
      const bool same = sameBits(got[o].values[i], want[o].values[i]);
      if (!same && !(allowed > 0 && std::fabs(a - b) <= allowed)) {
        return format("%s[%zu] is %.9g, %.3g from the reference's %.9g; allowed %.3g", want[o].name, i, a,
                      std::fabs(a - b), b, allowed);
      }
    }
  }
  return "";
}

// Where a row is exact, the reference has rounded after each operation what was rounded once.
std::vector<Bound> roundedOnce(const Outputs& reference, std::vector<Bound> bounds) {
  for (size_t o = 0; o < bounds.size(); ++o) {
    if (bounds[o].empty()) bounds[o] = relativeBound(1, reference[o].values, 1);
  }
  return bounds;
}

// What the best table with fused multiply-add of this machine gives, and its name
std::pair<Outputs, std::string> onFusedTable(const std::function<Outputs(const Kernels&)>& compute) {
  for (const NamedTable& table : allTables()) {
    if (table.kind == TableKind::kFused && table.kernels != nullptr)
      return {compute(*table.kernels), table.name};
  }
  return {};
}

}  // namespace

void Suite::check(const std::string& name, const std::function<Outputs(const Kernels&)>& compute,
                  const std::function<std::vector<Bound>(const Outputs&)>& bounds, Bits bits) {
  if (!wants(name)) return;
  const Outputs reference = compute(kNaive);
  const std::vector<Bound> allowed = bounds(reference);
  Outputs fused;
  std::string fusedName;
  for (const NamedTable& table : allTables()) {
    if (table.name.find(table_) == std::string::npos) continue;
    const std::string label = name + " [" + table.name + "]";
    if (table.kernels == nullptr) {
      ++notRun_;
      continue;
    }
    setThreadCount(1);
    const Outputs outputs = compute(*table.kernels);
    std::string problem = outOfBounds(
        outputs, reference, table.kind == TableKind::kFloat64 ? roundedOnce(reference, allowed) : allowed);
    const bool isDevice = table.kind == TableKind::kDevice || table.kind == TableKind::kFloat64;
    for (const int threads : isDevice ? std::vector<int>{1} : std::vector<int>{2, 3, 8}) {
      if (!problem.empty()) break;
      setThreadCount(threads);
      problem = differentBits(compute(*table.kernels), outputs);
      if (!problem.empty()) problem += format(" with %d threads", threads);
    }
    const bool isFused = table.kind == TableKind::kFused;
    if (isFused && fused.empty()) {
      fused = outputs;
      fusedName = table.name;
      for (const Output& output : outputs) fusedBits_ = hashBits(output.values, fusedBits_);
    }
    if (problem.empty() && (isFused || (table.kind == TableKind::kDevice && bits == Bits::kAlike))) {
      if (fused.empty()) std::tie(fused, fusedName) = onFusedTable(compute);
      problem = fused.empty() ? "" : differentBits(outputs, fused);
      if (!problem.empty()) problem += " of " + fusedName;
    }
    report(label, problem);
  }
}

void Suite::checkExact(const std::string& name, const std::function<Outputs(const Kernels&)>& compute) {
  check(name, compute, [](const Outputs& reference) { return std::vector<Bound>(reference.size()); });
}

void Suite::expect(const std::string& name, const std::function<std::string()>& body) {
  if (wants(name)) report(name, body());
}

bool Suite::wants(const std::string& name) {
  return name.find(filter_) != std::string::npos && rows_++ % stride_ == 0;
}

void Suite::report(const std::string& name, const std::string& problem) {
  if (problem.empty()) {
    ++passed_;
    return;
  }
  ++failed_;
  std::printf("FAILED %s: %s\n", name.c_str(), problem.c_str());
}

int Suite::summary() const {
  for (const NamedTable& table : allTables()) {
    if (table.kernels == nullptr) std::printf("not run: %s, which this machine lacks\n", table.name.c_str());
  }
  if (notRun_ > 0) std::printf("%d not run\n", notRun_);
  std::printf("bits of the tables with fused multiply-add: %016llx\n",
              static_cast<unsigned long long>(fusedBits_));
  std::printf("%d passed, %d failed\n", passed_, failed_);
  return failed_ == 0 && passed_ > 0 ? 0 : 1;
}

Floats randomFloats(int64_t n, uint32_t seed) {
  Floats values(n);
  uint64_t state = seed * 2654435761u + 88172645463325252ull;
  for (float& value : values) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    value = static_cast<float>(static_cast<int32_t>(state >> 40) - (1 << 23)) / (1 << 23);
  }
  return values;
}

std::vector<int32_t> randomInts(int64_t n, int32_t limit, uint32_t seed) {
  const Floats values = randomFloats(n, seed);
  std::vector<int32_t> result(n);
  for (int64_t i = 0; i < n; ++i)
    result[i] = static_cast<int32_t>((values[i] + 1) / 2 * static_cast<float>(limit)) % limit;
  return result;
}

Floats squared(const Floats& x) {
  Floats result(x);
  for (float& value : result) value *= value;
  return result;
}

Bound sumBound(int64_t terms, const Floats& sumOfSquares, const Floats& reference) {
  Bound bound(reference.size());
  for (size_t i = 0; i < bound.size(); ++i) {
    bound[i] = static_cast<float>(
        kEps * (3 * std::sqrt(terms) * std::sqrt(sumOfSquares[i]) + 2 * std::fabs(reference[i])));
  }
  return bound;
}

Bound relativeBound(double ulps, const Floats& reference, double floor) {
  Bound bound(reference.size());
  for (size_t i = 0; i < bound.size(); ++i) {
    bound[i] = static_cast<float>(kEps * ulps * std::fmax(std::fabs(reference[i]), floor));
  }
  return bound;
}

}  // namespace lr::test
