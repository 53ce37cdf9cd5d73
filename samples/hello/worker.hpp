#pragma once

#include "samples/hello/connection.hpp"

#include <atomic>
#include <string>
#include <thread>

namespace hello {

/// Polls a task list for decisions and activities, on a thread each, and answers them.
class worker {
public:
  /// `link` must outlive the worker.
  worker(connection& link, std::string domain, std::string task_list);
  /// Stops and waits for both threads. Close the connection first: a poll hangs for up to a minute.
  ~worker();
  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;

private:
  void run_decisions();
  void run_activities();
  void complete_activity(const std::string& token, const std::string& result);
  void fail_activity(const std::string& token, const std::string& reason);
  bool pause_after(const reply& answer, const char* what);

  connection& link_;
  std::string domain_;
  std::string task_list_;
  std::atomic<bool> stopping_{false};
  std::thread decisions_;
  std::thread activities_;
};

} // namespace hello
