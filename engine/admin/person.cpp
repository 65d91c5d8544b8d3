#include "engine/admin/person.h"

#include <pwd.h>

#include <array>
#include <charconv>
#include <string_view>

namespace myelin::admin {

std::string person_of(const std::string& peer) {
  constexpr std::string_view kPrefix = "uid:";
  if (!peer.starts_with(kPrefix)) return peer;
  uid_t uid = 0;
  const auto* last = peer.data() + peer.size();
  const auto [end, error] = std::from_chars(peer.data() + kPrefix.size(), last, uid);
  if (error != std::errc{} || end != last) return peer;
  passwd row{};
  passwd* found = nullptr;
  std::array<char, 4096> room{};
  if (getpwuid_r(uid, &row, room.data(), room.size(), &found) != 0 || !found) return peer;
  return peer + " " + found->pw_name;
}

}  // namespace myelin::admin
