// main(): the list of verbs, and nothing else. Each stands in its own file.
#include "engine/main/command.h"

int main(int argc, char** argv) {
  myelin::Commands commands;
  myelin::add_init(commands);
  myelin::add_new(commands);
  myelin::add_check(commands);
  myelin::add_fmt(commands);
  myelin::add_test(commands);
  myelin::add_try(commands);
  myelin::add_explain(commands);
  myelin::add_graph(commands);
  myelin::add_schema(commands);
  myelin::add_docs(commands);
  myelin::add_parse(commands);
  myelin::add_get(commands);
  myelin::add_diff(commands);
  myelin::add_validate(commands);
  myelin::add_profile(commands);
  myelin::add_convert(commands);
  myelin::add_send(commands);
  myelin::add_load(commands);
  myelin::add_sink(commands);
  myelin::add_run(commands);
  myelin::add_client_verbs(commands);
  myelin::add_version(commands);
  const auto words = myelin::take_arguments(argc, argv);
  return commands.run(argc, words.data());
}
