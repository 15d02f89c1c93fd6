use mail_parser::decoders::html::add_html_token;

/// What a mail client makes of a page, as far as a proof needs it: every text it could show, every
/// attribute it could follow. Comments count as content, since Outlook reads some of them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ParsedPage {
    /// All text between tags, in order, character references decoded, tags gone.
    pub(super) text: String,
    /// The same with a line end at every tag but those inside a line, so that neighbours are not
    /// read as one word.
    pub(super) lines: String,
    /// What stands in `<style>` elements.
    styles: String,
    /// Every attribute: its name in lower case, its decoded value.
    pub(super) attributes: Vec<(String, String)>,
}

impl ParsedPage {
    /// Reads a page. Malformed HTML is read as far as it goes; nothing is dropped but the tags
    /// themselves.
    pub(super) fn read(html: &str) -> Self {
        let mut page = Self::default();
        let mut rest = html;
        while let Some((before, after)) = rest.split_once('<') {
            page.add_text(before);
            if !is_inside_line(after) {
                page.lines.push('\n');
            }
            let starts_tag = after.starts_with(|c: char| c.is_ascii_alphabetic());
            rest = match starts_tag {
                true if tag_name(after).eq_ignore_ascii_case("style") => page.read_style(after),
                true => page.read_tag(after),
                false if after.starts_with('/') => after.split_once('>').unwrap_or_default().1,
                false => after,
            };
        }
        page.add_text(rest);
        page
    }

    /// Reads a `<style>` and what is in it, which is no HTML (HTML standard 13.1.2), and gives its
    /// end.
    fn read_style<'a>(&mut self, tag: &'a str) -> &'a str {
        let inside = self.read_tag(tag);
        let end = inside.to_ascii_lowercase().find("</style");
        let (style, after) = inside.split_at(end.unwrap_or(inside.len()));
        self.styles.push_str(style);
        // Somebody may read it, though no mail client shows it.
        self.text.push_str(style);
        after
    }

    fn add_text(&mut self, html: &str) {
        let text = decoded(html);
        self.text.push_str(&text);
        self.lines.push_str(&text);
    }

    /// Reads the attributes of a tag, and gives what follows its `>`.
    fn read_tag<'a>(&mut self, tag: &'a str) -> &'a str {
        let mut rest =
            tag.trim_start_matches(|c: char| !c.is_ascii_whitespace() && c != '>' && c != '/');
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
            if rest.is_empty() {
                return "";
            }
            if let Some(after) = rest.strip_prefix('>') {
                return after;
            }
            // A name may start with any character, even “=” (HTML standard 13.2.5.32).
            let ends_name = |c: char| c.is_ascii_whitespace() || "=>/".contains(c);
            let mut ends = rest.char_indices().skip(1).filter(|(_, c)| ends_name(*c));
            let end = ends.next().map_or(rest.len(), |(at, _)| at);
            let (name, after) = rest.split_at(end);
            rest = after.trim_ascii_start();
            let mut value = "";
            if let Some(after) = rest.strip_prefix('=') {
                (value, rest) = attribute_value(after.trim_ascii_start());
            }
            self.attributes
                .push((name.to_ascii_lowercase(), decoded(value)));
        }
    }

    /// The names of attributes and `url()`s that lead out of the message: anything but its own
    /// pictures, a place on the page, an address to write to or a number to ring.
    pub(super) fn outside_links(&self) -> Vec<String> {
        const LINKS: [&str; 9] = [
            "src",
            "href",
            "xlink:href",
            "background",
            "srcset",
            "poster",
            "action",
            "data",
            "formaction",
        ];
        let is_outside_link =
            |(name, value): &&(String, String)| LINKS.contains(&name.as_str()) && !is_inside(value);
        let links = self.attributes.iter().filter(is_outside_link);
        let mut links: Vec<String> = links.map(|(name, _)| name.clone()).collect();
        let leads_outside = |style: String| {
            let mut targets = style.split("url(").skip(1);
            style.contains("@import") || targets.any(|target| !is_inside(target))
        };
        if self.styles().any(leads_outside) {
            links.push("style".to_owned());
        }
        links
    }

    fn styles(&self) -> impl Iterator<Item = String> {
        let attributes = self.attributes.iter().filter(|(name, _)| name == "style");
        let attributes = attributes.map(|(_, value)| value);
        let all = std::iter::once(&self.styles).chain(attributes);
        all.map(|style| style.to_ascii_lowercase())
    }

    /// The Content-IDs that the page asks for.
    pub(super) fn content_ids(&self) -> Vec<&str> {
        self.attributes
            .iter()
            .filter_map(|(_, value)| without_scheme(value.trim(), "cid:"))
            .collect()
    }

    /// All text, in lines, and every attribute that is no picture of the message: where an address
    /// could stand.
    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        let attributes = self.attributes.iter().map(|(_, value)| value.as_str());
        std::iter::once(self.lines.as_str())
            .chain(attributes.filter(|value| without_scheme(value.trim(), "cid:").is_none()))
    }

    /// All text that a reader or an indexing tool could find: between tags and in attributes.
    pub(super) fn all_text(&self) -> String {
        let attributes = self.attributes.iter().map(|(_, value)| value.as_str());
        let texts: Vec<&str> = std::iter::once(self.text.as_str())
            .chain(attributes)
            .collect();
        texts.join("\n")
    }
}

/// Whether what follows a `<` is a tag that ends no word: `unlinked` puts such ones into addresses.
fn is_inside_line(tag: &str) -> bool {
    const INSIDE: [&str; 9] = ["span", "wbr", "a", "b", "i", "em", "strong", "code", "font"];
    let name = tag_name(tag.trim_start_matches('/'));
    let mut inside = INSIDE.iter();
    inside.any(|inside| name.eq_ignore_ascii_case(inside))
}

fn tag_name(tag: &str) -> &str {
    let mut words = tag.split(|c: char| !c.is_ascii_alphanumeric());
    words.next().unwrap_or_default()
}

fn is_inside(target: &str) -> bool {
    let target = target.trim_start_matches(|c: char| c.is_ascii_whitespace() || "\"'".contains(c));
    let mut schemes = ["cid:", "mailto:", "tel:"].into_iter();
    target.starts_with('#') || schemes.any(|scheme| without_scheme(target, scheme).is_some())
}

fn without_scheme<'a>(target: &'a str, scheme: &str) -> Option<&'a str> {
    let (start, rest) = target.split_at_checked(scheme.len())?;
    start.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// The value at the start of `text`, and what follows it.
fn attribute_value(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(quoted) = text.strip_prefix(quote) {
            return quoted.split_once(quote).unwrap_or((quoted, ""));
        }
    }
    let end = text.find(|c: char| c.is_ascii_whitespace() || c == '>');
    text.split_at(end.unwrap_or(text.len()))
}

/// `text` with its character references decoded.
fn decoded(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        decoded.push_str(before);
        let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'#';
        let is_name = |name: &str| (1..=32).contains(&name.len()) && name.bytes().all(is_of_name);
        rest = match after.split_once(';') {
            Some((name, after)) if is_name(name) => {
                add_html_token(&mut decoded, format!("&{name};").as_bytes(), false);
                after
            }
            _ => {
                decoded.push('&');
                after
            }
        };
    }
    decoded.push_str(rest);
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(html: &str) -> Vec<String> {
        ParsedPage::read(html).outside_links()
    }

    #[test]
    fn text_and_attributes_are_decoded_and_tags_are_gone() {
        let page = ParsedPage::read(
            "<p title='Zo&euml; &#x27;n&#39; &amp;lt;'>A &amp; <b>b</b>&nbsp;c & d; 1 < 2<br/></p \
             >end&",
        );
        assert_eq!(page.text, "A & b\u{A0}c & d; 1  2end&");
        assert_eq!(
            page.attributes,
            [("title".to_owned(), "Zoë 'n' &lt;".to_owned())]
        );
    }

    #[test]
    fn neighbours_are_lines_of_their_own_and_what_is_inside_a_word_is_none() {
        let page = ParsedPage::read(
            "<td>Ann</td><td>a<span>.</span>b<SPAN>@</SPAN>c<wbr>d.example</td><img src='cid:x@y' \
             alt='e@f'>",
        );
        assert_eq!(
            page.lines.split_whitespace().collect::<Vec<_>>(),
            ["Ann", "a.b@cd.example"]
        );
        assert_eq!(page.words().skip(1).collect::<Vec<_>>(), ["e@f"]);
    }

    #[test]
    fn attributes_are_found_however_they_are_written() {
        let page = ParsedPage::read(
            "<IMG a SRC = cid:x alt=\"a > b\" / =y=z data-x=''><a\nhref=#top>t</a><img \
             src='cid:open",
        );
        let names: Vec<_> = page
            .attributes
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(
            names,
            [
                ("a", ""),
                ("src", "cid:x"),
                ("alt", "a > b"),
                ("=y", "z"),
                ("data-x", ""),
                ("href", "#top"),
                ("src", "cid:open")
            ]
        );
        assert_eq!(page.content_ids(), ["x", "open"]);
    }

    #[test]
    fn a_link_out_of_the_message_is_named_by_its_attribute() {
        for html in [
            "<a href=\"https://x.example\">",
            "<a href=' HTTP://x.example'>",
            "<a href='//x.example'>",
            "<a href='h&#116;tps://x.example'>",
            "<a href='chart.png'>",
        ] {
            assert_eq!(links(html), ["href"], "{html}");
        }
        assert_eq!(links("<img src=data:image/png;base64,AA>"), ["src"]);
        assert_eq!(
            links("<!--[if mso]><v:fill src='http://x.example'/><![endif]-->"),
            ["src"]
        );
        assert_eq!(links("<td background=http://x.example>"), ["background"]);
        assert_eq!(
            links("<p style='background:URL( \"http://x.example\")'>"),
            ["style"]
        );
        assert_eq!(links("<style>@import 'x.css';</style>"), ["style"]);
        assert_eq!(
            links(
                "<!--[if mso]><STYLE type='text/css'>p { x: '<p>'; background: url(x.png) \
                 }</STYLE><![endif]-->"
            ),
            ["style"]
        );
        assert_eq!(
            links("<style>p > b { margin: 0 }</style><p style='a:b'></p><style>@import 'x.css'"),
            ["style"]
        );
    }

    #[test]
    fn links_within_the_message_are_none() {
        let html = "<html xmlns='http://www.w3.org/1999/xhtml'><img src='cid:a'><a href='#b'><a \
         href='MAILTO:c@d.example'><a href='tel:1'><p \
         style='background:url(cid:e)'>http://x.example<style>p{}</style>@import url(x.png)";
        assert_eq!(links(html), Vec::<String>::new());
    }

    proptest::proptest! {
        #[test]
        fn reading_ends_and_keeps_all_text_of_an_escaped_page(text in "\\PC*", garbage in "[<>/=\"'&;a# \n]*") {
            let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            proptest::prop_assert_eq!(ParsedPage::read(&format!("<p>{escaped}</p>")).text, text);
            ParsedPage::read(&garbage);
        }
    }
}
