// Session: one connection of a source, from its first byte to its end. Frames are taken in order: each is stored and
// answered before the next is looked at, and one answer is one write.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "adapters/mllp/frame.h"
#include "adapters/mllp/settings.h"
#include "engine/base/id.h"
#include "engine/model/adapter.h"

namespace myelin::mllp {

class Session {
 public:
  // All references outlive run().
  Session(Loop& loop, std::unique_ptr<net::Stream> stream, const MllpSettings& settings, Intake& intake, IdSource& ids);

  // Until the peer ends, breaks a limit, or stop().
  Task<void> run();

  // No further frame is begun; what is in flight is finished. Without one the connection ends at once.
  void stop();
  // At once.
  void close();

 private:
  // session.cpp
  Task<bool> answer_frames();
  Task<bool> take(FrameEvent event);
  Task<bool> take_frame(std::string content, std::vector<hl7::Habit> habits);
  Task<bool> receive();
  Task<void> read_the_end();
  Task<void> end_of_limit();
  Duration limit();
  bool bears(const std::vector<hl7::Habit>& habits);
  std::optional<hl7::Habit> refusal_of(std::string_view content, const std::vector<hl7::Habit>& habits);
  std::vector<hl7::Habit> habits_of_frame();
  void notice_end();
  MessageId report(FaultCode code, std::string detail, std::string bytes);

  // session_answer.cpp
  Task<bool> answer(Bytes bytes);
  Task<bool> answer_batch(Bytes bytes);
  Task<bool> refuse(Bytes bytes, hl7::Habit habit);
  Task<bool> refuse_too_large(std::string head);
  // What is answered to one message: no, one or (in enhanced mode) two acknowledgements.
  enum class Part : std::uint8_t { all, acceptance, application };
  std::vector<std::string> render(std::string_view content, const Receipt& receipt, Part part = Part::all);
  std::string_view commit_block(const Receipt& receipt) const;
  std::string facts() const;
  void say_early(const Bytes& bytes, const Receipt& receipt);
  Task<void> write_early(std::string framed);
  Task<bool> write(std::string framed);
  bool write_failed(net::StreamError error);

  Loop& loop_;
  std::unique_ptr<net::Stream> stream_;
  const MllpSettings& settings_;
  Intake& intake_;
  IdSource& ids_;
  Framer framer_;
  MonoTime frame_end_ = MonoTime::max();  // when the frame that has begun must be complete
  std::size_t junk_ = 0;                  // since the last frame
  std::int64_t frames_ = 0;
  TaskGroup early_writes_;
  bool early_ = false;                // the acceptance of the message under way was said when it was on the disk
  int reads_ = 0, single_bytes_ = 0;  // of the frame under way
  bool heard_ = false;                // a byte came
  bool turned_away_ = false;          // for a habit
  const char* reason_ = "closed by the peer";
  bool waiting_ = false;  // reads, and no frame has begun
  bool stopping_ = false;
};

}  // namespace myelin::mllp
