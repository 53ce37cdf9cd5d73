#pragma once

#include "storage/store.hpp"

#include <cstdint>

/// Calls of the store with more than one argument, as what waits for a commit holds them.
namespace cadenza::storage {

struct queue_trim {
  int queue = 0;
  std::int64_t up_to = 0;
};

struct dead_letter_put {
  dead_letters at;
  replication_row letter;
};

struct dead_letter_drop {
  dead_letters at;
  std::int64_t after = 0;
  std::int64_t up_to = 0;
};

struct audit_trim {
  uuid domain_id;
  std::int64_t before_ns = 0;
};

} // namespace cadenza::storage
