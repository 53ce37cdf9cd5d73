#include "cli/jwt.hpp"

#include "messages/base64.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <chrono>
#include <memory>

namespace cadenza::cli {

std::optional<std::string> make_jwt(const std::string& pem) {
  const std::unique_ptr<BIO, int (*)(BIO*)> text{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free};
  if (!text)
    return std::nullopt;
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key{
      PEM_read_bio_PrivateKey(text.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free};
  if (!key || EVP_PKEY_base_id(key.get()) != EVP_PKEY_RSA)
    return std::nullopt;
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  const auto claims = R"({"Admin":true,"iat":)" + std::to_string(now) + R"(,"exp":)" + std::to_string(now + 600) + "}";
  auto token = to_base64_url(R"({"alg":"RS256","typ":"JWT"})") + "." + to_base64_url(claims);
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> digest{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
  const auto* bytes = reinterpret_cast<const unsigned char*>(token.data());
  std::size_t size = 0;
  if (!digest || EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
      EVP_DigestSign(digest.get(), nullptr, &size, bytes, token.size()) != 1)
    return std::nullopt;
  std::string signature(size, '\0');
  if (EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes, token.size()) != 1)
    return std::nullopt;
  signature.resize(size);
  return token + "." + to_base64_url(signature);
}

} // namespace cadenza::cli
