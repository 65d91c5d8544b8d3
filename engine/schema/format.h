// The formats of data types without components: what a number, a date, a time look like (HL7 v2.8.2, chapter 2A).
#pragma once

#include <cstdint>
#include <string_view>

namespace myelin::schema {

enum class Format : std::uint8_t { text, number, sequence, date, time, timestamp, code, user_code, formatted };

// Of a data type's name; text for what has no format of its own (ST) and for what is not known.
Format format_of(std::string_view type);

// Whether `raw`, not empty and not null, is one. Texts and codes always are.
bool fits(Format format, std::string_view raw);

// "a number", "a date (YYYY[MM[DD]])": what a finding says was expected.
std::string_view expectation(Format format);

}  // namespace myelin::schema
