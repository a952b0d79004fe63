// A program that is started has what it was given and nothing else; one that is not there is said.
#include "io/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

#include "base/result.h"
#include "io/owned_descriptor.h"

namespace theater::io {
namespace {

struct Output {
  std::string text;
  int status = 0;
};

Output output_of(const std::string& script, std::vector<std::string> variables) {
  int ends[2];
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const OwnedDescriptor reader(ends[0]);
  OwnedDescriptor writer(ends[1]);
  const OwnedDescriptor root(::open("/", O_PATH | O_CLOEXEC));
  const OwnedDescriptor open_elsewhere(::open("/dev/null", O_RDONLY));  // it would be inherited
  Spawn spawn;
  spawn.enter(root.get());
  spawn.give(writer.get(), STDOUT_FILENO);
  const auto id = spawn.start({"/bin/sh", {"a shell", "-c", script}, std::move(variables)});
  writer.reset();
  Output output;
  std::array<char, 256> buffer;
  for (ssize_t got; (got = ::read(reader.get(), buffer.data(), buffer.size())) > 0;) {
    output.text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  output.status = id ? wait_for_exit(*id) : 1;
  return output;
}

TEST(Spawn, GivesWhatIsNamedAndNothingElse) {
  const Output output = output_of("echo $0 $GIVEN $HOME; pwd; ls /proc/self/fd | tr '\\n' ' '",
                                  {"GIVEN=present", "PATH=/usr/bin:/bin"});
  EXPECT_EQ(output.text, "a shell present\n/\n0 1 2 3 ") << "3 is the directory that ls reads";
  EXPECT_EQ(output.status, 0);
}

TEST(Spawn, TellsHowItEnded) {
  EXPECT_EQ(output_of("exit 7", {}).status, 7);
  EXPECT_EQ(output_of("kill -KILL $$", {}).status, -9);
}

TEST(Spawn, WhoDoesNotEndIsNotWaitedForForEver) {
  const auto id = Spawn().start({"/bin/sleep", {"sleep", "60"}, {}});
  ASSERT_TRUE(id);
  const OwnedDescriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, *id, 0)));
  ASSERT_GE(handle.get(), 0);
  EXPECT_FALSE(reap_within(handle.get(), *id, Milliseconds(1)));
  ::kill(*id, SIGKILL);
  EXPECT_TRUE(reap_within(handle.get(), *id, std::chrono::seconds(60)));
}

TEST(Spawn, WhatIsNotThereOrMayNotRunIsRefused) {
  for (const auto& [path, code] :
       {std::pair{"/nothing/here", Code::kNotFound}, std::pair{"/etc/passwd", Code::kDenied}}) {
    const auto started = Spawn().start({path, {path}, {}});
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, code) << started.error().message;
  }
}

}  // namespace
}  // namespace theater::io
