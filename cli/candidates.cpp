#include "cli/candidates.hpp"

#include <algorithm>

namespace cadenza::cli {

namespace {

bool is_flag(std::string_view word) { return word.size() > 1 && word.front() == '-'; }

bool names_a_file(std::string_view flag) {
  return flag.ends_with("_file") || flag.ends_with("_filename") || flag == "tls_cert_path" ||
         flag == "jwt-private-key" || flag == "config" || flag == "data" || flag == "dir" || flag == "root";
}

/// Follows a line word by word to what stands at its end.
class line_walker {
public:
  explicit line_walker(const command& tree) : tree_(tree), leaf_(&tree) {}

  void take(const std::string& word) {
    if (word == "=")
      return;
    // Names go on until a flag comes; another value may well look like one.
    const bool goes_on = value_of_ != nullptr && value_of_->kind == flag_kind::names;
    if (value_of_ != nullptr && !(goes_on && is_flag(word))) {
      remember(*value_of_, word);
      if (!goes_on)
        value_of_ = nullptr;
      return;
    }
    value_of_ = nullptr;
    if (is_flag(word))
      take_flag(word);
    else if (const auto* next = leaf_->find(word); next != nullptr && !leaf_->commands.empty())
      leaf_ = next;
    else if (leaf_->commands.empty())
      ++arguments_;
  }

  candidates end(const std::string& current) {
    if (value_of_ != nullptr && !(value_of_->kind == flag_kind::names && is_flag(current)))
      offer_values(*value_of_, "");
    else if (const auto equals = current.find('='); is_flag(current) && equals != std::string::npos)
      offer_after_equals(current.substr(0, equals + 1));
    else if (current.starts_with('-'))
      offer_flags();
    else if (!leaf_->commands.empty())
      offer_commands();
    else if (arguments_ < leaf_->positional.size())
      offer_positional();
    else if (leaf_->arguments_max > arguments_)
      offer_arguments();
    keep_matching(current);
    return std::move(found_);
  }

private:
  const flag* find(std::string_view word) const {
    word.remove_prefix(std::min(word.find_first_not_of('-'), word.size()));
    for (const auto* flags : {&leaf_->flags, &tree_.flags})
      for (const auto& declared : *flags)
        if (std::ranges::any_of(declared.all_names(), [word](const auto& name) { return name == word; }))
          return &declared;
    return nullptr;
  }

  void take_flag(const std::string& word) {
    const auto equals = word.find('=');
    const auto* declared = find(word.substr(0, equals));
    if (declared == nullptr || declared->kind == flag_kind::toggle)
      return;
    if (equals != std::string::npos)
      remember(*declared, word.substr(equals + 1));
    else
      value_of_ = declared;
  }

  void remember(const flag& declared, const std::string& value) {
    if (std::ranges::any_of(tree_.flags, [&](const auto& global) { return &global == &declared; }))
      found_.globals[std::string{declared.name()}] = value;
  }

  void offer_values(const flag& declared, const std::string& prefix) {
    for (const auto& choice : declared.choices)
      found_.words.push_back({prefix + choice, {}});
    if (declared.kind == flag_kind::boolean)
      found_.words = {{prefix + "true", {}}, {prefix + "false", {}}};
    found_.offers = declared.offers;
    found_.prefix = prefix;
    found_.files = names_a_file(declared.name());
  }

  void offer_after_equals(const std::string& start) {
    if (const auto* declared = find(start.substr(0, start.size() - 1)))
      offer_values(*declared, start);
  }

  void offer_flags() {
    for (const auto* flags : {&leaf_->flags, &tree_.flags}) {
      for (const auto& declared : *flags)
        found_.words.push_back({"--" + std::string{declared.name()}, declared.help});
      if (leaf_ == &tree_)
        break;
    }
    found_.words.push_back({"--help", "show help for the command"});
  }

  void offer_commands() {
    for (const auto& child : leaf_->commands)
      if (child.absent.empty() && !child.hidden)
        found_.words.push_back({child.name, child.summary});
  }

  void offer_positional() {
    if (const auto* declared = find(leaf_->positional[arguments_]))
      offer_values(*declared, "");
  }

  /// "bash|zsh|fish" are words; "<workflow_id> [run_id]" are not.
  void offer_arguments() {
    if (leaf_->arguments.find('|') == std::string::npos) {
      found_.offers = arguments_ == 0 && leaf_->arguments.starts_with("<workflow_id>") ? "workflows" : "";
      return;
    }
    for (std::size_t start = 0; start < leaf_->arguments.size();) {
      const auto end = std::min(leaf_->arguments.find('|', start), leaf_->arguments.size());
      found_.words.push_back({leaf_->arguments.substr(start, end - start), {}});
      start = end + 1;
    }
  }

  void keep_matching(const std::string& current) {
    if (current != "=")
      std::erase_if(found_.words, [&current](const auto& one) { return !one.word.starts_with(current); });
  }

  const command& tree_;
  const command* leaf_;
  const flag* value_of_ = nullptr; ///< the flag whose value comes next
  std::size_t arguments_ = 0;
  candidates found_;
};

} // namespace

candidates candidates_for(const command& tree, const std::vector<std::string>& before, const std::string& current) {
  line_walker walker{tree};
  for (const auto& word : before)
    walker.take(word);
  return walker.end(current);
}

} // namespace cadenza::cli
