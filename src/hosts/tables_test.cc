// The machine of each resource: every state can be reached and leads to the end, which is final;
// what has to be released or told once is released or told once, whatever comes in whatever order.
#include <gtest/gtest.h>

#include "host/conformance/table.h"
#include "host/operation.h"
#include "hosts/database/machine.h"
#include "hosts/file_watch/machine.h"
#include "hosts/http_client/machine.h"
#include "hosts/http_server/machine.h"
#include "hosts/process/machine.h"
#include "hosts/redis/machine.h"
#include "hosts/tcp/machine.h"
#include "hosts/terminal/machine.h"
#include "hosts/websocket_client/machine.h"
#include "hosts/websocket_server/machine.h"

namespace theater::hosts {
namespace {

using host::conformance::check_table;

TEST(Tables, AnOperation) {
  using S = host::OperationState;
  using A = host::OperationAction;
  check_table(host::kOperationTable, {.first = S::kPrepared,
                                      .last = S::kReleased,
                                      .once = {A::kForget},
                                      .once_at_most = {A::kEnd},
                                      .ends = {},
                                      .again = {}});
}

TEST(Tables, AWebSocketOfAClient) {
  using namespace websocket_server;  // NOLINT: one machine's words
  check_table(kConnectionTable, {.first = State::kOpening,
                                 .last = State::kClosed,
                                 .once = {Action::kReport, Action::kDestroy},
                                 .once_at_most = {Action::kSwitch, Action::kReject},
                                 .ends = {Input::kBroken, Input::kDeadline},
                                 .again = {}});
}

TEST(Tables, AWebSocketOfTheActor) {
  using namespace websocket_client;  // NOLINT: one machine's words
  check_table(kConnectionTable, {.first = State::kDialling,
                                 .last = State::kClosed,
                                 .once = {Action::kReport, Action::kDestroy},
                                 .once_at_most = {},
                                 .ends = {Input::kGone},
                                 .again = {}});
}

TEST(Tables, AConnectionOfAnHttpClient) {
  using namespace http_server;  // NOLINT: one machine's words
  check_table(kConnectionTable, {.first = State::kIdle,
                                 .last = State::kClosed,
                                 .once = {Action::kDestroy},
                                 .once_at_most = {},
                                 .ends = {Input::kBroken, Input::kDeadline},
                                 .again = {}});
}

TEST(Tables, AnExchangeWithAnHttpServer) {
  using namespace http_client;  // NOLINT: one machine's words
  check_table(kExchangeTable, {.first = State::kConnecting,
                               .last = State::kEnded,
                               .once = {},
                               .once_at_most = {Action::kReport},
                               .ends = {Input::kDone, Input::kCancel},
                               .again = {}});
}

TEST(Tables, ALinkToARedisServer) {
  using namespace redis;  // NOLINT: one machine's words
  check_table(kLinkTable, {.first = LinkState::kDialling,
                           .last = LinkState::kClosed,
                           .once = {LinkAction::kTellLost},
                           .once_at_most = {LinkAction::kGreet, LinkAction::kTellOpen},
                           .ends = {LinkInput::kLost},
                           .again = {}});
}

TEST(Tables, ATcpConnection) {
  using namespace tcp;  // NOLINT: one machine's words
  check_table(kConnectionTable, {.first = State::kDialling,
                                 .last = State::kClosed,
                                 .once = {Action::kDestroy},
                                 .once_at_most = {Action::kTellOpened, Action::kReport},
                                 .ends = {Input::kLost},
                                 .again = {}});
}

TEST(Tables, ASessionWithADatabase) {
  using S = database::SessionState;
  using I = database::SessionInput;
  check_table(database::kSessionTable, {.first = S::kResolving,
                                        .last = S::kClosed,
                                        .once = {database::SessionAction::kRelease},
                                        .once_at_most = {database::SessionAction::kLose},
                                        .ends = {I::kFail, I::kClose},
                                        .again = I::kOpen});
}

TEST(Tables, AWatch) {
  using A = file_watch::WatchAction;
  using I = file_watch::WatchInput;
  check_table(file_watch::kWatchTable, {.first = file_watch::WatchState::kScanning,
                                        .last = file_watch::WatchState::kEnded,
                                        .once = {A::kClose},
                                        .once_at_most = {A::kTellEnd},
                                        .ends = {I::kFailed, I::kStop},
                                        .again = {}});
}

TEST(Tables, AProgram) {
  using A = process::ChildAction;
  check_table(process::kChildTable,
              {.first = process::ChildState::kStarting,
               .last = process::ChildState::kEnded,
               .once = {},
               .once_at_most = {A::kWatch, A::kEndGroup, A::kReap, A::kClose, A::kTellEnd},
               .ends = {},
               .again = {}});
}

TEST(Tables, ATerminal) {
  using namespace terminal;  // NOLINT: one machine's words
  check_table(kTable, {.first = State::kLines,
                       .last = State::kClosed,
                       .once = {Action::kGiveBack},
                       .once_at_most = {Action::kTellClosed},
                       .ends = {Input::kHangUp, Input::kKill},
                       .again = {}});
}

}  // namespace
}  // namespace theater::hosts
