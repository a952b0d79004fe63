// ChainPrinter: events as lines of text or JSON.
#pragma once

#include <map>
#include <string>

#include "cli/output.h"
#include "replay/event_text.h"
#include "store/actor_history.h"

namespace theater::cli {

enum class Payloads { kHidden, kShown };

/// One command's.
class ChainPrinter {
 public:
  ChainPrinter(Output& output, Payloads payloads);

  /// What people call an actor; others are called by their ids.
  void name(const ActorId& actor, std::string name) { names_.insert_or_assign(actor, name); }
  /// A genesis says what its actor is called.
  void learn_name(const store::StoredEvent& event);
  void print(const store::StoredEvent& event);

 private:
  void print_text(const store::StoredEvent& event);
  void print_json(const store::StoredEvent& event);
  std::string name_of(const ActorId& actor) const;

  Output& output_;
  Payloads payloads_;
  replay::EventTypes types_;
  std::map<ActorId, std::string> names_;
};

}  // namespace theater::cli
