#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace cadenza::simulation {

/// Something that must hold does not.
struct violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Something a client was told is done, so that it must be in the history.
struct fact {
  enum class kind {
    start,     ///< `mark` is the run id, `run_id` as well
    signal,    ///< `mark` is its input
    cancel,    ///< `mark` is its request id
    terminate, ///< `mark` is its reason
    activity,  ///< `mark` is its result
    decision,  ///< `mark` is the identity that answered
    reset,     ///< `mark` is the run that was made, `run_id` as well
  };
  kind what{};
  std::string workflow_id;
  std::string run_id; ///< "": of whatever run was current
  std::string mark;
};

/// What became of a workflow id, as far as clients know.
struct workflow_story {
  std::string program;
  std::set<std::string> runs; ///< told by start and signal-with-start
  bool disturbed = false;     ///< somebody asked for its cancellation or termination
  bool restarted = false;     ///< somebody asked for a second start
  bool cron = false;          ///< ends by termination alone
  int resets = 0;             ///< asked for
  bool closed = false;        ///< the last run was seen to be over
  int clients = 0;            ///< still at work on it
};

struct ledger {
  std::map<std::string, workflow_story> workflows;
  std::vector<fact> facts;
};

} // namespace cadenza::simulation
