#include "config/option_table.hpp"

namespace cadenza::config::table {

namespace {

using enum option_kind;
using enum option_effect;

constexpr bool restart = false; // takes effect at the next start

constexpr row tls_rows[] = {
    {"enabled", boolean, "false", "", checked, restart, "Speak TLS."},
    {"sslmode", text, "", "", checked, restart, "PostgreSQL's name for how strict to be."},
    {"certFile", text, "", "", checked, restart, "Own certificate, PEM."},
    {"keyFile", text, "", "", checked, restart, "Key of the certificate, PEM."},
    {"caFile", text, "", "", checked, restart, "Authority that the other side's certificate must come from."},
    {"caFiles", text_list, "", "", checked, restart, "Several such authorities."},
    {"enableHostVerification", boolean, "false", "", checked, restart,
     "Check the name in the other side's certificate."},
    {"requireClientAuth", boolean, "false", "", checked, restart, "Servers: require a certificate from clients."},
    {"serverName", text, "", "", checked, restart, "Name expected in the other side's certificate."},
};

constexpr row sasl_rows[] = {
    {"enabled", boolean, "false", "", checked, restart, "Authenticate with SASL."},
    {"user", text, "", "", checked, restart, "Name."},
    {"password", secret, "", "", checked, restart, "Password."},
    {"algorithm", choice, "plain", "plain|sha256|sha512", checked, restart, "Mechanism."},
};

constexpr row sql_rows[] = {
    {"pluginName", choice, "postgres", "postgres|mysql|sqlite", active, restart,
     "Kind of database. This version has `postgres`."},
    {"databaseName", text, "", "", active, restart, "Name of the database."},
    {"connectAddr", text, "", "", active, restart,
     "Where it listens: `host:port`, several with commas between (the one that takes writes is found), or the "
     "directory "
     "of a socket instead of a host."},
    {"connectProtocol", choice, "tcp", "tcp|unix", inert, restart,
     "A `connectAddr` that begins with a slash is a socket."},
    {"connectAttributes", text_map, "", "", active, restart,
     "Further settings of the connection, as libpq calls them (`options`, `target_session_attrs`, …)."},
    {"user", text, "", "", active, restart, "Name to log in with."},
    {"password", secret, "", "", active, restart,
     "Password to log in with. Left out, libpq looks for one (`PGPASSFILE`, `~/.pgpass`)."},
    {"passwordFile", text, "", "", active, restart,
     "File whose first line is the password, read at the start; not together with `password`."},
    {"maxConns", integer, "20", "0..10000", active, restart,
     "Most connections to each database; 0: as many as are useful, which is 4 for commits and 4 for reads."},
    {"maxIdleConns", integer, "20", "0..10000", inert, restart, "Connections are kept."},
    {"maxConnLifetime", duration, "1h", "0s..8760h", active, restart,
     "A connection is replaced when it is older than this; 0: never."},
    {"nShards", integer, "1", "1..1024", active, restart,
     "Number of databases that share the data; with `useMultipleDatabases`, as many as are listed."},
    {"encodingType", text, "", "", inert, restart, "Records have one encoding here."},
    {"decodingTypes", text_list, "", "", inert, restart, "As above."},
    {"useMultipleDatabases", boolean, "false", "", active, restart,
     "Use the databases listed below, each for a part of the data. Their number and order are fixed when they are "
     "first used."},
    {"multipleDatabasesConfig.[].user", text, "", "", active, restart, "Name to log in with."},
    {"multipleDatabasesConfig.[].password", secret, "", "", active, restart, "Password to log in with."},
    {"multipleDatabasesConfig.[].databaseName", text, "", "nonempty", active, restart, "Name of the database."},
    {"multipleDatabasesConfig.[].connectAddr", text, "", "", active, restart, "Where it listens, as above."},
};

constexpr row sql_tls_rows[] = {
    {"enabled", boolean, "false", "", active, restart, "Speak TLS to the database; without it, libpq's `prefer`."},
    {"sslmode", text, "", "", active, restart,
     "PostgreSQL's name for how strict to be. Left out: `verify-full` with `enableHostVerification`, `verify-ca` with "
     "a "
     "`caFile`, else `require`."},
    {"certFile", text, "", "", active, restart, "Own certificate, PEM."},
    {"keyFile", text, "", "", active, restart, "Key of the certificate, PEM."},
    {"caFile", text, "", "", active, restart, "Authority that the database's certificate must come from."},
    {"caFiles", text_list, "", "", active, restart,
     "The same as a list; libpq takes one file, which may hold several."},
    {"enableHostVerification", boolean, "false", "", active, restart, "Check the name in the database's certificate."},
    {"requireClientAuth", boolean, "false", "", inert, restart, "Belongs to servers."},
    {"serverName", text, "", "", inert, restart, "The name checked is the host of `connectAddr`."},
};

constexpr row nosql_rows[] = {
    {"pluginName", choice, "cassandra", "cassandra|scylla|dynamodb|mongodb", checked, restart, "Kind of database."},
    {"hosts", text, "", "", checked, restart, "Addresses, separated by commas."},
    {"port", integer, "9042", "0..65535", checked, restart, "Port of all hosts."},
    {"user", text, "", "", checked, restart, "Name to log in with."},
    {"password", secret, "", "", checked, restart, "Password to log in with."},
    {"allowedAuthenticators", text_list, "", "", checked, restart, "Authenticators of the server that are accepted."},
    {"keyspace", text, "", "", checked, restart, "Keyspace."},
    {"region", text, "", "", checked, restart, "Cloud region."},
    {"datacenter", text, "", "", checked, restart, "Only hosts of this data centre are used."},
    {"maxConns", integer, "2", "0..1000", checked, restart, "Connections to each host."},
    {"protoVersion", integer, "4", "0..5", checked, restart, "Version of the protocol; 0: 4."},
    {"connectTimeout", duration, "2s", "0s..1h", checked, restart, "For connecting."},
    {"timeout", duration, "10s", "0s..1h", checked, restart, "For each request."},
    {"consistency", text, "LOCAL_QUORUM", "", checked, restart, "Consistency of reads and writes."},
    {"serialConsistency", text, "LOCAL_SERIAL", "", checked, restart, "Consistency of conditional writes."},
    {"connectAttributes", text_map, "", "", checked, restart, "Further settings of the connection."},
    {"hostSelectionPolicy", text, "", "", checked, restart, "How a host is chosen."},
};

constexpr row sharded_rows[] = {
    {"defaultShard", text, "", "", checked, restart, "Connection for what is not sharded."},
    {"shardingPolicy.historyShardMapping.[].start", integer, "0", "0..16384", checked, restart, "First shard."},
    {"shardingPolicy.historyShardMapping.[].end", integer, "0", "0..16384", checked, restart,
     "One past the last shard."},
    {"shardingPolicy.historyShardMapping.[].shard", text, "", "nonempty", checked, restart, "Its connection."},
    {"shardingPolicy.taskListHashing.shardOrder", text_list, "", "", checked, restart, "Connections in hashing order."},
};

constexpr row elasticsearch_rows[] = {
    {"version", text, "v7", "", checked, restart, "v6, v7 or os2."},
    {"url.scheme", choice, "http", "http|https", checked, restart, "Scheme of the address."},
    {"url.host", text, "", "", checked, restart, "host:port."},
    {"indices", text_map, "", "", checked, restart, "`visibility`: name of the index."},
    {"username", text, "", "", checked, restart, "Name to log in with."},
    {"password", secret, "", "", checked, restart, "Password to log in with."},
    {"disableSniff", boolean, "false", "", checked, restart, "Do not ask the cluster for its nodes."},
    {"disableHealthCheck", boolean, "false", "", checked, restart, "Do not check nodes."},
    {"customHeaders", text_map, "", "", checked, restart, "Headers sent with each request."},
    {"awsSigning.enable", boolean, "false", "", checked, restart, "Sign requests for AWS."},
    {"awsSigning.staticCredential.accessKey", text, "", "", checked, restart, "Access key."},
    {"awsSigning.staticCredential.secretKey", secret, "", "", checked, restart, "Secret key."},
    {"awsSigning.staticCredential.sessionToken", secret, "", "", checked, restart, "Session token."},
    {"awsSigning.staticCredential.region", text, "", "", checked, restart, "Region."},
    {"awsSigning.environmentCredential.region", text, "", "", checked, restart,
     "Region; the key is in the environment."},
    {"migration.enabled", boolean, "false", "", checked, restart, "Two search stores side by side."},
    {"consumerName", text, "", "", inert, restart, "Cadence's name of the queue reader."},
};

constexpr row pinot_rows[] = {
    {"cluster", text, "", "", checked, restart, "Name of the cluster."},
    {"broker", address, "", "", checked, restart, "Where the broker listens."},
    {"table", text, "", "", checked, restart, "Name of the table."},
    {"serviceName", text, "", "", checked, restart, "Name told to the broker."},
    {"migration.enabled", boolean, "false", "", checked, restart, "Two search stores side by side."},
};

constexpr row cluster_rows[] = {
    {"failoverVersionIncrement", integer, "10", "1..1000000", active, restart,
     "Step between failover versions of one cluster; the same in all clusters."},
    {"primaryClusterName", text, "cluster0", "nonempty", active, restart, "The cluster that registers global domains."},
    {"currentClusterName", text, "cluster0", "nonempty", active, restart, "This cluster."},
    {"clusterRedirectionPolicy.policy", choice, "noop",
     "noop|selected-apis-forwarding|selected-apis-forwarding-v2|all-domain-apis-forwarding", checked, restart,
     "Which requests are sent on to the cluster where the domain is active."},
    {"clusterRedirectionPolicy.allDomainApisForwardingTargetCluster", text, "", "", checked, restart,
     "Where they are sent on to under all-domain-apis-forwarding."},
    {"clusterRedirectionPolicy.toDC", text, "", "", inert, restart, "Old name in Cadence's files."},
};

constexpr row cluster_member_rows[] = {
    {"enabled", boolean, "true", "", active, restart, "Takes part."},
    {"initialFailoverVersion", integer, "0", "0..1000000", active, restart,
     "Less than the increment and different in each cluster."},
    {"newInitialFailoverVersion", integer, "", "0..1000000", active, restart,
     "While it is being changed: the new one. Versions of both are this cluster's."},
    {"rpcName", text, "cadence-frontend", "", inert, restart, "Service name of YARPC."},
    {"rpcAddress", text, "", "", active, restart,
     "Where it is reached, host:port: its gRPC services, or with `rpcTransport: actor` where it takes links of other "
     "clusters."},
    {"rpcTransport", choice, "grpc", "grpc|tchannel|actor", active, restart,
     "How another cluster is reached: `actor`, by the links of remote actors. The others are not there yet, and "
     "refused "
     "for another cluster that is enabled; for this one it makes no difference."},
    {"authorizationProvider.enable", boolean, "false", "", checked, restart, "Send a token along."},
    {"authorizationProvider.type", text, "", "", checked, restart, "`OAuthAuthorization`."},
    {"authorizationProvider.privateKey", text, "", "", checked, restart, "File of the key that signs tokens."},
};

constexpr row cluster_links_rows[] = {
    {"bindAddress", text, "", "", active, restart,
     "Address to take links of other clusters at; empty: all of the machine."},
    {"port", integer, "0", "0..65535", active, restart,
     "Port to take them at; 0: that of the own `rpcAddress` in `clusterGroupMetadata.clusterGroup`."},
    {"tls.certFile", text, "", "", active, restart,
     "Own certificate for other clusters, PEM; all three of these, or none: then whoever reaches the port is taken for "
     "a "
     "cluster."},
    {"tls.keyFile", text, "", "", active, restart, "Key of the certificate, PEM."},
    {"tls.caFile", text, "", "", active, restart, "Authority that the certificates of all clusters come from."},
};

constexpr row archival_side_rows[] = {
    {"status", choice, "disabled", "disabled|paused|enabled", checked, restart, "Whether closed runs are archived."},
    {"enableRead", boolean, "false", "", checked, restart, "Whether archived runs can be read."},
    {"provider.filestore.fileMode", text, "0666", "", checked, restart, "Mode of files."},
    {"provider.filestore.dirMode", text, "0766", "", checked, restart, "Mode of directories."},
    {"provider.s3store.region", text, "", "", checked, restart, "Region."},
    {"provider.s3store.endpoint", text, "", "", checked, restart, "Address, when not Amazon's own."},
    {"provider.s3store.s3ForcePathStyle", boolean, "false", "", checked, restart, "Bucket in the path."},
    {"provider.gstorage.credentialsPath", text, "", "", checked, restart, "File of credentials."},
};

constexpr row domain_archival_rows[] = {
    {"status", choice, "disabled", "disabled|enabled", active, restart, "Given to new domains that do not say."},
    {"URI", text, "", "", active, restart, "Given to new domains that do not say."},
};

constexpr row authorization_rows[] = {
    {"noopAuthorizer.enable", boolean, "false", "", checked, restart, "Everything is allowed."},
    {"oauthAuthorizer.enable", boolean, "false", "", checked, restart, "Requests need a token."},
    {"oauthAuthorizer.maxJwtTTL", integer, "0", "0..9223372036854775807", checked, restart,
     "Longest life of a token, in seconds."},
    {"oauthAuthorizer.jwtCredentials.algorithm", choice, "RS256", "RS256", checked, restart, "Signature."},
    {"oauthAuthorizer.jwtCredentials.publicKey", text, "", "", checked, restart, "File of the key that checks tokens."},
    {"oauthAuthorizer.provider.jwksURL", text, "", "", checked, restart, "Where the provider shows its keys."},
    {"oauthAuthorizer.provider.groupsAttributePath", text, "", "", checked, restart, "Groups in the token."},
    {"oauthAuthorizer.provider.adminAttributePath", text, "", "", checked, restart, "Admin mark in the token."},
};

constexpr row kafka_rows[] = {
    {"version", text, "", "", checked, restart, "Version of the brokers."},
    {"clusters.*.brokers", text_list, "", "", checked, restart, "host:port of each."},
    {"topics.*.cluster", text, "", "nonempty", checked, restart, "A name under `clusters`."},
    {"topics.*.properties", text_map, "", "", checked, restart, "Further settings."},
    {"applications.*.topic", text, "", "", checked, restart, "A name under `topics`."},
    {"applications.*.dlq-topic", text, "", "", checked, restart, "Where what cannot be handled goes."},
};

constexpr row async_rows[] = {
    {"type", choice, "kafka", "kafka", checked, restart, "Kind of queue."},
    {"config.connection.brokers", text_list, "", "", checked, restart, "host:port of each."},
    {"config.topic", text, "", "", checked, restart, "Topic."},
};

constexpr row ringpop_rows[] = {
    {"name", text, "cadence", "", checked, restart, "Nodes of one name form a cluster."},
    {"broadcastAddress", text, "", "", checked, restart, "Address other nodes reach this one by."},
    {"bootstrapMode", choice, "hosts", "hosts|file|dns|dns-srv|none", inert, restart,
     "Nodes find each other through the store."},
    {"bootstrapHosts", text_list, "", "", inert, restart, "As above."},
    {"bootstrapFile", text, "", "", inert, restart, "As above."},
    {"maxJoinDuration", duration, "30s", "0s..1h", inert, restart, "As above."},
};

constexpr row other_rows[] = {
    {"publicClient.hostPort", address, "", "", inert, restart, "The workers inside the server need no address."},
    {"publicClient.transport", choice, "grpc", "grpc|tchannel", inert, restart, "As above."},
    {"publicClient.RefreshInterval", duration, "10s", "0s..24h", inert, restart, "As above."},
    {"blobstore.filestore.outputDirectory", text, "", "", checked, restart, "Directory for large reports."},
    {"headerForwardingRules", anything, "", "", checked, restart, "Headers sent on to other clusters."},
    {"membership.provider", anything, "", "", inert, restart, "Nodes find each other through the store."},
    {"shardDistributorClient.hostPort", address, "", "", inert, restart, "A service of Cadence's own."},
    {"shard-distributor-matching", anything, "", "", inert, restart, "A service of Cadence's own."},
    {"histograms", anything, "", "", inert, restart, "How Cadence's metrics move to histograms."},
    {"gauge-migration", anything, "", "", inert, restart, "As above."},
    {"counter-migration", anything, "", "", inert, restart, "As above."},
};

constexpr group groups[] = {
    {"clusterGroupMetadata", cluster_rows},
    {"clusterGroupMetadata.clusterGroup.*", cluster_member_rows},
    {"clusterGroupMetadata.clusterGroup.*.tls", tls_rows},
    {"clusterLinks", cluster_links_rows},
    {"services.frontend.rpc.tls", tls_rows},
    {"services.frontend.rpc.http.tls", tls_rows},
    {"services.*.rpc.tls", tls_rows},
    {"persistence.datastores.*.sql", sql_rows},
    {"persistence.datastores.*.sql.tls", sql_tls_rows},
    {"persistence.datastores.*.nosql", nosql_rows},
    {"persistence.datastores.*.nosql.tls", tls_rows},
    {"persistence.datastores.*.shardedNosql", sharded_rows},
    {"persistence.datastores.*.shardedNosql.connections.*.nosqlPlugin", nosql_rows},
    {"persistence.datastores.*.shardedNosql.connections.*.nosqlPlugin.tls", tls_rows},
    {"persistence.datastores.*.elasticsearch", elasticsearch_rows},
    {"persistence.datastores.*.elasticsearch.tls", tls_rows},
    {"persistence.datastores.*.pinot", pinot_rows},
    {"archival.history", archival_side_rows},
    {"archival.visibility", archival_side_rows},
    {"domainDefaults.archival.history", domain_archival_rows},
    {"domainDefaults.archival.visibility", domain_archival_rows},
    {"authorization", authorization_rows},
    {"kafka", kafka_rows},
    {"kafka.tls", tls_rows},
    {"kafka.sasl", sasl_rows},
    {"asyncWorkflowQueues.*", async_rows},
    {"asyncWorkflowQueues.*.config.connection.tls", tls_rows},
    {"asyncWorkflowQueues.*.config.connection.sasl", sasl_rows},
    {"ringpop", ringpop_rows},
    {"", other_rows},
};

} // namespace

std::span<const group> outside_groups() { return groups; }

} // namespace cadenza::config::table
