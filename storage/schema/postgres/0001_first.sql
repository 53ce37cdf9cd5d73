-- What a cluster keeps. Keys that are text for people are bytes here: they sort by their bytes, and any byte may be in
-- them. Every table has a shard, a list or a queue in front of its key, so that what is dropped together lies together.

CREATE TABLE cadenza_installation (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  cluster uuid NOT NULL,     -- the same in every database of a cluster
  place int NOT NULL,        -- of this one among them, from 0
  databases int NOT NULL
);

-- One row per connection that commits. See storage/sql/lane.hpp.
CREATE TABLE cadenza_lanes (
  lane uuid PRIMARY KEY,
  epoch bigint NOT NULL,
  sequence bigint NOT NULL,
  taken_at timestamptz NOT NULL
) WITH (fillfactor = 20);

CREATE TABLE cadenza_shards (
  shard int PRIMARY KEY,
  range_id bigint NOT NULL,
  value bytea NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE cadenza_currents (
  shard int NOT NULL,
  domain_id uuid NOT NULL,
  workflow_id bytea NOT NULL,
  run_id uuid NOT NULL,
  state int NOT NULL,
  last_write_version bigint NOT NULL,
  value bytea NOT NULL,
  PRIMARY KEY (shard, domain_id, workflow_id)
) WITH (fillfactor = 80);

CREATE TABLE cadenza_runs (
  shard int NOT NULL,
  domain_id uuid NOT NULL,
  workflow_id bytea NOT NULL,
  run_id uuid NOT NULL,
  version bigint NOT NULL,
  header bytea NOT NULL,
  fixed bytea NOT NULL,
  PRIMARY KEY (shard, domain_id, workflow_id, run_id)
) WITH (fillfactor = 60);

CREATE TABLE cadenza_pending (
  shard int NOT NULL,
  domain_id uuid NOT NULL,
  workflow_id bytea NOT NULL,
  run_id uuid NOT NULL,
  kind int NOT NULL,
  number bigint NOT NULL,
  name bytea NOT NULL,
  value bytea NOT NULL,
  PRIMARY KEY (shard, domain_id, workflow_id, run_id, kind, number, name)
);

CREATE TABLE cadenza_trees (
  shard int NOT NULL,
  tree_id uuid NOT NULL,
  version bigint NOT NULL,
  PRIMARY KEY (shard, tree_id)
);

CREATE TABLE cadenza_branches (
  shard int NOT NULL,
  tree_id uuid NOT NULL,
  branch_id uuid NOT NULL,
  value bytea NOT NULL,
  PRIMARY KEY (shard, tree_id, branch_id)
);

-- `newest` is the inverted transaction id: of the nodes of an event the newest comes first.
CREATE TABLE cadenza_history (
  shard int NOT NULL,
  tree_id uuid NOT NULL,
  branch_id uuid NOT NULL,
  first_event_id bigint NOT NULL,
  newest bigint NOT NULL,
  batch bytea NOT NULL,
  PRIMARY KEY (shard, tree_id, branch_id, first_event_id, newest)
);

CREATE TABLE cadenza_requests (
  shard int NOT NULL,
  domain_id uuid NOT NULL,
  workflow_id bytea NOT NULL,
  kind int NOT NULL,
  version bigint NOT NULL,
  request_id bytea NOT NULL,
  run_id uuid NOT NULL,
  expires_ns bigint NOT NULL,
  PRIMARY KEY (shard, domain_id, workflow_id, kind, version, request_id)
);
CREATE INDEX cadenza_requests_by_end ON cadenza_requests (shard, expires_ns);

CREATE TABLE cadenza_transfer (
  shard int NOT NULL,
  task_id bigint NOT NULL,
  value bytea NOT NULL,
  PRIMARY KEY (shard, task_id)
);

CREATE TABLE cadenza_timers (
  shard int NOT NULL,
  fire_ns bigint NOT NULL,
  task_id bigint NOT NULL,
  value bytea NOT NULL,
  PRIMARY KEY (shard, fire_ns, task_id)
);

CREATE TABLE cadenza_replication (
  shard int NOT NULL,
  task_id bigint NOT NULL,
  value bytea NOT NULL,
  PRIMARY KEY (shard, task_id)
);

CREATE TABLE cadenza_dead_letters (
  shard int NOT NULL,
  cluster bytea NOT NULL,
  task_id bigint NOT NULL,
  value bytea NOT NULL,
  PRIMARY KEY (shard, cluster, task_id)
);

CREATE TABLE cadenza_task_lists (
  domain_id uuid NOT NULL,
  name bytea NOT NULL,
  type int NOT NULL,
  position bigint NOT NULL, -- on the ring on which nodes share the lists
  range_id bigint NOT NULL,
  value bytea NOT NULL,
  PRIMARY KEY (domain_id, name, type)
) WITH (fillfactor = 60);
CREATE INDEX cadenza_task_lists_by_position ON cadenza_task_lists (position, domain_id, name, type);

CREATE TABLE cadenza_tasks (
  domain_id uuid NOT NULL,
  name bytea NOT NULL,
  type int NOT NULL,
  task_id bigint NOT NULL,
  value bytea NOT NULL,
  PRIMARY KEY (domain_id, name, type, task_id)
);

CREATE TABLE cadenza_domains (
  id uuid PRIMARY KEY,
  name bytea NOT NULL UNIQUE,
  value bytea NOT NULL
);

CREATE TABLE cadenza_domain_version (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  version bigint NOT NULL
);
INSERT INTO cadenza_domain_version (version) VALUES (0);

CREATE TABLE cadenza_queues (
  queue int PRIMARY KEY,
  last_id bigint NOT NULL
);

CREATE TABLE cadenza_queue_messages (
  queue int NOT NULL,
  message_id bigint NOT NULL,
  payload bytea NOT NULL,
  PRIMARY KEY (queue, message_id)
);

CREATE TABLE cadenza_queue_levels (
  queue int NOT NULL,
  cluster bytea NOT NULL,
  level bigint NOT NULL,
  PRIMARY KEY (queue, cluster)
);

CREATE TABLE cadenza_documents (
  document int NOT NULL,
  version bigint NOT NULL,
  value bytea NOT NULL,
  PRIMARY KEY (document, version)
);

CREATE TABLE cadenza_leases (
  node bytea PRIMARY KEY,
  version bigint NOT NULL,
  expires_ns bigint NOT NULL,
  value bytea NOT NULL
) WITH (fillfactor = 50);

-- `newest` is the inverted time.
CREATE TABLE cadenza_audit (
  domain_id uuid NOT NULL,
  newest bigint NOT NULL,
  id uuid NOT NULL,
  value bytea NOT NULL,
  PRIMARY KEY (domain_id, newest, id)
);
