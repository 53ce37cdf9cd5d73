-- The lists of runs, written in the transactions that write the runs. Texts sort by their bytes; indexes have the first
-- 200 characters of a text, since a row of an index has an end.

DO $$ BEGIN
  IF current_setting('server_encoding') <> 'UTF8' THEN
    RAISE EXCEPTION 'the lists of workflows need a database whose encoding is UTF8; this one has %',
      current_setting('server_encoding');
  END IF;
END $$;

-- One row per run. What an open run does not have is null; statuses are numbered as queries number them, from 0.
CREATE TABLE cadenza_listed (
  domain_id uuid NOT NULL,
  run_id uuid NOT NULL,
  shard int NOT NULL,
  task_id bigint NOT NULL,  -- of several changes the one with the greatest wins
  workflow_id text COLLATE "C" NOT NULL,
  type text COLLATE "C" NOT NULL,
  start_ns bigint NOT NULL,
  close_ns bigint,
  close_status bigint,
  history_length bigint,
  execution_ns bigint NOT NULL,
  scheduled_ns bigint NOT NULL,
  update_ns bigint NOT NULL,
  execution_status bigint NOT NULL,
  task_list text COLLATE "C" NOT NULL,
  is_cron int NOT NULL,
  cron_schedule text COLLATE "C" NOT NULL,
  num_clusters bigint NOT NULL,
  cluster_scope text COLLATE "C" NOT NULL,
  cluster_name text COLLATE "C" NOT NULL,
  attributes_hash bigint NOT NULL, -- 0: none
  record bytea NOT NULL,           -- what lists return
  PRIMARY KEY (domain_id, run_id)
) WITH (fillfactor = 80);
CREATE INDEX cadenza_listed_by_workflow ON cadenza_listed (domain_id, left(workflow_id, 200), start_ns DESC, run_id);
CREATE INDEX cadenza_open_by_start ON cadenza_listed (domain_id, start_ns DESC, run_id) WHERE close_status IS NULL;
CREATE INDEX cadenza_open_by_type ON cadenza_listed (domain_id, left(type, 200), start_ns DESC, run_id)
  WHERE close_status IS NULL;
CREATE INDEX cadenza_closed_by_start ON cadenza_listed (domain_id, start_ns DESC, run_id)
  WHERE close_status IS NOT NULL;
CREATE INDEX cadenza_closed_by_type ON cadenza_listed (domain_id, left(type, 200), start_ns DESC, run_id)
  WHERE close_status IS NOT NULL;
CREATE INDEX cadenza_closed_by_status ON cadenza_listed (domain_id, close_status, start_ns DESC, run_id)
  WHERE close_status IS NOT NULL;

-- One row per value of a search attribute, whatever its type is called: numbers, truths (0 and 1) and times in
-- nanoseconds are numbers, everything else is text, and a text that is a time is both.
CREATE TABLE cadenza_listed_attributes (
  domain_id uuid NOT NULL,
  run_id uuid NOT NULL,
  key text COLLATE "C" NOT NULL,
  number numeric,
  value text COLLATE "C",
  CHECK ((number IS NULL) <> (value IS NULL))
);
CREATE INDEX cadenza_listed_attributes_of_run ON cadenza_listed_attributes (domain_id, run_id);
CREATE INDEX cadenza_listed_attributes_by_number ON cadenza_listed_attributes (domain_id, key, number)
  WHERE number IS NOT NULL;
CREATE INDEX cadenza_listed_attributes_by_value ON cadenza_listed_attributes (domain_id, key, left(value, 200))
  WHERE value IS NOT NULL;

-- Runs that were removed, so that a change that comes late does not bring them back. Bounded by whoever writes.
CREATE TABLE cadenza_unlisted (
  domain_id uuid NOT NULL,
  run_id uuid NOT NULL,
  task_id bigint NOT NULL,
  number bigint GENERATED ALWAYS AS IDENTITY,
  PRIMARY KEY (domain_id, run_id)
);
CREATE INDEX cadenza_unlisted_by_number ON cadenza_unlisted (number);

-- Whether the runs that were there before the lists are in them. The program fills them in.
CREATE TABLE cadenza_lists (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  complete boolean NOT NULL
);
INSERT INTO cadenza_lists (complete) SELECT NOT EXISTS (SELECT 1 FROM cadenza_runs);
