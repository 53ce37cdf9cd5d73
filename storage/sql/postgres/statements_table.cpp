#include "storage/sql/postgres/statements.hpp"

#include "messages/invariant.hpp"

#include <array>

/// Rows come as columns, one array for each field. What has a condition counts the rows for which it holds, or does
/// not, and divides by zero when the count is not as it must be.
namespace cadenza::storage::sql::postgres {

namespace {

struct entry {
  statement what;
  const char* text;
};

constexpr entry frame[]{
    {statement::begin, "BEGIN"},
    {statement::commit, "COMMIT"},
    {statement::roll_back, "ROLLBACK"},
    {statement::commit_lazily, "SELECT set_config('synchronous_commit', 'off', true)"},
    {statement::mark_lane, R"(
      WITH marked AS (UPDATE cadenza_lanes SET sequence = $3::bigint WHERE lane = $1::uuid AND epoch = $2::bigint
                      RETURNING 1)
      SELECT 1 / (count(*) = 1)::int FROM marked)"},
    {statement::take_lane, R"(
      INSERT INTO cadenza_lanes AS l (lane, epoch, sequence, taken_at) VALUES ($1::uuid, 1, 0, now())
      ON CONFLICT (lane) DO UPDATE SET epoch = l.epoch + 1, taken_at = now()
      RETURNING epoch, sequence)"},
    {statement::drop_lane, "DELETE FROM cadenza_lanes WHERE lane = $1::uuid"},
};

// 1128351310: "CADN". Locks of a shard are its own transaction's; writers share them, who moves the shard does not.
constexpr entry shards[]{
    {statement::lock_shards, R"(
      SELECT CASE WHEN moved = 1 THEN pg_advisory_xact_lock(1128351310, shard)::text
                  ELSE pg_advisory_xact_lock_shared(1128351310, shard)::text END
      FROM unnest($1::int[], $2::int[]) AS t(shard, moved))"},
    {statement::check_shards, R"(
      SELECT 1 / (count(*) = cardinality($1::int[]))::int
      FROM unnest($1::int[], $2::bigint[]) AS t(shard, range_id)
      JOIN cadenza_shards s ON s.shard = t.shard AND s.range_id = t.range_id)"},
    {statement::insert_shards, R"(
      INSERT INTO cadenza_shards (shard, range_id, value)
      SELECT * FROM unnest($1::int[], $2::bigint[], $3::bytea[]))"},
    {statement::update_shards, R"(
      WITH moved AS (
        UPDATE cadenza_shards s SET range_id = t.next, value = t.value
        FROM unnest($1::int[], $2::bigint[], $3::bigint[], $4::bytea[]) AS t(shard, stored, next, value)
        WHERE s.shard = t.shard AND s.range_id = t.stored RETURNING 1)
      SELECT 1 / (count(*) = cardinality($1::int[]))::int FROM moved)"},
    {statement::load_shards, R"(
      SELECT t.n, s.range_id FROM unnest($1::int[]) WITH ORDINALITY AS t(shard, n)
      JOIN cadenza_shards s ON s.shard = t.shard)"},
};

constexpr entry currents[]{
    {statement::check_currents_absent, R"(
      SELECT 1 / (count(*) = 0)::int
      FROM unnest($1::int[], $2::uuid[], $3::bytea[]) AS t(shard, domain_id, workflow_id)
      JOIN cadenza_currents c ON c.shard = t.shard AND c.domain_id = t.domain_id AND c.workflow_id = t.workflow_id)"},
    {statement::check_currents_run, R"(
      SELECT 1 / (count(*) = cardinality($1::int[]))::int
      FROM unnest($1::int[], $2::uuid[], $3::bytea[], $4::uuid[]) AS t(shard, domain_id, workflow_id, run_id)
      JOIN cadenza_currents c ON c.shard = t.shard AND c.domain_id = t.domain_id AND c.workflow_id = t.workflow_id
      WHERE c.run_id = t.run_id)"},
    {statement::check_currents_closed, R"(
      SELECT 1 / (count(*) = cardinality($1::int[]))::int
      FROM unnest($1::int[], $2::uuid[], $3::bytea[], $4::uuid[], $5::bigint[])
             AS t(shard, domain_id, workflow_id, run_id, last_write_version)
      JOIN cadenza_currents c ON c.shard = t.shard AND c.domain_id = t.domain_id AND c.workflow_id = t.workflow_id
      WHERE c.run_id = t.run_id AND c.state = 2 AND c.last_write_version = t.last_write_version)"},
    {statement::check_currents_not_run, R"(
      SELECT 1 / (count(*) = 0)::int
      FROM unnest($1::int[], $2::uuid[], $3::bytea[], $4::uuid[]) AS t(shard, domain_id, workflow_id, run_id)
      JOIN cadenza_currents c ON c.shard = t.shard AND c.domain_id = t.domain_id AND c.workflow_id = t.workflow_id
      WHERE c.run_id = t.run_id)"},
    {statement::remove_currents, R"(
      DELETE FROM cadenza_currents c
      USING unnest($1::int[], $2::uuid[], $3::bytea[], $4::uuid[]) AS t(shard, domain_id, workflow_id, run_id)
      WHERE c.shard = t.shard AND c.domain_id = t.domain_id AND c.workflow_id = t.workflow_id
        AND (t.run_id IS NULL OR c.run_id = t.run_id))"},
    {statement::put_currents, R"(
      INSERT INTO cadenza_currents (shard, domain_id, workflow_id, run_id, state, last_write_version, value)
      SELECT * FROM unnest($1::int[], $2::uuid[], $3::bytea[], $4::uuid[], $5::int[], $6::bigint[], $7::bytea[])
      ON CONFLICT (shard, domain_id, workflow_id) DO UPDATE
      SET run_id = excluded.run_id, state = excluded.state, last_write_version = excluded.last_write_version,
          value = excluded.value)"},
    {statement::load_currents, R"(
      SELECT t.n, c.run_id, c.state, c.last_write_version, c.value
      FROM unnest($1::int[], $2::uuid[], $3::bytea[]) WITH ORDINALITY AS t(shard, domain_id, workflow_id, n)
      JOIN cadenza_currents c ON c.shard = t.shard AND c.domain_id = t.domain_id AND c.workflow_id = t.workflow_id)"},
};

constexpr entry runs[]{
    {statement::delete_runs, R"(
      DELETE FROM cadenza_runs r
      USING unnest($1::int[], $2::uuid[], $3::bytea[], $4::uuid[]) AS t(shard, domain_id, workflow_id, run_id)
      WHERE r.shard = t.shard AND r.domain_id = t.domain_id AND r.workflow_id = t.workflow_id
        AND r.run_id = t.run_id)"},
    {statement::delete_runs_pending, R"(
      DELETE FROM cadenza_pending p
      USING unnest($1::int[], $2::uuid[], $3::bytea[], $4::uuid[]) AS t(shard, domain_id, workflow_id, run_id)
      WHERE p.shard = t.shard AND p.domain_id = t.domain_id AND p.workflow_id = t.workflow_id
        AND p.run_id = t.run_id)"},
    {statement::insert_runs, R"(
      INSERT INTO cadenza_runs (shard, domain_id, workflow_id, run_id, version, header, fixed)
      SELECT * FROM unnest($1::int[], $2::uuid[], $3::bytea[], $4::uuid[], $5::bigint[], $6::bytea[], $7::bytea[]))"},
    {statement::update_runs, R"(
      WITH changed AS (
        UPDATE cadenza_runs r SET version = t.next, header = t.header, fixed = coalesce(t.fixed, r.fixed)
        FROM unnest($1::int[], $2::uuid[], $3::bytea[], $4::uuid[], $5::bigint[], $6::bigint[], $7::bytea[],
                    $8::bytea[]) AS t(shard, domain_id, workflow_id, run_id, stored, next, header, fixed)
        WHERE r.shard = t.shard AND r.domain_id = t.domain_id AND r.workflow_id = t.workflow_id
          AND r.run_id = t.run_id AND r.version = t.stored RETURNING 1)
      SELECT 1 / (count(*) = cardinality($1::int[]))::int FROM changed)"},
    {statement::delete_pending, R"(
      DELETE FROM cadenza_pending p
      USING unnest($1::int[], $2::uuid[], $3::bytea[], $4::uuid[], $5::int[], $6::bigint[], $7::bytea[])
              AS t(shard, domain_id, workflow_id, run_id, kind, number, name)
      WHERE p.shard = t.shard AND p.domain_id = t.domain_id AND p.workflow_id = t.workflow_id
        AND p.run_id = t.run_id AND p.kind = t.kind AND p.number = t.number AND p.name = t.name)"},
    {statement::put_pending, R"(
      INSERT INTO cadenza_pending (shard, domain_id, workflow_id, run_id, kind, number, name, value)
      SELECT * FROM unnest($1::int[], $2::uuid[], $3::bytea[], $4::uuid[], $5::int[], $6::bigint[], $7::bytea[],
                           $8::bytea[])
      ON CONFLICT (shard, domain_id, workflow_id, run_id, kind, number, name) DO UPDATE
      SET value = excluded.value)"},
    {statement::load_runs, R"(
      SELECT t.n, r.version
      FROM unnest($1::int[], $2::uuid[], $3::bytea[], $4::uuid[]) WITH ORDINALITY
             AS t(shard, domain_id, workflow_id, run_id, n)
      JOIN cadenza_runs r ON r.shard = t.shard AND r.domain_id = t.domain_id AND r.workflow_id = t.workflow_id
        AND r.run_id = t.run_id)"},
};

constexpr entry histories[]{
    {statement::insert_trees, R"(
      INSERT INTO cadenza_trees (shard, tree_id, version)
      SELECT * FROM unnest($1::int[], $2::uuid[], $3::bigint[]))"},
    {statement::update_trees, R"(
      WITH changed AS (
        UPDATE cadenza_trees x SET version = t.next
        FROM unnest($1::int[], $2::uuid[], $3::bigint[], $4::bigint[]) AS t(shard, tree_id, stored, next)
        WHERE x.shard = t.shard AND x.tree_id = t.tree_id AND x.version = t.stored RETURNING 1)
      SELECT 1 / (count(*) = cardinality($1::int[]))::int FROM changed)"},
    {statement::end_trees, R"(
      WITH ended AS (
        DELETE FROM cadenza_trees x
        USING unnest($1::int[], $2::uuid[], $3::bigint[]) AS t(shard, tree_id, stored)
        WHERE x.shard = t.shard AND x.tree_id = t.tree_id AND x.version = t.stored RETURNING 1)
      SELECT 1 / (count(*) = cardinality($1::int[]))::int FROM ended)"},
    {statement::drop_tree_branches, R"(
      DELETE FROM cadenza_branches b USING unnest($1::int[], $2::uuid[]) AS t(shard, tree_id)
      WHERE b.shard = t.shard AND b.tree_id = t.tree_id)"},
    {statement::drop_branches, R"(
      DELETE FROM cadenza_branches b
      USING unnest($1::int[], $2::uuid[], $3::uuid[]) AS t(shard, tree_id, branch_id)
      WHERE b.shard = t.shard AND b.tree_id = t.tree_id AND b.branch_id = t.branch_id)"},
    {statement::put_branches, R"(
      INSERT INTO cadenza_branches (shard, tree_id, branch_id, value)
      SELECT * FROM unnest($1::int[], $2::uuid[], $3::uuid[], $4::bytea[])
      ON CONFLICT (shard, tree_id, branch_id) DO UPDATE SET value = excluded.value)"},
    {statement::load_trees, R"(
      SELECT t.n, x.version FROM unnest($1::int[], $2::uuid[]) WITH ORDINALITY AS t(shard, tree_id, n)
      JOIN cadenza_trees x ON x.shard = t.shard AND x.tree_id = t.tree_id)"},
    {statement::put_history, R"(
      INSERT INTO cadenza_history (shard, tree_id, branch_id, first_event_id, newest, batch)
      SELECT * FROM unnest($1::int[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::bytea[])
      ON CONFLICT (shard, tree_id, branch_id, first_event_id, newest) DO UPDATE SET batch = excluded.batch)"},
    {statement::drop_history, R"(
      DELETE FROM cadenza_history h
      USING unnest($1::int[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[])
              AS t(shard, tree_id, branch_id, first, last)
      WHERE h.shard = t.shard AND h.tree_id = t.tree_id AND h.branch_id = t.branch_id
        AND h.first_event_id >= t.first AND h.first_event_id < t.last)"},
};

constexpr entry requests[]{
    {statement::check_requests, R"(
      SELECT 1 / (count(*) = 0)::int
      FROM unnest($1::int[], $2::uuid[], $3::bytea[], $4::int[], $5::bigint[], $6::bytea[], $7::bigint[])
             AS t(shard, domain_id, workflow_id, kind, version, request_id, now_ns)
      JOIN cadenza_requests r ON r.shard = t.shard AND r.domain_id = t.domain_id AND r.workflow_id = t.workflow_id
        AND r.kind = t.kind AND r.version = t.version AND r.request_id = t.request_id
      WHERE r.expires_ns > t.now_ns)"},
    {statement::put_requests, R"(
      INSERT INTO cadenza_requests (shard, domain_id, workflow_id, kind, version, request_id, run_id, expires_ns)
      SELECT * FROM unnest($1::int[], $2::uuid[], $3::bytea[], $4::int[], $5::bigint[], $6::bytea[], $7::uuid[],
                           $8::bigint[])
      ON CONFLICT (shard, domain_id, workflow_id, kind, version, request_id) DO UPDATE
      SET run_id = excluded.run_id, expires_ns = excluded.expires_ns)"},
    {statement::load_requests, R"(
      SELECT t.n, r.run_id, r.expires_ns
      FROM unnest($1::int[], $2::uuid[], $3::bytea[], $4::int[], $5::bigint[], $6::bytea[]) WITH ORDINALITY
             AS t(shard, domain_id, workflow_id, kind, version, request_id, n)
      JOIN cadenza_requests r ON r.shard = t.shard AND r.domain_id = t.domain_id AND r.workflow_id = t.workflow_id
        AND r.kind = t.kind AND r.version = t.version AND r.request_id = t.request_id)"},
};

constexpr entry queues[]{
    {statement::delete_transfer, R"(
      DELETE FROM cadenza_transfer q USING unnest($1::int[], $2::bigint[]) AS t(shard, task_id)
      WHERE q.shard = t.shard AND q.task_id = t.task_id)"},
    {statement::delete_timers, R"(
      DELETE FROM cadenza_timers q USING unnest($1::int[], $2::bigint[], $3::bigint[]) AS t(shard, fire_ns, task_id)
      WHERE q.shard = t.shard AND q.fire_ns = t.fire_ns AND q.task_id = t.task_id)"},
    {statement::delete_replication, R"(
      DELETE FROM cadenza_replication q USING unnest($1::int[], $2::bigint[]) AS t(shard, task_id)
      WHERE q.shard = t.shard AND q.task_id = t.task_id)"},
    {statement::put_transfer, R"(
      INSERT INTO cadenza_transfer (shard, task_id, value)
      SELECT * FROM unnest($1::int[], $2::bigint[], $3::bytea[])
      ON CONFLICT (shard, task_id) DO UPDATE SET value = excluded.value)"},
    {statement::put_timers, R"(
      INSERT INTO cadenza_timers (shard, fire_ns, task_id, value)
      SELECT * FROM unnest($1::int[], $2::bigint[], $3::bigint[], $4::bytea[])
      ON CONFLICT (shard, fire_ns, task_id) DO UPDATE SET value = excluded.value)"},
    {statement::put_replication, R"(
      INSERT INTO cadenza_replication (shard, task_id, value)
      SELECT * FROM unnest($1::int[], $2::bigint[], $3::bytea[])
      ON CONFLICT (shard, task_id) DO UPDATE SET value = excluded.value)"},
    {statement::clean_transfer,
     "DELETE FROM cadenza_transfer WHERE shard = $1::int AND task_id BETWEEN $2::bigint AND $3::bigint"},
    {statement::clean_timers,
     "DELETE FROM cadenza_timers WHERE shard = $1::int AND fire_ns BETWEEN $2::bigint AND $3::bigint"},
    {statement::clean_replication,
     "DELETE FROM cadenza_replication WHERE shard = $1::int AND task_id BETWEEN $2::bigint AND $3::bigint"},
    {statement::clean_requests, "DELETE FROM cadenza_requests WHERE shard = $1::int AND expires_ns < $2::bigint"},
    {statement::put_dead_letter, R"(
      INSERT INTO cadenza_dead_letters (shard, cluster, task_id, value)
      VALUES ($1::int, $2::bytea, $3::bigint, $4::bytea)
      ON CONFLICT (shard, cluster, task_id) DO UPDATE SET value = excluded.value)"},
    {statement::drop_dead_letters, R"(
      DELETE FROM cadenza_dead_letters
      WHERE shard = $1::int AND cluster = $2::bytea AND task_id > $3::bigint AND task_id <= $4::bigint)"},
};

constexpr entry lists[]{
    {statement::insert_lists, R"(
      INSERT INTO cadenza_task_lists (domain_id, name, type, position, range_id, value)
      SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::int[], $4::bigint[], $5::bigint[], $6::bytea[]))"},
    {statement::update_lists, R"(
      WITH changed AS (
        UPDATE cadenza_task_lists l SET range_id = t.next, value = coalesce(t.value, l.value)
        FROM unnest($1::uuid[], $2::bytea[], $3::int[], $4::bigint[], $5::bigint[], $6::bytea[])
               AS t(domain_id, name, type, stored, next, value)
        WHERE l.domain_id = t.domain_id AND l.name = t.name AND l.type = t.type AND l.range_id = t.stored
        RETURNING 1)
      SELECT 1 / (count(*) = cardinality($1::uuid[]))::int FROM changed)"},
    {statement::check_lists, R"(
      SELECT 1 / (count(*) = cardinality($1::uuid[]))::int FROM (
        SELECT 1 FROM unnest($1::uuid[], $2::bytea[], $3::int[], $4::bigint[]) AS t(domain_id, name, type, stored)
        JOIN cadenza_task_lists l ON l.domain_id = t.domain_id AND l.name = t.name AND l.type = t.type
          AND l.range_id = t.stored
        FOR NO KEY UPDATE OF l) AS held)"},
    {statement::delete_lists, R"(
      WITH gone AS (
        DELETE FROM cadenza_task_lists l
        USING unnest($1::uuid[], $2::bytea[], $3::int[], $4::bigint[]) AS t(domain_id, name, type, stored)
        WHERE l.domain_id = t.domain_id AND l.name = t.name AND l.type = t.type AND l.range_id = t.stored
        RETURNING 1)
      SELECT 1 / (count(*) = cardinality($1::uuid[]))::int FROM gone)"},
    {statement::delete_lists_tasks, R"(
      DELETE FROM cadenza_tasks q USING unnest($1::uuid[], $2::bytea[], $3::int[]) AS t(domain_id, name, type)
      WHERE q.domain_id = t.domain_id AND q.name = t.name AND q.type = t.type)"},
    {statement::drop_tasks, R"(
      DELETE FROM cadenza_tasks q
      USING unnest($1::uuid[], $2::bytea[], $3::int[], $4::bigint[], $5::bigint[])
              AS t(domain_id, name, type, first, last)
      WHERE q.domain_id = t.domain_id AND q.name = t.name AND q.type = t.type
        AND q.task_id >= t.first AND q.task_id <= t.last)"},
    {statement::put_tasks, R"(
      INSERT INTO cadenza_tasks (domain_id, name, type, task_id, value)
      SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::int[], $4::bigint[], $5::bytea[])
      ON CONFLICT (domain_id, name, type, task_id) DO UPDATE SET value = excluded.value)"},
    {statement::load_lists, R"(
      SELECT t.n, l.range_id
      FROM unnest($1::uuid[], $2::bytea[], $3::int[]) WITH ORDINALITY AS t(domain_id, name, type, n)
      JOIN cadenza_task_lists l ON l.domain_id = t.domain_id AND l.name = t.name AND l.type = t.type
      FOR NO KEY UPDATE OF l)"},
};

constexpr entry listed[]{
    {statement::drop_listed_attributes, R"(
      DELETE FROM cadenza_listed_attributes a
      USING unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[]) AS t(domain_id, run_id, task_id, hash)
      JOIN cadenza_listed l ON l.domain_id = t.domain_id AND l.run_id = t.run_id
      WHERE a.domain_id = t.domain_id AND a.run_id = t.run_id AND l.task_id < t.task_id
        AND l.attributes_hash NOT IN (0, t.hash))"},
    {statement::put_listed, R"(
      INSERT INTO cadenza_listed AS l (domain_id, run_id, shard, task_id, workflow_id, type, start_ns, close_ns,
        close_status, history_length, execution_ns, scheduled_ns, update_ns, execution_status, task_list, is_cron,
        cron_schedule, num_clusters, cluster_scope, cluster_name, attributes_hash, record)
      SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::bigint[], $5::text[], $6::text[], $7::bigint[],
        $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[],
        $15::text[], $16::int[], $17::text[], $18::bigint[], $19::text[], $20::text[], $21::bigint[], $22::bytea[])
          AS t(domain_id, run_id, shard, task_id)
      WHERE NOT EXISTS (SELECT 1 FROM cadenza_unlisted u
        WHERE u.domain_id = t.domain_id AND u.run_id = t.run_id AND u.task_id >= t.task_id)
      ON CONFLICT (domain_id, run_id) DO UPDATE
      SET shard = excluded.shard, task_id = excluded.task_id, close_ns = excluded.close_ns,
          close_status = excluded.close_status, history_length = excluded.history_length,
          execution_ns = excluded.execution_ns, scheduled_ns = excluded.scheduled_ns, update_ns = excluded.update_ns,
          execution_status = excluded.execution_status, task_list = excluded.task_list, is_cron = excluded.is_cron,
          cron_schedule = excluded.cron_schedule, num_clusters = excluded.num_clusters,
          cluster_scope = excluded.cluster_scope, cluster_name = excluded.cluster_name,
          attributes_hash = excluded.attributes_hash, record = excluded.record
      WHERE l.task_id < excluded.task_id
      RETURNING 1)"},
    {statement::put_listed_attributes, R"(
      INSERT INTO cadenza_listed_attributes (domain_id, run_id, key, number, value)
      SELECT t.domain_id, t.run_id, t.key, CASE WHEN t.is_number = 1 THEN t.value::numeric END,
             CASE WHEN t.is_number = 0 THEN t.value END
      FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::int[], $6::text[])
             AS t(domain_id, run_id, task_id, key, is_number, value)
      JOIN cadenza_listed l ON l.domain_id = t.domain_id AND l.run_id = t.run_id AND l.task_id = t.task_id
      WHERE NOT EXISTS (SELECT 1 FROM cadenza_listed_attributes a
        WHERE a.domain_id = t.domain_id AND a.run_id = t.run_id))"},
    {statement::drop_listed, R"(
      WITH gone AS (
        DELETE FROM cadenza_listed l
        USING unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS t(domain_id, run_id, task_id)
        WHERE l.domain_id = t.domain_id AND l.run_id = t.run_id AND l.task_id <= t.task_id
        RETURNING l.domain_id, l.run_id, l.attributes_hash)
      DELETE FROM cadenza_listed_attributes a USING gone g
      WHERE g.attributes_hash <> 0 AND a.domain_id = g.domain_id AND a.run_id = g.run_id)"},
    {statement::remember_unlisted, R"(
      INSERT INTO cadenza_unlisted AS u (domain_id, run_id, task_id)
      SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS t(domain_id, run_id, task_id)
      WHERE NOT EXISTS (SELECT 1 FROM cadenza_listed l
        WHERE l.domain_id = t.domain_id AND l.run_id = t.run_id AND l.task_id > t.task_id)
      ON CONFLICT (domain_id, run_id) DO UPDATE SET task_id = greatest(u.task_id, excluded.task_id)
      RETURNING 1)"},
    {statement::forget_unlisted, R"(
      DELETE FROM cadenza_unlisted WHERE number <= (SELECT max(number) FROM cadenza_unlisted) - $1::bigint)"},
    {statement::clear_listed, "DELETE FROM cadenza_listed"},
    {statement::clear_listed_attributes, "DELETE FROM cadenza_listed_attributes"},
    {statement::clear_unlisted, "DELETE FROM cadenza_unlisted"},
    {statement::read_lists_complete, "SELECT complete::int FROM cadenza_lists"},
    {statement::complete_lists, "UPDATE cadenza_lists SET complete = true"},
};

constexpr entry cluster[]{
    {statement::load_domain_version, "SELECT version FROM cadenza_domain_version FOR UPDATE"},
    {statement::load_domain, "SELECT id, name FROM cadenza_domains WHERE id = $1::uuid OR name = $2::bytea"},
    {statement::raise_domain_version, R"(
      WITH raised AS (UPDATE cadenza_domain_version SET version = version + 1 WHERE version = $1::bigint RETURNING 1)
      SELECT 1 / (count(*) = 1)::int FROM raised)"},
    {statement::delete_domain, "DELETE FROM cadenza_domains WHERE id = $1::uuid"},
    {statement::put_domain, R"(
      INSERT INTO cadenza_domains (id, name, value) VALUES ($1::uuid, $2::bytea, $3::bytea)
      ON CONFLICT (id) DO UPDATE SET name = excluded.name, value = excluded.value)"},
    {statement::load_queue, "SELECT last_id FROM cadenza_queues WHERE queue = $1::int FOR UPDATE"},
    {statement::put_queue, R"(
      WITH raised AS (
        INSERT INTO cadenza_queues AS q (queue, last_id) VALUES ($1::int, $3::bigint)
        ON CONFLICT (queue) DO UPDATE SET last_id = excluded.last_id WHERE q.last_id = $2::bigint RETURNING 1)
      SELECT 1 / (count(*) = 1)::int FROM raised)"},
    {statement::put_message, R"(
      INSERT INTO cadenza_queue_messages (queue, message_id, payload) VALUES ($1::int, $2::bigint, $3::bytea))"},
    {statement::trim_queue, "DELETE FROM cadenza_queue_messages WHERE queue = $1::int AND message_id <= $2::bigint"},
    {statement::raise_ack, R"(
      INSERT INTO cadenza_queue_levels AS a (queue, cluster, level) VALUES ($1::int, $2::bytea, $3::bigint)
      ON CONFLICT (queue, cluster) DO UPDATE SET level = excluded.level WHERE a.level < excluded.level)"},
    {statement::load_document, R"(
      SELECT version FROM cadenza_documents WHERE document = $1::int ORDER BY version DESC LIMIT 1)"},
    {statement::insert_document, R"(
      INSERT INTO cadenza_documents (document, version, value) VALUES ($1::int, $2::bigint, $3::bytea))"},
    {statement::delete_document, "DELETE FROM cadenza_documents WHERE document = $1::int AND version <= $2::bigint"},
    {statement::load_lease, "SELECT version FROM cadenza_leases WHERE node = $1::bytea FOR UPDATE"},
    {statement::insert_lease, R"(
      INSERT INTO cadenza_leases (node, version, expires_ns, value) VALUES ($1::bytea, 1, $2::bigint, $3::bytea))"},
    {statement::update_lease, R"(
      WITH written AS (
        UPDATE cadenza_leases SET version = version + 1, expires_ns = $3::bigint, value = $4::bytea
        WHERE node = $1::bytea AND version = $2::bigint RETURNING 1)
      SELECT 1 / (count(*) = 1)::int FROM written)"},
    {statement::delete_lease, R"(
      WITH gone AS (DELETE FROM cadenza_leases WHERE node = $1::bytea AND version = $2::bigint RETURNING 1)
      SELECT 1 / (count(*) = 1)::int FROM gone)"},
    {statement::put_audit, R"(
      INSERT INTO cadenza_audit (domain_id, newest, id, value) VALUES ($1::uuid, $2::bigint, $3::uuid, $4::bytea)
      ON CONFLICT (domain_id, newest, id) DO UPDATE SET value = excluded.value)"},
    {statement::trim_audit, "DELETE FROM cadenza_audit WHERE domain_id = $1::uuid AND newest > $2::bigint"},
};

constexpr entry reads[]{
    {statement::read_shard, "SELECT value FROM cadenza_shards WHERE shard = $1::int"},
    {statement::read_current, R"(
      SELECT run_id, state, last_write_version, value FROM cadenza_currents
      WHERE shard = $1::int AND domain_id = $2::uuid AND workflow_id = $3::bytea)"},
    {statement::read_run, R"(
      SELECT 0, version, header, fixed FROM cadenza_runs
      WHERE shard = $1::int AND domain_id = $2::uuid AND workflow_id = $3::bytea AND run_id = $4::uuid
      UNION ALL
      SELECT kind, number, name, value FROM cadenza_pending
      WHERE shard = $1::int AND domain_id = $2::uuid AND workflow_id = $3::bytea AND run_id = $4::uuid
      ORDER BY 1, 2, 3)"},
    {statement::read_history, R"(
      SELECT first_event_id, newest, batch, of FROM (
        SELECT first_event_id, newest, batch, count(*) OVER () AS of,
               sum(octet_length(batch)) OVER (ORDER BY first_event_id, newest) - octet_length(batch) AS before
        FROM (SELECT first_event_id, newest, batch FROM cadenza_history
              WHERE shard = $1::int AND tree_id = $2::uuid AND branch_id = $3::uuid
                AND (first_event_id, newest) >= ($4::bigint, $5::bigint)
                AND (first_event_id, newest) < ($6::bigint, $7::bigint)
              ORDER BY first_event_id, newest LIMIT $8::bigint) AS nodes) AS counted
      WHERE before <= $9::bigint ORDER BY first_event_id, newest)"},
    {statement::read_history_backwards, R"(
      SELECT first_event_id, newest, batch, of FROM (
        SELECT first_event_id, newest, batch, count(*) OVER () AS of,
               sum(octet_length(batch)) OVER (ORDER BY first_event_id DESC, newest DESC) - octet_length(batch) AS before
        FROM (SELECT first_event_id, newest, batch FROM cadenza_history
              WHERE shard = $1::int AND tree_id = $2::uuid AND branch_id = $3::uuid
                AND (first_event_id, newest) >= ($4::bigint, $5::bigint)
                AND (first_event_id, newest) < ($6::bigint, $7::bigint)
              ORDER BY first_event_id DESC, newest DESC LIMIT $8::bigint) AS nodes) AS counted
      WHERE before <= $9::bigint ORDER BY first_event_id DESC, newest DESC)"},
    {statement::read_tree, R"(
      SELECT version, NULL::uuid, NULL::bytea FROM cadenza_trees WHERE shard = $1::int AND tree_id = $2::uuid
      UNION ALL
      SELECT NULL::bigint, branch_id, value FROM cadenza_branches WHERE shard = $1::int AND tree_id = $2::uuid)"},
    {statement::scan_transfer, R"(
      SELECT task_id, value FROM cadenza_transfer
      WHERE shard = $1::int AND task_id > $2::bigint AND task_id <= $3::bigint ORDER BY task_id LIMIT $4::bigint)"},
    {statement::scan_timers, R"(
      SELECT fire_ns, task_id, value FROM cadenza_timers
      WHERE shard = $1::int AND (fire_ns, task_id) >= ($2::bigint, $3::bigint) AND fire_ns < $4::bigint
      ORDER BY fire_ns, task_id LIMIT $5::bigint)"},
    {statement::scan_replication, R"(
      SELECT task_id, value FROM cadenza_replication
      WHERE shard = $1::int AND task_id > $2::bigint AND task_id <= $3::bigint ORDER BY task_id LIMIT $4::bigint)"},
    {statement::scan_runs, R"(
      SELECT domain_id, workflow_id, run_id, header, fixed FROM cadenza_runs
      WHERE shard = $1::int AND (domain_id, workflow_id, run_id) >= ($2::uuid, $3::bytea, $4::uuid)
      ORDER BY domain_id, workflow_id, run_id LIMIT $5::bigint)"},
    {statement::scan_currents, R"(
      SELECT domain_id, workflow_id, run_id, state, last_write_version, value FROM cadenza_currents
      WHERE shard = $1::int AND (domain_id, workflow_id) >= ($2::uuid, $3::bytea)
      ORDER BY domain_id, workflow_id LIMIT $4::bigint)"},
    {statement::scan_trees, R"(
      SELECT tree_id, branch_id, value FROM cadenza_branches
      WHERE shard = $1::int AND (tree_id, branch_id) >= ($2::uuid, $3::uuid)
      ORDER BY tree_id, branch_id LIMIT $4::bigint)"},
    {statement::scan_branches, R"(
      SELECT DISTINCT tree_id, branch_id FROM cadenza_history
      WHERE shard = $1::int AND (tree_id, branch_id) >= ($2::uuid, $3::uuid)
      ORDER BY tree_id, branch_id LIMIT $4::bigint)"},
    {statement::scan_dead_letters, R"(
      SELECT task_id, value FROM cadenza_dead_letters
      WHERE shard = $1::int AND cluster = $2::bytea AND task_id > $3::bigint AND task_id <= $4::bigint
      ORDER BY task_id LIMIT $5::bigint)"},
    {statement::read_list, R"(
      SELECT value FROM cadenza_task_lists WHERE domain_id = $1::uuid AND name = $2::bytea AND type = $3::int)"},
    {statement::scan_tasks, R"(
      SELECT task_id, value FROM cadenza_tasks
      WHERE domain_id = $1::uuid AND name = $2::bytea AND type = $3::int
        AND task_id > $4::bigint AND task_id <= $5::bigint ORDER BY task_id LIMIT $6::bigint)"},
    {statement::scan_lists, R"(
      SELECT position, domain_id, name, type, value FROM cadenza_task_lists
      WHERE (position, domain_id, name, type) >= ($1::bigint, $2::uuid, $3::bytea, $4::int) AND position < $5::bigint
      ORDER BY position, domain_id, name, type LIMIT $6::bigint)"},
    {statement::read_domains, R"(
      SELECT id, name, value FROM cadenza_domains WHERE id >= $1::uuid ORDER BY id LIMIT $2::bigint)"},
    {statement::read_domain_version, "SELECT version FROM cadenza_domain_version"},
    {statement::read_messages, R"(
      SELECT message_id, payload FROM cadenza_queue_messages
      WHERE queue = $1::int AND message_id > $2::bigint ORDER BY message_id LIMIT $3::bigint)"},
    {statement::read_acks, "SELECT cluster, level FROM cadenza_queue_levels WHERE queue = $1::int ORDER BY cluster"},
    {statement::read_document, R"(
      SELECT value FROM cadenza_documents WHERE document = $1::int ORDER BY version DESC LIMIT 1)"},
    {statement::read_leases, "SELECT node, version, expires_ns, value FROM cadenza_leases ORDER BY node"},
    {statement::read_audit, R"(
      SELECT newest, id, value FROM cadenza_audit
      WHERE domain_id = $1::uuid AND (newest, id) > ($2::bigint, $3::uuid) AND newest <= $4::bigint
      ORDER BY newest, id LIMIT $5::bigint)"},
    {statement::read_schema, "SELECT version, since_ns, made_by FROM cadenza_schema ORDER BY version"},
};

using texts = std::array<const char*, statement_count>;

template <class... Tables> constexpr texts gather(const Tables&... tables) {
  texts out{};
  const auto take = [&out](const auto& table) {
    for (const auto& one : table)
      out[static_cast<std::size_t>(one.what)] = one.text;
  };
  (take(tables), ...);
  return out;
}

constexpr texts all = gather(frame, shards, currents, runs, histories, requests, queues, lists, listed, cluster, reads);

constexpr bool complete() {
  for (const auto* text : all)
    if (text == nullptr)
      return false;
  return true;
}

static_assert(complete(), "every statement has a text");

} // namespace

const char* text_of(statement what) {
  CADENZA_ASSERT(what < statement::count_of_statements, "a statement is one of the table");
  return all[static_cast<std::size_t>(what)];
}

} // namespace cadenza::storage::sql::postgres
