// A test that stands in a channel file, read and checked but not run: engine/main runs it on the real intake and
// lanes with a virtual clock (channel-language.md, the format under "Three channels").
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/config/node.h"
#include "engine/hl7/path.h"

namespace myelin::routes {

struct FieldExpectation {
  std::string path_text;
  hl7::Path path;
  std::string value;  // as it must read; a literal with structure is compared raw in ^~\&
  config::Place place;
};

// `json: { patient.mrn: "4711" }`, `xml:` and `fhirpath:` likewise: what a place of another body reads.
struct PlaceExpectation {
  std::string path, value;
  config::Place place;
  std::function<std::vector<std::string>(std::string_view bytes)> read;  // the texts that stand there
};

struct RouteExpectation {
  std::string route;
  config::Place place;
  int delivery = 0;  // of a list: which of the route's deliveries, from 1; 0: the last that was sent
  std::vector<FieldExpectation> fields;
  std::vector<PlaceExpectation> places;
  std::vector<std::pair<std::string, hl7::Path>> absent;  // `absent: [ZPI]`: no such segment or field
  bool unchanged = false;                                 // `archive: unchanged`
  bool nothing = false;                                   // `lab: absent`: no delivery on this route
  std::string parked;  // `parked: unmapped`: a fault's name or id, or a step's reason
  std::string held, discarded, filtered;
  std::optional<int> attempts;
  std::optional<int> collected;      // how many went with it, itself included
  std::optional<Priority> priority;  // that it was stored with
  std::string equals;                // file, relative to the channel file
  struct Filled {
    std::string name, value;
    config::Place place;
  };
  std::vector<Filled> filled;  // `filled: { url: … }`: what became of a text with formulas
};

struct Given {
  std::string file;     // relative to the channel file, resolved
  std::string content;  // the message, after `with` is applied
  Duration after{};     // `after: 2s` before it
  std::string facts;    // Message::facts: `named`, `user`, `header`, `query`
};

struct TestCase {
  std::string it;
  config::Place place;
  std::vector<Given> given;
  // Per route, in turn; then AA for ever: "AA", "AE locked", "503", "none", "down" …, or a message that is the answer.
  std::map<std::string, std::vector<std::string>> replies;
  // Per connection that a `call` asks, in turn; the last for ever: what it answers, or a word as in `replies`.
  struct Answer {
    std::string word, content;
  };
  std::map<std::string, std::vector<Answer>> answers;
  Duration run_for{};
  std::string ack;       // "" not checked
  std::string fault;     // id or name
  std::string at;        // message path of the fault
  std::string filtered;  // reason of a channel's drop
  std::vector<RouteExpectation> routes;
  std::map<std::string, std::pair<int, config::Place>> deliveries;  // of a route with a list: how many there are
  std::optional<RouteExpectation> reply;  // `reply: { MSA-1: AE }`: what the sender was answered with
  bool others_none = false;               // `others: none`
};

}  // namespace myelin::routes
