#include "server/reload.hpp"

#include "config/log.hpp"

namespace cadenza {

void dynamic_watch::tick(time now) {
  if (now < due_)
    return;
  due_ = now + interval_;
  const auto read = dynamic_.reload();
  if (!read) {
    if (read.error().message != told_)
      log::error({field::error(read.error().message)}, "dynamic configuration not reloaded: {error}");
    told_ = read.error().message;
    return;
  }
  told_.clear();
  if (*read)
    log::info("dynamic configuration reloaded: its file has changed");
}

void reloader::reload() {
  auto read = load_();
  if (!read)
    return log::error({field::error(read.error().message)}, "configuration not reloaded: {error}");
  const auto file = read->values.dynamic.file;
  take_static(*std::move(read));
  reload_dynamic(file);
}

void reloader::take_static(config::loaded read) {
  for (const auto& change : config::changes(last_, read))
    if (change.reloadable)
      log::info({field::option(change.path)}, "configuration: {option} has changed");
  for (const auto& change : config::changes(running_, read))
    if (!change.reloadable)
      log::warn({field::option(change.path)}, "configuration: {option} has changed; it takes effect at the next start");
  log::set_level(read.values.log.minimum);
  apply_(read.values);
  last_ = std::move(read);
}

void reloader::reload_dynamic(const std::string& file) {
  if (file.empty())
    dynamic_.forget_file();
  else if (const auto read = dynamic_.load_file(file); !read)
    return log::error({field::error(read.error().message)}, "dynamic configuration not reloaded: {error}");
  log::info("configuration reloaded");
}

} // namespace cadenza
