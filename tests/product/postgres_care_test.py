#!/usr/bin/env python3
"""What an operator does with a database that a server has used: bring an older schema up to date, check it, mend it.

    postgres_care_test.py CADENZA HELLO
"""
import pathlib
import subprocess
import sys
import tempfile

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "tools"))

from demo import Count, Demo
from postgres_scratch import scratch

# As a server left it that kept the lists in a file of its own.
BEFORE_THE_LISTS = ("DROP TABLE cadenza_listed, cadenza_listed_attributes, cadenza_unlisted, cadenza_lists;"
                    "DELETE FROM cadenza_schema WHERE version >= 2")


class Care:
    def __init__(self, count, cadenza, hello, database, place):
        self.count, self.cadenza, self.hello, self.database, self.place = count, cadenza, hello, database, place
        self.config = place / "cadenza.yaml"
        self.config.write_text("services: {frontend: {rpc: {grpcPort: 0, port: 0, http: {port: 0}}}}\n"
                               + database.configuration())

    def sql(self, text):
        return self.database.sql(text, "cadenza")

    def run(self, *words):
        done = subprocess.run([self.cadenza, *map(str, words)], capture_output=True, text=True, timeout=300)
        return done.returncode, done.stdout + done.stderr

    def check(self, code, says, *words):
        got, said = self.run(*words)
        self.count.check(got == code and all(one in said for one in says), f"{' '.join(map(str, words))}: {got} {said}")
        return said

    def start(self, *options):
        return Demo(self.cadenza, self.hello, self.place, "--config", self.config, *options)

    def listed(self, server, *words):
        done = subprocess.run([self.cadenza, "--domain", "samples-domain", "workflow", "list", *words],
                              env=server.environment("/usr/bin"), capture_output=True, text=True, timeout=60)
        return done.stdout.count("Hello")


def an_older_database_is_brought_up_to_date(care):
    runs = care.sql("SELECT count(*) FROM cadenza_runs")
    care.count.check(int(runs) >= 1, f"the first server has left {runs} runs")
    care.sql(BEFORE_THE_LISTS)
    start = ["server", "start", "--data", care.place / "none", "--config", care.config]
    care.check(1, ["version 1 of the schema", "cadenza schema update-schema"], *start)
    care.check(0, ["would be upgraded to version 2"], "schema", "update-schema", "--dryrun", "--config", care.config)
    care.check(0, ["brought to version 2: lists", f"{runs} runs listed, 0 left out"], "schema", "update-schema", "--config",
               care.config)
    # As if it had been interrupted: the tables are there and nothing is in them.
    care.sql("UPDATE cadenza_lists SET complete = false; DELETE FROM cadenza_listed")
    care.check(1, ["do not have the runs that were there before", "cadenza schema update-schema"], *start)
    care.check(0, [f"{runs} runs listed, 0 left out"], "schema", "update-schema", "--config", care.config)
    care.check(0, ["is at version 2"], "schema", "update-schema", "--config", care.config)
    care.count.check(care.sql("SELECT count(*) FROM cadenza_listed") == runs, "every run is in the lists again")
    server = care.start()
    found = care.listed(server, "--query", "CloseTime > 0 and WorkflowType like 'Hello'")
    care.count.check(found >= 2, f"{found} workflows are listed")
    # While a server is there nobody checks and nobody fills in.
    care.sql("UPDATE cadenza_lists SET complete = false")
    care.check(1, ["not filled in yet", "in use by another"], "schema", "update-schema", "--config", care.config)
    care.check(1, ["in use by another"], "verify", "--config", care.config)
    care.sql("UPDATE cadenza_lists SET complete = true")
    server.end()


def a_damaged_database_is_found_and_mended(care):
    verify = ["verify", "--config", care.config]
    care.check(0, ["All is well"], *verify)
    damages = [
        ("a state that cannot be read", "state",
         "UPDATE cadenza_runs SET header = '\\xff00ff' WHERE run_id = (SELECT run_id FROM cadenza_listed "
         "WHERE close_status IS NOT NULL ORDER BY run_id LIMIT 1)"),
        ("a run that is in no list", "visibility",
         "DELETE FROM cadenza_listed WHERE run_id = (SELECT run_id FROM cadenza_listed ORDER BY run_id LIMIT 1)"),
        ("a list that names a run that is not there", "visibility",
         "CREATE TEMP TABLE one AS SELECT * FROM cadenza_listed ORDER BY run_id LIMIT 1;"
         "UPDATE one SET run_id = '00000000-0000-4000-8000-000000000001'; INSERT INTO cadenza_listed SELECT * FROM one"),
        ("a record that cannot be read", "visibility",
         "UPDATE cadenza_listed SET record = '\\xff' WHERE run_id = (SELECT run_id FROM cadenza_listed ORDER BY run_id LIMIT 1)"),
        ("another close status than the run's", "visibility",
         "UPDATE cadenza_listed SET close_status = NULL WHERE run_id = (SELECT run_id FROM cadenza_listed "
         "WHERE close_status IS NOT NULL ORDER BY run_id LIMIT 1)"),
    ]
    for what, kind, damage in damages:
        care.sql(damage)
        said = care.check(1, [kind], *verify)
        care.count.check("All is well" not in said, f"{what} is not found: {said}")
        care.check(0, ["repaired"], *verify, "--repair")
        care.check(0, ["All is well"], *verify)
    # What events are lost stays lost, and is told.
    care.sql("DELETE FROM cadenza_history WHERE (tree_id, first_event_id) = (SELECT tree_id, first_event_id FROM "
             "cadenza_history ORDER BY tree_id, first_event_id LIMIT 1)")
    care.check(1, ["history"], *verify, "--repair")


def main():
    cadenza, hello = sys.argv[1:]
    count = Count()
    with scratch("-c fsync=off") as database, tempfile.TemporaryDirectory() as place:
        database.sql("CREATE DATABASE cadenza TEMPLATE template0 ENCODING 'UTF8'")
        care = Care(count, cadenza, hello, database, pathlib.Path(place))
        care.start("--migrate").end()
        an_older_database_is_brought_up_to_date(care)
        a_damaged_database_is_found_and_mended(care)
    count.end()


if __name__ == "__main__":
    main()
