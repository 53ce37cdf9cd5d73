#include "config/load.hpp"

#include <boost/test/unit_test.hpp>

using namespace cadenza;
using namespace cadenza::config;

namespace {

/// A group of dc1, which is this one, and dc2. What is given goes into the section of dc2, and behind everything.
std::string group_of(const std::string& other, const std::string& more = {}) {
  return "clusterGroupMetadata:\n"
         "  failoverVersionIncrement: 100\n"
         "  primaryClusterName: dc1\n"
         "  currentClusterName: dc1\n"
         "  clusterGroup:\n"
         "    dc1: {initialFailoverVersion: 1, newInitialFailoverVersion: 3, rpcAddress: 'dc1.example:7840'}\n"
         "    dc2: {initialFailoverVersion: 2, " +
         other + "}\n" + more;
}

const std::string second = "rpcAddress: 'dc2.example:7841', rpcTransport: actor";

server_config good(const std::string& text) {
  auto out = load_text(text, "f.yaml");
  BOOST_REQUIRE_MESSAGE(out, (out ? std::string() : out.error().message));
  return out->values;
}

void says(const std::string& text, const std::string& expected) {
  const auto out = load_text(text, "f.yaml");
  BOOST_REQUIRE_MESSAGE(!out, text);
  BOOST_TEST(out.error().message.find(expected) != std::string::npos, out.error().message);
}

} // namespace

BOOST_AUTO_TEST_SUITE(clusters_suite)

BOOST_AUTO_TEST_CASE(a_group_of_clusters_that_relay_by_actors_is_taken) {
  const auto c = good(group_of(second));
  BOOST_TEST(c.clusters.several());
  BOOST_TEST(c.clusters.failover_version_increment == 100);
  BOOST_REQUIRE(c.clusters.find("dc1"));
  BOOST_TEST((c.clusters.find("dc1")->new_initial_failover_version == 3));
  const auto* other = c.clusters.find("dc2");
  BOOST_REQUIRE(other);
  BOOST_TEST(other->initial_failover_version == 2);
  BOOST_TEST(!other->new_initial_failover_version.has_value());
  BOOST_TEST(other->rpc_address == "dc2.example:7841");
  BOOST_TEST(other->transport == "actor");
}

BOOST_AUTO_TEST_CASE(links_come_in_at_the_port_that_the_cluster_is_reached_at) {
  const auto links = good(group_of(second)).cluster_links;
  BOOST_TEST(links.listen_host == "0.0.0.0");
  BOOST_TEST(links.port == 7840);
  BOOST_TEST(links.certificate_file.empty());
  const auto other =
      good(group_of(second, "clusterLinks: {bindAddress: '[::1]', port: 9, tls: {certFile: c, keyFile: k, "
                            "caFile: a}}\n"))
          .cluster_links;
  BOOST_TEST(other.listen_host == "::1");
  BOOST_TEST(other.port == 9);
  BOOST_TEST(other.certificate_file == "c");
  BOOST_TEST(other.key_file == "k");
  BOOST_TEST(other.authority_file == "a");
}

BOOST_AUTO_TEST_CASE(a_cluster_alone_has_no_links) {
  const auto alone = good(group_of("enabled: false, rpcAddress: 'dc2:1'"));
  BOOST_TEST(!alone.clusters.several());
  BOOST_TEST(alone.cluster_links.listen_host.empty());
  BOOST_TEST(alone.cluster_links.port == 0);
  says("clusterLinks: {port: 7840}\n", "clusterLinks.port: needs another enabled cluster");
  says("clusterLinks: {tls: {certFile: c, keyFile: k, caFile: a}}\n", "clusterLinks.tls.caFile: needs another");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_done_with_another_cluster_is_refused) {
  says(group_of("rpcAddress: 'dc2:7833', rpcTransport: grpc"),
       "rpcTransport: relaying to another cluster over gRPC is not there yet; rpcTransport: actor");
  says(group_of("rpcAddress: 'dc2:7833'"), "relaying to another cluster over gRPC is not there yet");
  says(group_of("rpcAddress: 'dc2:7833', rpcTransport: tchannel"), "over TChannel is not there yet");
  says(group_of("rpcAddress: dc2, rpcTransport: actor"), "expected host:port, where that cluster takes links");
  says(group_of("rpcAddress: ':78', rpcTransport: actor"), "expected host:port, where that cluster takes links");
  says(group_of(second + ", tls: {enabled: true}"), "links of clusters speak TLS by clusterLinks.tls");
  says(group_of(second + ", authorizationProvider: {enable: true}"), "not by tokens");
  says(group_of(second + ", newInitialFailoverVersion: 3"), "another cluster has the version 3, too");
  says(group_of(second + ", newInitialFailoverVersion: 100"), "less than failoverVersionIncrement (100), found 100");
  says(group_of(second, "clusterLinks: {port: 7833}\n"), "gRPC listens at port 7833 already; links of clusters");
  says(group_of(second, "clusterLinks: {tls: {certFile: c}}\n"), "certFile, keyFile and caFile belong together");
  says("clusterGroupMetadata: {clusterGroup: {cluster0: {enabled: false, rpcAddress: 'a:1'},\n"
       "  b: {initialFailoverVersion: 1, rpcAddress: 'b:1', rpcTransport: actor},\n"
       "  c: {initialFailoverVersion: 2, rpcAddress: 'c:1', rpcTransport: actor}}}\n",
       "cluster0 is not enabled");
  says("clusterGroupMetadata: {clusterGroup: {cluster0: {rpcAddress: 'nowhere'},\n"
       "  b: {initialFailoverVersion: 1, rpcAddress: 'b:1', rpcTransport: actor}}}\n",
       "clusterLinks.port: needed, because the own rpcAddress");
}

BOOST_AUTO_TEST_CASE(several_nodes_of_one_of_several_clusters_are_refused) {
  says(group_of(second,
                "node: {address: 'a:7900'}\n"
                "persistence: {defaultStore: s, datastores: {s: {sql: {connectAddr: 'x:1', databaseName: d}}}}\n"),
       "several nodes of one cluster cannot be one of several clusters yet");
}

BOOST_AUTO_TEST_SUITE_END()
