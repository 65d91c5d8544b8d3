// Bundle: the resources of a FHIR document (a bundle, or one resource alone), found by type and by what refers to them,
// with a record of what was read, so that what no rule asks for can be told. References: a fullUrl, Type/id (also at
// the end of a server's address), and #id of what is contained.
//
// Contract: it reads one json::Value that outlives it and does not change. Places are FHIRPath, counted from 0.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "engine/fhir/json.h"

namespace myelin::reverse {

class Bundle {
 public:
  explicit Bundle(const json::Value& root);

  const json::Value& root() const { return root_; }
  bool is_fhir() const { return root_["resourceType"].text() != nullptr; }
  const std::vector<const json::Value*>& resources(std::string_view type) const;
  // nullptr: it is not in the bundle.
  const json::Value* resolve(const json::Value& reference) const;
  // Somebody's member (Observation.hasMember).
  bool is_member(const json::Value& resource) const { return members_.contains(&resource); }

  void read(const json::Value& value) const { read_.insert(&value); }
  void take(const json::Value& resource) const { taken_.insert(&resource); }
  bool is_taken(const json::Value& resource) const { return taken_.contains(&resource); }

  // "Bundle.entry[2].resource.birthDate"; "" when it is not of this document.
  std::string place(const json::Value& value) const;
  // What has a value and was never read; a part of which nothing was read is named as a whole. `ignored`:
  // "Bundle.type", "Patient.text", "*.id".
  std::vector<std::string> left_over(const std::vector<std::string>& ignored) const;

 private:
  void add(const json::Value& resource, std::string_view url);
  void add_contained(const json::Value& resource);

  const json::Value& root_;
  std::map<std::string, std::vector<const json::Value*>, std::less<>> by_type_;
  std::unordered_map<std::string, const json::Value*> by_url_;
  std::unordered_map<const json::Value*, const json::Value*> contained_;  // of the reference itself
  std::unordered_set<const json::Value*> members_;
  mutable std::unordered_set<const json::Value*> read_, taken_;
};

}  // namespace myelin::reverse
