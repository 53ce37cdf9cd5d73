#pragma once

#include "actors/nodes/caf_transport.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

namespace cadenza::actors {

/// An authority that is made for one test, and certificates of it, in PEM files of a folder of its own.
class test_authority {
public:
  explicit test_authority(const std::string& name) : name_(name), key_(make_key()) {
    std::string folder = (std::filesystem::temp_directory_path() / "cadenza-certificates-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr)
      throw std::runtime_error("no folder for certificates");
    folder_ = folder;
    certificate_ = sign(key_.get(), name_, nullptr);
    write_certificate(folder_ / "authority.pem", certificate_.get());
  }
  ~test_authority() {
    std::error_code ignored; // it lies in the folder for such things
    std::filesystem::remove_all(folder_, ignored);
  }
  test_authority(const test_authority&) = delete;
  test_authority& operator=(const test_authority&) = delete;

  /// Options of a node with a certificate of this authority, which trusts `trusted`.
  [[nodiscard]] link_wire_options node(const std::string& name, const test_authority& trusted) const {
    const auto key = make_key();
    const auto signed_one = sign(key.get(), name, certificate_.get());
    link_wire_options out;
    out.certificate = (folder_ / (name + ".pem")).string();
    out.key = (folder_ / (name + ".key")).string();
    out.authority = (trusted.folder_ / "authority.pem").string();
    write_certificate(out.certificate, signed_one.get());
    const file to(std::fopen(out.key.c_str(), "w"), &std::fclose);
    if (!to || PEM_write_PrivateKey(to.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
      throw std::runtime_error("a key cannot be written");
    return out;
  }
  [[nodiscard]] link_wire_options node(const std::string& name) const { return node(name, *this); }

private:
  using key_ptr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  using x509_ptr = std::unique_ptr<X509, decltype(&X509_free)>;
  using file = std::unique_ptr<std::FILE, decltype(&std::fclose)>;

  static key_ptr make_key() {
    key_ptr out(EVP_EC_gen("P-256"), &EVP_PKEY_free);
    if (!out)
      throw std::runtime_error("no key");
    return out;
  }
  /// A certificate for `of`, signed by this authority's key; without `issuer` one that signs itself.
  [[nodiscard]] x509_ptr sign(EVP_PKEY* of, const std::string& subject, const X509* issuer) const {
    x509_ptr out(X509_new(), &X509_free);
    X509_set_version(out.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(out.get()), issuer == nullptr ? 1 : 2);
    X509_gmtime_adj(X509_getm_notBefore(out.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(out.get()), 3600);
    X509_set_pubkey(out.get(), of);
    auto* name = X509_get_subject_name(out.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(subject.c_str()), -1,
                               -1, 0);
    X509_set_issuer_name(out.get(), issuer == nullptr ? name : X509_get_subject_name(issuer));
    if (issuer == nullptr) {
      auto* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_basic_constraints, "critical,CA:TRUE");
      X509_add_ext(out.get(), extension, -1);
      X509_EXTENSION_free(extension);
    }
    if (X509_sign(out.get(), key_.get(), EVP_sha256()) == 0)
      throw std::runtime_error("a certificate cannot be signed");
    return out;
  }
  static void write_certificate(const std::filesystem::path& path, X509* which) {
    const file to(std::fopen(path.c_str(), "w"), &std::fclose);
    if (!to || PEM_write_X509(to.get(), which) != 1)
      throw std::runtime_error("a certificate cannot be written");
  }

  const std::string name_;
  std::filesystem::path folder_;
  const key_ptr key_;
  x509_ptr certificate_{nullptr, &X509_free};
};

} // namespace cadenza::actors
