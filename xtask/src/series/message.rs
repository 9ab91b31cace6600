//! Reads the message of a patch: subject, body, trailers; knows nothing of which trailers a series asks for.
use super::diff::Problem;

/// A value and the line of the patch it stands on, from 1.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct At<T> {
    /// Line in the patch file.
    pub line: usize,
    /// The value.
    pub value: T,
}

/// A `Key: value` line at the end of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trailer {
    /// Line in the patch file, from 1.
    pub line: usize,
    /// The key as written, without the colon.
    pub key: String,
    /// The value, trimmed.
    pub value: String,
}

/// Everything above the `---` line of a patch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// The subject without `[PATCH]`, folded lines joined.
    pub subject: At<String>,
    /// The text between subject and trailers, without blank lines at either end.
    pub body: Vec<At<String>>,
    /// The trailers in order.
    pub trailers: Vec<Trailer>,
}

impl Message {
    /// The trailers with this key, in order.
    pub fn trailers<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Trailer> {
        self.trailers.iter().filter(move |trailer| trailer.key == key)
    }

    /// The first trailer with this key.
    #[must_use]
    pub fn trailer(&self, key: &str) -> Option<&Trailer> {
        self.trailers.iter().find(|trailer| trailer.key == key)
    }
}

/// Reads the lines above `---`.
#[must_use]
pub fn parse(lines: &[&[u8]]) -> (Message, Vec<Problem>) {
    let mut message = Message::default();
    let mut problems = Vec::new();
    let texts: Vec<String> =
        lines.iter().map(|line| String::from_utf8_lossy(line).trim_end().to_owned()).collect();
    if !texts.first().is_some_and(|line| line.starts_with("From 0000000000000000000000000000000000000000 ")) {
        problems.push((
            1,
            "the first line must be `From 000… Mon Sep 17 00:00:00 2001`; `--export` writes it".into(),
        ));
    }
    let blank = texts.iter().position(String::is_empty).unwrap_or(texts.len());
    read_headers(&texts[..blank], &mut message, &mut problems);
    let rest: Vec<At<String>> = texts
        .into_iter()
        .enumerate()
        .skip(blank)
        .map(|(index, value)| At { line: index + 1, value })
        .collect();
    let rest = trim_blank(&rest);
    let start = rest.iter().rposition(|line| line.value.is_empty()).map_or(0, |index| index + 1);
    match read_trailers(&rest[start..]) {
        Ok(trailers) => {
            message.trailers = trailers;
            message.body = trim_blank(&rest[..start]).to_vec();
        }
        Err(problem) => {
            problems.extend(problem);
            message.body = rest.to_vec();
        }
    }
    (message, problems)
}

fn read_headers(headers: &[String], message: &mut Message, problems: &mut Vec<Problem>) {
    let mut in_subject = false;
    for (index, header) in headers.iter().enumerate() {
        if let Some(folded) = header.strip_prefix([' ', '\t']) {
            if in_subject {
                message.subject.value.push(' ');
                message.subject.value.push_str(folded.trim());
            }
            continue;
        }
        in_subject = false;
        if let Some(subject) = header.strip_prefix("Subject:") {
            in_subject = true;
            message.subject = At { line: index + 1, value: subject.trim().to_owned() };
        }
    }
    let subject = &mut message.subject;
    match subject.value.strip_prefix("[PATCH] ") {
        Some(rest) => subject.value = rest.to_owned(),
        None if subject.line == 0 => problems.push((1, "there is no `Subject:` line".into())),
        None => {
            let message = "the subject must begin with `[PATCH] ` and have no number (`format-patch -N`)";
            problems.push((subject.line, message.into()));
        }
    }
    if subject.value.contains("=?") {
        problems.push((subject.line, "the subject is encoded for mail; `--export` writes it plainly".into()));
    }
}

fn trim_blank(lines: &[At<String>]) -> &[At<String>] {
    let Some(first) = lines.iter().position(|line| !line.value.is_empty()) else { return &[] };
    let last = lines.iter().rposition(|line| !line.value.is_empty()).unwrap_or(first);
    &lines[first..=last]
}

/// The trailers of the last paragraph; an error when it is prose (`None`) or mixes both (`Some`).
fn read_trailers(paragraph: &[At<String>]) -> Result<Vec<Trailer>, Option<Problem>> {
    let mut trailers: Vec<Trailer> = Vec::new();
    let mut stranger = None;
    for line in paragraph {
        if let Some(folded) = line.value.strip_prefix([' ', '\t'])
            && let Some(last) = trailers.last_mut()
        {
            last.value.push(' ');
            last.value.push_str(folded.trim());
        } else if let Some((key, value)) = split_trailer(&line.value) {
            trailers.push(Trailer { line: line.line, key: key.to_owned(), value: value.trim().to_owned() });
        } else {
            stranger.get_or_insert(line);
        }
    }
    match stranger {
        None => Ok(trailers),
        Some(line) if trailers.iter().any(|trailer| trailer.key == "Signed-off-by") => {
            let message = format!("not a trailer: `{}`; leave a blank line above the trailers", line.value);
            Err(Some((line.line, message)))
        }
        Some(_) => Err(None),
    }
}

fn split_trailer(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(": ").or_else(|| line.strip_suffix(':').map(|key| (key, "")))?;
    let plain = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    plain.then_some((key, value))
}
