#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <atomic>

namespace cadenza::bridge::net {

/// Something that several hold: it goes with its last holder. Any thread.
class counted {
public:
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;

protected:
  counted() = default;
  virtual ~counted() = default;

private:
  friend void intrusive_ptr_add_ref(const counted* at) { at->holders_.fetch_add(1, std::memory_order_relaxed); }
  friend void intrusive_ptr_release(const counted* at) {
    if (at->holders_.fetch_sub(1, std::memory_order_acq_rel) == 1)
      delete at;
  }
  mutable std::atomic<int> holders_{0};
};

template <class T> using counted_ptr = boost::intrusive_ptr<T>;

} // namespace cadenza::bridge::net
