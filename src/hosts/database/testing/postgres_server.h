// PostgresServer: a real server in a folder of its own, reached by a socket in that folder alone.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/check.h"
#include "io/test_tls.h"

namespace theater::hosts::database::testing {

/// A port of 127.0.0.1 that nobody uses now.
inline std::uint16_t free_port() {
  const int made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in place{};
  place.sin_family = AF_INET;
  place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof place;
  CHECK(::bind(made, reinterpret_cast<sockaddr*>(&place), size) == 0, "a port");
  CHECK(::getsockname(made, reinterpret_cast<sockaddr*>(&place), &size) == 0, "its number");
  ::close(made);
  return ntohs(place.sin_port);
}

/// Runs as the user `postgres` if the test is root's: the server refuses to be root.
class PostgresServer {
 public:
  /// kSocket: it listens in its folder alone. The others: on 127.0.0.1 too; kTls: where it also
  /// answers those who want TLS, with a certificate for "localhost".
  enum class Way : std::uint8_t { kSocket, kPlain, kTls };
  static constexpr const char* kPrograms = "/usr/lib/postgresql/15/bin";
  static bool is_installed() { return std::filesystem::exists(program("postgres")); }

  explicit PostgresServer(Way way = Way::kSocket) : way_(way) {
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
    if (way_ != Way::kSocket) port_ = free_port();
    if (way_ == Way::kTls) {
      tls_ = io::make_tls_identity(folder_);
      CHECK(::chmod(tls_.key.c_str(), 0600) == 0, "the server wants its key for itself");
      if (user_ != 0) CHECK(::chown(tls_.key.c_str(), user_, group_) == 0, "it is the server's");
    }
    start();
  }
  ~PostgresServer() {
    stop(SIGINT);
    std::filesystem::remove_all(folder_);
  }
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  void start() {
    std::vector<std::string> words{
        program("postgres"),  "-D", data(), "-k", folder_, "-c", "fsync=off", "-c",
        "max_connections=40", "-c"};
    words.push_back(port_ == 0 ? "listen_addresses=" : "listen_addresses=127.0.0.1");
    if (port_ != 0) words.insert(words.end(), {"-p", std::to_string(port_)});
    if (way_ == Way::kTls) {
      words.insert(words.end(), {"-c", "ssl=on", "-c", "ssl_cert_file=" + tls_.certificate, "-c",
                                 "ssl_key_file=" + tls_.key});
    }
    process_ = run(words);
    for (int tries = 0; tries < 600; ++tries) {
      const int ready = wait(run({program("pg_isready"), "-q", "-h", folder_, "-p",
                                  std::to_string(port_ == 0 ? 5432 : port_), "-d", "postgres"}));
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
  /// The same by its port, as `host`.
  std::string connection_to(const std::string& host) const {
    return "host=" + host + " port=" + std::to_string(port_) + " dbname=postgres user=theater";
  }
  std::uint16_t port() const { return port_; }
  const std::string& certificate() const { return tls_.certificate; }

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

  const Way way_;
  std::uint16_t port_ = 0;  // of 127.0.0.1
  io::TlsFiles tls_;
  std::string folder_;
  uid_t user_ = 0;
  gid_t group_ = 0;
  pid_t process_ = 0;
};

}  // namespace theater::hosts::database::testing
