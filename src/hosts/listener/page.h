// Page: one plain HTTP answer, from its head to the peer's end; and what makes such answers.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "host/family.h"
#include "hosts/http/request.h"
#include "io/folder.h"
#include "io/lifeline.h"
#include "io/network.h"

namespace theater::hosts::listener {

/// Where an actor shows the head of its chain.
inline constexpr std::string_view kHeadPath = "/.theater/head";

/// What is answered: a head (with or without a small body in it), then a file if there is one.
struct Answer {
  std::string text;
  std::unique_ptr<io::FolderFile> file;
};

/// Whether the body is left out: the answer to HEAD.
enum class Part : std::uint8_t { kAll, kHead };
inline Part part_of(const http::Request& request) {
  return request.method == "HEAD" ? Part::kHead : Part::kAll;
}

/// Answers a plain GET or HEAD from a static folder (null: there is none); 304 if the client has
/// the file as it is (If-None-Match).
Answer answer_static(const http::Request& request, const io::Folder* folder);
/// Answers with a JSON text.
Answer answer_json(const http::Request& request, const std::string& json);
Answer answer_refusal(const http::Refusal& refusal, Part part = Part::kAll);
/// The media type of a file, by the end of its name.
std::string_view media_type(std::string_view name);
/// The file a request path names: decoded, "index.html" behind a final slash; nullopt if it is
/// not a path that could name a file.
std::optional<std::string> file_name(std::string_view path);

/// Writes an answer, then waits for the peer's end so that no reset overtakes the last bytes. One
/// answer a connection. Owned on its shard; gone at the latest after kPageTime. Files are opened
/// and read by workers.
class Page final : private io::StreamUser {
 public:
  /// Makes an answer; called by a worker.
  using Find = std::move_only_function<Answer()>;
  /// `done` is called once, from a task; it destroys the page.
  Page(const host::Services& services, std::unique_ptr<io::Stream> stream, Answer answer);
  Page(const host::Services& services, std::unique_ptr<io::Stream> stream, Find find);
  ~Page();
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;
  void start(std::move_only_function<void()> done);

 private:
  void on_readable() override;
  void on_writable() override;
  void begin();
  void read_on();
  void take(std::string piece);
  void end();
  void finish();

  const host::Services services_;
  std::unique_ptr<io::Stream> stream_;
  Answer answer_;
  Find find_;                                   // instead of the answer, until it is there
  std::shared_ptr<const io::FolderFile> file_;  // also the worker's that reads it
  std::string chunk_;                           // being written
  std::size_t written_ = 0;                     // of chunk_
  std::uint64_t offset_ = 0;                    // in the file
  std::move_only_function<void()> done_;
  io::TimerId deadline_;
  io::Lifeline lifeline_;
};

}  // namespace theater::hosts::listener
