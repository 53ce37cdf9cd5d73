#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Counters, gauges and histograms, told to Prometheus. Adding to one is lock-free and costs a few nanoseconds; finding
/// one by name takes a lock, so components look theirs up once and keep the reference.
namespace cadenza::metrics {

enum class kind { counter, gauge, histogram };

/// One line of a component's table of metrics. Each component keeps all of its own in one constexpr array;
/// docs/metrics.md is checked against these tables.
struct declaration {
  std::string_view name; ///< Prometheus name with unit and `_total` suffix: "cadenza_commits_total"
  kind type;
  std::string_view labels; ///< names of the labels, separated by commas: "method,code"
  std::string_view help;   ///< one sentence, with the unit
};

/// Only grows. Any thread.
class counter {
public:
  void add(std::uint64_t n = 1) noexcept { value_.fetch_add(n, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
  std::atomic<std::uint64_t> value_{0};
};

/// Goes up and down. Any thread.
class gauge {
public:
  void set(std::int64_t v) noexcept { value_.store(v, std::memory_order_relaxed); }
  void add(std::int64_t n = 1) noexcept { value_.fetch_add(n, std::memory_order_relaxed); }
  void sub(std::int64_t n = 1) noexcept { value_.fetch_sub(n, std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
  std::atomic<std::int64_t> value_{0};
};

/// Upper bounds of a histogram's buckets, ascending, in the unit of what is observed, and what one such unit is when
/// told to Prometheus (1e-9 turns nanoseconds into seconds).
struct bucket_bounds {
  static constexpr std::size_t count_max = 31;
  std::array<std::int64_t, count_max> upper{};
  std::size_t count = 0;
  double unit = 1;

  constexpr bucket_bounds(std::initializer_list<std::int64_t> bounds, double one) : unit(one) {
    for (const auto bound : bounds)
      upper[count++] = bound; // more than count_max bounds do not compile: the arrays are constexpr
  }
};

/// Nanoseconds, shown as seconds: 50 µs … 60 s.
inline constexpr bucket_bounds duration_buckets{{50'000, 100'000, 200'000, 500'000, 1'000'000, 2'000'000, 5'000'000,
                                                 10'000'000, 20'000'000, 50'000'000, 100'000'000, 200'000'000,
                                                 500'000'000, 1'000'000'000, 2'000'000'000, 5'000'000'000,
                                                 10'000'000'000, 30'000'000'000, 60'000'000'000},
                                                1e-9};
/// Bytes: 64 B … 64 MiB.
inline constexpr bucket_bounds byte_buckets{
    {64, 256, 1024, 4096, 16'384, 65'536, 262'144, 1'048'576, 4'194'304, 16'777'216, 67'108'864}, 1};
/// Numbers of things: 1 … 65536.
inline constexpr bucket_bounds count_buckets{{1, 2, 4, 8, 16, 32, 64, 128, 256, 1024, 4096, 16'384, 65'536}, 1};

/// Distribution of non-negative values. Any thread; what a scrape sees may lack observations made during it.
class histogram {
public:
  explicit histogram(const bucket_bounds& bounds) : bounds_(bounds) {}

  /// In the unit of the bounds.
  void observe(std::int64_t value) noexcept {
    std::size_t i = 0;
    // Bounds are few and the low ones are the common case: a straight walk beats a binary search.
    while (i < bounds_.count && value > bounds_.upper[i])
      ++i;
    hits_[i].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
  }
  /// For histograms whose bounds are nanoseconds.
  void observe(std::chrono::nanoseconds value) noexcept { observe(value.count()); }

  [[nodiscard]] std::uint64_t count() const noexcept;
  [[nodiscard]] std::int64_t sum() const noexcept { return sum_.load(std::memory_order_relaxed); }
  /// Observations at or below bound `i`, but above the one before it; `i == bounds().count`: above all bounds.
  [[nodiscard]] std::uint64_t hits(std::size_t i) const noexcept { return hits_[i].load(std::memory_order_relaxed); }
  [[nodiscard]] const bucket_bounds& bounds() const noexcept { return bounds_; }
  /// The bound under which the share `q` (0…1) of observations lies, in the unit of the bounds; 0 when there are none.
  [[nodiscard]] std::int64_t quantile_bound(double q) const noexcept;

private:
  const bucket_bounds bounds_;
  std::array<std::atomic<std::uint64_t>, bucket_bounds::count_max + 1> hits_{};
  std::atomic<std::int64_t> sum_{0};
};

/// Label name → value.
using labels = std::map<std::string, std::string>;
/// What a callback tells at scrape time.
using samples = std::vector<std::pair<labels, double>>;

/// All metrics of a process (tests make their own). Counters, gauges and histograms live as long as the registry and
/// never move. Asking again with the same name and labels gives the same object; asking with a name that exists as
/// another kind is a defect of the program and ends it.
///
/// A name has at most `series_max` label sets; further ones share one series whose label values are all "overflow".
class registry {
public:
  static constexpr std::size_t series_max = 2000;

  registry();
  ~registry();
  registry(const registry&) = delete;
  registry& operator=(const registry&) = delete;

  metrics::counter& counter(std::string_view name, std::string_view help, const labels& values = {});
  metrics::gauge& gauge(std::string_view name, std::string_view help, const labels& values = {});
  metrics::histogram& histogram(std::string_view name, std::string_view help, const labels& values = {},
                                const bucket_bounds& bounds = duration_buckets);

  /// The same from a table; the labels given must be those declared.
  metrics::counter& counter(const declaration& what, const labels& values = {});
  metrics::gauge& gauge(const declaration& what, const labels& values = {});
  metrics::histogram& histogram(const declaration& what, const labels& values = {},
                                const bucket_bounds& bounds = duration_buckets);

  /// Keeps a callback registered; letting go of it takes the callback out and waits for one that is running.
  class [[nodiscard]] callback_handle {
  public:
    callback_handle() = default;
    callback_handle(callback_handle&& other) noexcept : from_(std::exchange(other.from_, nullptr)), id_(other.id_) {}
    callback_handle& operator=(callback_handle&& other) noexcept {
      if (this != &other) {
        reset();
        from_ = std::exchange(other.from_, nullptr);
        id_ = other.id_;
      }
      return *this;
    }
    ~callback_handle() { reset(); }
    void reset() noexcept;

  private:
    friend class registry;
    callback_handle(registry& from, std::uint64_t id) : from_(&from), id_(id) {}
    registry* from_ = nullptr;
    std::uint64_t id_ = 0;
  };

  /// A gauge computed while it is scraped. `compute` runs on the scraping thread under the registry's lock: it must be
  /// quick, must not block and must not call the registry. The handle must not outlive the registry.
  callback_handle computed_gauge(std::string_view name, std::string_view help, std::function<double()> compute,
                                 const labels& values = {});
  /// The same for many label sets at once (at most `series_max` of them are told).
  callback_handle computed_gauges(std::string_view name, std::string_view help, std::function<samples()> compute);
  /// Of a declared gauge or, when what is computed only grows, counter.
  callback_handle computed_gauges(const declaration& what, std::function<samples()> compute);

  /// Everything in Prometheus' text format (version 0.0.4), families and series in order of name.
  [[nodiscard]] std::string text() const;

  /// Value of a counter or gauge, or count of a histogram; 0 when there is none such. For tests and the command line.
  [[nodiscard]] double value(std::string_view name, const labels& values = {}) const;

private:
  struct family;
  struct series;
  callback_handle compute_family(std::string_view name, std::string_view help, kind type,
                                 std::function<samples()> compute);
  family& family_of(std::string_view name, std::string_view help, kind type);
  series& series_of(family& in, const labels& values);
  void remove(std::uint64_t id) noexcept;

  mutable std::mutex lock_;
  std::map<std::string, std::unique_ptr<family>, std::less<>> families_;
  std::uint64_t last_callback_id_ = 0;
};

/// A Markdown table of declared metrics, as docs/metrics.md holds it.
[[nodiscard]] std::string markdown_of(std::span<const declaration> table);

} // namespace cadenza::metrics
