#include "weir/benchmarks/measure.h"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>
#include <vector>

#include "absl/strings/str_replace.h"
#include "weir/core/device_memory.h"
#include "weir/core/tensor.h"

namespace {

std::atomic<int64_t> allocations{0};

void* CountedAllocate(size_t bytes, size_t alignment) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  const size_t rounded = (std::max<size_t>(bytes, 1) + alignment - 1) / alignment * alignment;
  return std::aligned_alloc(alignment, rounded);
}

void* CountedAllocateOrThrow(size_t bytes, size_t alignment) {
  void* data = CountedAllocate(bytes, alignment);
  if (data == nullptr) throw std::bad_alloc();
  return data;
}

constexpr size_t kDefaultAlignment = 16;

}  // namespace

// Every allocation of the program is counted.
void* operator new(size_t n) { return CountedAllocateOrThrow(n, kDefaultAlignment); }
void* operator new[](size_t n) { return CountedAllocateOrThrow(n, kDefaultAlignment); }
void* operator new(size_t n, std::align_val_t a) {
  return CountedAllocateOrThrow(n, static_cast<size_t>(a));
}
void* operator new(size_t n, const std::nothrow_t&) noexcept {
  return CountedAllocate(n, kDefaultAlignment);
}
void* operator new(size_t n, std::align_val_t a, const std::nothrow_t&) noexcept {
  return CountedAllocate(n, static_cast<size_t>(a));
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, size_t) noexcept { std::free(p); }
void operator delete[](void* p, size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, size_t, std::align_val_t) noexcept { std::free(p); }

namespace weir::benchmarks {
namespace {

double Now() {
  return std::chrono::duration<double, std::micro>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

int64_t Faults() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

}  // namespace

absl::StatusOr<Measurement> Measure(const std::function<absl::Status()>& fn, double seconds) {
  Measurement m;
  const double begin = Now();
  RETURN_IF_ERROR(fn());
  m.first_us = Now() - begin;
  for (int i = 0; i < 3; ++i) RETURN_IF_ERROR(fn());
  // Calls shorter than the clock's step are timed in batches.
  const double probe = Now();
  RETURN_IF_ERROR(fn());
  const int batch = std::clamp(static_cast<int>(20.0 / std::max(Now() - probe, 0.01)), 1, 1000);
  std::vector<double> times;
  times.reserve(1'000'000);
  const double end = Now() + seconds * 1e6;
  const int64_t faults = Faults(), allocated = allocations.load();
  while ((Now() < end || times.size() < 5) && times.size() < 1'000'000) {
    const double start = Now();
    for (int i = 0; i < batch; ++i) RETURN_IF_ERROR(fn());
    times.push_back((Now() - start) / batch);
  }
  m.calls = static_cast<int64_t>(times.size()) * batch;
  m.allocations =
      static_cast<double>(allocations.load() - allocated) / static_cast<double>(m.calls);
  m.faults = static_cast<double>(Faults() - faults) / static_cast<double>(m.calls);
  std::sort(times.begin(), times.end());
  m.min_us = times.front();
  m.median_us = times[times.size() / 2];
  m.p99_us = times[static_cast<size_t>(static_cast<double>(times.size()) * .99)];
  return m;
}

void Report(const std::string& name, const std::string& setting, const Measurement& m,
            const Work& work) {
  std::printf(
      "{\"case\": \"%s\", %s, \"weir_us\": %.3f, \"weir_min_us\": %.3f, \"weir_p99_us\": %.3f, "
      "\"first_us\": %.1f, \"faults\": %.3f, \"allocations\": %.2f",
      name.c_str(), setting.c_str(), m.median_us, m.min_us, m.p99_us, m.first_us, m.faults,
      m.allocations);
  if (work.units > 1) {
    std::printf(", \"ns_per_unit\": %.2f", m.median_us * 1e3 / static_cast<double>(work.units));
  }
  if (work.items > 0) {
    std::printf(", \"items_per_s\": %.1f", static_cast<double>(work.items) * 1e6 / m.median_us);
  }
  if (work.flops > 0) std::printf(", \"flops\": %.0f, \"bytes\": %.0f", work.flops, work.bytes);
  if (work.ceiling_us > 0) {
    std::printf(", \"ceiling_share\": %.3f", work.ceiling_us / m.median_us);
  }
  std::printf("}\n");
  std::fflush(stdout);
}

void ReportError(const std::string& name, const std::string& setting, const absl::Status& error) {
  const std::string text = absl::StrReplaceAll(
      error.ToString(), {{"\\", "\\\\"}, {"\"", "\\\""}, {"\n", "\\n"}, {"\t", " "}});
  std::printf("{\"case\": \"%s\", %s, \"error\": \"%s\"}\n", name.c_str(), setting.c_str(),
              text.c_str());
  std::fflush(stdout);
}

namespace {

constexpr int kChains = 12;  // Independent, and enough of them to hide the latency.

// A multiply-add of vectors in each chain, `rounds` times.
template <typename Vector>
__attribute__((always_inline)) inline float FmaChains(int64_t rounds) {
  Vector acc[kChains] = {};
  Vector a = {}, b = {};
  for (size_t i = 0; i < sizeof(Vector) / sizeof(float); ++i) {
    a[i] = 1.0f + static_cast<float>(rounds % 3) * 1e-7f;
    b[i] = 1e-7f;
  }
  const auto each = [&]<int... i>(std::integer_sequence<int, i...>)
                        __attribute__((always_inline)) { ((acc[i] = acc[i] * a + b), ...); };
  for (int64_t r = 0; r < rounds; ++r) each(std::make_integer_sequence<int, kChains>());
  float sum = 0;
  for (const Vector& v : acc) sum += v[0];
  return sum;
}

using Vector256 = float __attribute__((vector_size(32)));
using Vector512 = float __attribute__((vector_size(64)));

__attribute__((target("avx2,fma"))) float FmaChains256(int64_t rounds) {
  return FmaChains<Vector256>(rounds);
}
__attribute__((target("avx512f"))) float FmaChains512(int64_t rounds) {
  return FmaChains<Vector512>(rounds);
}

double Gflops(float (*chains)(int64_t), size_t vector_bytes) {
  const volatile int64_t rounds = 20'000'000;
  volatile float sink = chains(1000);
  const double begin = Now();
  sink = chains(rounds);
  (void)sink;
  const double flops = static_cast<double>(rounds * kChains * vector_bytes / sizeof(float)) * 2;
  return flops / ((Now() - begin) * 1e3);
}

}  // namespace

double FmaGflops() {
  if (__builtin_cpu_supports("avx512f")) return Gflops(FmaChains512, sizeof(Vector512));
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return avx2 ? Gflops(FmaChains256, sizeof(Vector256)) : 0;
}

double CopyGigabytesPerSecond() {
  constexpr size_t kBytes = size_t{64} << 20;
  std::vector<char> from(kBytes, 1), to(kBytes, 2);
  double best = 0;
  for (int i = 0; i < 5; ++i) {
    const double begin = Now();
    std::memcpy(to.data(), from.data(), kBytes);
    best = std::max(best, static_cast<double>(kBytes) / ((Now() - begin) * 1e3));
  }
  return best;
}

absl::StatusOr<double> CopyGigabytesPerSecond(Device& device, int64_t bytes) {
  Allocator& allocator = device.allocator();
  ASSIGN_OR_RETURN(const Tensor from, Tensor::Zeros(DT_UINT8, Shape({bytes}), allocator));
  ASSIGN_OR_RETURN(Tensor to, Tensor::Make(DT_UINT8, Shape({bytes}), allocator));
  constexpr int kCopies = 10;  // So that waiting for them is little of the time.
  double best = 0;
  for (int i = 0; i < 5; ++i) {
    RETURN_IF_ERROR(device.Synchronize());
    const double begin = Now();
    for (int copy = 0; copy < kCopies; ++copy) {
      RETURN_IF_ERROR(
          allocator.device_memory()->CopyWithin(to.mutable_raw_data(), from.raw_data(), bytes));
    }
    RETURN_IF_ERROR(device.Synchronize());
    best = std::max(best, static_cast<double>(kCopies * bytes) / ((Now() - begin) * 1e3));
  }
  return best;
}

}  // namespace weir::benchmarks
