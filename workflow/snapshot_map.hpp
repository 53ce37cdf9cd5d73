#pragma once

#include "messages/invariant.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace cadenza::workflow {

/// An ordered map whose copies share what they have in common: a copy with one more entry costs about the square root
/// of the map, not all of it. For maps that are published whole and changed one entry at a time.
///
/// The entries stand in chunks of bounded size, in order; a change makes one chunk anew and leaves the others to all
/// copies. Reading is safe from any thread as long as nobody changes this very copy.
template <class Key, class Value, class Less = std::less<>> class snapshot_map {
public:
  using value_type = std::pair<Key, Value>;

private:
  using chunk = std::vector<value_type>; ///< never empty; at most chunk_max
  using chunks = std::vector<std::shared_ptr<const chunk>>;
  static constexpr std::size_t chunk_max = 128;

public:
  class const_iterator {
  public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = snapshot_map::value_type;
    using difference_type = std::ptrdiff_t;
    using pointer = const value_type*;
    using reference = const value_type&;

    const_iterator() = default;
    const_iterator(const chunks* of, std::size_t outer, std::size_t inner) : of_(of), outer_(outer), inner_(inner) {}
    reference operator*() const { return (*(*of_)[outer_])[inner_]; }
    pointer operator->() const { return &**this; }
    const_iterator& operator++() {
      if (++inner_ == (*of_)[outer_]->size()) {
        ++outer_;
        inner_ = 0;
      }
      return *this;
    }
    const_iterator operator++(int) {
      auto before = *this;
      ++*this;
      return before;
    }
    bool operator==(const const_iterator&) const = default;

  private:
    friend class snapshot_map;
    const chunks* of_ = nullptr;
    std::size_t outer_ = 0;
    std::size_t inner_ = 0;
  };

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] const_iterator begin() const { return {&chunks_, 0, 0}; }
  [[nodiscard]] const_iterator end() const { return {&chunks_, chunks_.size(), 0}; }

  template <class K> [[nodiscard]] const_iterator find(const K& key) const {
    const auto i = lower_bound(key);
    return i == end() || Less{}(key, i->first) ? end() : i;
  }
  template <class K> [[nodiscard]] bool contains(const K& key) const { return find(key) != end(); }
  template <class K> [[nodiscard]] const_iterator lower_bound(const K& key) const {
    const auto outer = chunk_of(key);
    if (outer == chunks_.size())
      return end();
    const auto& one = *chunks_[outer];
    const auto inner = std::lower_bound(one.begin(), one.end(), key,
                                        [](const value_type& e, const K& k) { return Less{}(e.first, k); });
    return {&chunks_, outer, static_cast<std::size_t>(inner - one.begin())};
  }
  template <class K> [[nodiscard]] const_iterator upper_bound(const K& key) const {
    auto i = lower_bound(key);
    if (i != end() && !Less{}(key, i->first))
      ++i;
    return i;
  }

  /// Inserts or replaces.
  void put(Key key, Value value) {
    if (chunks_.empty()) {
      chunks_.push_back(std::make_shared<const chunk>(chunk{{std::move(key), std::move(value)}}));
      size_ = 1;
      return;
    }
    const auto outer = std::min(chunk_of(key), chunks_.size() - 1);
    auto made = *chunks_[outer];
    const auto at = std::lower_bound(made.begin(), made.end(), key,
                                     [](const value_type& e, const Key& k) { return Less{}(e.first, k); });
    if (at != made.end() && !Less{}(key, at->first)) {
      at->second = std::move(value);
    } else {
      made.emplace(at, std::move(key), std::move(value));
      ++size_;
    }
    if (made.size() > chunk_max) {
      const auto half = made.begin() + static_cast<std::ptrdiff_t>(made.size() / 2);
      chunks_.insert(chunks_.begin() + static_cast<std::ptrdiff_t>(outer) + 1,
                     std::make_shared<const chunk>(std::make_move_iterator(half), std::make_move_iterator(made.end())));
      made.erase(half, made.end());
    }
    chunks_[outer] = std::make_shared<const chunk>(std::move(made));
    CADENZA_ASSERT(size_ >= chunks_.size(), "no chunk of a map is empty");
    CADENZA_ASSERT(outer + 1 == chunks_.size() ||
                       Less{}(chunks_[outer]->back().first, chunks_[outer + 1]->front().first),
                   "the chunks of a map are in order");
  }

  /// True when it was there.
  template <class K> bool erase(const K& key) {
    const auto i = find(key);
    if (i == end())
      return false;
    --size_;
    const auto outer = static_cast<std::ptrdiff_t>(i.outer_);
    if (chunks_[i.outer_]->size() == 1) {
      chunks_.erase(chunks_.begin() + outer);
      return true;
    }
    auto made = *chunks_[i.outer_];
    made.erase(made.begin() + static_cast<std::ptrdiff_t>(i.inner_));
    chunks_[i.outer_] = std::make_shared<const chunk>(std::move(made));
    return true;
  }

private:
  /// The chunk in which `key` stands or would stand: the first whose last key is not less; their number when none is.
  template <class K> [[nodiscard]] std::size_t chunk_of(const K& key) const {
    const auto i = std::partition_point(chunks_.begin(), chunks_.end(),
                                        [&](const auto& one) { return Less{}(one->back().first, key); });
    return static_cast<std::size_t>(i - chunks_.begin());
  }

  chunks chunks_;
  std::size_t size_ = 0;
};

} // namespace cadenza::workflow
