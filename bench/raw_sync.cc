// raw_sync DIRECTORY: the disk's own limit: overwrite of 4 KiB in a preallocated file and
// fdatasync, again and again; prints syncs a second and the median as JSON.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kBlock = 4096;
constexpr std::size_t kBlocks = 4096;

}  // namespace

int main(int argc, char** argv) {
  std::string directory = ".";
  double seconds = 2;
  CLI::App app{"Measures fdatasync."};
  app.add_option("DIRECTORY", directory);
  app.add_option("--seconds", seconds);
  CLI11_PARSE(app, argc, argv);
  const std::string path = directory + "/raw_sync.tmp";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  std::vector<char> block(kBlock, 'x');
  for (std::size_t index = 0; index < kBlocks; ++index) {
    if (::write(file, block.data(), kBlock) != static_cast<ssize_t>(kBlock)) return 1;
  }
  ::fsync(file);
  std::vector<double> times;
  const auto begin = Clock::now();
  const std::chrono::duration<double> span(seconds);
  for (std::size_t index = 0; Clock::now() - begin < span; ++index) {
    const auto start = Clock::now();
    const auto offset = static_cast<off_t>(index % kBlocks * kBlock);
    if (::pwrite(file, block.data(), kBlock, offset) < 0 || ::fdatasync(file) != 0) return 1;
    times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
  }
  ::close(file);
  ::unlink(path.c_str());
  std::ranges::sort(times);
  fmt::print("{{\"syncs_per_second\":{:.0f},\"p50_us\":{:.1f},\"p99_us\":{:.1f}}}\n",
             static_cast<double>(times.size()) / seconds, times[times.size() / 2],
             times[times.size() * 99 / 100]);
}
