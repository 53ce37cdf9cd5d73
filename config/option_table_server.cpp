#include "config/option_table.hpp"

namespace cadenza::config::table {

namespace {

using enum option_kind;
using enum option_effect;

constexpr bool live = true;     // takes effect on SIGHUP
constexpr bool restart = false; // takes effect at the next start

constexpr row log_rows[] = {
    {"level", choice, "info", "debug|info|warn|error|off", active, live,
     "Lines below this level are not written. Cadence's other spellings (warning, fatal, …) are taken too."},
    {"stdout", boolean, "false", "", active, restart,
     "Without `outputFile`: write to standard output instead of standard error."},
    {"outputFile", text, "", "", active, restart, "File to append to; empty: standard error."},
    {"encoding", choice, "console", "console|json", active, restart, "Text lines or one JSON object per line."},
    {"levelKey", text, "level", "nonempty", active, restart, "Name of the level's field in JSON lines."},
    {"rotateBytes", bytes, "0", "0..1TiB", active, restart, "The file is rotated when it is larger; 0: never."},
    {"rotateKeep", integer, "5", "1..1000", active, restart, "Rotated files kept."},
};

constexpr row frontend_rows[] = {
    {"rpc.grpcPort", integer, "7833", "0..65535", active, restart,
     "Port of the gRPC services; 0: a free port, printed at start."},
    {"rpc.http.port", integer, "8088", "0..65535", active, restart,
     "Port of HTTP: health, metrics, JSON, web page; 0: a free port, printed at start."},
    {"rpc.bindOnLocalHost", boolean, "true", "", active, restart,
     "Listen on 127.0.0.1 only. When false and no `bindOnIP` is given: on all addresses."},
    {"rpc.bindOnIP", text, "", "", active, restart, "Address to listen on; wins over `bindOnLocalHost`."},
    {"rpc.grpcMaxMsgSize", bytes, "64MiB", "1MiB..1GiB", active, restart, "Largest gRPC message sent or taken."},
    {"rpc.http.procedures", text_list, "", "", inert, restart,
     "Cadence needs a list of the procedures that are open over HTTP; here all are."},
    {"rpc.port", integer, "7933", "0..65535", active, restart,
     "Port of TChannel, and of `GET /health` over plain HTTP. 0, or `--port` with another port than 7833: not open."},
    {"rpc.disableLogging", boolean, "false", "", inert, restart, "Belongs to TChannel."},
    {"rpc.logLevel", text, "", "", inert, restart, "Belongs to TChannel."},
    {"rpc.http.TLSMode", text, "", "", checked, restart, "Whether HTTP requires TLS."},
};

constexpr row service_rows[] = {
    {"rpc.port", integer, "0", "0..65535", inert, restart,
     "A node has one port for all its roles. Which of `history`, `matching` and `worker` stand here says what a node "
     "does "
     "(see `node.address`): these and `frontend`; none of them: everything. `--services` wins."},
    {"rpc.grpcPort", integer, "0", "0..65535", inert, restart, "As above."},
    {"rpc.bindOnLocalHost", boolean, "true", "", inert, restart, "As above."},
    {"rpc.bindOnIP", text, "", "", inert, restart, "As above."},
    {"rpc.grpcMaxMsgSize", bytes, "64MiB", "1MiB..1GiB", inert, restart, "As above."},
    {"rpc.disableLogging", boolean, "false", "", inert, restart, "As above."},
    {"rpc.logLevel", text, "", "", inert, restart, "As above."},
};

constexpr row service_metrics_rows[] = {
    {"prometheus.listenAddress", address, "", "", inert, restart,
     "Prometheus reads metrics from `/metrics` of the HTTP port."},
    {"prometheus.timerType", text, "", "", inert, restart, "Timers are histograms."},
    {"prometheus.*", anything, "", "", inert, restart, "Other settings of Cadence's reporter."},
    {"statsd.hostPort", address, "", "", checked, restart, "Where statsd listens."},
    {"statsd.prefix", text, "", "", checked, restart, "Put before each name."},
    {"statsd.flushInterval", duration, "300ms", "1ms..1h", checked, restart, "Time between packets."},
    {"statsd.flushBytes", integer, "1432", "0..65507", checked, restart, "Size of a packet."},
    {"m3", anything, "", "", inert, restart, "Uber's own metrics system."},
    {"tags", text_map, "", "", checked, restart, "Labels put on every metric."},
    {"prefix", text, "", "", inert, restart, "Put before each name."},
    {"reportingInterval", duration, "1s", "1ms..1h", inert, restart, "Time between reports."},
};

constexpr row pprof_rows[] = {
    {"port", integer, "0", "0..65535", inert, restart, "Go's profiler."},
    {"host", text, "", "", inert, restart, "Go's profiler."},
};

constexpr row persistence_rows[] = {
    {"numHistoryShards", integer, "16", "1..16384", active, restart,
     "Number of history shards. Fixed when a data directory is first used; a different number is refused from then "
     "on."},
    {"defaultStore", text, "rocksdb", "nonempty", active, restart,
     "Name of the datastore that holds everything but visibility. `rocksdb` and `memory` exist without being "
     "declared."},
    {"visibilityStore", text, "sqlite", "", active, restart,
     "Name of the visibility datastore. `sqlite` exists without being declared. A `defaultStore` on databases "
     "holds the visibility records too."},
    {"advancedVisibilityStore", text, "", "", checked, restart,
     "Name of an elasticsearch or pinot datastore for searches."},
    {"dataDirectory", text, "data", "nonempty", active, restart,
     "Directory of the embedded stores. `--data` sets it too."},
    {"backupDirectory", text, "", "", active, restart,
     "Where backups go; empty: `backups` in the data directory. `admin backup --dir` names a directory below it."},
    {"historyMaxConns", integer, "0", "0..100000", inert, restart, "Connections of the history service in Cadence."},
    {"enablePersistenceLatencyHistogramMetrics", boolean, "true", "", inert, restart, "Latencies are histograms."},
};

constexpr row rocksdb_rows[] = {
    {"path", text, "store", "nonempty", active, restart, "Directory, below the data directory unless absolute."},
    {"walRecovery", choice, "tolerate-torn-tail", "tolerate-torn-tail|strict", active, restart,
     "What a damaged log means at start: `tolerate-torn-tail` accepts a last record that was cut off by a crash (it "
     "was "
     "never acknowledged) and refuses any other damage; `strict` refuses both."},
    {"blockCacheBytes", bytes, "0", "0..1TiB", active, restart,
     "Memory for blocks read from disk; 0: a 32nd of `engine.memoryBytes`, from 4 to 32 MiB."},
    {"writeBufferBytes", bytes, "0", "0..16GiB", active, restart,
     "Memory for rows not yet written to table files, of all tables together; 0: a 16th of `engine.memoryBytes`, from "
     "8 "
     "to 64 MiB. The store's logs, which a start reads into memory, are kept to twice that."},
    {"commitGroupMax", integer, "512", "1..65536", active, restart,
     "Most transactions made durable by one write and one sync of the log."},
};

constexpr row sqlite_rows[] = {
    {"path", text, "visibility.db", "nonempty", active, restart, "File, below the data directory unless absolute."},
};

constexpr row memory_rows[] = {
    {"memory", anything, "", "", active, restart,
     "Write `memory: {}`: everything in memory, lost at exit. For tests and demonstrations."},
};

constexpr row engine_rows[] = {
    {"schedulerThreads", integer, "0", "0..1024", active, restart, "Threads that run actors; 0: one per core."},
    {"memoryBytes", bytes, "0", "0..1TiB", active, restart,
     "Memory that the process may use; 0: the limit of its container (control groups of version 1 or 2), or the "
     "machine's memory where that is less. What holds memory gets its share of it unless it is given: the options that "
     "say so, and transactions that wait for the disk (an 8th, from 16 to 512 MiB; beyond it requests are refused). "
     "The "
     "rest is for requests in progress: 256 MiB in all are enough for a light load with payloads of a few KB."},
    {"runCacheBytes", bytes, "0", "0..1TiB", active, restart,
     "Memory for runs kept ready, with the last events of each; beyond it idle runs leave memory and come back on "
     "demand. 0: an 8th of `engine.memoryBytes`, from 16 to 256 MiB."},
    {"historyCacheBytes", bytes, "0", "0..1TiB", inert, restart,
     "The last events of a run count as a part of it here."},
    {"drainTimeout", duration, "10s", "0s..1h", active, restart,
     "Longest time between SIGTERM and exit for finishing requests in progress."},
};

// What each of them refuses is counted by `cadenza_net_refused_total`; its label is named after the option.
constexpr row network_rows[] = {
    {"loops", integer, "0", "0..64", active, restart, "Threads that serve connections; 0: one per two cores."},
    {"connectionsMax", integer, "10000", "1..1000000", active, restart,
     "Concurrent connections; further ones are closed at once."},
    {"connectionsPerAddressMax", integer, "1000", "1..1000000", active, restart,
     "The same for the clients of one address (of one /64 with IPv6). Behind a load balancer that hides its clients' "
     "addresses, all of them count as one."},
    {"connectsPerAddress", integer, "200", "1..1000000", active, restart,
     "Connections that one address may open per second, on average; up to `connectionsPerAddressMax` at once."},
    {"callsMax", integer, "100000", "1..10000000", active, restart,
     "Concurrent calls, waiting polls included; further ones are refused (REFUSED_STREAM), and clients try again."},
    {"callsPerAddressMax", integer, "50000", "1..10000000", active, restart,
     "The same for the clients of one address."},
    {"callsPerConnectionMax", integer, "4096", "1..1000000", active, restart,
     "The same for one connection. Clients learn this number and hold further calls back until earlier ones are done."},
    {"httpBodyBytesMax", bytes, "1MiB", "1KiB..1GiB", active, restart, "Largest body of a request over HTTP."},
    {"headerBytesMax", bytes, "16KiB", "4KiB..1MiB", active, restart,
     "Headers of one request, with 32 bytes more for each as HTTP/2 counts; a request with more is refused."},
    {"requestBytesMax", bytes, "0", "0..1TiB", active, restart,
     "Memory for requests that are arriving on all connections. A large request waits until its memory is free, for "
     "up to `requestTimeout`; one at a time is accepted although it does not fit, so that all are served one after the "
     "other. Requests that make no progress give way to those that wait. Small ones may use a quarter more. 0: an 8th "
     "of `engine.memoryBytes`, from two messages of `grpcMaxMsgSize` to 256 MiB."},
    {"requestBytesPerConnection", bytes, "4MiB", "256KiB..1GiB", active, restart,
     "Memory for small requests of one connection that are not complete yet; a client with more must wait."},
    {"answerBytesMax", bytes, "0", "0..1TiB", active, restart,
     "Memory for responses that clients have not read, on all connections. When it is used up, connections that read "
     "nothing for a second are closed, and responses that do not fit are replaced by UNAVAILABLE. 0: as "
     "`requestBytesMax`."},
    {"answerBytesPerConnection", bytes, "16MiB", "64KiB..1GiB", active, restart,
     "The same for one connection: beyond it, none of its further requests begins; responses that are `grpcMaxMsgSize` "
     "beyond it are replaced by UNAVAILABLE."},
    {"handshakeTimeout", duration, "10s", "100ms..1h", active, restart,
     "Longest time from a connection to the first bytes of a protocol."},
    {"headerTimeout", duration, "10s", "100ms..1h", active, restart,
     "Longest time for one frame other than data, or for the headers of one request."},
    {"requestTimeout", duration, "60s", "100ms..24h", active, restart,
     "Longest time from the headers of a request to its end."},
    {"writeTimeout", duration, "20s", "100ms..24h", active, restart,
     "A client that reads none of its responses for this long is disconnected."},
    {"idleTimeout", duration, "30m", "0s..240h", active, restart,
     "A connection without calls for this long is asked to close (GOAWAY); 0s: never."},
    {"keepaliveInterval", duration, "60s", "0s..24h", active, restart,
     "A client that is silent for this long is asked whether it is alive (PING); 0s: never."},
    {"keepaliveTimeout", duration, "20s", "100ms..24h", active, restart,
     "It is disconnected when it does not respond for this long."},
    {"resetsBurst", integer, "1000", "1..1000000", active, restart,
     "Calls of one connection that may be cancelled within a second of their start, or that the server must reset, "
     "at once. A client with more is disconnected."},
    {"resetsPerSecond", integer, "100", "1..1000000", active, restart, "The same, on average."},
    {"controlFramesBurst", integer, "1000", "10..1000000", active, restart,
     "Frames of one connection that carry nothing (PING, SETTINGS, WINDOW_UPDATE, empty DATA, unknown ones), at once, "
     "beyond five for each call and one for each KiB of data. A client with more is disconnected."},
    {"controlFramesPerSecond", integer, "100", "1..1000000", active, restart, "The same, on average."},
    {"offenderHold", duration, "5s", "0s..10m", active, restart,
     "A client that is disconnected for that cannot return at once: its connection is kept open this long, unread."},
};

constexpr row chaos_rows[] = {
    {"enabled", boolean, "false", "", active, restart,
     "Allows `admin actor kill` and the killing below. For tests; never in production."},
    {"interval", duration, "0s", "0s..24h", active, live, "Mean time between kills of a random actor; 0s: none."},
    {"kinds", text_list, "",
     "workflow_run|history_shard|shard_owner|task_list|matching_owner|domain_registry|document_keeper|visibility_"
     "writer|system_worker",
     active, live, "Kinds of actor that may be killed; empty: all."},
    {"seed", integer, "0", "0..9223372036854775807", active, restart,
     "Seed for choosing the actors to kill; 0: a random one, logged."},
};

constexpr row node_rows[] = {
    {"address", address, "", "", active, restart,
     "Where the other nodes of the cluster reach this one, `host:port`. With it the server is one node of several that "
     "share a store on databases; empty: it is alone."},
    {"name", text, "", "", active, restart,
     "Name of the node: unique in the cluster, the same after a restart; empty: `node.address`."},
    {"bindAddress", address, "", "", active, restart,
     "Where it listens for the other nodes, when that is not `node.address`."},
    {"clientAddress", address, "", "", active, restart,
     "Where clients reach it, for people and other nodes; empty: the host of `node.address` with the port of gRPC."},
    {"lease", duration, "5s", "3s..10m", active, restart,
     "A node that cannot tell that it lives for so long is no member any more."},
    {"beat", duration, "1s", "100ms..1m", active, restart, "How often it tells; a third of `node.lease` at most."},
    {"tls.certFile", text, "", "", active, restart,
     "Own certificate for other nodes, PEM; all three of these, or none: then whoever reaches the port is taken for a "
     "node."},
    {"tls.keyFile", text, "", "", active, restart, "Key of the certificate, PEM."},
    {"tls.caFile", text, "", "", active, restart, "Authority that the certificates of all nodes come from."},
};

constexpr row dynamic_rows[] = {
    {"client", choice, "filebased", "filebased|configstore|nop|openfeature", active, restart,
     "`filebased` reads the file below; changes through the admin RPCs override it either way."},
    {"filebased.filepath", text, "", "", active, live,
     "File of dynamic configuration in Cadence's format; empty: none. Below the root directory unless absolute."},
    {"filebased.pollInterval", duration, "10s", "1s..24h", active, restart,
     "How often the file is checked for changes; SIGHUP reads it at once."},
    {"configstore.pollInterval", duration, "10s", "1s..24h", inert, restart, "Changes are seen at once here."},
    {"configstore.updateRetryAttempts", integer, "2", "0..100", inert, restart, "As above."},
    {"configstore.FetchTimeout", duration, "2s", "0s..1h", inert, restart, "As above."},
    {"configstore.UpdateTimeout", duration, "2s", "0s..1h", inert, restart, "As above."},
    {"openfeature", anything, "", "", checked, restart, "External provider of values."},
};

constexpr group groups[] = {
    {"log", log_rows},
    {"services.frontend", frontend_rows},
    {"services.frontend.metrics", service_metrics_rows},
    {"services.frontend.pprof", pprof_rows},
    {"services.*", service_rows},
    {"services.*.metrics", service_metrics_rows},
    {"services.*.pprof", pprof_rows},
    {"persistence", persistence_rows},
    {"persistence.datastores.*.rocksdb", rocksdb_rows},
    {"persistence.datastores.*.sqlite", sqlite_rows},
    {"persistence.datastores.*", memory_rows},
    {"engine", engine_rows},
    {"network", network_rows},
    {"node", node_rows},
    {"chaos", chaos_rows},
    {"dynamicconfig", dynamic_rows},
};

} // namespace

std::span<const group> server_groups() { return groups; }

} // namespace cadenza::config::table
