// A peer's answer on its way back: what the sender of the question can read (replies.h).
#include <algorithm>
#include <utility>

#include "engine/hl7/ack.h"
#include "engine/hl7/escape.h"
#include "engine/runtime/replies.h"

namespace myelin::runtime {
namespace {

constexpr hl7::Spot kControlId{0, 10, 0, 0, 0};
constexpr hl7::Spot kCharset{0, 18, 0, 0, 0};

// The same message in other delimiters. MSH-1 and MSH-2 say them, so they are not translated but written.
Result<hl7::Tree> in_delimiters(const hl7::Tree& tree, const hl7::Delimiters& to) {
  std::string text;
  for (std::uint32_t segment = 0; segment < tree.segment_count(); ++segment) {
    text += tree.segment_name(segment);
    std::size_t field = 1;
    if (segment == 0) {
      text += to.field;
      for (const char c : {to.component, to.repetition, to.escape, to.subcomponent, to.truncation})
        if (c != 0) text += c;
      field = 3;
    }
    for (; field <= tree.field_count(segment); ++field) {
      text += to.field;
      text += hl7::translate(tree.raw(hl7::Spot{segment, static_cast<std::uint16_t>(field), 0, 0, 0}),
                             tree.delimiters(), to);
    }
    text += '\r';
  }
  return hl7::Tree::parse(Bytes(std::move(text)));
}

// MSA-2 of the answer is the id that went to the peer; the sender knows its own.
Result<void> name_question(hl7::Tree& answer, const hl7::Tree& question) {
  for (std::uint32_t segment = 0; segment < answer.segment_count(); ++segment) {
    if (answer.segment_name(segment) != "MSA") continue;
    return answer.write_raw(hl7::Spot{segment, 2, 0, 0, 0}, question.raw(kControlId));
  }
  return fail(FaultCode::garbage_answer, "the answer has no MSA segment");
}

Result<void> shape(const Plan& plan, const Message& question, const Body& asked, Body& body) {
  Context context;
  context.message = &question;
  context.original = &asked;
  const auto verdict = run_steps(plan.reply->steps, body, context);
  if (verdict.kind == Verdict::Kind::pass) return {};
  return fail(verdict.fault ? *verdict.fault : Fault{FaultCode::rejected, verdict.reason, {}, {}});
}

// The set that the sender reads: what its own message says, else what its connection does.
std::string charset_of(const Plan& plan, const hl7::Tree& question) {
  auto name = hl7::translate(question.raw(kCharset), question.delimiters(), hl7::Delimiters{});
  return name.empty() || plan.charset.instead_of_msh ? plan.charset.charset : name;
}

}  // namespace

Bytes named_for(const Bytes& question, const Bytes& answer) {
  const auto asked = hl7::Tree::parse(question);
  auto tree = hl7::Tree::parse(answer);
  if (!asked || !tree || !name_question(*tree, *asked)) return answer;
  return tree->bytes();
}

bool can_be_told(const Plan& plan, const Bytes& answer) {
  if (answer.empty()) return false;
  return plan.accept.body != BodyKind::hl7 || hl7::read_answer(answer.view()).has_value();
}

Result<Bytes> fit_for_sender(const Plan& plan, const Message& question, const Bytes& answer) {
  auto asked = plan.read(question.bytes);
  if (!asked) return fail(asked);
  if (!asked->hl7()) {
    Body body(answer);
    if (auto shaped = shape(plan, question, *asked, body); !shaped) return fail(shaped);
    return body.bytes();
  }
  const auto* route = plan.find_route(plan.reply->from);
  const hl7::CharsetChoice of_peer{route ? route->charset : std::string(), false};
  auto body = Body::read(answer, of_peer);
  if (!body) return fail(body);
  if (body->hl7()->delimiters() != asked->hl7()->delimiters()) {
    auto translated = in_delimiters(*body->hl7(), asked->hl7()->delimiters());
    if (!translated) return fail(translated);
    *body->hl7() = std::move(*translated);
  }
  if (auto named = name_question(*body->hl7(), *asked->hl7()); !named) return fail(named);
  if (auto shaped = shape(plan, question, *asked, *body); !shaped) return fail(shaped);
  return body->wire(of_peer, charset_of(plan, *asked->hl7()));
}

std::function<Bytes(Bytes)> shape_for_sender(std::shared_ptr<const Plan> plan, Message question) {
  return [plan = std::move(plan), question = std::move(question)](Bytes said) {
    auto asked = plan->read(question.bytes);
    auto body = Body::read(said, plan->charset);
    const Body as_it_came(question.bytes);
    if (!body) return said;
    const bool shaped = shape(*plan, question, asked ? *asked : as_it_came, *body).has_value();
    auto wire = body->wire(plan->charset, {});
    return shaped && wire ? *wire : said;
  };
}

}  // namespace myelin::runtime
