// `answers: { channel: NAME }`: the peer's answer becomes a message of another channel, in the same commit that writes
// the delivery down as delivered.
#pragma once

#include <memory>
#include <string>

#include "engine/model/adapter.h"
#include "engine/model/plan.h"

namespace myelin::runtime {

enum class Handed : std::uint8_t {
  settled,   // it is stored there, and the delivery is delivered
  not_here,  // the channel does not want it (there is an incident), or has it already: the delivery is still to be settled
  later,     // the channel stops, does not run, or has no room
};
Task<Handed> hand_answer(Loop& loop, Exchange& exchange, std::string channel, HandOver of, Bytes answer);

// Sends through `inner`; hands on what the route's table takes for a delivery. `exchange` outlives it.
std::unique_ptr<Destination> with_answers_to(const Route& route, std::unique_ptr<Destination> inner, Loop& loop,
                                             Exchange& exchange);

}  // namespace myelin::runtime
