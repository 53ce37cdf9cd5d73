#include "config/tree.hpp"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

namespace cadenza::config {

namespace {

constexpr int depth_max = 64;
constexpr std::size_t file_bytes_max = 16u << 20;

using file_name = std::shared_ptr<const std::string>;

/// Carries a problem out of the recursion; never leaves this file.
struct refused {
  mark at;
  std::string why;
};

mark mark_of(const YAML::Node& from, const file_name& file) {
  const auto m = from.Mark();
  return {file, m.line + 1, m.column + 1};
}

tree convert(const YAML::Node& from, const file_name& file, int depth) {
  tree out;
  out.at = mark_of(from, file);
  if (depth > depth_max)
    throw refused{out.at, fmt::format("nested deeper than {} levels", depth_max)};
  switch (from.Type()) {
  case YAML::NodeType::Undefined:
  case YAML::NodeType::Null: break;
  case YAML::NodeType::Scalar:
    out.type = tree::kind::scalar;
    out.text = from.Scalar();
    out.quoted = from.Tag() == "!";
    break;
  case YAML::NodeType::Sequence:
    out.type = tree::kind::list;
    for (const auto& item : from)
      out.items.push_back(convert(item, file, depth + 1));
    break;
  case YAML::NodeType::Map: {
    out.type = tree::kind::map;
    std::set<std::string> seen;
    for (const auto& entry : from) {
      const auto key_at = mark_of(entry.first, file);
      if (!entry.first.IsScalar())
        throw refused{key_at, "a key must be a plain word"};
      if (!seen.insert(entry.first.Scalar()).second)
        throw refused{key_at, fmt::format("{}: the key stands here a second time", entry.first.Scalar())};
      auto value = convert(entry.second, file, depth + 1);
      // What is said about a section or an empty value is best said where its key stands.
      if (value.type != tree::kind::scalar)
        value.at = key_at;
      out.entries.emplace_back(entry.first.Scalar(), std::move(value));
    }
    break;
  }
  }
  return out;
}

bool needs_quotes(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ')
    return true;
  // Other words that YAML knows were no texts when they were read without quotes.
  if (text == "null" || text == "Null" || text == "NULL" || text == "~")
    return true;
  if (std::string_view("-?:,[]{}#&*!|>'\"%@`").find(text.front()) != std::string_view::npos)
    return true;
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }) ||
         text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos || text.back() == ':';
}

bool is_block(const tree& value) {
  return (value.type == tree::kind::map && !value.entries.empty()) ||
         (value.type == tree::kind::list && !value.items.empty());
}

std::string inline_yaml(const tree& value) {
  switch (value.type) {
  case tree::kind::null: return "null";
  case tree::kind::scalar: return yaml_scalar(value.text, value.quoted);
  case tree::kind::list: return "[]";
  case tree::kind::map: break;
  }
  return "{}";
}

} // namespace

std::string mark::text() const { return file ? fmt::format("{}:{}:{}", *file, line, column) : "defaults"; }

const tree* tree::find(std::string_view key) const {
  for (const auto& [name, value] : entries)
    if (name == key)
      return &value;
  return nullptr;
}

tree* tree::find(std::string_view key) { return const_cast<tree*>(std::as_const(*this).find(key)); }

const tree* tree::find_path(std::string_view path) const {
  const tree* here = this;
  while (here && !path.empty()) {
    const auto dot = path.find('.');
    here = here->find(path.substr(0, dot));
    path = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
  }
  return here;
}

tree& tree::child(std::string_view key) {
  type = kind::map;
  if (auto* there = find(key))
    return *there;
  return entries.emplace_back(std::string(key), tree{}).second;
}

tree tree::scalar(std::string text, mark at) {
  tree out;
  out.type = kind::scalar;
  out.text = std::move(text);
  out.at = std::move(at);
  return out;
}

tree tree::map(mark at) {
  tree out;
  out.type = kind::map;
  out.at = std::move(at);
  return out;
}

namespace {

/// Takes no notice of anything.
class deaf final : public YAML::EventHandler {
public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

/// The library's own loop over all documents never ends on a stray comma: each "document" there takes nothing away.
bool has_two_documents(const std::string& text) {
  std::istringstream in(text);
  YAML::Parser parser(in);
  deaf nobody;
  return parser.HandleNextDocument(nobody) && parser.HandleNextDocument(nobody);
}

} // namespace

outcome<tree> parse_yaml(const std::string& text, const std::string& name) {
  const auto file = std::make_shared<const std::string>(name);
  try {
    if (has_two_documents(text))
      return bad_request(fmt::format("{}: more than one YAML document", name));
    const auto document = YAML::Load(text);
    if (!document.IsDefined() || document.IsNull())
      return tree::map({file, 1, 1});
    return convert(document, file, 0);
  } catch (const YAML::Exception& broken) {
    return bad_request(
        fmt::format("{}:{}:{}: not YAML: {}", name, broken.mark.line + 1, broken.mark.column + 1, broken.msg));
  } catch (const refused& broken) {
    return bad_request(fmt::format("{}: {}", broken.at.text(), broken.why));
  }
}

outcome<std::string> read_text_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in)
    return bad_request(fmt::format("{}: the file cannot be opened", path));
  std::string text(file_bytes_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || (in.fail() && !in.eof()))
    return bad_request(fmt::format("{}: the file cannot be read", path));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > file_bytes_max)
    return bad_request(fmt::format("{}: the file is larger than {} bytes", path, file_bytes_max));
  return text;
}

void merge(tree& base, tree overlay) {
  if (base.type != tree::kind::map || overlay.type != tree::kind::map) {
    base = std::move(overlay);
    return;
  }
  for (auto& [key, value] : overlay.entries) {
    if (auto* there = base.find(key))
      merge(*there, std::move(value));
    else
      base.entries.emplace_back(key, std::move(value));
  }
}

std::string yaml_scalar(std::string_view text, bool quoted) {
  if (!quoted && !needs_quotes(text))
    return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string to_yaml(const tree& value, int indent) {
  const std::string pad(static_cast<std::size_t>(indent) * 2, ' ');
  std::string out;
  if (value.type == tree::kind::map && !value.entries.empty()) {
    for (const auto& [key, entry] : value.entries) {
      out += fmt::format("{}{}:", pad, yaml_scalar(key, false));
      out += is_block(entry) ? "\n" + to_yaml(entry, indent + 1) : fmt::format(" {}\n", inline_yaml(entry));
    }
  } else if (value.type == tree::kind::list && !value.items.empty()) {
    for (const auto& item : value.items)
      out += is_block(item) ? fmt::format("{}-\n{}", pad, to_yaml(item, indent + 1))
                            : fmt::format("{}- {}\n", pad, inline_yaml(item));
  } else {
    out = fmt::format("{}{}\n", pad, inline_yaml(value));
  }
  return out;
}

} // namespace cadenza::config
