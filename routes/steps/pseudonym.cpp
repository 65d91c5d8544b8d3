#include "routes/steps/pseudonym.h"

#include <array>

namespace myelin::routes {
namespace {

// All invented; chosen so that nobody takes a copy for a real patient of one country.
constexpr auto kFamilies = std::to_array<std::string_view>(
    {"ALDERMOOR", "BRACKENRIDGE", "CASTELLANE", "DUNWATER",  "ELMHOLT",   "FERNSIDE",   "GRANVELD",     "HOLLOWAY-MERE",
     "IVERSTEAD", "JUNIPERSON",   "KESTRELL",   "LARKFIELD", "MOSSGROVE", "NETTLEBANK", "OAKENSHIELDS", "PINEMARSH",
     "QUILLFORD", "ROWANTREE",    "SEDGEWATER", "THISTLEBY", "UNDERFELL", "VANTERPOEL", "WILLOWBEND",   "YARROWAY"});
constexpr auto kWomen = std::to_array<std::string_view>({"AVELINE", "BRISA", "CORALIE", "DELFINA", "ELOWEN", "FENNA",
                                                         "GISELA", "HESTIA", "ISAURA", "JORUNN", "KALINDA", "LIORA"});
constexpr auto kMen = std::to_array<std::string_view>({"ANSEL", "BASTIAN", "CORVIN", "DARIO", "EMRYS", "FLORIS",
                                                       "GARETH", "HALVARD", "IVO", "JASPER", "KASIMIR", "LORCAN"});
constexpr auto kStreets = std::to_array<std::string_view>(
    {"Fern Lane", "Heron Street", "Lantern Row", "Mill Bank", "Orchard Way", "Pebble Road", "Quay Side", "Reed Walk"});
constexpr auto kCities = std::to_array<std::string_view>(
    {"Northmere", "Eastwick-on-Sea", "Sandhaven", "Westerholt", "Lindenau", "Kestrelton", "Mossgate", "Brightwater"});

constexpr auto kPhrases = std::to_array<std::string_view>(
    {"as before", "see report", "no remark", "not specified", "unchanged", "to be confirmed", "as agreed", "routine"});

std::size_t number(const Sha256& draw, std::size_t below) {
  return (static_cast<std::size_t>(draw[0]) << 16U | static_cast<std::size_t>(draw[1]) << 8U | draw[2]) % below;
}

template <class Names>
std::string one_of(const Names& names, const Sha256& draw) {
  return std::string(names[number(draw, names.size())]);
}

}  // namespace

// HMAC (RFC 2104) with SHA-256; a longer key than a block is hashed first.
Sha256 Pseudonyms::draw(std::string_view what, std::string_view of) const {
  constexpr std::size_t kBlock = 64;
  std::string key = key_;
  if (key.size() > kBlock) {
    const auto digest = sha256(key);
    key.assign(digest.begin(), digest.end());
  }
  key.resize(kBlock, '\0');
  std::string inner, outer;
  for (const char c : key) {
    inner += static_cast<char>(c ^ 0x36);
    outer += static_cast<char>(c ^ 0x5C);
  }
  const auto digest = sha256(inner.append(what).append("\0", 1).append(of));
  return sha256(outer.append(digest.begin(), digest.end()));
}

std::string Pseudonyms::identifier(std::string_view real) const {
  std::string made(real);
  Sha256 bytes{};
  bool leading = true;
  for (std::size_t at = 0; at < made.size(); ++at) {
    if (at % bytes.size() == 0) bytes = draw("identifier " + std::to_string(at / bytes.size()), real);
    const unsigned byte = bytes[at % bytes.size()];
    char& c = made[at];
    if (c >= '0' && c <= '9') c = static_cast<char>(leading ? '1' + byte % 9 : '0' + byte % 10);
    else if (c >= 'a' && c <= 'z') c = static_cast<char>('a' + byte % 26);
    else if (c >= 'A' && c <= 'Z') c = static_cast<char>('A' + byte % 26);
    else if (static_cast<unsigned char>(c) >= 0x80) c = 'X';
    leading = false;
  }
  return made;
}

std::string Pseudonyms::family_name(std::string_view of) const { return one_of(kFamilies, draw("family", of)); }

std::string Pseudonyms::given_name(std::string_view of, char sex) const {
  const auto drawn = draw("given", of);
  const bool woman = sex == 'F' || (sex != 'M' && drawn[31] % 2 == 0);
  return woman ? one_of(kWomen, drawn) : one_of(kMen, drawn);
}

std::string Pseudonyms::street(std::string_view of) const {
  const auto drawn = draw("street", of);
  return one_of(kStreets, drawn) + " " + std::to_string(1 + drawn[5] % 120);
}

std::string Pseudonyms::phrase(std::string_view of) const { return one_of(kPhrases, draw("phrase", of)); }

std::string Pseudonyms::city(std::string_view of) const { return one_of(kCities, draw("city", of)); }

int Pseudonyms::days(std::string_view patient) const {
  return 1 + static_cast<int>(number(draw("days", patient), 364));
}

}  // namespace myelin::routes
