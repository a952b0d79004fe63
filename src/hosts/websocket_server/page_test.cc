// The static folder is served with its types and nothing outside it; other methods, hidden and
// missing files are answered as HTTP says; what the client has already is not sent again.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "hosts/websocket_server/server_fixture.h"

namespace theater::hosts::websocket_server {
namespace {

using listener::file_name;

struct PageTest : ServerFixture {
  std::filesystem::path root =
      std::filesystem::temp_directory_path() / fmt::format("theater-page-{}", ::getpid());
  PageTest() {
    std::filesystem::create_directories(root / "public/deep");
    write("secret.txt", "secret");
    write("public/index.html", "<h1>hello</h1>");
    write("public/deep/app.js", "1;");
    write("public/large.bin", std::string(300'000, 'L'));
    write("public/.hidden", "hidden");
    std::filesystem::create_symlink("../secret.txt", root / "public/link.txt");
    serve(fmt::format("static = \"{}\"\n", (root / "public").string()));
  }
  ~PageTest() override { std::filesystem::remove_all(root); }
  void write(const char* name, const std::string& text) { std::ofstream(root / name) << text; }
  std::string ask(std::string_view method, std::string_view target, std::string_view more = "") {
    auto client = connect();
    std::string answer =
        exchange(client, fmt::format("{} {} HTTP/1.1\r\nHost: t\r\n{}\r\n", method, target, more));
    EXPECT_TRUE(client.is_ended());
    client.end();
    executor.run();
    EXPECT_TRUE(client.is_gone());
    return answer;
  }
};

TEST_F(PageTest, ServesFilesWithTheirTypes) {
  const std::string index = ask("GET", "/");
  EXPECT_TRUE(index.starts_with("HTTP/1.1 200 OK\r\nDate: "));
  EXPECT_NE(index.find("\r\nContent-Type: text/html; charset=utf-8\r\n"), std::string::npos);
  EXPECT_NE(index.find("Content-Length: 14\r\n"), std::string::npos);
  EXPECT_TRUE(index.ends_with("\r\n\r\n<h1>hello</h1>"));
  EXPECT_NE(ask("GET", "/deep/app.js?v=1").find("text/javascript"), std::string::npos);
  EXPECT_NE(ask("GET", "/%69ndex.html").find("hello"), std::string::npos);
  EXPECT_TRUE(ask("GET", "/large.bin").ends_with(std::string(300'000, 'L')));
  const std::string head = ask("HEAD", "/");
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
  EXPECT_NE(head.find("Content-Length: 14\r\n"), std::string::npos);
}

TEST_F(PageTest, WhatTheClientHasIsNotSentAgain) {
  const auto if_none = [](std::string_view tags) {
    return fmt::format("If-None-Match: {}\r\n", tags);
  };
  const std::string first = ask("GET", "/");
  const auto begin = first.find("\r\nETag: W/");
  ASSERT_NE(begin, std::string::npos);
  const std::string tag = first.substr(begin + 8, first.find("\r\n", begin + 2) - begin - 8);
  for (const auto& tags : {tag, "\"other\", " + tag, tag.substr(2), std::string("*")}) {
    const std::string again = ask("GET", "/", if_none(tags));
    EXPECT_TRUE(again.starts_with("HTTP/1.1 304 Not Modified\r\n")) << tags << ": " << again;
    EXPECT_TRUE(again.ends_with("\r\n\r\n")) << again;
    EXPECT_NE(again.find("ETag: " + tag), std::string::npos);
  }
  EXPECT_TRUE(ask("GET", "/", if_none("\"other\"")).ends_with("<h1>hello</h1>"));
  EXPECT_TRUE(ask("GET", "/missing", if_none("*")).starts_with("HTTP/1.1 404 "));
  std::ofstream(root / "public/index.html") << "<h1>hallo</h1>";
  std::filesystem::last_write_time(
      root / "public/index.html",
      std::filesystem::file_time_type::clock::now() + std::chrono::seconds(2));
  EXPECT_TRUE(ask("GET", "/", if_none(tag)).ends_with("<h1>hallo</h1>"));
}

TEST_F(PageTest, NothingOutsideTheFolder) {
  for (const char* target : {"/missing", "/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt",
                             "/deep/../../secret.txt", "/link.txt", "/.hidden", "//etc/passwd",
                             "/deep", "/deep/", "/%", "/%zz", "/%00", "/a%5c..%5c"}) {
    const std::string answer = ask("GET", target);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 404 Not Found\r\n")) << target << ": " << answer;
  }
}

TEST_F(PageTest, OtherMethodsAreNotAllowed) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS"}) {
    const std::string answer = ask(method, "/");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 405 ")) << answer;
    EXPECT_NE(answer.find("Allow: GET, HEAD\r\n"), std::string::npos);
  }
}

TEST_F(PageTest, AReaderThatStopsIsGivenUp) {
  auto client = connect();
  client.set_capacity(10);
  client.send("GET /large.bin HTTP/1.1\r\nHost: t\r\n\r\n");
  executor.run();
  EXPECT_EQ(instance->census().descriptors, 2u);
  pass(std::chrono::seconds(31));
  EXPECT_TRUE(client.is_gone());
  EXPECT_EQ(instance->census().descriptors, 1u);
}

TEST(Page, FileNames) {
  EXPECT_EQ(file_name("/"), "index.html");
  EXPECT_EQ(file_name("/a/b.txt"), "a/b.txt");
  EXPECT_EQ(file_name("/a/"), "a/index.html");
  EXPECT_EQ(file_name("/a%20b"), "a b");
  EXPECT_EQ(file_name("/a%2fb"), std::nullopt);
  EXPECT_EQ(file_name("/a%2"), std::nullopt);
}

}  // namespace
}  // namespace theater::hosts::websocket_server
