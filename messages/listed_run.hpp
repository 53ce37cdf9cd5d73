#pragma once

#include "messages/uuid.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// A run as a database that keeps the lists of runs beside the runs stores it.
namespace cadenza {

/// A value under which a run is found.
struct listed_attribute {
  std::string key;
  bool number = false; ///< `value` is a decimal number; else it is a text
  std::string value;
  auto operator<=>(const listed_attribute&) const = default;
};

/// What becomes of one run in the lists. Of several changes of a run the one with the greatest task id wins. Texts are
/// valid UTF-8 without U+0000. Times are Unix nanoseconds, statuses are numbered as queries number them, from 0.
struct listed_run {
  uuid domain_id;
  uuid run_id;
  int shard = 0;
  std::int64_t task_id = 0;
  bool removed = false; ///< it leaves the lists; nothing below counts

  std::string workflow_id;
  std::string type;
  std::int64_t start_ns = 0;
  bool closed = false;
  std::int64_t close_ns = 0;       ///< of closed runs, as the next two
  std::int64_t close_status = 0;   ///<
  std::int64_t history_length = 0; ///<
  std::int64_t execution_ns = 0;
  std::int64_t scheduled_ns = 0;
  std::int64_t update_ns = 0;
  std::int64_t execution_status = 0;
  std::string task_list;
  bool is_cron = false;
  std::string cron_schedule;
  std::int64_t num_clusters = 0;
  std::string cluster_scope;
  std::string cluster_name;
  std::int64_t attributes_hash = 0; ///< tells sets of attributes apart; 0: there are none
  std::vector<listed_attribute> attributes;
  std::string record; ///< record.v1.VisibilityRecord: what is returned
};

} // namespace cadenza
