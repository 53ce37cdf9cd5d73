// Starts the workflow HelloWorld and runs the worker for it, all over the public gRPC contract. With --serve it is only
// the worker, until it is ended.
// usage: hello [--address HOST:PORT] [--domain NAME] [--name WHOM] [--serve]

#include "samples/hello/connection.hpp"
#include "samples/hello/worker.hpp"

#include "uber/cadence/api/v1/service_domain.pb.h"
#include "uber/cadence/api/v1/service_workflow.pb.h"

#include <csignal>
#include <iostream>
#include <map>
#include <optional>
#include <random>
#include <vector>

namespace {

namespace api = uber::cadence::api::v1;

constexpr std::chrono::seconds call_timeout{10};
constexpr std::chrono::seconds page_timeout{30};
constexpr std::chrono::seconds domain_timeout{30};
constexpr auto task_list = "hello-world";

std::string new_id() {
  static constexpr char digits[] = "0123456789abcdef";
  std::random_device source;
  std::string id = "xxxxxxxx-xxxx-4xxx-axxx-xxxxxxxxxxxx";
  for (auto& letter : id)
    if (letter == 'x')
      letter = digits[source() % 16];
  return id;
}

bool fail(const std::string& what, const hello::reply& answer) {
  std::cerr << what << ": " << answer.message << " (code " << answer.code << ")\n";
  return false;
}

bool ensure_domain(hello::connection& link, const std::string& name) {
  api::DescribeDomainRequest which;
  which.set_name(name);
  api::DescribeDomainResponse found;
  const auto described = link.call("DomainAPI/DescribeDomain", which, found, call_timeout);
  if (described.ok())
    return true;
  if (!described.not_found())
    return fail("describe domain", described);
  api::RegisterDomainRequest request;
  request.set_name(name);
  request.set_description("samples");
  request.mutable_workflow_execution_retention_period()->set_seconds(24 * 3600);
  api::RegisterDomainResponse response;
  const auto registered = link.call("DomainAPI/RegisterDomain", request, response, call_timeout);
  if (registered.ok() || registered.already_exists())
    return true;
  return fail("register domain", registered);
}

std::optional<std::string> start(hello::connection& link, const std::string& domain, const std::string& workflow_id,
                                 const std::string& whom) {
  api::StartWorkflowExecutionRequest request;
  request.set_domain(domain);
  request.set_workflow_id(workflow_id);
  request.set_request_id(new_id());
  request.mutable_workflow_type()->set_name("HelloWorld");
  request.mutable_task_list()->set_name(task_list);
  request.mutable_input()->set_data('"' + whom + '"');
  request.mutable_execution_start_to_close_timeout()->set_seconds(60);
  request.mutable_task_start_to_close_timeout()->set_seconds(10);
  request.set_identity("hello-sample");
  const auto give_up = std::chrono::steady_clock::now() + domain_timeout;
  while (true) {
    api::StartWorkflowExecutionResponse response;
    const auto answer = link.call("WorkflowAPI/StartWorkflowExecution", request, response, call_timeout);
    if (answer.ok())
      return response.run_id();
    // Servers may see a new domain only a few seconds after it was registered.
    if (!answer.not_found() || std::chrono::steady_clock::now() > give_up) {
      fail("start workflow", answer);
      return std::nullopt;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{200});
  }
}

/// The event that closed the run, waited for by long poll.
std::optional<api::HistoryEvent> closing_event(hello::connection& link, const std::string& domain,
                                               const std::string& workflow_id, const std::string& run_id) {
  api::GetWorkflowExecutionHistoryRequest request;
  request.set_domain(domain);
  request.mutable_workflow_execution()->set_workflow_id(workflow_id);
  request.mutable_workflow_execution()->set_run_id(run_id);
  request.set_wait_for_new_event(true);
  request.set_skip_archival(true);
  request.set_history_event_filter_type(api::EVENT_FILTER_TYPE_CLOSE_EVENT);
  while (true) {
    api::GetWorkflowExecutionHistoryResponse page;
    const auto answer = link.call("WorkflowAPI/GetWorkflowExecutionHistory", request, page, page_timeout);
    if (!answer.ok()) {
      fail("wait for the result", answer);
      return std::nullopt;
    }
    if (!page.history().events().empty())
      return page.history().events(page.history().events_size() - 1);
    if (page.next_page_token().empty()) {
      std::cerr << "the history ended without a closing event\n";
      return std::nullopt;
    }
    request.set_next_page_token(page.next_page_token());
  }
}

/// Works for whatever is started, until SIGINT or SIGTERM.
int serve(const std::string& address, const std::string& domain) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  // Before the worker's threads are there, so that none of them gets the signal.
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  hello::connection polls{address};
  const hello::worker running{polls, domain, task_list};
  std::cout << "polling task list " << task_list << " of domain " << domain << std::endl;
  int signal = 0;
  sigwait(&ends, &signal);
  polls.close();
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> options{
      {"--address", "127.0.0.1:7833"}, {"--domain", "samples-domain"}, {"--name", "World"}};
  std::vector<std::string> words{argv + 1, argv + argc};
  const bool serves = std::erase(words, "--serve") > 0;
  for (std::size_t i = 0; i + 1 < words.size(); i += 2)
    options[words[i]] = words[i + 1];
  if (words.size() % 2 != 0 || options.size() != 3) {
    std::cerr << "usage: hello [--address HOST:PORT] [--domain NAME] [--name WHOM] [--serve]\n";
    return 1;
  }
  const auto& domain = options["--domain"];
  hello::connection link{options["--address"]};
  if (!ensure_domain(link, domain))
    return 1;
  if (serves)
    return serve(options["--address"], domain);
  const auto workflow_id = "hello-" + new_id();
  const auto run_id = start(link, domain, workflow_id, options["--name"]);
  if (!run_id)
    return 1;
  std::optional<api::HistoryEvent> end;
  {
    // Polls go through a connection of their own, so that closing it ends them and nothing else.
    hello::connection polls{options["--address"]};
    const hello::worker running{polls, domain, task_list};
    end = closing_event(link, domain, workflow_id, *run_id);
    polls.close();
  }
  if (!end)
    return 1;
  std::cout << "workflow id: " << workflow_id << "\nrun id: " << *run_id << '\n';
  if (!end->has_workflow_execution_completed_event_attributes()) {
    std::cout << "result: none, the workflow did not complete\n";
    return 1;
  }
  std::cout << "result: " << end->workflow_execution_completed_event_attributes().result().data() << '\n';
  return 0;
}
