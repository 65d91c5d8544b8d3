// What the command writes about refused messages, on what the API's own views show.
#include <gtest/gtest.h>

#include "engine/admin/views.h"
#include "engine/main/client/verbs.h"

namespace myelin {
namespace {

const Console kPlain("incidents", false, false, 140);
const WallTime kNow(seconds(1'800'000'000));
const MessageId kMessage{7'000'000};

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

KeptIncident refused_incident() {
  KeptIncident kept;
  kept.id = kMessage;
  kept.channel = "adt";
  kept.at = kNow - minutes(3);
  kept.fault = "M0201";
  kept.detail = "ADT^A99 is not in accept";
  kept.place = "MSH-9";
  kept.peer = "10.0.0.1:4000";
  kept.control_id = "C7";
  kept.type = "ADT^A99";
  kept.whole = true;
  kept.size = 10;
  kept.bytes = Bytes("MSH|secret");
  return kept;
}

TEST(Incidents, are_listed_with_what_was_wrong_and_what_became_of_them) {
  auto kept = refused_incident();
  auto taken = kept;
  taken.taken_as = MessageId{8'000'000};
  const auto text = incidents_text(admin::incidents_view({kept, taken}, 2), kPlain);
  EXPECT_TRUE(has(text, "10.0.0.1:4000  ADT^A99  C7")) << text;
  EXPECT_TRUE(has(text, "M0201 type_not_accepted\n")) << text;
  EXPECT_TRUE(has(text, "--below " + to_string(kMessage))) << text;
  EXPECT_EQ(incidents_text(admin::incidents_view({}, 2), kPlain), "Nothing was refused.\n");
}

TEST(Incidents, are_named_to_who_looked_for_a_message) {
  const auto one = refused_text(admin::incidents_view({refused_incident()}, 50), "C7");
  EXPECT_TRUE(has(one, "It was refused at ")) << one;
  EXPECT_TRUE(has(one, "myelin incidents " + to_string(kMessage))) << one;
  const auto two = refused_text(admin::incidents_view({refused_incident(), refused_incident()}, 50), "C7");
  EXPECT_TRUE(has(two, "refused 2 times") && has(two, "myelin incidents --control-id C7")) << two;
  EXPECT_EQ(refused_text(admin::incidents_view({}, 50), "C7"), "");
}

TEST(Incidents, are_shown_with_the_place_the_fault_and_what_to_do_next) {
  const auto text = incident_text(admin::incident_view(refused_incident(), admin::Content::left_out), kNow, kPlain);
  EXPECT_TRUE(has(text, "refused by adt, from 10.0.0.1:4000, 3 min ago")) << text;
  EXPECT_TRUE(has(text, ": ADT^A99 is not in accept, at MSH-9")) << text;
  EXPECT_TRUE(has(text, "accept: types:")) << text;
  EXPECT_TRUE(has(text, "next: myelin replay " + to_string(kMessage))) << text;
  EXPECT_TRUE(has(text, to_string(kMessage) + " --bytes")) << text;
  EXPECT_FALSE(has(text, "secret")) << text;
}

TEST(Incidents, show_their_content_when_asked_and_offer_no_replay_of_a_part) {
  auto kept = refused_incident();
  kept.whole = false;
  const auto text = incident_text(admin::incident_view(kept, admin::Content::shown), kNow, kPlain);
  EXPECT_TRUE(has(text, "MSH|secret")) << text;
  EXPECT_TRUE(has(text, "its sender has to send it again")) << text;
  EXPECT_FALSE(has(text, "myelin replay")) << text;
}

}  // namespace
}  // namespace myelin
