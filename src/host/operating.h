// Operating: families whose calls start operations write a check, the work, and its end.
//
// The check (Planned) looks at the arguments; the kit refuses what is too much, mints the id and
// keeps the arguments. When the start is durable and a slot is free, the work begins. It pushes
// part() events if it has any, and ends with one finish(). Everything else is done here: slots,
// deadlines, cancel, status, credit, kept results, op records, restart by the plan's crash rule.
#pragma once

#include <utility>

#include "host/operation_book.h"
#include "host/waiting.h"

namespace theater::host {

/// A WaitingInstance that may have operations (Binding::operation). Overrides whatever follows from
/// them; a family with more state overrides again and calls these.
template <typename Self>
class OperatingInstance : public WaitingInstance<Self>, protected BookUser {
 public:
  OperatingInstance(const Binding<Self>& binding, const Context& context, BookOptions options)
      : WaitingInstance<Self>(binding, context),
        actor_(context.actor),
        book_(std::move(options),
              {context.services.executor, context.services.clock, context.actor, binding.info()},
              *this) {}

  OperationBook& book() { return book_; }

  actor::OperationPort* operations() override { return &book_; }
  actor::EventSource* events() override { return &book_.queue(); }
  void settle(actor::Settlement settlement) override { book_.settle(settlement); }
  Bytes save() const override {
    Bytes out;
    wasm::BinaryWriter writer(out);
    book_.save(writer);
    return out;
  }
  Status load(ByteSpan saved) override {
    wasm::BinaryReader reader(saved);
    TRY_OK(book_.load(reader));
    return reader.finish();
  }
  Status fold_event(ByteSpan) override { return {}; }
  Status recover() override {
    book_.recover();
    return {};
  }
  void stop(actor::StopMode mode) override {
    book_.stop();
    this->interrupt_waits();
    if (mode == actor::StopMode::kDrain) actor_.drained();
  }
  actor::Census census() const override {
    actor::Census census;
    book_.count(census);
    census.operations += this->waits();
    return census;
  }
  void measure(actor::Figures& figures) const override { book_.measure(figures); }

 protected:
  EventQueue& queue() { return book_.queue(); }
  bool finish(OperationId id, OperationEnd how, ByteSpan last_event) {
    return book_.finish(id, how, last_event);
  }
  bool finish_kept(OperationId id, ByteSpan last_event, Bytes result) {
    return book_.finish_kept(id, last_event, std::move(result));
  }
  bool part(OperationId id, ByteSpan event, std::uint64_t bytes) {
    return book_.part(id, event, bytes);
  }
  void progress(OperationId id, std::uint64_t bytes) { book_.progress(id, bytes); }
  void expect(OperationId id, std::uint64_t total) { book_.expect(id, total); }
  bool is_running(OperationId id) const { return book_.is_running(id); }

 private:
  void work(const Work& work, const StartCall& call) final {
    this->binding().work(static_cast<Self&>(*this), call.function, call.arguments, work);
  }
  Planned plan(const StartCall& call) final {
    return this->binding().plan(static_cast<Self&>(*this), call.function, call.arguments);
  }

  actor::ActorPort& actor_;
  OperationBook book_;
};

}  // namespace theater::host
