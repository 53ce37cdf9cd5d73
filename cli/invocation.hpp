#pragma once

#include "cli/client.hpp"
#include "cli/command.hpp"
#include "cli/run.hpp"
#include "cli/style.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>

namespace cadenza::cli {

/// One command being run: its flags, arguments, streams and connection. Used by one thread, but for `rpc()`, which
/// any thread may use once it was called.
class invocation {
public:
  struct value {
    std::vector<std::string> texts;
    bool given = false; ///< by the command line or the environment
  };
  using values = std::map<std::string, value, std::less<>>;

  invocation(const command& tree, const hooks& local, const streams& io, std::string program);

  void accept(values flags, std::vector<std::string> arguments);

  /// The value of a flag, its initial value when not given, "" when it has none.
  [[nodiscard]] const std::string& text(std::string_view flag) const;
  [[nodiscard]] bool given(std::string_view flag) const;
  [[nodiscard]] bool on(std::string_view flag) const;
  [[nodiscard]] std::int64_t number(std::string_view flag) const;
  [[nodiscard]] double real(std::string_view flag) const;
  [[nodiscard]] const std::vector<std::string>& all(std::string_view flag) const;
  [[nodiscard]] const std::vector<std::string>& arguments() const { return arguments_; }
  /// Gives a flag a value, as if the line had.
  void set(const std::string& flag, std::string content);
  /// Positional argument `index`, or "".
  [[nodiscard]] const std::string& argument(std::size_t index) const;

  [[nodiscard]] const std::string& domain() const { return text("domain"); }
  [[nodiscard]] bool json() const;

  [[nodiscard]] std::ostream& out() const { return *io_.out; }
  [[nodiscard]] std::ostream& err() const { return *io_.err; }
  [[nodiscard]] std::istream& in() const { return *io_.in; }
  [[nodiscard]] const streams& io() const { return io_; }
  [[nodiscard]] const palette& paint() const { return paint_; }
  [[nodiscard]] const palette& paint_err() const { return paint_err_; }
  /// Columns that a line of output may take: those of the terminal, 0 for any number.
  [[nodiscard]] std::size_t columns() const { return io_.out_is_terminal ? io_.width : 0; }
  [[nodiscard]] const hooks& local() const { return local_; }
  [[nodiscard]] const command& tree() const { return tree_; }
  [[nodiscard]] const std::string& program() const { return program_; }

  /// Reads the files of --tls_cert_path and --jwt-private-key, for the connection. Once, before `rpc()`.
  [[nodiscard]] status read_credentials();

  /// The connection, made at the first use.
  [[nodiscard]] client& rpc();
  /// A connection to another server, with the same credentials.
  [[nodiscard]] std::unique_ptr<client> rpc_to(const std::string& other) const;
  /// Deadline of an ordinary call: --context_timeout, else `otherwise`.
  [[nodiscard]] std::chrono::milliseconds timeout(std::chrono::seconds otherwise = std::chrono::seconds{5}) const;
  /// One call with the ordinary deadline.
  [[nodiscard]] outcome<void> call(std::string_view method, const google::protobuf::Message& request,
                                   google::protobuf::Message& response);

  /// host:port of the gRPC contract and base URL of the HTTP side.
  [[nodiscard]] std::string address() const;
  [[nodiscard]] std::string http_address() const;

private:
  const command& tree_;
  const hooks& local_;
  streams io_;
  std::string program_;
  palette paint_;
  palette paint_err_;
  values values_;
  std::vector<std::string> arguments_;
  std::string ca_certificate_;
  std::string token_;
  std::unique_ptr<client> client_;
};

/// `cadence-cli@<host>`: who the server records as the caller.
[[nodiscard]] std::string identity();

/// A random version 4 id, for request ids and unnamed workflows.
[[nodiscard]] std::string new_id();

/// The user's name from the environment, "unknown" without one.
[[nodiscard]] std::string user_name();

} // namespace cadenza::cli
