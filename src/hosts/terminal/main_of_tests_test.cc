// The tests' own program keeps the terminals of its tests, as the node's keeps the node's.
#include "hosts/terminal/keeper.h"

int main(int argc, char** argv) {
  if (const auto kept = theater::hosts::terminal::keep_if_asked(argc, argv)) return *kept;
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
