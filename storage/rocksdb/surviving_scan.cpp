#include "storage/rocksdb/surviving_scan.hpp"

#include "messages/invariant.hpp"
#include "storage/rocksdb/keys.hpp"

#include <rocksdb/table_properties.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace cadenza::storage::rocks {

namespace {

constexpr std::size_t gaps_max = 64;
constexpr std::size_t files_max = 8; ///< damaged ones that are left out of one detour

/// A part of a key as a number: so many bytes behind what both ends of a scan begin with say where in it a key stands.
constexpr std::size_t places = 20;
using place = std::array<unsigned char, places>;

place place_of(std::string_view key, std::size_t behind) {
  place out{};
  const auto rest = key.substr(std::min(behind, key.size()));
  std::copy_n(rest.begin(), std::min(rest.size(), places), out.begin());
  return out;
}

/// a + 2^bit; nothing when that has more places.
std::optional<place> plus(place a, std::size_t bit) {
  unsigned carry = 1U << (bit % 8);
  for (auto i = places - bit / 8; i > 0 && carry != 0; --i) {
    const auto sum = a[i - 1] + carry;
    a[i - 1] = static_cast<unsigned char>(sum);
    carry = sum >> 8;
  }
  return carry == 0 ? std::optional(a) : std::nullopt;
}

/// (a + b) / 2
place middle(const place& a, const place& b) {
  place sum{};
  unsigned carry = 0;
  for (auto i = places; i > 0; --i) {
    const auto one = static_cast<unsigned>(a[i - 1]) + b[i - 1] + carry;
    sum[i - 1] = static_cast<unsigned char>(one);
    carry = one >> 8;
  }
  for (std::size_t i = 0; i < places; ++i) {
    const auto one = carry << 8 | sum[i];
    sum[i] = static_cast<unsigned char>(one >> 1);
    carry = one & 1;
  }
  return sum;
}

} // namespace

surviving_scan::surviving_scan(const database& data, table from, std::string lower, std::string upper)
  : data_(data), from_(from), upper_(std::move(upper)), at_(std::move(lower)) {}

bool surviving_scan::next() {
  if (ended_ || !failure_.ok())
    return false;
  if (!scan_) {
    scan_.emplace(data_, from_, at_, upper_);
    scan_->to_first();
  } else {
    scan_->next();
  }
  while (!scan_->valid()) {
    const auto damage = scan_->status();
    const bool goes_on = damage.ok() ? resume_ && behind_damage() : step_over(damage);
    if (!goes_on)
      return false;
  }
  at_ = scan_->key();
  begun_ = true;
  return true;
}

/// Makes `scan_` one that goes on behind the last row. False: it cannot.
bool surviving_scan::step_over(const rocksdb::Status& damage) {
  if (!damage.IsCorruption() || gaps_.size() >= gaps_max) {
    failure_ = damage;
    return false;
  }
  note_file(damage);
  const auto first = begun_ ? at_ + '\0' : at_;
  bool look_around = !resume_; // once in each gap, and again without each further file that is damaged there
  if (!resume_) {
    const auto end = end_of_damage(first);
    if (!end) {
      failure_ = damage;
      return false;
    }
    CADENZA_ASSERT(gaps_.empty() || gaps_.back().end <= first, "a scan steps over a part of a table once");
    gaps_.push_back({first, *end, damage.ToString()});
    resume_ = *end;
  }
  if (new_file_ && damaged_files_.size() < files_max && damaged_files_.insert(*new_file_).second)
    look_around = true;
  if (look_around && new_file_ && damaged_files_.contains(*new_file_)) {
    scan_.emplace(data_, from_, first, *resume_, [without = damaged_files_](const rocksdb::TableProperties& file) {
      return !without.contains(file.orig_file_number);
    });
    scan_->to_first();
    return true;
  }
  return behind_damage();
}

/// Makes `scan_` one of what comes behind the damage. False: nothing does. Not even asked for in an empty range: the
/// engine would look into the damaged block to find that out.
bool surviving_scan::behind_damage() {
  CADENZA_ASSERT(resume_, "a scan goes on where the damage ends");
  at_ = *std::exchange(resume_, std::nullopt);
  begun_ = false;
  ended_ = at_ >= upper_;
  if (ended_)
    return false;
  scan_.emplace(data_, from_, at_, upper_);
  scan_->to_first();
  return true;
}

bool surviving_scan::readable_from(const std::string& key) const {
  if (key >= upper_)
    return true;
  range_scan scan(data_, from_, key, upper_);
  scan.to_first();
  return scan.valid() || !scan.status().IsCorruption();
}

/// The first key from `from` on at which reading can begin again. Nothing when `from` is too long to tell.
std::optional<std::string> surviving_scan::end_of_damage(const std::string& from) const {
  const auto differ = std::mismatch(from.begin(), from.end(), upper_.begin(), upper_.end());
  const auto common = static_cast<std::size_t>(differ.first - from.begin());
  const auto key_of = [&](const place& p) { return upper_.substr(0, common).append(p.begin(), p.end()); };
  auto bad = place_of(from, common);
  const auto top = place_of(upper_, common);
  // In steps that double, so that not more is left out than about the length of the damage.
  auto good = top;
  for (std::size_t bit = 0; bit < places * 8; ++bit) {
    const auto tried = plus(bad, bit);
    if (!tried || *tried >= top)
      break;
    if (readable_from(key_of(*tried))) {
      good = *tried;
      break;
    }
    bad = *tried;
  }
  for (auto tried = middle(bad, good); tried > bad; tried = middle(bad, good))
    (readable_from(key_of(tried)) ? good : bad) = tried;
  return good == top ? upper_ : key_of(good);
}

/// The engine names the damaged file in its message: "… in /path/000020.sst offset 4096 size 4037".
void surviving_scan::note_file(const rocksdb::Status& damage) {
  new_file_.reset();
  const auto text = damage.ToString();
  const auto suffix = text.rfind(".sst");
  if (suffix == std::string::npos)
    return;
  const auto slash = text.rfind('/', suffix);
  if (slash == std::string::npos)
    return;
  std::uint64_t number = 0;
  const auto* end = text.data() + suffix;
  if (const auto read = std::from_chars(text.data() + slash + 1, end, number);
      read.ec == std::errc{} && read.ptr == end)
    new_file_ = number;
}

unreadable_range range_of(const surviving_scan::gap& gap, std::size_t offset, bool is_all, std::int64_t highest) {
  unreadable_range out{INT64_MIN, highest, gap.why};
  constexpr auto number_bytes = sizeof(std::int64_t);
  if (key_reader first(std::string_view(gap.first).substr(std::min(offset, gap.first.size()))); first.number(out.first))
    out.first += is_all && !first.rest().empty() ? 1 : 0; // behind the row of this number
  key_reader end(std::string_view(gap.end).substr(std::min(offset, gap.end.size())));
  std::int64_t number = 0;
  if (gap.end.size() >= offset + number_bytes && end.number(number)) {
    // With anything behind it, if only zeros, it stands behind the row of just this number.
    out.last = end.rest().empty() ? number - 1 : number;
  }
  return out;
}

} // namespace cadenza::storage::rocks
