#pragma once

#include <map>
#include <optional>
#include <utility>

namespace cadenza::workflow {

/// What a tracked_map tells of its records to whoever finds them by something else than their key; this one is told
/// for nothing. `record` is as it is when it is added, and as it was since then, or since the last `before_edit`, when
/// it is removed.
struct no_index {
  template <class Key, class Record> void added(const Key&, const Record&) {}
  template <class Key, class Record> void removed(const Key&, const Record&) {}
  template <class Key, class Record> void before_edit(const Key&, const Record&) {}
};

/// An ordered map that remembers what a transaction changed: for writing just that, and for undoing it. `Index` hears
/// of every record that comes, goes or is given out for change.
template <class Key, class Record, class Index = no_index> class tracked_map {
public:
  using container = std::map<Key, Record>;
  using const_iterator = typename container::const_iterator;

  [[nodiscard]] const Record* find(const Key& key) const {
    const auto i = items_.find(key);
    return i == items_.end() ? nullptr : &i->second;
  }
  [[nodiscard]] bool contains(const Key& key) const { return items_.contains(key); }
  [[nodiscard]] std::size_t size() const { return items_.size(); }
  [[nodiscard]] bool empty() const { return items_.empty(); }
  [[nodiscard]] const_iterator begin() const { return items_.begin(); }
  [[nodiscard]] const_iterator end() const { return items_.end(); }
  [[nodiscard]] const Index& index() const { return index_; }
  [[nodiscard]] Index& index() { return index_; }

  /// For change; null when absent. Counts as changed from now on.
  [[nodiscard]] Record* edit(const Key& key) {
    const auto i = items_.find(key);
    if (i == items_.end())
      return nullptr;
    remember(key, &i->second);
    index_.before_edit(key, i->second);
    return &i->second;
  }

  /// Inserts or replaces.
  Record& put(const Key& key, Record record) {
    const auto i = items_.find(key);
    remember(key, i == items_.end() ? nullptr : &i->second);
    if (i != items_.end())
      index_.removed(key, i->second);
    return place(key, std::move(record));
  }

  /// True when it was there.
  bool erase(const Key& key) {
    const auto i = items_.find(key);
    if (i == items_.end())
      return false;
    remember(key, &i->second);
    index_.removed(key, i->second);
    items_.erase(i);
    return true;
  }

  void clear() {
    while (!items_.empty())
      erase(Key(items_.begin()->first));
  }

  /// Puts a stored record in place; not a change.
  void load(const Key& key, Record record) {
    const auto i = items_.find(key);
    if (i != items_.end())
      index_.removed(key, i->second);
    place(key, std::move(record));
  }

  [[nodiscard]] bool changed() const { return !originals_.empty(); }

  /// Calls `visit(key, record or null)` for each key that was touched and does not merely come and go within the
  /// transaction; null means removed.
  template <class Visit> void for_each_change(Visit&& visit) const {
    for (const auto& [key, original] : originals_) {
      const Record* now = find(key);
      if (now != nullptr || original)
        visit(key, now);
    }
  }

  /// What the key held when the transaction began; null when it was absent or has not been touched.
  [[nodiscard]] const Record* original(const Key& key) const {
    const auto i = originals_.find(key);
    return i == originals_.end() || !i->second ? nullptr : &*i->second;
  }

  void accept() { originals_.clear(); }

  void undo() {
    for (auto& [key, original] : originals_) {
      const auto i = items_.find(key);
      if (i != items_.end())
        index_.removed(key, i->second);
      if (original)
        place(key, std::move(*original));
      else if (i != items_.end())
        items_.erase(i);
    }
    originals_.clear();
  }

private:
  Record& place(const Key& key, Record&& record) {
    auto& placed = items_.insert_or_assign(key, std::move(record)).first->second;
    index_.added(key, placed);
    return placed;
  }
  void remember(const Key& key, const Record* now) {
    if (!originals_.contains(key))
      originals_.emplace(key, now ? std::optional<Record>(*now) : std::nullopt);
  }

  container items_;
  std::map<Key, std::optional<Record>> originals_;
  [[no_unique_address]] Index index_;
};

} // namespace cadenza::workflow
