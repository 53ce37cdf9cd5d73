#include "config/tree.hpp"

#include <boost/test/unit_test.hpp>

using namespace cadenza::config;

namespace {
tree parsed(const std::string& text) {
  auto out = parse_yaml(text, "f.yaml");
  BOOST_REQUIRE_MESSAGE(out, (out ? std::string() : out.error().message));
  return *std::move(out);
}
std::string refusal(const std::string& text) {
  const auto out = parse_yaml(text, "f.yaml");
  BOOST_REQUIRE(!out);
  return out.error().message;
}
} // namespace

BOOST_AUTO_TEST_SUITE(tree_suite)

BOOST_AUTO_TEST_CASE(values_know_their_place) {
  const auto doc = parsed("a:\n  b: 1\n  c: [x, 'y']\n");
  BOOST_TEST(doc.find_path("a.b")->at.text() == "f.yaml:2:6");
  BOOST_TEST(doc.find_path("a.c")->items[1].quoted);
  BOOST_TEST(!doc.find_path("a.c")->items[0].quoted);
  BOOST_TEST(doc.find_path("a")->at.text() == "f.yaml:1:1");
  BOOST_TEST(doc.find_path("a.z") == nullptr);
  BOOST_TEST(doc.find_path("a.b.c") == nullptr);
}

BOOST_AUTO_TEST_CASE(broken_documents_are_refused_with_their_place) {
  BOOST_TEST(refusal("a: [1, 2").starts_with("f.yaml:1:"));
  BOOST_TEST(refusal("a: 1\nb: 2\na: 3\n") == "f.yaml:3:1: a: the key stands here a second time");
  BOOST_TEST(refusal("? [a, b]\n: 1\n").starts_with("f.yaml:1:"));
  BOOST_TEST(refusal(std::string(100, '[') + std::string(100, ']')).find("deeper") != std::string::npos);
  BOOST_TEST(refusal("a: 1\n---\nb: 2\n") == "f.yaml: more than one YAML document");
}

BOOST_AUTO_TEST_CASE(an_empty_document_is_an_empty_map) {
  for (const auto* text : {"", "# nothing\n", "---\n"})
    BOOST_TEST((parsed(text).type == tree::kind::map && parsed(text).entries.empty()));
}

BOOST_AUTO_TEST_CASE(merging_goes_by_key_and_null_takes_away) {
  auto base = parsed("a: {x: 1, y: 2}\nl: [1, 2]\ns: {deep: {k: v}}\n");
  merge(base, parsed("a: {y: 3, z: 4}\nl: [9]\ns: ~\n"));
  BOOST_TEST(to_yaml(base) == "a:\n  x: 1\n  y: 3\n  z: 4\nl:\n  - 9\ns: null\n");
}

BOOST_AUTO_TEST_CASE(written_yaml_reads_back_the_same) {
  for (const auto* text :
       {"a: \"true\"\n", "a: \"x: y\"\n", "a: \"- b\"\n", "a: \"line\\nbreak\"\n", "a: \"\"\n", "a: {}\n",
        "a:\n  - b: 1\n    c: [x]\n", "\"k: 1\": 'it''s'\n", "a: \"q\\\"q\\\\\"\n", "a: \"7 #x\"\n"}) {
    const auto once = to_yaml(parsed(text));
    BOOST_TEST(to_yaml(parsed(once)) == once, text);
    BOOST_TEST((parsed(once).entries[0].second.type == parsed(text).entries[0].second.type));
    BOOST_TEST(parsed(once).entries[0].second.text == parsed(text).entries[0].second.text);
  }
}

BOOST_AUTO_TEST_CASE(a_missing_file_is_an_error) { BOOST_TEST(!read_text_file("/no/such/file")); }

BOOST_AUTO_TEST_SUITE_END()
