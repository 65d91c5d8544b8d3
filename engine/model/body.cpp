#include "engine/model/body.h"

namespace myelin {
namespace {

constexpr hl7::Spot kCharset{0, 18, 0, 0, 0};  // MSH-18 with all its repetitions

// MSH-18 as it is to be, in the message's own repetition character.
std::string declaration(const std::string& charset, char repetition) {
  auto name = hl7::msh_name_of(charset);
  for (char& c : name)
    if (c == '~') c = repetition;
  return name;
}

// The mark says UTF-8 of the bytes that came. A destination that names its own set is told by MSH-18.
Bytes without_mark(Bytes text) {
  if (!text.view().starts_with(hl7::kUtf8Mark)) return text;
  return Bytes(std::string(text.view().substr(hl7::kUtf8Mark.size())));
}

}  // namespace

Result<Body> Body::read(const Bytes& received, const hl7::CharsetChoice& charset) {
  auto decoded = hl7::decode_message(received, charset);
  if (!decoded) return fail(decoded);
  auto tree = hl7::Tree::parse(decoded->text);
  if (!tree) return fail(tree);
  Body body(std::move(*tree));
  if (decoded->form != hl7::WireForm{} || decoded->text.view().data() != received.view().data())
    body.origin_ = std::make_shared<const Origin>(received, std::move(*decoded));
  return body;
}

Result<Bytes> Body::wire(const hl7::CharsetChoice& from, const std::string& to) const {
  const auto* tree = hl7();
  if (!tree) return bytes();
  if (!to.empty()) {
    hl7::Tree declared(*tree);
    const auto name = declaration(to, declared.delimiters().repetition);
    if (auto written = declared.write_raw(kCharset, name); !written) return fail(written);
    return hl7::encode_message(without_mark(declared.bytes()), {}, {to, true});
  }
  const auto text = tree->bytes();
  if (!origin_) return hl7::encode_message(text, {}, from);
  // A step may have put another message here: only the very text that was read stands for what came.
  if (text.view().data() == origin_->decoded.text.view().data()) return origin_->received;
  return hl7::encode_message(text, origin_->decoded.form, from);
}

}  // namespace myelin
