// The verbs that ask a running daemon, in the order of `myelin --help`.
#include "engine/main/client/verbs.h"

namespace myelin {

void add_client_verbs(Commands& commands) {
  add_status(commands);
  add_queue(commands);
  add_trace(commands);
  add_changes(commands);
  add_unmapped(commands);
  add_plan(commands);
  add_reload(commands);
  add_history(commands);
  add_rollback(commands);
  add_shadow(commands);
  add_top(commands);
  add_tail(commands);
  add_doctor(commands);
  add_table(commands);
  add_messages(commands);
  add_incidents(commands);
  add_replay(commands);
  add_backup(commands);
}

}  // namespace myelin
