#pragma once

#include "messages/error.hpp"

#include <optional>
#include <utility>
#include <variant>

namespace cadenza {

/// Either a value or the error that says why there is none.
template <class T> class [[nodiscard]] outcome {
public:
  outcome(T value) : content_(std::in_place_index<0>, std::move(value)) {}
  outcome(cadenza::error reason) : content_(std::in_place_index<1>, std::move(reason)) {}

  [[nodiscard]] explicit operator bool() const { return content_.index() == 0; }
  [[nodiscard]] T& operator*() & { return std::get<0>(content_); }
  [[nodiscard]] const T& operator*() const& { return std::get<0>(content_); }
  [[nodiscard]] T&& operator*() && { return std::get<0>(std::move(content_)); }
  [[nodiscard]] T* operator->() { return &std::get<0>(content_); }
  [[nodiscard]] const T* operator->() const { return &std::get<0>(content_); }

  /// Only when there is no value.
  [[nodiscard]] const cadenza::error& error() const { return std::get<1>(content_); }

private:
  std::variant<T, cadenza::error> content_;
};

/// Success without a value, or an error.
template <> class [[nodiscard]] outcome<void> {
public:
  outcome() = default;
  outcome(cadenza::error reason) : reason_(std::move(reason)) {}

  [[nodiscard]] explicit operator bool() const { return !reason_; }
  [[nodiscard]] const cadenza::error& error() const { return *reason_; }

private:
  std::optional<cadenza::error> reason_;
};

/// Leaves the function with the error of an outcome that failed.
#define CADENZA_TRY(expression)                                                                                        \
  do {                                                                                                                 \
    if (auto cadenza_try_result = (expression); !cadenza_try_result)                                                   \
      return cadenza_try_result.error();                                                                               \
  } while (false)

} // namespace cadenza
