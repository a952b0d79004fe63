// Reception: reads until the empty line.
#include "hosts/listener/reception.h"

#include "hosts/listener/address.h"
#include "hosts/listener/limits.h"

namespace theater::hosts::listener {

namespace {
constexpr std::size_t kRoom = 4096;  // read at a time
}  // namespace

Reception::Reception(std::uint64_t id, Address& address, std::unique_ptr<io::Stream> stream)
    : id_(id), address_(address), stream_(std::move(stream)) {}

Reception::~Reception() { address_.home().executor.cancel(deadline_); }

Status Reception::start() {
  TRY_OK(stream_->attach(address_.home().network, *this));
  deadline_ = address_.home().executor.after(
      kHeadTime, [this] { address_.refused(id_, {408, "the head took too long"}); });
  stream_->want_read();
  return {};
}

std::unique_ptr<io::Stream> Reception::release() {
  stream_->detach();
  return std::move(stream_);
}

void Reception::on_readable() {
  const std::size_t before = buffer_.size();
  buffer_.resize(before + kRoom);
  const auto got = stream_->read(std::span(buffer_).subspan(before));
  if (!got || (*got && **got == 0)) return address_.left(id_);
  buffer_.resize(before + got->value_or(0));
  const auto end = scanner_.scan(buffer_);
  if (!end) return address_.refused(id_, end.error());
  if (*end) {
    const Bytes all = std::move(buffer_);  // this object ends inside the call
    const ByteSpan bytes(all);
    return address_.received(id_, bytes.first(**end), bytes.subspan(**end));
  }
  stream_->want_read();
}

}  // namespace theater::hosts::listener
