#include "messages/json_text.hpp"
#include "messages/utf8.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace cadenza;
using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(utf8_suite)

BOOST_AUTO_TEST_CASE(text_of_every_length_of_letter_is_valid) {
  for (const auto& text :
       {""s, "plain"s, "nul\0inside"s, "Käse"s, "中文字"s, "\U0001F600"s, "\xEF\xBF\xBF"s /* U+FFFF */,
        "\xF4\x8F\xBF\xBF"s /* U+10FFFF */, "\xED\x9F\xBF"s /* before the surrogates */,
        "\xEE\x80\x80"s /* behind them */, "seventeen bytes ."s + "ä"}) {
    BOOST_TEST(utf8::valid(text), text);
    BOOST_TEST(utf8::readable(text) == text);
  }
}

BOOST_AUTO_TEST_CASE(surrogates_overlong_forms_and_what_is_beyond_are_not) {
  for (const auto& text : {"\xED\xA0\x80"s,
                           "\xED\xBF\xBF"s /* surrogates */,
                           "\xC0\x80"s,
                           "\xC1\xBF"s,
                           "\xE0\x80\xAF"s,
                           "\xE0\x9F\xBF"s,
                           "\xF0\x80\x80\xAF"s,
                           "\xF0\x8F\xBF\xBF"s /* overlong */,
                           "\xF4\x90\x80\x80"s,
                           "\xF5\x80\x80\x80"s,
                           "\xF8\x88\x80\x80\x80"s /* beyond U+10FFFF */,
                           "\x80"s,
                           "\xFF"s,
                           "\xFE"s,
                           "\xC3"s,
                           "\xE4\xB8"s,
                           "\xF0\x9F\x98"s,
                           "plain text and then \xE4\xB8"s,
                           "\xE4\xB8 plain text"s,
                           "eight by\xC3te, long"s}) {
    BOOST_TEST(!utf8::valid(text), text);
    BOOST_TEST(utf8::valid(utf8::readable(text)));
    BOOST_TEST(utf8::readable(text).find("\uFFFD") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(only_the_bad_bytes_are_replaced) {
  BOOST_TEST(utf8::readable("bad \xE4\xB8 letter") == "bad \uFFFD letter");
  BOOST_TEST(utf8::readable("cut \xE4\xB8") == "cut \uFFFD");
  BOOST_TEST(utf8::readable("\xFFK\xC3\xA4se\xFF") == "\uFFFDKäse\uFFFD");
  BOOST_TEST(utf8::readable("\xC3(") == "\uFFFD(");
  std::string text = "kept";
  utf8::make_readable(text);
  BOOST_TEST(text == "kept");
  text += "\x80";
  utf8::make_readable(text);
  BOOST_TEST(text == "kept\uFFFD");
}

BOOST_AUTO_TEST_CASE(a_cut_is_not_within_a_letter) {
  BOOST_TEST(utf8::head("abc", 3) == "abc");
  BOOST_TEST(utf8::head("abc", 2) == "ab");
  BOOST_TEST(utf8::head("a中b", 1) == "a");
  BOOST_TEST(utf8::head("a中b", 2) == "a");
  BOOST_TEST(utf8::head("a中b", 3) == "a");
  BOOST_TEST(utf8::head("a中b", 4) == "a中");
  BOOST_TEST(utf8::head("中", 2) == "");
  BOOST_TEST(utf8::head("abc", 0) == "");
  BOOST_TEST(utf8::tail("a中b", 1) == "b");
  BOOST_TEST(utf8::tail("a中b", 3) == "b");
  BOOST_TEST(utf8::tail("a中b", 4) == "中b");
  BOOST_TEST(utf8::tail("a中b", 9) == "a中b");
  // What is no text is cut where it may be: a cutter must not run back over all of it.
  const std::string no_text(1000, '\x80');
  BOOST_TEST(utf8::head(no_text, 500).size() == 500U);
  BOOST_TEST(utf8::shortened("a中b", 4) == "a中…");
  BOOST_TEST(utf8::shortened("a中b", 5) == "a中b");
}

BOOST_AUTO_TEST_CASE(an_excerpt_is_readable_and_tells_how_long_the_text_is) {
  BOOST_TEST(utf8::excerpt("name") == "name");
  BOOST_TEST(utf8::excerpt("na\xFFme") == "na\uFFFDme");
  const std::string longest(utf8::excerpt_bytes_max, 'x');
  BOOST_TEST(utf8::excerpt(longest) == longest);
  BOOST_TEST(utf8::excerpt(std::string(1 << 20, 'x')) == longest + "… (1048576 bytes)");
  BOOST_TEST(utf8::valid(utf8::excerpt("x" + std::string(1 << 20, '\x80'))));
}

BOOST_AUTO_TEST_CASE(json_text_escapes_what_it_must) {
  std::string out;
  append_json_string(out, "a\"b\\c\nd\re\tf\x01g\x1fhä/");
  BOOST_TEST(out == R"("a\"b\\c\nd\re\tf\u0001g\u001fhä/")");
  out.clear();
  append_json_string(out, "");
  append_json_string(out, "\"");
  BOOST_TEST(out == R"("""\"")");
}

BOOST_AUTO_TEST_SUITE_END()
