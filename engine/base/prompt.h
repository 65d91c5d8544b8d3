// How soon a thread is let work when others have the processor: the loops and the store's writer, for whom everybody
// waits, before what works off the loop. Needs no privilege; before Linux 6.12 nothing changes.
#pragma once

namespace myelin {

// The calling thread asks for a tenth of a millisecond at a time, and for that as soon as it wakes. Threads that it
// starts take after it.
void be_prompt();

// The calling thread works for as long at a time as the kernel finds best.
void be_patient();

// The calling thread lets every other of the process go first, for good: it has the processor that they leave, and a
// tenth of it when they leave none. For work as long as a message is large.
void be_last();

// Between two pieces of work on much: who waits for this processor goes first. Free where nobody waits. The kernel
// itself looks only with its clock, every 4 ms or so, whether of two prompt threads the other's turn has come.
void give_way();

// For what works aside, after each small piece: the calling thread sleeps for a fifth of a millisecond, so that on few
// processors nobody waits behind more than one piece.
void stand_back();

}  // namespace myelin
