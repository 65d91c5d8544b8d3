#include "adapters/file/spec.h"

#include <gtest/gtest.h>

#include "adapters/catalog.h"
#include "engine/net/asio_loop.h"
#include "tests/unit/config/connection_options.h"

namespace myelin::file {
namespace {

config::Options read(const std::string& yaml, const std::string& path = "conf/connections.yaml") {
  return myelin::test::connection_options(*kind().connection, yaml, path);
}

std::string mistake(const std::string& yaml) {
  const auto made = kind().make_destination(read(yaml));
  return made ? "" : to_string(made.error());
}

TEST(FileKind, stands_in_the_catalogue_and_listens_nowhere) {
  bool found = false;
  for (const auto& entry : adapters::catalog()) found = found || entry.name == "file";
  EXPECT_TRUE(found);
  EXPECT_EQ(kind().listens_on(read("directory: /srv")), "");
}

TEST(FileKind, finds_its_folder_from_the_configuration_directory) {
  net::AsioLoop loop;
  const auto made = kind().make_source(read("directory: in", "conf/channels/lab.yaml"));
  ASSERT_TRUE(made);
  EXPECT_EQ((*made)(loop)->address(), "conf/in");
  EXPECT_EQ((*kind().make_source(read("directory: /srv/in")))(loop)->address(), "/srv/in");
}

TEST(FileKind, wants_names_that_cannot_lead_out_of_the_folder) {
  EXPECT_EQ(mistake("directory: /srv\nname: \"{type}-{control_id}_{received_at}.{id}\"\n"), "");
  EXPECT_NE(mistake("directory: /srv\nname: \"../{id}\"\n").find("begins with a dot"), std::string::npos);
  EXPECT_NE(mistake("directory: /srv\nname: \"a/{id}\"\n").find("another folder"), std::string::npos);
  EXPECT_NE(mistake("directory: /srv\nname: \"{patient}\"\n").find("there is no {patient}"), std::string::npos);
  EXPECT_NE(mistake("directory: /srv\nname: \"{id\"\n").find("there is no {id}"), std::string::npos);
  EXPECT_NE(mistake("directory: /srv\nname: \"{patient}\"\n").find("conf/connections.yaml:2:7"), std::string::npos);
  EXPECT_NE(mistake("directory: /srv\npattern: \"../*\"\n").find("no /"), std::string::npos);
  EXPECT_NE(mistake("directory: /srv\ndone: x\nfailed: x\n").find("one folder"), std::string::npos);
  EXPECT_NE(mistake("directory: /srv\nanswers: failed\n").find("`failed` and `answers` are one"), std::string::npos);
}

}  // namespace
}  // namespace myelin::file
