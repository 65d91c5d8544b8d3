#include "engine/main/workbench/rehearsal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <deque>

#include "engine/base/virtual_loop.h"
#include "engine/hl7/ack.h"
#include "engine/hl7/batch.h"
#include "engine/hl7/timestamp.h"
#include "engine/model/batch.h"
#include "engine/runtime/host.h"
#include "engine/runtime/intake.h"
#include "engine/store/memory/memory_store.h"

namespace myelin {

namespace {

constexpr Duration kSettling = milliseconds(10);  // settles may ride 5 ms behind
constexpr int kMostTurns = 10'000;

struct NamedReply {
  std::string_view word;
  Outcome::Kind kind;
  FaultCode fault;
};
constexpr auto kReplies = std::to_array<NamedReply>({
    {"AA", Outcome::Kind::accepted, {}},
    {"CA", Outcome::Kind::accepted, {}},
    {"AE", Outcome::Kind::refused, FaultCode::refused_ae},
    {"CE", Outcome::Kind::refused, FaultCode::refused_ar},
    {"AR", Outcome::Kind::refused, FaultCode::refused_ar},
    {"CR", Outcome::Kind::refused, FaultCode::refused_ar},
    {"none", Outcome::Kind::unknown, FaultCode::no_answer},
    {"lost", Outcome::Kind::unknown, FaultCode::connection_lost},
    {"garbage", Outcome::Kind::unknown, FaultCode::garbage_answer},
    {"wrong-id", Outcome::Kind::unknown, FaultCode::wrong_answer_id},
    {"down", Outcome::Kind::unreachable, FaultCode::unreachable},
});

bool is_status(std::string_view word) {
  return word.size() == 3 && word[0] >= '2' && word[0] <= '5' &&
         std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; });
}

Outcome answer_with_status(std::string_view status) {
  Outcome outcome;
  outcome.code = status;
  outcome.kind = status[0] == '2' ? Outcome::Kind::accepted : Outcome::Kind::refused;
  if (outcome.kind == Outcome::Kind::refused)
    outcome.fault = Fault{asks_to_come_again(status) ? FaultCode::peer_not_ready : FaultCode::unsuitable_answer,
                          "the scripted peer answered " + outcome.code,
                          {},
                          {}};
  return outcome;
}

// In the MSA of an answer. What cannot be written stands as it came, and the test sees it.
void write_msa(hl7::Tree& answer, std::uint16_t field, std::string_view text) {
  for (std::uint32_t segment = 0; segment < answer.segment_count(); ++segment) {
    if (answer.segment_name(segment) != "MSA") continue;
    [[maybe_unused]] const auto written = answer.write_text(hl7::Spot{segment, field, 1, 1, 0}, text);
  }
}

// The peer's own message: MSA-2 names what it answers.
Outcome answer_with_message(std::string_view message, std::string_view sent) {
  Outcome outcome;
  outcome.kind = Outcome::Kind::accepted;
  auto answer = hl7::Tree::parse(Bytes(std::string(message)));
  const auto header = hl7::read_header(sent);
  if (!answer || !header) return outcome;
  write_msa(*answer, 2, header->control_id);
  outcome.response = answer->bytes();
  if (const auto said = hl7::read_answer(outcome.response.view())) outcome.code = said->code;
  if (outcome.code == "AA" || outcome.code == "CA") return outcome;
  outcome.kind = Outcome::Kind::refused;
  const auto fault = outcome.code == "AE" ? FaultCode::refused_ae : FaultCode::refused_ar;
  outcome.fault = Fault{fault, "the scripted peer answered " + outcome.code, {}, {}};
  return outcome;
}

// What a peer that says `reply` ("AE record locked") makes of these bytes.
Outcome answer_as(std::string_view reply, std::string_view bytes, WallTime now) {
  if (reply.starts_with("MSH")) return answer_with_message(reply, bytes);
  const auto blank = reply.find(' ');
  const auto word = reply.substr(0, blank);
  const auto text = blank == std::string_view::npos ? std::string_view() : reply.substr(blank + 1);
  if (is_status(word)) return answer_with_status(word);
  const auto named = std::ranges::find(kReplies, word, &NamedReply::word);
  Outcome outcome;
  if (named == kReplies.end()) {
    outcome.fault = Fault{FaultCode::unreachable, "the test has no such reply: " + std::string(word), {}, {}};
    return outcome;
  }
  outcome.kind = named->kind;
  if (named->kind != Outcome::Kind::accepted)
    outcome.fault = Fault{named->fault, "the scripted peer answered " + std::string(reply), {}, {}};
  const bool acknowledges = named->kind == Outcome::Kind::accepted || named->kind == Outcome::Kind::refused;
  if (!acknowledges) return outcome;
  outcome.code = word;
  const Fault said{named->fault, std::string(text), {}, {}};
  hl7::AckFacts facts;
  facts.code = word;
  facts.id = "SCRIPTED";
  facts.when = now;
  facts.fault = named->kind == Outcome::Kind::refused ? &said : nullptr;
  outcome.response = Bytes(hl7::make_ack(bytes, facts));
  auto ack = hl7::Tree::parse(outcome.response);
  if (text.empty() || !ack) return outcome;
  write_msa(*ack, 3, text);
  outcome.response = ack->bytes();
  return outcome;
}

struct Script {
  std::string route;
  std::deque<std::string> replies;
};

class ScriptedDestination final : public Destination {
 public:
  ScriptedDestination(Loop& loop, Script& script, std::vector<Sent>& sent)
      : loop_(loop), script_(script), sent_(sent) {}

  Task<Outcome> send(const Outbound& outbound) override {
    std::string reply = "AA";
    if (!script_.replies.empty()) {
      reply = std::move(script_.replies.front());
      script_.replies.pop_front();
    }
    if (outbound.collected.empty())
      sent_.push_back({script_.route, outbound.id, outbound.bytes, reply, outbound.filled});
    for (const auto& [id, bytes] : outbound.collected)
      sent_.push_back({script_.route, id, bytes, reply, outbound.filled, outbound.collected.size(), id != outbound.id});
    co_return answer_as(reply, outbound.bytes.view(), loop_.wall());
  }
  void close() override {}

 private:
  Loop& loop_;
  Script& script_;
  std::vector<Sent>& sent_;
};

// What a `call` asks. Without anything to answer it cannot be reached, so that `otherwise` is seen.
class ScriptedAnswer final : public Destination {
 public:
  ScriptedAnswer(Loop& loop, std::deque<routes::TestCase::Answer>& answers) : loop_(loop), answers_(answers) {}

  Task<Outcome> send(const Outbound& outbound) override {
    if (answers_.empty()) co_return answer_as("down", outbound.bytes.view(), loop_.wall());
    const auto answer = answers_.front();
    if (answers_.size() > 1) answers_.pop_front();
    auto outcome = answer_as(answer.word.empty() ? "200" : answer.word, outbound.bytes.view(), loop_.wall());
    if (answer.word.empty()) outcome.response = Bytes(answer.content);
    co_return outcome;
  }
  void close() override {}

 private:
  Loop& loop_;
  std::deque<routes::TestCase::Answer>& answers_;
};

}  // namespace

bool is_reply(std::string_view word) {
  return is_status(word) || std::ranges::find(kReplies, word, &NamedReply::word) != kReplies.end();
}

struct Rehearsal::Impl {
  Impl(const Plan& real, Replies replies, WallTime start, StepObserver* observer, const CallAnswers& given_answers)
      : loop(start), plan(std::make_shared<Plan>(real)), host({&loop}, store, seams(observer)) {
    plan->paused = false;
    plan->listen = nullptr;  // messages are handed to the intake
    for (const auto& [connection, list] : given_answers) answers[connection].assign(list.begin(), list.end());
    for (auto& route : plan->routes) {
      route.answers.clear();  // there is no other channel here
      for (auto& call : route.calls)
        call.connect = [&mine = answers[call.connection]](Loop& on) {
          return std::make_unique<ScriptedAnswer>(on, mine);
        };
      const auto given = replies.find(route.name);
      std::deque<std::string> words;
      if (given != replies.end()) words.assign(given->second.begin(), given->second.end());
      scripts.push_back(std::make_unique<Script>(Script{route.name, std::move(words)}));
      route.connect = [this, script = scripts.back().get()](Loop& on) {
        return std::make_unique<ScriptedDestination>(on, *script, sent);
      };
    }
  }

  void accept(std::string message, std::string batch, std::string facts, const std::string& peer);

  static runtime::Seams seams(StepObserver* observer) {
    runtime::Seams seams;
    seams.observer = observer;
    seams.draw = [] { return 1.0; };
    return seams;
  }

  // Runs the task to its end; virtual time passes only as far as it must.
  template <class T>
  T wait_for(Task<T> task) {
    std::optional<T> result;
    spawn(keep(std::move(task), result));
    for (int turn = 0; !result && turn < kMostTurns; ++turn) {
      loop.run_ready();
      Duration distance{};
      if (!result && loop.next_timer(distance)) loop.advance(distance);
    }
    if (!result) std::abort();  // a bug: the runtime waits for what never comes
    return std::move(*result);
  }

  template <class T>
  static Task<void> keep(Task<T> task, std::optional<T>& into) {
    into.emplace(co_await task);
  }

  static Task<bool> ended(Task<void> task) {
    co_await task;
    co_return true;
  }

  VirtualLoop loop;
  MemoryStore store;
  std::shared_ptr<Plan> plan;
  std::vector<std::unique_ptr<Script>> scripts;
  std::map<std::string, std::deque<routes::TestCase::Answer>> answers;  // by connection
  std::vector<Sent> sent;
  std::vector<std::pair<Bytes, Receipt>> accepted;
  runtime::Host host;
};

Rehearsal::Rehearsal(const Plan& plan, Replies replies, WallTime start, StepObserver* observer,
                     const CallAnswers& answers)
    : impl_(std::make_unique<Impl>(plan, std::move(replies), start, observer, answers)) {}

Rehearsal::~Rehearsal() { impl_->wait_for(Impl::ended(impl_->host.drain(Duration::zero()))); }

Result<void> Rehearsal::begin() {
  auto prepared = impl_->wait_for(impl_->host.prepare());
  if (!prepared) return fail(prepared);
  auto report = impl_->wait_for(impl_->host.apply({impl_->plan}));
  if (!report.faults.empty()) return fail(std::move(report.faults.front().fault));
  impl_->loop.run_ready();
  return {};
}

// A batch is taken apart as a source does it.
void Rehearsal::accept(std::string message, std::string facts, const std::string& peer) {
  if (!hl7::begins_batch(message)) return impl_->accept(std::move(message), {}, std::move(facts), peer);
  const auto file = hl7::split_batch(message);
  for (const auto& batch : file.batches)
    for (const auto one : batch.messages) impl_->accept(std::string(one), hl7::headers_of(file, batch), facts, peer);
}

void Rehearsal::Impl::accept(std::string message, std::string batch, std::string facts, const std::string& peer) {
  Received received;
  received.bytes = Bytes(std::move(message));
  received.batch = std::move(batch);
  received.facts = std::move(facts);
  received.peer = peer;
  received.asks = true;
  const auto bytes = received.bytes;
  auto receipt = wait_for(host.accept(plan->channel, std::move(received)));
  accepted.emplace_back(bytes, std::move(receipt));
  loop.advance(kSettling);
}

void Rehearsal::run_for(Duration span) { impl_->loop.advance(span); }

const std::vector<Sent>& Rehearsal::sent() const { return impl_->sent; }

namespace {

void render_ack(Rehearsed& message) {
  const auto& receipt = message.receipt;
  const bool refused = receipt.kind == Receipt::Kind::refused;
  message.ack = refused && receipt.fault ? std::string(entry(receipt.fault->code).ack) : refused ? "AE" : "AA";
  if (!receipt.code.empty()) message.ack = receipt.code;
  if (receipt.answer) {
    message.ack_message = receipt.answer->view();
    return;
  }
  const auto id = refused ? std::string("REFUSED") : to_string(receipt.id);
  hl7::AckFacts facts;
  facts.code = message.ack;
  facts.id = id;
  facts.when = receipt.received_at;
  facts.fault = receipt.fault ? &*receipt.fault : nullptr;
  Bytes ack(hl7::make_ack(message.bytes.view(), facts));
  if (receipt.shape) ack = receipt.shape(std::move(ack));
  message.ack_message = ack.view();
}

// Why no route got the message: the same pure decision again, as `trace` does it.
std::string why_filtered(const Plan& plan, const Message& message, const Store& store) {
  auto body = plan.read(message.bytes);
  if (!body) return {};
  Context context;
  context.message = &message;
  if (auto batch = read_batch(message, plan.charset)) context.batch = std::move(*batch);
  return runtime::decide(plan, std::move(*body), context, store).filtered;
}

}  // namespace

Result<std::vector<Rehearsed>> Rehearsal::messages() {
  std::vector<Rehearsed> all;
  for (const auto& [bytes, receipt] : impl_->accepted) {
    Rehearsed message;
    message.bytes = bytes;
    message.receipt = receipt;
    render_ack(message);
    if (receipt.kind == Receipt::Kind::committed) {
      auto trace = impl_->wait_for(impl_->store.trace(impl_->loop, receipt.id));
      if (!trace) return fail(trace);
      message.deliveries = std::move(trace->deliveries);
      if (message.deliveries.empty()) message.filtered = why_filtered(*impl_->plan, trace->message, impl_->store);
    }
    all.push_back(std::move(message));
  }
  return all;
}

WallTime time_of_sample(std::string_view message) {
  using namespace std::chrono;
  const WallTime otherwise = sys_days(year(2026) / 1 / 1);
  const auto tree = hl7::Tree::parse(Bytes(std::string(message)));
  if (!tree) return otherwise;
  auto said = hl7::parse_timestamp(tree->text(hl7::Spot{0, 7, 1, 1, 0}));
  if (!said) return otherwise;
  said->offset_minutes = said->offset_minutes.value_or(0);
  return hl7::instant(*said).value_or(otherwise);
}

}  // namespace myelin
