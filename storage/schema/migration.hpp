#pragma once

#include <span>

/// The schemas of databases, made of the files beside this one.
namespace cadenza::storage::schema {

/// A step from one version of a schema to the next. Forward only; one transaction.
struct migration {
  int version = 0;    ///< that it leads to
  int works_for = 0;  ///< programs that know this version, and none older, may work with it
  const char* name{}; ///< for people
  const char* text{};
};

/// In order, without gaps.
[[nodiscard]] std::span<const migration> postgres_migrations();

} // namespace cadenza::storage::schema
