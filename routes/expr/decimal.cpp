// Exact decimal arithmetic in 128 bits.
#include "routes/expr/decimal.h"

#include <algorithm>

namespace myelin::expr {

namespace {

__extension__ typedef __int128 Wide;

constexpr int kDigits = 34;
constexpr int kMaxScale = 68;

constexpr Wide power_of_ten(int exponent) {
  Wide power = 1;
  for (; exponent > 0; --exponent) power *= 10;
  return power;
}

constexpr Wide kLimit = power_of_ten(kDigits);

constexpr Wide magnitude(Wide value) { return value < 0 ? -value : value; }

// value * 10^places, or nothing when it leaves 128 bits.
std::optional<Wide> scaled_up(Wide value, int places) {
  if (value == 0) return value;
  if (places > 38) return std::nullopt;
  Wide result = 0;
  if (__builtin_mul_overflow(value, power_of_ten(places), &result)) return std::nullopt;
  return result;
}

bool digit(char byte) { return byte >= '0' && byte <= '9'; }

}  // namespace

// Trailing zeros behind the point go when the digits do not fit; a digit that says something never does.
std::optional<Decimal> Decimal::fit(Wide coefficient, int scale) {
  while (scale > 0 && coefficient % 10 == 0 && (magnitude(coefficient) >= kLimit || scale > kMaxScale)) {
    coefficient /= 10;
    --scale;
  }
  if (magnitude(coefficient) >= kLimit || scale > kMaxScale) return std::nullopt;
  Decimal made;
  made.coefficient_ = coefficient;
  made.scale_ = scale;
  return made;
}

std::optional<Decimal> Decimal::parse(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  Wide coefficient = 0;
  int scale = 0;
  bool point = false, any = false;
  for (const char byte : text) {
    if (byte == '.' && !point) {
      point = true;
      continue;
    }
    if (!digit(byte)) return std::nullopt;
    any = true;
    if (coefficient >= kLimit / 10 || scale >= kMaxScale) return std::nullopt;
    coefficient = coefficient * 10 + (byte - '0');
    if (point) ++scale;
  }
  if (!any) return std::nullopt;
  return fit(negative ? -coefficient : coefficient, scale);
}

std::string Decimal::text() const {
  Wide rest = magnitude(coefficient_);
  std::string digits;
  while (rest > 0) {
    digits += static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
  }
  while (digits.size() <= static_cast<std::size_t>(scale_)) digits += '0';
  std::reverse(digits.begin(), digits.end());
  if (scale_ > 0) digits.insert(digits.size() - static_cast<std::size_t>(scale_), 1, '.');
  return coefficient_ < 0 ? "-" + digits : digits;
}

std::optional<Decimal> Decimal::add(const Decimal& a, const Decimal& b) {
  const int scale = std::max(a.scale_, b.scale_);
  const auto left = scaled_up(a.coefficient_, scale - a.scale_);
  const auto right = scaled_up(b.coefficient_, scale - b.scale_);
  Wide sum = 0;
  if (!left || !right || __builtin_add_overflow(*left, *right, &sum)) return std::nullopt;
  return fit(sum, scale);
}

std::optional<Decimal> Decimal::subtract(const Decimal& a, const Decimal& b) {
  Decimal negated = b;
  negated.coefficient_ = -negated.coefficient_;
  return add(a, negated);
}

std::optional<Decimal> Decimal::multiply(const Decimal& a, const Decimal& b) {
  Wide product = 0;
  if (__builtin_mul_overflow(a.coefficient_, b.coefficient_, &product)) return std::nullopt;
  return fit(product, a.scale_ + b.scale_);
}

std::optional<Decimal> Decimal::divide(const Decimal& a, const Decimal& b) {
  if (b.coefficient_ == 0) return std::nullopt;
  const bool negative = (a.coefficient_ < 0) != (b.coefficient_ < 0);
  const Wide divisor = magnitude(b.coefficient_);
  Wide quotient = magnitude(a.coefficient_) / divisor;
  Wide rest = magnitude(a.coefficient_) % divisor;
  int scale = a.scale_ - b.scale_;
  // Long division: as many digits as fit, or until nothing is left. A divisor is below 10^34, so rest * 10 fits.
  while ((rest != 0 || scale < 0) && quotient < kLimit / 10 && scale < kMaxScale) {
    rest *= 10;
    quotient = quotient * 10 + rest / divisor;
    rest %= divisor;
    ++scale;
  }
  if (scale < 0) return std::nullopt;
  if (rest * 2 > divisor || (rest * 2 == divisor && quotient % 2 != 0)) ++quotient;
  while (scale > 0 && quotient % 10 == 0) {
    quotient /= 10;
    --scale;
  }
  return fit(negative ? -quotient : quotient, scale);
}

std::optional<Decimal> Decimal::round(int digits) const {
  const int drop = scale_ - digits;
  if (drop <= 0) return *this;
  if (drop > 37) return Decimal(0);
  const Wide unit = power_of_ten(drop);
  Wide whole = coefficient_ / unit;
  const Wide rest = magnitude(coefficient_ % unit);
  if (rest >= unit - rest) whole += coefficient_ < 0 ? -1 : 1;
  if (digits >= 0) return fit(whole, digits);
  const auto up = scaled_up(whole, -digits);
  return up ? fit(*up, 0) : std::nullopt;
}

std::optional<std::int64_t> Decimal::whole() const {
  Wide value = coefficient_;
  for (int scale = scale_; scale > 0; --scale) {
    if (value % 10 != 0) return std::nullopt;
    value /= 10;
  }
  if (value > INT64_MAX || value < INT64_MIN) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

std::strong_ordering Decimal::operator<=>(const Decimal& other) const {
  const int sign = coefficient_ < 0 ? -1 : coefficient_ > 0 ? 1 : 0;
  const int other_sign = other.coefficient_ < 0 ? -1 : other.coefficient_ > 0 ? 1 : 0;
  if (sign != other_sign || sign == 0) return sign <=> other_sign;
  const int scale = std::max(scale_, other.scale_);
  const auto left = scaled_up(coefficient_, scale - scale_);
  const auto right = scaled_up(other.coefficient_, scale - other.scale_);
  // What does not fit is the larger one.
  if (!left || !right) return (left ? -sign : sign) <=> 0;
  return *left < *right   ? std::strong_ordering::less
         : *left > *right ? std::strong_ordering::greater
                          : std::strong_ordering::equal;
}

}  // namespace myelin::expr
