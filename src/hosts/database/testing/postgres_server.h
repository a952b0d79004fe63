// PostgresServer: a real server in a folder of its own, reached by a socket in that folder alone.
#pragma once

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"

namespace theater::hosts::database::testing {

/// Runs as the user `postgres` if the test is root's: the server refuses to be root.
class PostgresServer {
 public:
  static constexpr const char* kPrograms = "/usr/lib/postgresql/15/bin";
  static bool is_installed() { return std::filesystem::exists(program("postgres")); }

  PostgresServer() {
    // Short: the path of a socket has at most 107 bytes.
    std::string name = "/tmp/theater-pg-XXXXXX";
    CHECK(::mkdtemp(name.data()) != nullptr, "a folder for the server");
    folder_ = name;
    if (::geteuid() == 0) {
      const passwd* const user = ::getpwnam("postgres");
      CHECK(user != nullptr, "Debian's package makes the user");
      user_ = user->pw_uid;
      group_ = user->pw_gid;
      CHECK(::chown(name.c_str(), user_, group_) == 0, "the server's folder is the user's");
    }
    const int made = wait(run({program("initdb"), "-D", data(), "-A", "trust", "-U", "theater",
                               "-E", "UTF8", "--no-locale", "--no-sync"}));
    CHECK(made == 0, "initdb");
    start();
  }
  ~PostgresServer() {
    stop(SIGINT);
    std::filesystem::remove_all(folder_);
  }
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  void start() {
    process_ = run({program("postgres"), "-D", data(), "-k", folder_, "-c",
                    "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=40"});
    for (int tries = 0; tries < 600; ++tries) {
      const int ready = wait(run({program("pg_isready"), "-q", "-h", folder_, "-d", "postgres"}));
      if (ready == 0) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));  // it is another process's time
    }
    CHECK(false, "the server starts");
  }
  /// SIGINT: fast; SIGQUIT: as a crash.
  void stop(int number) {
    if (process_ <= 0) return;
    ::kill(process_, number);
    wait(process_);
    process_ = 0;
  }
  /// What libpq takes.
  std::string connection() const { return "host=" + folder_ + " dbname=postgres user=theater"; }

 private:
  static std::string program(const std::string& name) {
    return std::string(kPrograms) + "/" + name;
  }
  std::string data() const { return folder_ + "/data"; }

  pid_t run(const std::vector<std::string>& words) const {
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const pid_t child = ::fork();
    CHECK(child >= 0, "fork");
    if (child > 0) return child;
    const int nothing = ::open("/dev/null", O_RDWR);
    for (int descriptor = 0; descriptor < 3; ++descriptor) ::dup2(nothing, descriptor);
    if (user_ != 0 && (::setgid(group_) != 0 || ::setuid(user_) != 0)) ::_exit(126);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  static int wait(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
  }

  std::string folder_;
  uid_t user_ = 0;
  gid_t group_ = 0;
  pid_t process_ = 0;
};

}  // namespace theater::hosts::database::testing
