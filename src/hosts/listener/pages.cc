// Pages: the head of a chain, files, refusals.
#include "hosts/listener/pages.h"

#include <utility>

#include "hosts/listener/limits.h"

namespace theater::hosts::listener {

namespace {

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string head_json(const actor::ActorPort& actor) {
  const auto head = actor.durable_head();
  return fmt::format("{{\"actor\":{},\"seq\":{},\"head\":\"{}\"}}\n",
                     json_text(actor.identity().name), head ? head->seq.value : 0,
                     head ? head->leaf.hex() : Digest{}.hex());
}

}  // namespace

Pages::Pages(const host::Services& services, std::function<void()> on_ended)
    : services_(services), on_ended_(std::move(on_ended)) {}

void Pages::serve(Visitor visitor, const std::optional<std::string>& folder,
                  const actor::ActorPort& actor) {
  const http::Request& request = visitor.request;
  if (request.path() == kHeadPath) {
    return answer(std::move(visitor.stream), answer_json(request, head_json(actor)));
  }
  if (!folder || pages_.size() >= kPagesMax) {
    return answer(std::move(visitor.stream), answer_static(request, nullptr));
  }
  auto find = [asked = std::move(visitor.request), path = *folder] {
    const auto files = io::Folder::open(path).value_or(nullptr);
    return answer_static(asked, files.get());
  };
  add(std::make_unique<Page>(services_, std::move(visitor.stream), std::move(find)));
}

void Pages::refuse(Visitor visitor, const http::Refusal& refusal) {
  answer(std::move(visitor.stream), answer_refusal(refusal, part_of(visitor.request)));
}

void Pages::answer(std::unique_ptr<io::Stream> stream, Answer answer) {
  if (pages_.size() >= kPagesMax) answer = answer_refusal({503, "too many requests"});
  if (pages_.size() >= 2 * kPagesMax) return;  // closed without a word
  add(std::make_unique<Page>(services_, std::move(stream), std::move(answer)));
}

void Pages::add(std::unique_ptr<Page> page) {
  const std::uint64_t id = ++last_page_;
  Page& it = *page;
  pages_.emplace(id, std::move(page));
  it.start([this, alive = std::weak_ptr(alive_), id] {
    if (alive.expired()) return;
    pages_.erase(id);
    on_ended_();
  });
}

}  // namespace theater::hosts::listener
