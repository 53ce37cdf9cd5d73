#include "grpc_site.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(grpc_wire)

BOOST_AUTO_TEST_CASE(timeouts_are_read_as_the_protocol_writes_them) {
  BOOST_TEST(grpc_text::parse_timeout("1H").value() == 3'600'000'000'000);
  BOOST_TEST(grpc_text::parse_timeout("2M").value() == 120'000'000'000);
  BOOST_TEST(grpc_text::parse_timeout("3S").value() == 3'000'000'000);
  BOOST_TEST(grpc_text::parse_timeout("250m").value() == 250'000'000);
  BOOST_TEST(grpc_text::parse_timeout("7u").value() == 7'000);
  BOOST_TEST(grpc_text::parse_timeout("00000009n").value() == 9);
  BOOST_TEST(grpc_text::parse_timeout("99999999H").value() == INT64_MAX);
  for (const char* bad : {"", "1", "S", "1s", "-1S", "1.5S", "123456789S", "1 S", "0x1S"})
    BOOST_TEST(!grpc_text::parse_timeout(bad), bad);
}

BOOST_AUTO_TEST_CASE(messages_and_binary_headers_are_encoded) {
  BOOST_TEST(grpc_text::encode_message("plain text", 100) == "plain text");
  BOOST_TEST(grpc_text::encode_message("100%\n\xc3\xa4", 100) == "100%25%0A%C3%A4");
  BOOST_TEST(grpc_text::encode_message("ab\xc3\xa4", 7) == "ab"); // not half a character
  BOOST_TEST(grpc_text::encode_message("ab\xc3\xa4", 8) == "ab%C3%A4");
  BOOST_TEST(grpc_text::encode_message(std::string(10'000, 'x'), 100).size() == 100u);
  BOOST_TEST(grpc_text::encode_binary("abcd") == "YWJjZA");
  BOOST_TEST(grpc_text::encode_binary("") == "");
  BOOST_TEST(grpc_text::is_protobuf("application/grpc"));
  BOOST_TEST(grpc_text::is_protobuf("application/grpc+proto"));
  BOOST_TEST(grpc_text::is_protobuf("application/grpc;charset=utf-8"));
  for (const char* other :
       {"", "application/json", "application/grpc+json", "application/grpc-web", "application/grpcx"})
    BOOST_TEST(!grpc_text::is_protobuf(other), other);
}

BOOST_AUTO_TEST_CASE(a_good_answer_has_headers_one_message_and_trailers) {
  site s;
  const auto answer = s.ask(health, "");
  BOOST_TEST(answer.head.at(":status") == "200");
  BOOST_TEST(answer.head.at("content-type") == "application/grpc");
  BOOST_TEST(answer.trailers.size() == 1u);
  BOOST_TEST(answer.status() == "0");
  api::HealthResponse response;
  BOOST_REQUIRE(answer.body.size() >= 5u);
  BOOST_TEST(response.ParseFromString(answer.body.substr(5)));
  BOOST_TEST(response.ok());
  BOOST_TEST(static_cast<unsigned char>(answer.body[4]) == answer.body.size() - 5);
}

BOOST_AUTO_TEST_CASE(an_error_is_one_block_of_headers_with_its_detail) {
  site s;
  auto request = good_start();
  request.set_domain("fähig");
  const auto answer = s.ask(start, request.SerializeAsString());
  BOOST_TEST(answer.head.at(":status") == "200");
  BOOST_TEST(answer.trailers.empty());
  BOOST_TEST(answer.body.empty());
  BOOST_TEST(answer.status() == "5");
  BOOST_TEST(answer.text().find("f%C3%A4hig") != std::string::npos);
  BOOST_TEST(answer.head.contains("grpc-status-details-bin"));
}

BOOST_AUTO_TEST_CASE(a_message_longer_than_clients_take_is_cut) {
  site s;
  s.h.engine.react([](tests::seen_request seen) { seen.call->reject(bad_request(std::string(1'000'000, 'm'))); });
  const auto answer = s.ask(start, good_start().SerializeAsString());
  BOOST_TEST(answer.status() == "3");
  BOOST_TEST(answer.text().size() <= 4096u);
  BOOST_TEST(answer.text().starts_with("mmm"));
}

BOOST_AUTO_TEST_CASE(what_is_no_grpc_is_answered_in_http) {
  site s;
  const auto http = [&](fields of) {
    const auto id = std::exchange(s.next, s.next + 2);
    s.client.send(raw_client::request(id, of, true));
    return s.client.read_answer(id).head.at(":status");
  };
  auto of = raw_client::grpc(health);
  of[0].second = "GET";
  BOOST_TEST(http(of) == "405");
  of = raw_client::grpc(health);
  of[4].second = "application/json";
  BOOST_TEST(http(of) == "415");
  of.erase(of.begin() + 4);
  BOOST_TEST(http(of) == "415");
  s.check_good();
}

BOOST_AUTO_TEST_CASE(unknown_methods_and_encodings_are_unimplemented_and_name_themselves) {
  site s;
  auto answer = s.ask("/no.such.Service/Method", "");
  BOOST_TEST(answer.status() == "12");
  BOOST_TEST(answer.text() == "unknown method /no.such.Service/Method");
  answer = s.ask(health, "", {{"grpc-encoding", "deflate"}});
  BOOST_TEST(answer.status() == "12");
  BOOST_TEST(answer.head.at("grpc-accept-encoding") == "identity,gzip");
  answer = s.ask(health, "", {{"grpc-timeout", "soon"}});
  BOOST_TEST(answer.status() == "3");
  BOOST_TEST(answer.text().find("soon") != std::string::npos);
  s.check_good();
}

BOOST_AUTO_TEST_CASE(headers_that_are_no_base64_or_too_large_do_not_end_the_connection) {
  site s;
  BOOST_TEST(s.ask(health, "", {{"foo-bin", "!!!! not base64"}}).status() == "0");
  const auto answer = s.ask(health, "", {{"x", std::string(15'000, 'x')}, {"y", std::string(900, 'x')}});
  BOOST_TEST(answer.status() == "0");
  const auto id = std::exchange(s.next, s.next + 2);
  const auto block =
      raw_client::block(raw_client::grpc(health, {{"x", std::string(15'000, 'x')}, {"y", std::string(15'000, 'x')}}));
  s.client.send(raw_client::make(raw_client::headers, 0, id, block.substr(0, 16'000)) +
                raw_client::make(raw_client::continuation, 4, id, block.substr(16'000)) + raw_client::message(id, ""));
  BOOST_TEST(s.client.read_answer(id).status() == "3"); // clients send again what is answered with "8"
  BOOST_TEST(s.refused("header_bytes") == 1);
  s.check_good();
}

BOOST_AUTO_TEST_CASE(requests_without_a_whole_message_are_refused) {
  site s;
  const auto send = [&](const std::string& body) {
    const auto id = std::exchange(s.next, s.next + 2);
    s.client.send(raw_client::request(id, raw_client::grpc(health)) + raw_client::make(raw_client::data, 1, id, body));
    return s.client.read_answer(id);
  };
  using std::string_literals::operator""s;
  BOOST_TEST(send("").status() == "3");
  BOOST_TEST(send("").text() == "the request has no message");
  BOOST_TEST(send("\0\0"s).status() == "3");
  BOOST_TEST(send("\0\0\0\0\5abc"s).text() == "the request ends within its message");
  BOOST_TEST(send("\0\0\0\0\0\0\0\0\0\0"s).text() == "the request has more than one message");
  BOOST_TEST(send("\1\0\0\0\1x"s).status() == "13"); // compressed, and nothing says how
  BOOST_TEST(send("\7\0\0\0\1x"s).status() == "13");
  const auto id = std::exchange(s.next, s.next + 2);
  s.client.send(raw_client::request(id, raw_client::grpc(health), true));
  BOOST_TEST(s.client.read_answer(id).text() == "the request has no message");
  s.check_good();
  BOOST_TEST(s.becomes("cadenza_net_request_bytes", 0));
}

BOOST_AUTO_TEST_CASE(a_message_may_come_in_any_pieces) {
  site s;
  s.h.engine.react([](tests::seen_request seen) {
    api::StartWorkflowExecutionResponse response;
    response.set_run_id(
        std::to_string(dynamic_cast<api::StartWorkflowExecutionRequest&>(*seen.request).input().data().size()));
    seen.call->reply(response);
  });
  for (const std::size_t bytes :
       {std::size_t{100}, std::size_t{20'000}, std::size_t{200'000}, std::size_t{1'500'000}}) {
    const auto body = raw_client::prefixed(large_start(bytes));
    const auto id = std::exchange(s.next, s.next + 2);
    s.client.send(raw_client::request(id, raw_client::grpc(start)));
    const std::size_t piece = bytes < 1000 ? 1 : 7919;
    // The client's window: what it may send before it hears from the server.
    std::int64_t window = 256 << 10;
    for (std::size_t at = 0; at < body.size(); at += piece) {
      const auto part = body.substr(at, piece);
      while (window < static_cast<std::int64_t>(part.size())) {
        const auto f = s.client.next(raw_client::window);
        BOOST_REQUIRE(f);
        window += f->id == id ? f->code() : 0;
      }
      window -= static_cast<std::int64_t>(part.size());
      s.client.send(raw_client::make(raw_client::data, at + piece >= body.size() ? 1 : 0, id, part));
    }
    const auto answer = s.client.read_answer(id);
    BOOST_TEST(answer.status() == "0");
    api::StartWorkflowExecutionResponse response;
    BOOST_TEST(response.ParseFromString(answer.body.substr(5)));
    BOOST_TEST(response.run_id() == std::to_string(bytes));
  }
  BOOST_TEST(s.becomes("cadenza_net_request_bytes", 0));
}

BOOST_AUTO_TEST_CASE(a_message_that_is_too_large_is_refused_when_it_is_announced) {
  site s;
  const auto id = std::exchange(s.next, s.next + 2);
  s.client.send(raw_client::request(id, raw_client::grpc(start)) +
                raw_client::make(raw_client::data, 0, id, std::string("\0\4\0\0\1", 5) + std::string(1000, 'x')));
  const auto answer = s.client.read_answer(id);
  BOOST_TEST(answer.status() == "3"); // it is not to be sent again, as after "8"
  BOOST_TEST(answer.text().find("67108865") != std::string::npos);
  BOOST_TEST(s.refused("message_bytes") == 1);
  s.check_good();
}

BOOST_AUTO_TEST_CASE(compressed_messages_are_inflated_and_bombs_are_not) {
  bridge::net::settings how;
  how.message_bytes_max = 4 << 20;
  site s(how);
  const fields gzip{{"grpc-encoding", "gzip"}};
  BOOST_TEST(s.ask(start, zipped(good_start().SerializeAsString()), gzip, true).status() == "0");
  BOOST_TEST(s.ask(start, good_start().SerializeAsString(), gzip, false).status() == "0");
  auto answer = s.ask(start, zipped(std::string(200 << 20, '\0')), gzip, true);
  BOOST_TEST(answer.status() == "3");
  BOOST_TEST(answer.text().find("4194304") != std::string::npos);
  auto broken = zipped(good_start().SerializeAsString());
  broken[12] = static_cast<char>(~broken[12]);
  BOOST_TEST(s.ask(start, broken, gzip, true).status() == "13");
  BOOST_TEST(s.ask(start, zipped("x").substr(0, 10), gzip, true).status() == "13");
  BOOST_TEST(s.ask(start, zipped("x") + "more", gzip, true).status() == "13");
  s.check_good();
  BOOST_TEST(s.becomes("cadenza_net_request_bytes", 0));
}

BOOST_AUTO_TEST_SUITE_END()
