#pragma once

#include "config/tree.hpp"

#include <cstdlib>
#include <fstream>
#include <string>

#include <boost/test/unit_test.hpp>

/// Comparing files of the repository with what the tables in code say. SOURCE_ROOT is the repository's root.
namespace cadenza::test {

/// A file of the repository.
inline std::string path_of(const std::string& name) { return std::string(SOURCE_ROOT) + "/" + name; }

/// Files are written anew instead of compared.
inline bool writing() { return std::getenv("CADENZA_WRITE_DOCUMENTS") != nullptr; }

/// The whole file comes from a table.
inline void expect_file(const std::string& name, const std::string& expected) {
  if (writing())
    std::ofstream(path_of(name)) << expected;
  const auto text = config::read_text_file(path_of(name));
  BOOST_REQUIRE(text);
  BOOST_TEST((*text == expected), name << " is not what the tables say; run this test with CADENZA_WRITE_DOCUMENTS=1");
}

/// The part of a document between two marks comes from a table, the rest is written by hand.
inline void expect_part(const std::string& name, const std::string& part, const std::string& expected) {
  const auto text = config::read_text_file(path_of(name));
  BOOST_REQUIRE(text);
  const auto begin_mark = "<!-- begin " + part + " -->\n";
  const auto begin = text->find(begin_mark);
  const auto end = text->find("<!-- end " + part + " -->");
  BOOST_REQUIRE_MESSAGE(begin != std::string::npos && end != std::string::npos, name << " has no part " << part);
  const auto from = begin + begin_mark.size();
  if (writing())
    std::ofstream(path_of(name)) << text->substr(0, from) + expected + text->substr(end);
  else
    BOOST_TEST((text->substr(from, end - from) == expected),
               name << ", part " << part
                    << " is not what the tables say; run this test with CADENZA_WRITE_DOCUMENTS=1");
}

} // namespace cadenza::test
