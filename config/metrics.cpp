#include "config/metrics.hpp"

#include <cassert>
#include <limits>

#include <fmt/format.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace cadenza::metrics {

struct registry::series {
  std::unique_ptr<metrics::counter> count;
  std::unique_ptr<metrics::gauge> level;
  std::unique_ptr<metrics::histogram> distribution;
};

struct registry::family {
  kind type;
  std::string help;
  std::map<labels, series> by_labels;
  std::map<std::uint64_t, std::function<samples()>> callbacks;
};

namespace {

bool labels_match(const declaration& what, const labels& values) {
  std::size_t declared = 0;
  std::string_view rest = what.labels;
  while (!rest.empty()) {
    const auto comma = rest.find(',');
    if (!values.contains(std::string(rest.substr(0, comma))))
      return false;
    ++declared;
    rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
  }
  return declared == values.size();
}

std::string_view name_of(kind type) {
  switch (type) {
  case kind::counter: return "counter";
  case kind::gauge: return "gauge";
  case kind::histogram: break;
  }
  return "histogram";
}

prometheus::MetricType type_of(kind type) {
  switch (type) {
  case kind::counter: return prometheus::MetricType::Counter;
  case kind::gauge: return prometheus::MetricType::Gauge;
  case kind::histogram: break;
  }
  return prometheus::MetricType::Histogram;
}

prometheus::ClientMetric metric_of(const labels& values) {
  prometheus::ClientMetric out;
  out.label.reserve(values.size());
  for (const auto& [name, value] : values)
    out.label.push_back({name, value});
  return out;
}

void fill(prometheus::ClientMetric::Histogram& out, const histogram& from) {
  std::uint64_t below = 0;
  const auto& bounds = from.bounds();
  for (std::size_t i = 0; i <= bounds.count; ++i) {
    below += from.hits(i);
    const double upper =
        i < bounds.count ? static_cast<double>(bounds.upper[i]) * bounds.unit : std::numeric_limits<double>::infinity();
    out.bucket.push_back({below, upper});
  }
  out.sample_count = below;
  out.sample_sum = static_cast<double>(from.sum()) * bounds.unit;
}

} // namespace

std::uint64_t histogram::count() const noexcept {
  std::uint64_t all = 0;
  for (std::size_t i = 0; i <= bounds_.count; ++i)
    all += hits(i);
  return all;
}

std::int64_t histogram::quantile_bound(double q) const noexcept {
  const auto all = count();
  if (all == 0 || bounds_.count == 0)
    return 0;
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < bounds_.count; ++i) {
    below += hits(i);
    if (static_cast<double>(below) >= q * static_cast<double>(all))
      return bounds_.upper[i];
  }
  return bounds_.upper[bounds_.count - 1];
}

registry::registry() = default;
registry::~registry() = default;

registry::family& registry::family_of(std::string_view name, std::string_view help, kind type) {
  if (const auto i = families_.find(name); i != families_.end()) {
    assert((i->second->type == type) && "a metric name stands for one kind only");
    return *i->second;
  }
  auto made = std::make_unique<family>();
  made->type = type;
  made->help = help;
  return *families_.emplace(std::string(name), std::move(made)).first->second;
}

registry::series& registry::series_of(family& in, const labels& values) {
  if (const auto i = in.by_labels.find(values); i != in.by_labels.end())
    return i->second;
  if (in.by_labels.size() < series_max)
    return in.by_labels[values];
  labels shared;
  for (const auto& [name, value] : values)
    shared[name] = "overflow";
  return in.by_labels[shared];
}

counter& registry::counter(std::string_view name, std::string_view help, const labels& values) {
  const std::scoped_lock lock(lock_);
  auto& at = series_of(family_of(name, help, kind::counter), values);
  if (!at.count)
    at.count = std::make_unique<metrics::counter>();
  return *at.count;
}

gauge& registry::gauge(std::string_view name, std::string_view help, const labels& values) {
  const std::scoped_lock lock(lock_);
  auto& at = series_of(family_of(name, help, kind::gauge), values);
  if (!at.level)
    at.level = std::make_unique<metrics::gauge>();
  return *at.level;
}

histogram& registry::histogram(std::string_view name, std::string_view help, const labels& values,
                               const bucket_bounds& bounds) {
  const std::scoped_lock lock(lock_);
  auto& at = series_of(family_of(name, help, kind::histogram), values);
  if (!at.distribution)
    at.distribution = std::make_unique<metrics::histogram>(bounds);
  return *at.distribution;
}

counter& registry::counter(const declaration& what, const labels& values) {
  assert((what.type == kind::counter && labels_match(what, values)) && "a counter is used as it is declared");
  return counter(what.name, what.help, values);
}

gauge& registry::gauge(const declaration& what, const labels& values) {
  assert((what.type == kind::gauge && labels_match(what, values)) && "a gauge is used as it is declared");
  return gauge(what.name, what.help, values);
}

histogram& registry::histogram(const declaration& what, const labels& values, const bucket_bounds& bounds) {
  assert((what.type == kind::histogram && labels_match(what, values)) && "a histogram is used as it is declared");
  return histogram(what.name, what.help, values, bounds);
}

registry::callback_handle registry::computed_gauges(std::string_view name, std::string_view help,
                                                    std::function<samples()> compute) {
  return compute_family(name, help, kind::gauge, std::move(compute));
}

registry::callback_handle registry::computed_gauges(const declaration& what, std::function<samples()> compute) {
  assert(what.type != kind::histogram && "a histogram cannot be computed");
  return compute_family(what.name, what.help, what.type, std::move(compute));
}

registry::callback_handle registry::compute_family(std::string_view name, std::string_view help, kind type,
                                                   std::function<samples()> compute) {
  const std::scoped_lock lock(lock_);
  const auto id = ++last_callback_id_;
  family_of(name, help, type).callbacks.emplace(id, std::move(compute));
  return {*this, id};
}

registry::callback_handle registry::computed_gauge(std::string_view name, std::string_view help,
                                                   std::function<double()> compute, const labels& values) {
  return computed_gauges(name, help, [compute = std::move(compute), values] { return samples{{values, compute()}}; });
}

void registry::callback_handle::reset() noexcept {
  if (from_)
    std::exchange(from_, nullptr)->remove(id_);
}

void registry::remove(std::uint64_t id) noexcept {
  const std::scoped_lock lock(lock_);
  for (auto& [name, known] : families_)
    if (known->callbacks.erase(id) != 0)
      return;
}

std::string registry::text() const {
  std::vector<prometheus::MetricFamily> all;
  {
    const std::scoped_lock lock(lock_);
    all.reserve(families_.size());
    for (const auto& [name, from] : families_) {
      prometheus::MetricFamily out{name, from->help, type_of(from->type), {}};
      for (const auto& [values, at] : from->by_labels) {
        auto metric = metric_of(values);
        if (at.count)
          metric.counter.value = static_cast<double>(at.count->value());
        else if (at.level)
          metric.gauge.value = static_cast<double>(at.level->value());
        else
          fill(metric.histogram, *at.distribution);
        out.metric.push_back(std::move(metric));
      }
      for (const auto& [id, compute] : from->callbacks) {
        auto told = compute();
        if (told.size() > series_max)
          told.resize(series_max);
        for (const auto& [values, value] : told) {
          auto metric = metric_of(values);
          (from->type == kind::counter ? metric.counter.value : metric.gauge.value) = value;
          out.metric.push_back(std::move(metric));
        }
      }
      if (!out.metric.empty())
        all.push_back(std::move(out));
    }
  }
  return prometheus::TextSerializer().Serialize(all);
}

double registry::value(std::string_view name, const labels& values) const {
  const std::scoped_lock lock(lock_);
  const auto i = families_.find(name);
  if (i == families_.end())
    return 0;
  if (const auto at = i->second->by_labels.find(values); at != i->second->by_labels.end()) {
    if (at->second.count)
      return static_cast<double>(at->second.count->value());
    if (at->second.level)
      return static_cast<double>(at->second.level->value());
    return static_cast<double>(at->second.distribution->count());
  }
  for (const auto& [id, compute] : i->second->callbacks)
    for (const auto& [has, value] : compute())
      if (has == values)
        return value;
  return 0;
}

std::string markdown_of(std::span<const declaration> table) {
  std::string out = "| Metric | Kind | Labels | Meaning |\n|---|---|---|---|\n";
  for (const auto& line : table)
    out += fmt::format("| `{}` | {} | {} | {} |\n", line.name, name_of(line.type), line.labels, line.help);
  return out;
}

} // namespace cadenza::metrics
