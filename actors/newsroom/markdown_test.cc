// Titles, links and searches are read from text as written; bytes that are no text become text.
#include "markdown.cc"

#include <gtest/gtest.h>

namespace {

using Texts = std::vector<std::string>;

TEST(Markdown, TitleIsTheFirstHeadingOrTheFilesName) {
  EXPECT_EQ(title_of("words\n\n## The  title \nmore\n# Later\n", "a.md"), "The  title");
  EXPECT_EQ(title_of("# \n####### seven\nno heading", "deep/er/some.note.md"), "some.note");
  EXPECT_EQ(title_of("", "a.md"), "a");
  const std::string lengthy = title_of("# " + std::string(199, 'x') + "\u00e9\u00e9", "a.md");
  EXPECT_EQ(lengthy, std::string(199, 'x') + "\u2026");
}

TEST(Markdown, LinksEndWhereMarkdownEndsThem) {
  EXPECT_EQ(
      links_of("see https://a.org/x?y=1#z, (http://b.org/) <https://c.org> "
               "[d](https://d.org/e_f) https://a.org/x?y=1#z http:// httpx://no"),
      (Texts{"https://a.org/x?y=1#z", "http://b.org/", "https://c.org", "https://d.org/e_f"}));
  std::string many;
  for (int i = 0; i < 40; ++i) many += theater::concat("http://h/", i, " ");
  EXPECT_EQ(links_of(many).size(), 32u);
  EXPECT_EQ(json_list({"a\"b", "c"}), R"(["a\"b","c"])");
  EXPECT_EQ(json_list({}), "[]");
}

TEST(Markdown, TextIsValidUtf8WithoutControls) {
  EXPECT_EQ(clean_text("a\r\n\tb\xc3\xa9\xf0\x9f\x98\x80"), "a\n\tb\u00e9\U0001F600");
  EXPECT_EQ(clean_text(std::string_view("\0\x01\x7f", 3)), "\ufffd\ufffd\ufffd");
  for (const std::string_view wrong : {"\xc0\x80", "\xed\xa0", "\xff\xfe"}) {
    EXPECT_EQ(clean_text(wrong), "\ufffd\ufffd");
  }
  EXPECT_EQ(clean_text("\xe2\x82"), "\ufffd\ufffd");
  EXPECT_EQ(clean_text("\xf4\x90\x80\x80"), "\ufffd\ufffd\ufffd\ufffd");
}

TEST(Markdown, NotesAreMarkdownThatIsNotHidden) {
  for (const std::string_view note : {"a.md", "b/c.md", "a b.md"}) EXPECT_TRUE(is_note(note));
  for (const std::string_view other : {".a.md", "b/.c.md", ".git/c.md", "a.md~", "md"}) {
    EXPECT_FALSE(is_note(other));
  }
}

TEST(Markdown, SearchesAreWordsTheLastMayGoOn) {
  EXPECT_EQ(match_of(" red  \"apple "), R"("red" " apple"*)");
  EXPECT_EQ(match_of(" \t"), "");
  EXPECT_EQ(match_of("a b c d e f g h i j"), R"("a" "b" "c" "d" "e" "f" "g" "h"*)");
  EXPECT_EQ(decode_query("a%20b+c%C3%A9%ff%4"), "a b c\u00e9\ufffd%4");
}

TEST(Markdown, APagesTitleIsOneLineOfText) {
  EXPECT_EQ(title_of_page("<html><TITLE lang=en>\n Salt &amp;\n  <Pepper> &#39;\xff</Title>"),
            "Salt & <Pepper> '\ufffd");
  EXPECT_EQ(title_of_page("<titles>no</titles><title>yes</title>"), "yes");
  EXPECT_EQ(title_of_page("<title>" + std::string(100'000, 'a') + "</title>").size(), 203u);
  EXPECT_EQ(title_of_page("<title>&amp;lt;script&gt;</title>"), "&lt;script>") << "once, as text";
  for (const std::string_view none :
       {"", "<title", "<title>open", "</title>", "<title></title>", "<titlex>a</title>"}) {
    EXPECT_EQ(title_of_page(none), "");
  }
}

TEST(Markdown, DigestTellsTextsApart) {
  EXPECT_EQ(digest_of(""), 0xcbf29ce484222325u);
  EXPECT_EQ(digest_of("a"), 0xaf63dc4c8601ec8cu);
}

}  // namespace
