// Markdown, UTF-8 and searches, byte by byte; see markdown.h.
#include "markdown.h"

#include <algorithm>
#include <utility>

#include "theater/json.h"

namespace {

constexpr std::size_t kTitleBytesMax = 200;
constexpr std::size_t kLinksMax = 32;
constexpr std::size_t kLinkBytesMax = 2000;
constexpr std::size_t kWordsMax = 8;
constexpr std::string_view kUnknown = "\xEF\xBF\xBD";  // U+FFFD

bool is_space(char byte) { return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r'; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// The bytes of the character that a text begins with; 0 if it is none.
std::size_t character_bytes(std::string_view text) {
  const auto at = [&](std::size_t index) { return static_cast<std::uint8_t>(text[index]); };
  const std::uint8_t first = at(0);
  if (first < 0x80) return 1;
  const std::size_t count = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < count) return 0;
  for (std::size_t i = 1; i < count; ++i) {
    if ((at(i) & 0xC0) != 0x80) return 0;
  }
  const bool is_long = (first == 0xE0 && at(1) < 0xA0) || (first == 0xF0 && at(1) < 0x90);
  const bool is_beyond = (first == 0xED && at(1) > 0x9F) || (first == 0xF4 && at(1) > 0x8F);
  return is_long || is_beyond ? 0 : count;
}

/// Not more than so many bytes, cut between two characters.
std::string shortened(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return std::string(text);
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<std::uint8_t>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "\u2026";
}

std::string_view link_at(std::string_view text) {
  std::string_view link = text.substr(0, text.find_first_of(" \t\n<>()[]\"'`|"));
  while (!link.empty() && std::string_view(".,;:!?*_").contains(link.back())) {
    link.remove_suffix(1);
  }
  return link;
}

/// Where a word in lower case begins, in whatever case it is.
std::size_t find_word(std::string_view text, std::string_view word, std::size_t from) {
  const auto lower = [](char byte) {
    return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte + 32) : byte;
  };
  for (std::size_t at = from; at + word.size() <= text.size(); ++at) {
    if (std::ranges::equal(text.substr(at, word.size()), word, {}, lower)) return at;
  }
  return text.npos;
}

/// What a text begins with: an entity or a byte; and how many bytes that is.
std::pair<std::string_view, std::size_t> entity_at(std::string_view text) {
  constexpr std::pair<std::string_view, std::string_view> kEntities[] = {
      {"&amp;", "&"}, {"&lt;", "<"},   {"&gt;", ">"},   {"&quot;", "\""},
      {"&#39;", "'"}, {"&#x27;", "'"}, {"&nbsp;", " "}, {"&apos;", "'"}};
  for (const auto& [name, meaning] : kEntities) {
    if (text.starts_with(name)) return {meaning, name.size()};
  }
  return {text.substr(0, 1), 1};
}

int hex_digit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

}  // namespace

std::string clean_text(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t count = character_bytes(bytes);
    const auto first = static_cast<std::uint8_t>(bytes.front());
    const bool is_control = (first < 0x20 && !is_space(bytes.front())) || first == 0x7F;
    if (count == 0 || is_control) {
      text += kUnknown;
    } else if (bytes.front() != '\r') {
      text += bytes.substr(0, count);
    }
    bytes.remove_prefix(std::max<std::size_t>(count, 1));
  }
  return text;
}

std::string title_of(std::string_view text, std::string_view path) {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t marks = std::min(line.find_first_not_of('#'), line.size());
    if (marks == 0 || marks > 6) continue;
    line = trim(line.substr(marks));
    if (!line.empty()) return shortened(line, kTitleBytesMax);
  }
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return shortened(name.substr(0, name.rfind('.')), kTitleBytesMax);
}

std::vector<std::string> links_of(std::string_view text) {
  std::vector<std::string> links;
  for (std::size_t at = text.find("http"); at != std::string_view::npos;
       at = text.find("http", at + 4)) {
    const std::string_view rest = text.substr(at);
    if (!rest.starts_with("http://") && !rest.starts_with("https://")) continue;
    const std::string_view link = link_at(rest);
    if (link.size() > kLinkBytesMax || link.ends_with("//")) continue;
    if (std::ranges::find(links, link) == links.end()) links.emplace_back(link);
    if (links.size() == kLinksMax) break;
  }
  return links;
}

std::string json_list(const std::vector<std::string>& texts) {
  std::string list = "[";
  for (const std::string& text : texts) {
    if (list.size() > 1) list += ',';
    theater::append_json_string(list, text);
  }
  return list + "]";
}

std::uint64_t digest_of(std::string_view text) {
  std::uint64_t digest = 0xcbf29ce484222325;
  for (const char byte : text) {
    digest = (digest ^ static_cast<std::uint8_t>(byte)) * 0x100000001b3;
  }
  return digest;
}

bool is_note(std::string_view path) {
  return path.ends_with(".md") && !path.starts_with('.') && !path.contains("/.");
}

std::string title_of_page(std::string_view page) {
  std::size_t tag = find_word(page, "<title", 0);
  const auto goes_on = [&](std::size_t place) {  // "<titles>" is another tag
    const std::string_view rest = page.substr(place + 6, 1);
    return rest.empty() || !(is_space(rest[0]) || rest[0] == '>' || rest[0] == '/');
  };
  while (tag != page.npos && goes_on(tag)) tag = find_word(page, "<title", tag + 1);
  const std::size_t begin = tag == page.npos ? tag : page.find('>', tag);
  const std::size_t end = begin == page.npos ? begin : find_word(page, "</title", begin);
  if (end == page.npos) return "";
  std::string title;
  for (std::string_view rest = page.substr(begin + 1, end - begin - 1); !rest.empty();) {
    const auto [text, bytes] = entity_at(rest);
    title += text;
    rest.remove_prefix(bytes);
  }
  std::string line;  // white space is one space
  for (const char byte : clean_text(title)) {
    if (!is_space(byte)) {
      line += byte;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  return shortened(trim(line), kTitleBytesMax);
}

std::string decode_query(std::string_view value) {
  std::string text;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '%' && i + 2 < value.size()) {
      const int high = hex_digit(value[i + 1]), low = hex_digit(value[i + 2]);
      if (high >= 0 && low >= 0) {
        text += static_cast<char>(high * 16 + low);
        i += 2;
        continue;
      }
    }
    text += value[i] == '+' ? ' ' : value[i];
  }
  return clean_text(text);
}

std::string match_of(std::string_view words) {
  std::string match;
  std::size_t count = 0;
  while (!(words = trim(words)).empty() && count++ < kWordsMax) {
    const std::string_view word = words.substr(0, words.find_first_of(" \t\n"));
    words.remove_prefix(word.size());
    if (!match.empty()) match += ' ';
    match += '"';
    for (const char byte : word) match += byte == '"' ? ' ' : byte;
    match += '"';
  }
  if (!match.empty()) match += '*';
  return match;
}
