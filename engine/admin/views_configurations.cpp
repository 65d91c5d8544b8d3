// How the API shows what went live, and what a reload came to.
#include "engine/admin/views.h"

namespace myelin::admin {

using json::Array;
using json::Value;

namespace {

Value names_view(const std::vector<std::string>& names) {
  Array all;
  for (const auto& name : names) all.emplace_back(name);
  return all;
}

}  // namespace

Value configuration_view(const LiveConfiguration& one) {
  Value view;
  view.set("number", one.number).set("hash", one.hash).set("at", timestamp(one.at));
  view.set("by", one.by).set("how", one.how);
  if (one.rolled_back()) view.set("of", one.of).set("reason", one.reason);
  view.set("started", names_view(one.started)).set("changed", names_view(one.changed));
  view.set("removed", names_view(one.removed)).set("failed", names_view(one.failed));
  return view;
}

Value reload_view(const ReloadResult& result) {
  const auto& report = result.report;
  Value view;
  if (result.fault) {
    view.set("error", fault_view(*result.fault));
  } else {
    view.set("started", names_view(report.started)).set("changed", names_view(report.changed));
    view.set("removed", names_view(report.removed)).set("unchanged", names_view(report.unchanged));
    Array faults;
    for (const auto& [channel, fault] : report.faults) {
      auto one = fault_view(fault);
      one.set("channel", channel.empty() ? Value() : Value(channel));
      faults.push_back(std::move(one));
    }
    view.set("faults", std::move(faults));
    view.set("configuration", result.configuration > 0 ? Value(result.configuration) : Value());
  }
  view.set("diagnostics", result.diagnostics);
  return view;
}

}  // namespace myelin::admin
