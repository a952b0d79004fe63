// Scopes of SqliteConnection: the job being done, and statements of our own.
#pragma once

#include "hosts/database/sqlite_connection.h"

namespace theater::hosts::database {

/// The job being done, for as long as this stands: interrupt() reaches it.
class SqliteConnection::Current {
 public:
  Current(SqliteConnection& connection, const Job& job) : connection_(connection) { set(&job); }
  ~Current() { set(nullptr); }
  Current(const Current&) = delete;
  Current& operator=(const Current&) = delete;

 private:
  void set(const Job* job) {
    const std::scoped_lock lock(connection_.current_mutex_);
    connection_.current_ = job;
  }
  SqliteConnection& connection_;
};

/// The authorizer lets pass what is done while this stands.
class SqliteConnection::Trusted {
 public:
  explicit Trusted(SqliteConnection& connection) : connection_(connection) {
    connection_.is_trusted_ = true;
  }
  ~Trusted() { connection_.is_trusted_ = false; }
  Trusted(const Trusted&) = delete;
  Trusted& operator=(const Trusted&) = delete;

 private:
  SqliteConnection& connection_;
};

}  // namespace theater::hosts::database
