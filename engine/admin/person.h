// Who stands behind a connection of the Unix socket: the kernel says the uid, the user database the name.
#pragma once

#include <string>

namespace myelin::admin {

// "uid:1000" -> "uid:1000 anna"; unchanged where the peer is no uid or the uid has no name.
std::string person_of(const std::string& peer);

}  // namespace myelin::admin
