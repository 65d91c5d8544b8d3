// The XML encoding of HL7 v2 ("v2.xml", urn:hl7-org:v2xml): <ORU_R01> holds segments and groups, <PID.3> a field (one
// element for each repetition), <CX.4> and <HD.1> its parts, named by their data types. Written by the dictionary of
// the message's version; read without it, because the names say where everything stands.
//
// Round trip: what goes from ER7 to XML and back has the same value at every place. What is not kept: empty fields and
// components at an end, and escapes of what need not be escaped. Parts that the dictionary does not know are named
// after what holds them (<ZPI.2.1>); escape sequences without a character are <escape V=".br"/>.
// Text is UTF-8 on both sides. Read are elements, text and CDATA only: a DOCTYPE is refused, so there are no entities
// but the five of XML, and nothing is fetched. The only place that knows pugixml.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/fault.h"
#include "engine/hl7/tree.h"

namespace myelin::schema {

inline constexpr int kMaxXmlDepth = 32;  // groups inside each other

// bad_charset where the text is no UTF-8.
Result<std::string> write_xml(const hl7::Tree& tree);

// The message in ER7, with the delimiters of its MSH.1 and MSH.2. not_hl7 where it is no XML, has a DOCTYPE, or holds
// no MSH; too_many_segments beyond what a Tree holds.
Result<std::string> read_xml(std::string_view xml);

// Whether the content of a message is XML rather than ER7: it begins with <, behind a mark and white space.
bool looks_like_xml(std::string_view content);

}  // namespace myelin::schema
