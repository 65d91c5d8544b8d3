// The parts of add_client_verbs(), one file each, and the pure functions by which they show an answer of the API.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/fhir/json.h"
#include "engine/main/client/link.h"
#include "engine/main/command.h"
#include "engine/main/console.h"
#include "engine/main/workbench/examination.h"
#include "engine/model/plan.h"

namespace myelin {

void add_status(Commands& commands);     // status.cpp
void add_queue(Commands& commands);      // queue.cpp
void add_trace(Commands& commands);      // trace.cpp
void add_changes(Commands& commands);    // change.cpp: retry hold release park discard
void add_unmapped(Commands& commands);   // unmapped.cpp
void add_reload(Commands& commands);     // reload.cpp
void add_plan(Commands& commands);       // plan.cpp
void add_history(Commands& commands);    // history.cpp
void add_rollback(Commands& commands);   // history.cpp
void add_shadow(Commands& commands);     // shadow.cpp
void add_top(Commands& commands);        // top.cpp
void add_tail(Commands& commands);       // tail.cpp
void add_doctor(Commands& commands);     // doctor.cpp
void add_table(Commands& commands);      // table.cpp
void add_messages(Commands& commands);   // messages.cpp
void add_incidents(Commands& commands);  // incidents.cpp
void add_replay(Commands& commands);     // replay.cpp
void add_backup(Commands& commands);     // backup.cpp: backup restore

// "adt/lab", "adt/lab/KEY"; "adt (not yet routed)" for the deliveries whose shared steps faulted.
std::string lane_text(const json::Value& lane);
// The same of a delivery, with which part of its message it is: "adt/lab part 2 of 3".
std::string delivery_text(const json::Value& delivery);

// That the disk of the store has no room for new messages, of a status's store: disk; "" when it has.
std::string disk_text(const json::Value& disk);
std::string status_text(const json::Value& status, const Console& console);
std::string channel_text(const json::Value& channel, WallTime now, const Console& console);
std::string queue_text(const json::Value& queue, WallTime now, const Console& console);
std::string messages_text(const json::Value& page, const Console& console);
std::string incidents_text(const json::Value& page, const Console& console);
// What was refused and why, with its content where that was asked for, and what to do next.
std::string incident_text(const json::Value& incident, WallTime now, const Console& console);
// Of those whose sender gave this MSH-10: the API's target, and what is said to who looked for a message.
std::string incidents_target(const std::string& control_id);
std::string refused_text(const json::Value& page, const std::string& control_id);
// The API's, of one.
std::string incident_target(const std::string& id, bool bytes);
Exit print_incident(const json::Value& incident, Console& console);
// HL7's segments end in CR, which a terminal would write over one another.
std::string in_lines(std::string content);
std::string trace_text(const json::Value& trace, WallTime now, const Console& console);
// What a reload would do with one channel: "starts", "changes", "stops" or "stays", and what that means.
struct PlannedChannel {
  std::string name, change;
  std::vector<std::string> words;
};
std::vector<PlannedChannel> planned_changes(const std::vector<std::shared_ptr<const Plan>>& plans,
                                            const json::Value& running);
std::string plan_text(const std::vector<PlannedChannel>& all, const Console& console);

// What the daemon's /api/v1/status says that wants somebody; its version first.
std::vector<Finding> findings_of(const json::Value& status);
// Of two answers of /api/v1/status: rates between both, and what waits. `only`: of this channel.
json::Value top_view(const json::Value& before, const json::Value& now, const std::string& only);
std::string top_text(const json::Value& view, const Console& console);
// Of a reload or a rollback: prints it, with the exit code that fits.
Exit show_reload(const Reply& reply, const Console& console);
std::string history_text(const json::Value& list, const Console& console);
std::string reload_text(const json::Value& report, const Console& console);

// What to do next about a delivery in this state, as commands; empty where nothing is to be done.
std::vector<std::string> next_commands(const json::Value& delivery);

}  // namespace myelin
