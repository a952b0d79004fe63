// Redirects are followed only where the grant says how many; each hop is asked for by the rules of
// HTTP and by those of the grant, names and addresses alike; credentials go to no other origin.
#include "hosts/http_client/redirect.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "hosts/http_client/client_fixture.h"

namespace theater::hosts::http_client {
namespace {

Bytes bytes(std::string_view text) { return to_bytes(as_bytes(text)); }

std::string redirect_to(std::string_view place, int status = 302) {
  return fmt::format("HTTP/1.1 {} Elsewhere\r\nLocation: {}\r\nContent-Length: 4\r\n\r\ngone",
                     status, place);
}

Grant grant_of(std::string_view allow) {
  return *parse_grant(
      *actor::parse_settings(fmt::format("allow = [{}]\nredirects = 3\n", allow), "t.toml", {}));
}

/// What is asked next, as "METHOD URL body headers"; or the code it ends with.
std::string next_of(const Ask& asked, int status, std::string_view place,
                    std::string_view allow = "\"* http://*:*\", \"* https://*:*\"") {
  const Response response{static_cast<std::uint16_t>(status), {{"location", bytes(place)}}, {}};
  const auto next = redirect(asked, response, grant_of(allow));
  if (!next) return "for the guest";
  if (!*next) {
    return std::string(
        wasm::WitLabels<GuestCode>::kLabels[static_cast<std::size_t>(next->error().code)]);
  }
  const Ask& ask = **next;
  std::string text = fmt::format("{} {}://{}{} {}", ask.method, ask.url.scheme, ask.url.authority(),
                                 ask.url.target, as_text(ask.body));
  for (const auto& [name, value] : ask.headers) text += " " + name;
  return text;
}

Ask asking(std::string_view method, std::string_view url = "http://a.test/d/e?q") {
  return {*outbound::parse_url(url),
          std::string(method),
          {{"Accept", bytes("x")},
           {"Content-Type", bytes("x")},
           {"Cookie", bytes("x")},
           {"Authorization", bytes("x")},
           {"Idempotency-Key", bytes("x")}},
          bytes("B"),
          1000,
          false};
}

TEST(Redirect, MethodsFollowTheRulesOfHttp) {
  const std::string all = " Accept Content-Type Cookie Authorization Idempotency-Key";
  const std::string bare = " Accept Cookie Authorization";
  EXPECT_EQ(next_of(asking("POST"), 301, "/n"), "GET http://a.test/n " + bare);
  EXPECT_EQ(next_of(asking("POST"), 302, "/n"), "GET http://a.test/n " + bare);
  EXPECT_EQ(next_of(asking("PUT"), 302, "/n"), "PUT http://a.test/n B" + all);
  EXPECT_EQ(next_of(asking("PUT"), 303, "/n"), "GET http://a.test/n " + bare);
  EXPECT_EQ(next_of(asking("HEAD"), 303, "/n"), "HEAD http://a.test/n B" + all);
  EXPECT_EQ(next_of(asking("POST"), 307, "/n"), "POST http://a.test/n B" + all);
  EXPECT_EQ(next_of(asking("DELETE"), 308, "/n"), "DELETE http://a.test/n B" + all);
  for (const int status : {200, 201, 300, 304, 305, 306, 309, 404}) {
    EXPECT_EQ(next_of(asking("GET"), status, "/n"), "for the guest") << status;
  }
}

TEST(Redirect, CredentialsGoToNoOtherOrigin) {
  const std::string rest = " Accept Content-Type Idempotency-Key";
  EXPECT_EQ(next_of(asking("GET"), 302, "http://b.test/"), "GET http://b.test/ B" + rest);
  EXPECT_EQ(next_of(asking("GET"), 302, "http://a.test:81/"), "GET http://a.test:81/ B" + rest);
  EXPECT_EQ(next_of(asking("GET"), 302, "https://a.test/"), "GET https://a.test/ B" + rest);
  EXPECT_NE(next_of(asking("GET"), 302, "http://A.test:80/").find("Cookie"), std::string::npos);
}

TEST(Redirect, PlacesAreResolvedAndChecked) {
  const auto where = [](std::string_view place) {
    const std::string next = next_of(asking("GET"), 307, place);
    return next.substr(0, next.find(" B"));
  };
  EXPECT_EQ(where("/x?y"), "GET http://a.test/x?y");
  EXPECT_EQ(where("f"), "GET http://a.test/d/f");
  EXPECT_EQ(where("../f/./g/.."), "GET http://a.test/f/");
  EXPECT_EQ(where("../../../f"), "GET http://a.test/f");
  EXPECT_EQ(where("?z#part"), "GET http://a.test/d/e?z");
  EXPECT_EQ(where("#part"), "GET http://a.test/d/e?q");
  EXPECT_EQ(where("//b.test:8/x"), "GET http://b.test:8/x");
  for (const char* wrong :
       {"ftp://b.test/", "javascript:alert(1)", "http://user@b.test/", "http://", "http://127.1/",
        "/%2e%2e/x", "/a b", "//[::1", "http://b.test/../x"}) {
    EXPECT_EQ(where(wrong), "protocol") << wrong;
  }
  EXPECT_EQ(next_of(asking("GET"), 302, "http://b.test/", "\"http://a.test\""), "denied");
  EXPECT_EQ(next_of(asking("POST"), 307, "http://b.test/", "\"http://b.test\""), "denied")
      << "not with this method";
  EXPECT_EQ(next_of(asking("POST"), 303, "http://b.test/", "\"http://b.test\""),
            "GET http://b.test/  Accept");
}

TEST_F(HttpClient, RedirectsAreTheGuestsUnlessTheGrantSaysOtherwise) {
  begin();
  server.answer(redirect_to(url("/other")));
  get(url());
  EXPECT_EQ(wait(), Seen{"302 gone"});
  EXPECT_EQ(server.heard().find("/other"), std::string::npos);
}

TEST_F(HttpClient, FollowsAsManyRedirectsAsTheGrantSays) {
  begin("redirects = 2\n");
  server.answer_at("/1", redirect_to("/2"));
  server.answer_at("/2", redirect_to(url("/3", "localhost"), 301));
  get(url("/1"));
  EXPECT_EQ(wait(), Seen{"200 hello"});
  server.answer_at("/0", redirect_to("/1"));
  get(url("/0"));
  EXPECT_EQ(wait(), Seen{"error protocol"});
  server.answer_at("/loop", redirect_to("/loop"));
  get(url("/loop"), Deliver::kParts);
  EXPECT_EQ(wait(), Seen{"error protocol"});
  get(url("/1"), Deliver::kParts);
  Seen seen;
  run_until([&] {
    for (std::string& event : take()) seen.push_back(std::move(event));
    return seen.size() == 3;
  });
  EXPECT_EQ(seen, (Seen{"head 200", "part 5", "200 "}));
  const Bytes arguments = host::arguments_of(Request{"GET", url("/1"), {}, {}}, std::uint32_t{0});
  Bytes result;
  EXPECT_EQ(instance->call(kSend, arguments, {}, result), actor::CallOutcome::kSuspend);
  instance->perform({kSend, arguments, 0, Seq{1}, 5});
  run_until([&] { return !actor.answers.empty(); });
  EXPECT_EQ((**wasm::from_binary<Result>(actor.answers[0].result)).status, 200);
}

TEST_F(HttpClient, ARedirectLeadsNowhereThatTheGrantDoesNotName) {
  begin("redirects = 3\n");
  server.answer_at("/name", redirect_to(url("/secret", "b.test")));
  server.answer_at("/port", redirect_to("http://a.test:1/secret"));
  server.answer_at("/method", redirect_to(url("/secret", "127.0.0.1"), 307));
  server.answer_at("/scheme", redirect_to("file:///etc/passwd"));
  resolver.set("b.test", {*io::IpAddress::parse("127.0.0.1")});
  for (const char* path : {"/name", "/port"}) {
    get(url(path));
    EXPECT_EQ(wait(), Seen{"error denied"}) << path;
  }
  start({"POST", url("/method"), {}, bytes("x")});
  EXPECT_EQ(wait(), Seen{"error denied"});
  get(url("/scheme"));
  EXPECT_EQ(wait(), Seen{"error protocol"});
  EXPECT_EQ(server.heard().find("/secret"), std::string::npos);
}

/// The first server stands for one of the internet; where it points to is of the private network.
TEST_F(HttpClient, ARedirectLeadsToNoPrivateAddress) {
  make(fmt::format("allow = [\"http://*:*\"]\nredirects = 3\n"));
  for (const char* place : {"http://inner.test:1/", "http://127.0.0.1:1/", "http://[::1]:1/",
                            "http://169.254.169.254/latest", "http://[::ffff:10.0.0.1]/"}) {
    resolver.set("inner.test", {*io::IpAddress::parse("10.0.0.1")});
    const Ask asked = asking("GET", "http://a.test/");
    const auto next =
        redirect(asked, {302, {{"location", bytes(place)}}, {}}, grant_of("\"http://*:*\""));
    ASSERT_TRUE(next && *next) << place;
    get(fmt::format("http://{}{}", (*next)->url.authority(), (*next)->url.target));
    EXPECT_EQ(wait(), Seen{"error denied"}) << place;
  }
}

TEST_F(HttpClient, EachHopHasItsOwnSecretsAndTheGuestsStayBehind) {
  const auto folder =
      std::filesystem::temp_directory_path() / fmt::format("theater-hop-{}", ::getpid());
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "token") << "Bearer abc\n";
  begin(
      fmt::format("redirects = 1\n[secrets.Authorization]\nurl = \"http://localhost:{}/*\"\n"
                  "file = \"{}/token\"\n",
                  server.port(), folder.string()));
  server.answer_at("/away", redirect_to(url("/there", "localhost")));
  server.answer_at("/back", redirect_to(url("/here", "a.test")));
  start({"GET", url("/away"), {{"Authorization", bytes("mine")}, {"Cookie", bytes("mine")}}, {}});
  EXPECT_EQ(wait(), Seen{"200 hello"});
  const auto request = [&](std::string_view begin) {
    const std::string heard = server.heard();
    const std::string rest = heard.substr(heard.find(begin));
    return rest.substr(0, rest.find("\r\n\r\n") + 2);
  };
  const std::string there = request("GET /there");
  EXPECT_EQ(there.find("mine"), std::string::npos) << there;
  EXPECT_NE(there.find("Authorization: Bearer abc\r\n"), std::string::npos) << there;
  get(url("/back", "localhost"));
  EXPECT_EQ(wait(), Seen{"200 hello"});
  EXPECT_EQ(request("GET /here").find("Bearer"), std::string::npos);
  std::filesystem::remove_all(folder);
}

TEST_F(HttpClient, ItsProgressCountsWhatIsSentAndWhatComes) {
  begin();
  server.answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
  start({"POST", url(), {}, bytes("four")});
  const auto status = [&] { return *instance->operations()->status({1}); };
  run_until([&] { return status().bytes == 9; });
  EXPECT_EQ(status().total, 14u);
  server.say("hello");
  EXPECT_EQ(wait(), Seen{"200 hellohello"});
}

}  // namespace
}  // namespace theater::hosts::http_client
