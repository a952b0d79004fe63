// Against a real server on the loopback: each request has exactly one end, which says what became
// of it; nothing reaches what the grant does not name, by whatever name; bounds and times hold;
// what the guest does not take is not read; after stop and cancel nothing is open.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "hosts/http_client/client_fixture.h"
#include "io/test_tls.h"

namespace theater::hosts::http_client {
namespace {

TEST_F(HttpClient, AsksAndIsAnswered) {
  begin();
  EXPECT_EQ(get(url("/x?q=1")), std::nullopt);
  EXPECT_EQ(wait(), Seen{"200 hello"});
  EXPECT_EQ(server.heard(),
            fmt::format("GET /x?q=1 HTTP/1.1\r\nHost: a.test:{}\r\n\r\n", server.port()));
  get(url());
  EXPECT_EQ(wait(), Seen{"200 hello"});
  EXPECT_EQ(server.accepted(), 1u) << "the connection is kept";
}

TEST_F(HttpClient, SendsWhatTheGuestSaysAndNothingElse) {
  begin();
  const Bytes body = to_bytes(as_bytes("{}"));
  start({"POST", url(), {{"X-Key", to_bytes(as_bytes("v"))}, {"X-Empty", {}}}, body});
  EXPECT_EQ(wait(), Seen{"200 hello"});
  const std::string heard = server.heard();
  EXPECT_NE(heard.find("POST /x HTTP/1.1\r\n"), std::string::npos) << heard;
  EXPECT_NE(heard.find("X-Key: v\r\n"), std::string::npos) << heard;
  EXPECT_NE(heard.find("X-Empty:\r\n"), std::string::npos) << heard;
  EXPECT_NE(heard.find("Content-Length: 2\r\n"), std::string::npos) << heard;
  EXPECT_NE(heard.find("Idempotency-Key: "), std::string::npos) << heard;
  for (const char* unasked : {"User-Agent", "Accept", "Content-Type", "Expect"}) {
    EXPECT_EQ(heard.find(unasked), std::string::npos) << heard;
  }
}

TEST_F(HttpClient, RefusesBeforeAnythingIsDialled) {
  begin("request_max = 1\n");
  const Bytes body = to_bytes(as_bytes("long"));
  const auto header = [](std::string name, std::string value) {
    return host::Headers{{std::move(name), to_bytes(as_bytes(value))}};
  };
  EXPECT_EQ(get("http://b.test/"), GuestCode::kDenied);
  EXPECT_EQ(get(url("/", "a.test", "https")), GuestCode::kDenied);
  EXPECT_EQ(start({"DELETE", url(), {}, {}}), GuestCode::kDenied);
  EXPECT_EQ(get("ws://a.test/"), GuestCode::kInvalid);
  EXPECT_EQ(get("http://2130706433/"), GuestCode::kInvalid);
  EXPECT_EQ(get("file:///etc/passwd"), GuestCode::kInvalid);
  EXPECT_EQ(get(url("/../x")), GuestCode::kInvalid);
  EXPECT_EQ(start({"GET /", url(), {}, {}}), GuestCode::kInvalid);
  EXPECT_EQ(start({"CONNECT", url(), {}, {}}), GuestCode::kInvalid);
  EXPECT_EQ(start({"GET", url(), header("Host", "b"), {}}), GuestCode::kInvalid);
  EXPECT_EQ(start({"GET", url(), header("X", "a\r\nB: c"), {}}), GuestCode::kInvalid);
  EXPECT_EQ(start({"GET", url(), header("Content-Length", "1"), {}}), GuestCode::kInvalid);
  EXPECT_EQ(start({"HEAD", url(), {}, body}), GuestCode::kInvalid);
  EXPECT_EQ(start({"POST", url(), {}, body}), GuestCode::kTooLarge);
  EXPECT_EQ(server.accepted(), 0u);
}

TEST_F(HttpClient, PrivateAddressesAreReachedByNoName) {
  make(fmt::format("allow = [\"http://a.test:{0}\", \"http://127.0.0.1:{0}\"]", server.port()));
  resolver.set("a.test", {*io::IpAddress::parse("127.0.0.1"), *io::IpAddress::parse("::1")});
  get(url());
  EXPECT_EQ(wait(), Seen{"error denied"});
  get(url("/", "127.0.0.1"));
  EXPECT_EQ(wait(), Seen{"error denied"});
  EXPECT_EQ(server.accepted(), 0u);
}

TEST_F(HttpClient, RedirectsAreResponses) {
  begin();
  server.answer(
      fmt::format("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{}/secret\r\n"
                  "Content-Length: 0\r\n\r\n",
                  server.port()));
  get(url());
  EXPECT_EQ(wait(), Seen{"302 "});
  EXPECT_EQ(server.heard().find("/secret"), std::string::npos);
}

TEST_F(HttpClient, FailuresSayWhy) {
  begin("first_byte = \"50ms\"\nbetween_bytes = \"50ms\"\n");
  resolver.fail("a.test", {Code::kNotFound, "no such name"});
  get(url());
  EXPECT_EQ(wait(), Seen{"error not-found"});
  resolver.set("a.test", {*io::IpAddress::parse("127.0.0.1")});
  server.answer("");
  get(url());
  EXPECT_EQ(wait(), Seen{"error deadline"});
  server.answer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
  get(url());
  EXPECT_EQ(wait(), Seen{"error deadline"});
  server.answer("SSH-2.0-x\r\n\r\n");
  get(url());
  EXPECT_EQ(wait(), Seen{"error protocol"});
  server.answer("HTTP/1.1 200 OK\r\nX: " + std::string(80'000, 'x') + "\r\n\r\n");
  get(url());
  EXPECT_EQ(wait(), Seen{"error protocol"});
}

/// libcurl would decode them all, into as much memory as they become.
TEST_F(HttpClient, NoTransferCodingIsTakenThatWasNotAskedFor) {
  begin();
  for (const std::string_view coding : {"gzip", "gzip, chunked", "chunked, chunked", "deflate"}) {
    server.answer(fmt::format("HTTP/1.1 200 OK\r\nTransfer-Encoding: {}\r\n\r\n0\r\n\r\n", coding));
    get(url(), Deliver::kParts);
    EXPECT_EQ(wait(), Seen{"error protocol"}) << coding;
  }
  server.answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n");
  get(url());
  EXPECT_EQ(wait(), Seen{"200 hi"});
}

/// Wherever it breaks: libcurl itself is content with half a head.
TEST_F(HttpClient, AConnectionThatBreaksIsAnError) {
  begin();
  for (const std::string_view answer :
       {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut", "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", "HTTP/1.1 200 OK\r\nContent-Len",
        "HTTP/1.1 103 Early Hints\r\n\r\n"}) {
    SCOPED_TRACE(answer);
    server.answer(std::string(answer));
    get(url());
    run_until([&] { return !server.heard().empty(); });
    executor.run_one_for(Milliseconds(5));
    server.leave();
    EXPECT_EQ(wait(), Seen{"error closed"});
  }
}

TEST_F(HttpClient, ResponsesAreBounded) {
  begin("response_max = 10\n");
  server.answer("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n01234567890");
  get(url());
  EXPECT_EQ(wait(), Seen{"error too-large"});
  server.answer(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n0\r\n\r\n");
  get(url());
  EXPECT_EQ(wait(), Seen{"error too-large"});
  server.answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789");
  get(url());
  EXPECT_EQ(wait(), Seen{"200 0123456789"});
}

TEST_F(HttpClient, PartsComeWhileThereIsCredit) {
  begin();
  constexpr std::size_t kSize = 1 << 20;
  server.answer(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", kSize) +
                std::string(kSize, 'p'));
  get(url(), Deliver::kParts);
  std::size_t received = 0;
  const auto add = [&](const Seen& seen) {
    for (const auto& one : seen) {
      if (one.starts_with("part ")) received += std::stoul(one.substr(5));
    }
    return seen.empty() ? std::string() : seen.back();
  };
  EXPECT_EQ(wait().front(), "head 200");
  for (int i = 0; i < 100; ++i) executor.run_one_for(Milliseconds(1));
  add(take());
  EXPECT_LE(received, host::kCreditDefault + 64 * 1024) << "read without credit";
  std::string last;
  for (int i = 0; i < 200 && !last.starts_with("200"); ++i) {
    instance->operations()->more({1}, 64 * 1024);
    for (int step = 0; step < 20; ++step) executor.run_one_for(Milliseconds(1));
    last = add(take());
  }
  EXPECT_EQ(last, "200 ");
  EXPECT_LE(received, kSize);
}

TEST_F(HttpClient, KeptResultsAreCollected) {
  begin();
  server.answer("HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + std::string(300'000, 'k'));
  get(url(), Deliver::kKept);
  EXPECT_EQ(wait(), Seen{"200 "});
  EXPECT_EQ(instance->operations()->collect({1}, 299'990, 100)->size(), 10u);
}

TEST_F(HttpClient, WhatIsToBeKeptIsBoundedWhileItComes) {
  begin();
  constexpr std::size_t kSize = 5 << 20;
  server.answer(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", kSize) +
                std::string(kSize, 'k'));
  get(url(), Deliver::kKept);
  EXPECT_EQ(wait(), Seen{"200 "});
  server.answer("HTTP/1.1 200 OK\r\nContent-Length: 8000000\r\n\r\n" + std::string(kSize, 'k'));
  get(url(), Deliver::kKept);
  EXPECT_EQ(wait(), Seen{"error full"}) << "before it has come to its end";
}

TEST_F(HttpClient, CancelAndStopLeaveNothingOpen) {
  begin();
  server.answer("");
  get(url());
  run_until([&] { return !server.heard().empty(); });
  instance->operations()->cancel({1});
  EXPECT_EQ(wait(), Seen{"error cancelled"});
  EXPECT_EQ(instance->census().operations, 0u);
  get(url());
  executor.run_one_for(Milliseconds(5));
  instance->stop(actor::StopMode::kDrain);
  EXPECT_TRUE(instance->census().is_empty());
  EXPECT_EQ(actor.drained_count, 1);
}

TEST_F(HttpClient, AWaitIsAnsweredAtOnce) {
  begin();
  const Bytes arguments = host::arguments_of(Request{"GET", url(), {}, {}}, std::uint32_t{0});
  Bytes result;
  EXPECT_EQ(instance->call(kSend, arguments, {}, result), actor::CallOutcome::kSuspend);
  instance->perform({kSend, arguments, 0, Seq{1}, 5});
  run_until([&] { return !actor.answers.empty(); });
  EXPECT_EQ((**wasm::from_binary<Result>(actor.answers[0].result)).status, 200);
  server.answer("");
  const Bytes short_time = host::arguments_of(Request{"GET", url(), {}, {}}, std::uint32_t{20});
  instance->perform({kSend, short_time, 0, Seq{2}, 6});
  run_until([&] { return actor.answers.size() == 2; });
  EXPECT_EQ((*wasm::from_binary<Result>(actor.answers[1].result)).error().code,
            GuestCode::kDeadline);
}

TEST_F(HttpClient, TlsIsVerified) {
  const auto folder =
      std::filesystem::temp_directory_path() / fmt::format("theater-http-{}", ::getpid());
  std::filesystem::create_directories(folder);
  const io::TlsFiles files = io::make_tls_identity(folder.string());
  server.serve_tls(*io::TlsContext::server(files));
  begin("", "https");
  get(url("/", "localhost", "https"));
  EXPECT_EQ(wait(), Seen{"error tls"}) << "an unknown authority";
  instance->stop(actor::StopMode::kKill);
  begin(fmt::format("tls_authorities = \"{}\"\n", files.certificate), "https");
  get(url("/", "a.test", "https"));
  EXPECT_EQ(wait(), Seen{"error tls"}) << "another host";
  get(url("/", "localhost", "https"));
  EXPECT_EQ(wait(), Seen{"200 hello"});
  std::filesystem::remove_all(folder);
}

TEST_F(HttpClient, SecretsAreSentWhereTheyBelong) {
  const auto folder =
      std::filesystem::temp_directory_path() / fmt::format("theater-secret-{}", ::getpid());
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "token") << "Bearer abc\n";
  begin(
      fmt::format("[secrets.Authorization]\nurl = \"http://a.test:{}/private/*\"\n"
                  "file = \"{}/token\"\n",
                  server.port(), folder.string()));
  get(url("/public"));
  EXPECT_EQ(wait(), Seen{"200 hello"});
  EXPECT_EQ(server.heard().find("Bearer"), std::string::npos);
  get(url("/private/x"));
  EXPECT_EQ(wait(), Seen{"200 hello"});
  EXPECT_NE(server.heard().find("Authorization: Bearer abc\r\n"), std::string::npos);
  const host::Headers own{{"authorization", to_bytes(as_bytes("mine"))}};
  EXPECT_EQ(start({"GET", url("/private/x"), own, {}}), GuestCode::kDenied);
  EXPECT_EQ(start({"GET", url("/public"), own, {}}), std::nullopt);
  EXPECT_EQ(wait(), Seen{"200 hello"});
  std::filesystem::remove_all(folder);
}

TEST_F(HttpClient, GrantsAreStrict) {
  const auto check = [&](std::string_view text) {
    return family->check_grant(*actor::parse_settings(text, "t.toml", {}));
  };
  const Status nowhere = check("inflight_max = 3");
  EXPECT_NE(nowhere.error().message.find("set allow"), std::string::npos) << "it says the remedy";
  EXPECT_FALSE(check("allow = []"));
  EXPECT_TRUE(check("allow = [\"* https://*.a.com/x/*\"]\nreissue = [\"PUT https://a.com\"]"));
  EXPECT_FALSE(check("allow = [\"wss://a.com\"]"));
  EXPECT_FALSE(check("allow = [\"https://a.com\"]\nresponse_max = \"9MiB\""));
  EXPECT_FALSE(check("allow = [\"https://a.com\"]\n[secrets.X]\nurl = \"https://a.com\""));
  EXPECT_FALSE(check("allow = [\"https://a.com\"]\n[secrets.X]\nurl = \"a.com\"\nfile = \"f\""));
  EXPECT_TRUE(check("allow = [\"https://a.com\"]\nredirects = 20"));
  EXPECT_FALSE(check("allow = [\"https://a.com\"]\nredirects = 21"));
}

}  // namespace
}  // namespace theater::hosts::http_client
