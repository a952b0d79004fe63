// The command line of the simulation.
#pragma once

namespace theater::sim {

/// Parses the arguments, plays the seeds, prints what was found. The exit status.
int run_suite(int count, char** arguments);

}  // namespace theater::sim
