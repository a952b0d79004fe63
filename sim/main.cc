// theater_sim: plays seeds and says which of them break an invariant.
//
//   theater_sim --guest LEDGER.wasm --cache DIRECTORY [--seeds N] [--from S] [--jobs N]
//   theater_sim --guest LEDGER.wasm --cache DIRECTORY --seed S [--bug NAME] [--trace]
#include "sim/suite.h"

int main(int count, char** arguments) { return theater::sim::run_suite(count, arguments); }
