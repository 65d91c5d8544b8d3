// One channel file: YAML in, a Plan or mistakes out. compile.cpp calls it for each file of conf/channels.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/model/plan.h"
#include "routes/compile/compile.h"
#include "routes/compile/connections.h"
#include "routes/steps/step.h"

namespace myelin::routes {

// What all channels share; read once.
struct Surroundings {
  AdapterCatalog adapters;
  const ConfigurationFiles& files;
  const Connections& connections;
  const std::map<std::string, std::shared_ptr<const Table>, std::less<>>& tables;
  const std::map<std::string, Block, std::less<>>& blocks;
  const Profiles& profiles;
  const Overlays& overlays;
};

// An address that a channel's source takes for itself.
struct Listening {
  std::string address;  // "127.0.0.1:2575"
  config::Place place;  // of `source:` in the channel file
};

// A route that hands over to another channel of this engine.
struct Feed {
  std::string channel;  // that gets the messages
  config::Place place;  // of `to:`
  bool facts = true;    // those of the message go with it; a peer's answer has none
};

// What a channel was made of beside its own file, by name.
struct Uses {
  std::set<std::string, std::less<>> tables, blocks, profiles, overlays, connections;
  bool any_connection = false;  // a message may name any of them
};

// What its tests read from the disk, as it was then.
struct Sample {
  std::string path;
  std::filesystem::file_time_type changed;
  std::uintmax_t size = 0;
  static Sample of(const std::string& path);
  bool operator==(const Sample&) const = default;
};

struct CompiledChannel {
  std::string name;  // empty: the file does not say
  config::Place name_place;
  std::string was;  // its former name
  config::Place was_place;
  std::shared_ptr<const Plan> plan;  // null: it has mistakes, or it is disabled
  ChannelTests tests;
  std::string source;  // the connection that it names; empty: it has one of its own
  std::optional<Listening> listening;
  std::vector<Feed> feeds;
  std::vector<expr::FactUse> facts;                    // that its formulas name
  std::optional<std::vector<std::string_view>> knows;  // AdapterKind::facts of its source; nothing: it has mistakes
  Uses uses;
  std::string digest;  // of all that can change what it does: Plan.hash
  std::vector<Sample> samples;
};

CompiledChannel compile_channel(const std::shared_ptr<const config::SourceText>& source, const Surroundings& around,
                                config::Diagnostics& diagnostics);

// Everything that can change what the channel does, so that an edit of a table changes the digest of those who use it,
// and of nobody else.
std::string digest_of(const config::SourceText& source, const Uses& uses, const Surroundings& around);

// W0177, of a connection that is only ever a destination.
void warn_of_zone(const Connection& connection, config::Diagnostics& diagnostics);
// What only shows across channels: hand-overs to a channel that is not there, and circles of them.
// `unread`: by the names of their files, those that could not be read far enough to say their name.
void check_feeds(const std::vector<std::shared_ptr<const CompiledChannel>>& channels,
                 const std::set<std::string, std::less<>>& unread, config::Diagnostics& diagnostics);

// Of these the ones that a source has to be asked for, each once: Plan::facts.
std::vector<std::string> asked_for(const std::vector<expr::FactUse>& uses);
// Mistakes where a formula names a fact that no message of its channel comes with.
void check_facts(const std::vector<std::shared_ptr<const CompiledChannel>>& channels, config::Diagnostics& diagnostics);
// Fills Plan::facts of channels that feed others: a plan that changes by that is another one, with another hash.
void keep_facts(std::vector<std::shared_ptr<const CompiledChannel>>& channels);

// The keys of a channel file, of its `accept`, of a route and of its parts: one declaration for reading, lint and docs.
const config::Spec& channel_spec();
const config::Spec& accept_spec();
const config::Spec& route_spec();
const config::Spec& order_spec();
const config::Spec& retry_spec();
const config::Spec& rate_spec();
const config::Spec& reply_spec();
const config::Spec& alert_spec();
const config::Spec& duplicates_spec();
const config::Spec& answers_spec();
const config::Spec& collect_spec();
const config::Spec& reply_retry_spec();
const config::Spec& test_spec();

}  // namespace myelin::routes
