// CHAIN-1: nothing leaves before the event that caused it is durable; then all of it, in order;
// what is forgotten never leaves.
#include "actor/output_gate.h"

#include <gtest/gtest.h>

#include <vector>

namespace theater::actor {
namespace {

struct Client : GateClient {
  void release(std::uint64_t token) override {
    released.push_back(token);
    if (holds_more) gate->hold({token + 1}, *this, token + 100);
    holds_more = false;
  }
  OutputGate* gate = nullptr;
  bool holds_more = false;
  std::vector<std::uint64_t> released;
};
using Tokens = std::vector<std::uint64_t>;

TEST(OutputGate, NothingLeavesBeforeItsEventIsDurable) {
  OutputGate gate;
  Client client;
  gate.hold({5}, client, 1);
  gate.hold({7}, client, 2);
  EXPECT_EQ(client.released, Tokens{});
  gate.open_to({4});
  EXPECT_EQ(client.released, Tokens{}) << "lsn 5 is not durable";
  gate.open_to({6});
  EXPECT_EQ(client.released, Tokens{1}) << "lsn 7 is not durable";
  EXPECT_EQ(OutputGate::pending(client), 1u);
  gate.open_to({7});
  EXPECT_EQ(client.released, (Tokens{1, 2}));
  EXPECT_EQ(OutputGate::pending(client), 0u);
}

TEST(OutputGate, TheMarkNeverFalls) {
  OutputGate gate;
  Client client;
  gate.open_to({9});
  gate.open_to({3});
  gate.hold({8}, client, 1);
  EXPECT_EQ(client.released, Tokens{1}) << "already durable when held";
  gate.hold({10}, client, 2);
  EXPECT_EQ(client.released, Tokens{1});
}

TEST(OutputGate, WhatIsForgottenNeverLeaves) {
  OutputGate gate;
  Client gone, stays;
  gate.hold({1}, gone, 1);
  gate.hold({2}, stays, 2);
  gate.hold({3}, gone, 3);
  EXPECT_EQ(gate.forget(gone), 2u);
  gate.open_to({9});
  EXPECT_EQ(gone.released, Tokens{});
  EXPECT_EQ(stays.released, Tokens{2});
}

TEST(OutputGate, AReleaseMayHoldMore) {
  OutputGate gate;
  Client client;
  client.gate = &gate;
  client.holds_more = true;
  gate.hold({1}, client, 1);
  gate.hold({2}, client, 2);
  gate.open_to({2});
  EXPECT_EQ(client.released, (Tokens{1, 2, 101})) << "in the order they were held";
}

}  // namespace
}  // namespace theater::actor
