// The routes about what was refused: a list, one of them, and giving it to its channel again.
#include <gtest/gtest.h>

#include "engine/admin/api.h"
#include "engine/base/event.h"
#include "engine/base/virtual_loop.h"
#include "tests/unit/admin/ask.h"

namespace myelin::admin {
namespace {

const MessageId kIncident{7'000'000}, kMessage{8'000'000};

template <class T>
Task<T> give(T value) {
  co_return std::move(value);
}

class IncidentsApi : public testing::Test {
 protected:
  IncidentsApi() : api_(loop_, operations()) {
    kept_.id = kIncident;
    kept_.channel = "adt";
    kept_.at = WallTime(seconds(1'700'000'000));
    kept_.fault = "M0201";
    kept_.detail = "ADT^A99 is not in accept";
    kept_.place = "MSH-9";
    kept_.type = "ADT^A99";
    kept_.whole = true;
    kept_.size = 10;
    kept_.bytes = Bytes("MSH|secret");
    kept_.facts = "file=5:a.hl7\n";
  }
  Operations operations() {
    Operations all;
    all.view = [] {
      runtime::ChannelView adt;
      adt.name = "adt";
      return give(std::vector{adt});
    };
    all.counts = [] { return give(Result<Counts>(Counts())); };
    all.incidents = [this](IncidentFilter filter) {
      filtered_ = filter;
      return give(Result<std::vector<KeptIncident>>(page_));
    };
    all.incident = [this](MessageId id) {
      return give(id == kIncident ? Result<KeptIncident>(kept_) : fail(FaultCode::not_found, "no incident"));
    };
    all.give_again = [this](MessageId id, runtime::Person person) {
      given_ = id;
      person_ = std::move(person);
      return give(answer_);
    };
    all.person = [](const std::string& peer) { return peer + " anna"; };
    return all;
  }
  net::HttpResponse ask(std::string method, std::string target, std::string body = {}) {
    return admin::ask(api_, loop_, std::move(method), std::move(target), std::move(body));
  }
  json::Value read(const net::HttpResponse& response) {
    EXPECT_EQ(response.status, 200) << response.body;
    return json::read(response.body).value_or(json::Value());
  }
  static std::int64_t actions() {
    for (const auto& count : event_counts())
      if (count.name == "operator_action") return count.count;
    return -1;
  }

  VirtualLoop loop_{WallTime(seconds(1'700'000'000))};
  KeptIncident kept_;
  std::vector<KeptIncident> page_;
  Result<Receipt> answer_;
  IncidentFilter filtered_;
  MessageId given_;
  runtime::Person person_;
  Api api_;
  const std::string one_ = "/api/v1/incidents/" + to_string(kIncident);
};

TEST_F(IncidentsApi, lists_what_the_filter_says_and_where_the_next_page_begins) {
  page_ = {kept_, kept_};
  const auto page = read(ask("GET", "/api/v1/incidents?channel=adt&control_id=C%207&since=5000&until=9000&below=" +
                                        to_string(kMessage) + "&limit=2"));
  EXPECT_EQ(filtered_.channel, "adt");
  EXPECT_EQ(filtered_.control_id, "C 7");
  EXPECT_EQ(filtered_.since, WallTime(seconds(5)));
  EXPECT_EQ(filtered_.until, WallTime(seconds(9)));
  EXPECT_EQ(filtered_.below, kMessage);
  EXPECT_EQ(filtered_.limit, 2);
  ASSERT_EQ(page["incidents"].array()->size(), 2U);
  const auto& row = page["incidents"].array()->front();
  EXPECT_EQ(row["id"].text_or(""), to_string(kIncident));
  EXPECT_EQ(row["fault"].text_or(""), "M0201");
  EXPECT_EQ(row["fault_name"].text_or(""), "type_not_accepted");
  EXPECT_EQ(row["type"].text_or(""), "ADT^A99");
  EXPECT_TRUE(row["taken_as"].is_null());
  EXPECT_EQ(page["next"].text_or(""), to_string(kIncident));
  EXPECT_TRUE(read(ask("GET", "/api/v1/incidents?limit=3"))["next"].is_null());
}

TEST_F(IncidentsApi, refuses_what_it_cannot_read_and_a_channel_that_is_not_there) {
  for (const auto* query : {"chanel=adt", "limit=0", "limit=1001", "limit=x", "since=yesterday", "below=x"})
    EXPECT_EQ(ask("GET", std::string("/api/v1/incidents?") + query).status, 400) << query;
  EXPECT_EQ(ask("GET", "/api/v1/incidents?channel=adtt").status, 404);
  EXPECT_EQ(ask("GET", "/api/v1/incidents?channel=adt").status, 200);
}

TEST_F(IncidentsApi, shows_one_without_its_content_unless_asked_and_records_that) {
  const auto before = actions();
  const auto response = ask("GET", one_);
  const auto shown = read(response);
  EXPECT_EQ(shown["place"].text_or(""), "MSH-9");
  EXPECT_FALSE(shown["explanation"].text_or("").empty());
  EXPECT_FALSE(shown.has("bytes"));
  EXPECT_EQ(response.body.find("a.hl7"), std::string::npos);
  EXPECT_EQ(actions(), before);
  const auto whole = read(ask("GET", one_ + "?bytes=1"));
  EXPECT_EQ(whole["bytes"].text_or(""), "TVNIfHNlY3JldA==");
  EXPECT_EQ(whole["facts"]["file"].text_or(""), "a.hl7");
  EXPECT_EQ(actions(), before + 1);
  EXPECT_EQ(ask("GET", "/api/v1/incidents/" + to_string(kMessage)).status, 404);
  EXPECT_EQ(ask("GET", "/api/v1/incidents/xyz").status, 400);
}

TEST_F(IncidentsApi, gives_it_to_its_channel_again_with_a_reason_and_says_what_the_answer_was) {
  answer_->kind = Receipt::Kind::committed;
  answer_->id = kMessage;
  EXPECT_EQ(ask("POST", one_ + "/replay", "{}").status, 400);
  EXPECT_EQ(ask("POST", one_ + "/replay", R"({"reason":"mended","route":"lab"})").status, 400);
  EXPECT_EQ(given_, MessageId{});
  const auto before = actions();
  const auto taken = read(ask("POST", one_ + "/replay", R"({"reason":"mended"})"));
  EXPECT_EQ(given_, kIncident);
  EXPECT_EQ(person_.name, "uid:1000 anna");
  EXPECT_EQ(person_.reason, "mended");
  EXPECT_EQ(taken["answer"].text_or(""), "committed");
  EXPECT_EQ(taken["message"].text_or(""), to_string(kMessage));
  EXPECT_EQ(actions(), before + 1);
  answer_ = Receipt();
  answer_->fault = Fault{FaultCode::type_not_accepted, "as before", "MSH-9", {}};
  const auto refused = read(ask("POST", one_ + "/replay", R"({"reason":"mended"})"));
  EXPECT_EQ(refused["answer"].text_or(""), "refused");
  EXPECT_TRUE(refused["message"].is_null());
  EXPECT_EQ(refused["error"]["code"].text_or(""), "M0201");
  answer_ = fail(FaultCode::wrong_state, "it was taken");
  EXPECT_EQ(ask("POST", one_ + "/replay", R"({"reason":"mended"})").status, 409);
}

}  // namespace
}  // namespace myelin::admin
