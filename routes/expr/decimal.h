// Decimal: the number of the formula language. Exact to 34 significant digits, never binary floating point, so that
// 0.1 + 0.2 is 0.3 and a dose keeps the digits it was given.
// Limits: a product of more than 38 digits is no number (nothing is returned); a quotient is rounded to 34 digits,
// half to even.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace myelin::expr {

class Decimal {
 public:
  Decimal() = default;
  explicit Decimal(std::int64_t whole) : coefficient_(whole) {}

  // "12", "-0.50", "+3.", ".5"; blanks around are allowed (HL7 NM), exponents and thousands separators are not.
  static std::optional<Decimal> parse(std::string_view text);

  // As few digits as say it: "0.5", "-12", "0"; trailing zeros of what was read are kept ("1.50").
  std::string text() const;

  static std::optional<Decimal> add(const Decimal& a, const Decimal& b);
  static std::optional<Decimal> subtract(const Decimal& a, const Decimal& b);
  static std::optional<Decimal> multiply(const Decimal& a, const Decimal& b);
  static std::optional<Decimal> divide(const Decimal& a, const Decimal& b);  // nothing when b is 0

  // Half away from zero, as a laboratory rounds; `digits` after the point, -30 … 30.
  std::optional<Decimal> round(int digits) const;
  // The whole number, when it is one and fits.
  std::optional<std::int64_t> whole() const;

  std::strong_ordering operator<=>(const Decimal& other) const;
  bool operator==(const Decimal& other) const { return (*this <=> other) == std::strong_ordering::equal; }

 private:
  __extension__ typedef __int128 Wide;
  __extension__ typedef unsigned __int128 UnsignedWide;
  static std::optional<Decimal> fit(Wide coefficient, int scale);

  // value = coefficient_ / 10^scale_;  |coefficient_| < 10^34;  0 <= scale_ <= 68
  Wide coefficient_ = 0;
  int scale_ = 0;
};

}  // namespace myelin::expr
