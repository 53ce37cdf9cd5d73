#include "cli/invocation.hpp"

#include "cli/address.hpp"
#include "cli/input_file.hpp"
#include "cli/jwt.hpp"
#include "messages/uuid.hpp"

#include <cassert>
#include <cstdlib>
#include <random>
#include <unistd.h>

namespace cadenza::cli {

namespace {

const std::string nothing;
const std::vector<std::string> no_texts;

} // namespace

invocation::invocation(const command& tree, const hooks& local, const streams& io, std::string program)
  : tree_(tree), local_(local), io_(io), program_(std::move(program)), paint_(palette::of(io.out_is_terminal)),
    paint_err_(palette::of(io.err_is_terminal)) {
  // nop
}

void invocation::accept(values flags, std::vector<std::string> arguments) {
  values_ = std::move(flags);
  arguments_ = std::move(arguments);
}

void invocation::set(const std::string& flag, std::string content) { values_[flag] = {{std::move(content)}, true}; }

const std::vector<std::string>& invocation::all(std::string_view flag) const {
  const auto found = values_.find(flag);
  return found == values_.end() ? no_texts : found->second.texts;
}

const std::string& invocation::text(std::string_view flag) const {
  const auto& texts = all(flag);
  return texts.empty() ? nothing : texts.back();
}

bool invocation::given(std::string_view flag) const {
  const auto found = values_.find(flag);
  return found != values_.end() && found->second.given;
}

bool invocation::on(std::string_view flag) const { return text(flag) == "true"; }

std::int64_t invocation::number(std::string_view flag) const {
  const auto& written = text(flag);
  return written.empty() ? 0 : std::strtoll(written.c_str(), nullptr, 10);
}

double invocation::real(std::string_view flag) const {
  const auto& written = text(flag);
  return written.empty() ? 0.0 : std::strtod(written.c_str(), nullptr);
}

const std::string& invocation::argument(std::size_t index) const {
  return index < arguments_.size() ? arguments_[index] : nothing;
}

bool invocation::json() const { return text("output") == "json" || text("format") == "json"; }

std::string invocation::address() const { return grpc_address(text("address")); }

std::string invocation::http_address() const {
  const auto& given_address = text("http_address");
  return given_address.empty() ? http_address_beside(address()) : http_base_url(given_address);
}

status invocation::read_credentials() {
  token_ = text("jwt");
  if (const auto& path = text("jwt-private-key"); token_.empty() && !path.empty()) {
    const auto pem = read_file(path);
    if (!pem)
      return problem{"Cannot make a token.", pem.error().message};
    auto token = make_jwt(*pem);
    if (!token)
      return problem{"Cannot make a token.", "no RSA private key in " + path};
    token_ = std::move(*token);
  }
  if (const auto& path = text("tls_cert_path"); !path.empty()) {
    auto certificate = read_file(path);
    if (!certificate)
      return problem{"Cannot read the CA certificate.", certificate.error().message};
    // Without this text the connection would fail for a reason that nobody could tell.
    if (certificate->find("CERTIFICATE-----") == std::string::npos)
      return problem{"Cannot read the CA certificate.", "no certificate (PEM) in " + path};
    ca_certificate_ = std::move(*certificate);
  }
  return {};
}

client& invocation::rpc() {
  if (!client_)
    client_ = rpc_to(address());
  return *client_;
}

std::unique_ptr<client> invocation::rpc_to(const std::string& other) const {
  return std::make_unique<client>(client_options{other, ca_certificate_, token_});
}

std::chrono::milliseconds invocation::timeout(std::chrono::seconds otherwise) const {
  if (given("context_timeout") && number("context_timeout") > 0)
    return std::chrono::seconds{number("context_timeout")};
  return otherwise;
}

outcome<void> invocation::call(std::string_view method, const google::protobuf::Message& request,
                               google::protobuf::Message& response) {
  return rpc().call(method, request, response, timeout());
}

std::string identity() {
  char name[256] = {};
  return std::string{"cadence-cli@"} + (::gethostname(name, sizeof name - 1) == 0 ? name : "UnKnown");
}

std::string new_id() {
  std::random_device source;
  const auto half = [&source] { return std::uint64_t{source()} << 32 | source(); };
  const auto high = half();
  return uuid::v4(high, half()).str();
}

std::string user_name() {
  for (const char* variable : {"USER", "LOGNAME", "HOME"})
    if (const char* value = std::getenv(variable); value != nullptr && *value != '\0')
      return value;
  return "unknown";
}

} // namespace cadenza::cli
