#include "messages/base64.hpp"

#include <boost/test/unit_test.hpp>

#include <optional>
#include <string>

using namespace cadenza;

namespace {

std::optional<std::string> decoded(std::string_view text) {
  std::string raw;
  if (!from_base64(text, raw))
    return std::nullopt;
  return raw;
}

} // namespace

BOOST_AUTO_TEST_SUITE(base64_suite)

BOOST_AUTO_TEST_CASE(what_is_written_is_read_back_with_padding_and_without) {
  for (std::string raw; raw.size() < 300; raw += static_cast<char>(raw.size() * 37)) {
    const auto text = to_base64(raw);
    BOOST_TEST((decoded(text) == raw));
    BOOST_TEST((decoded(std::string_view(text).substr(0, text.find('='))) == raw));
  }
  BOOST_TEST(to_base64("light w") == "bGlnaHQgdw==");
  BOOST_TEST(to_base64_url(std::string("\xfb\xff\xfe", 3)) == "-__-");
  BOOST_TEST(to_base64_url("light w") == "bGlnaHQgdw");
}

BOOST_AUTO_TEST_CASE(it_is_appended_and_nothing_is_appended_of_other_text) {
  std::string raw = "kept";
  BOOST_TEST(from_base64("IQ==", raw));
  BOOST_TEST(raw == "kept!");
  BOOST_TEST(!from_base64("IQ==x", raw));
  BOOST_TEST(raw == "kept!");
}

BOOST_AUTO_TEST_CASE(nothing_follows_the_padding) {
  for (const char* text : {"bGln=", "bGln==", "bGlnaHQ=x", "bGlnaHQ==", "bGlnaHQgdw===", "bGlnaHQgdw=",
                           "bGlnaHQgdw==bGln", "=", "==", "=bGln", "bG=lnaHQ"})
    BOOST_TEST(!decoded(text), text);
}

BOOST_AUTO_TEST_CASE(neither_blanks_nor_another_alphabet_nor_lost_bits) {
  for (const char* text :
       {"bGln aHQ=", "bGln\n", " bGln", "bGlnaHQgdw..", "-__-", "bGlnaHR=", "b", "bGlnb", "bGln*A=="})
    BOOST_TEST(!decoded(text), text);
}

BOOST_AUTO_TEST_SUITE_END()
