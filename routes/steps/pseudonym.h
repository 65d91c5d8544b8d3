// Pseudonyms: invented names, numbers and a shift of days that follow from a secret key and what they stand for, so
// that the same patient is the same invented one in every message, and nobody without the key can go back.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/crypto.h"

namespace myelin::routes {

class Pseudonyms {
 public:
  explicit Pseudonyms(std::string key) : key_(std::move(key)) {}

  // An identifier of the same shape: a digit for a digit, a letter for a letter; other characters stay.
  std::string identifier(std::string_view real) const;
  std::string family_name(std::string_view of) const;
  std::string given_name(std::string_view of, char sex) const;  // sex: M, F, anything else
  std::string street(std::string_view of) const;
  std::string phrase(std::string_view of) const;  // words that say nothing of anybody
  std::string city(std::string_view of) const;
  // How many days earlier all of this patient happened: 1 … 364.
  int days(std::string_view patient) const;

 private:
  Sha256 draw(std::string_view what, std::string_view of) const;
  std::string key_;
};

}  // namespace myelin::routes
