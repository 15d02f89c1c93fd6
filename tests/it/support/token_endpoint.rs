//! A token endpoint for tests: TLS on this machine, and a script for what goes wrong.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use chrono::{TimeDelta, Utc};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::smtp_server::{Tokens, certify};

/// What the endpoint does with a question.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// Gives the next token, good for so many seconds.
    Token(u64),
    /// Gives this token.
    This(String),
    /// Says this, with a status and more headers.
    Say(u16, &'static str, String),
    /// Gives a token where the proof is of the endpoint's time, which is so much before ours.
    Timely(TimeDelta),
    /// Says nothing.
    Hang,
}

/// An endpoint at work, until the test is over.
pub(crate) struct TokenEndpoint {
    pub(crate) port: u16,
    /// The PEM of the authority that signed its certificate.
    pub(crate) authority: String,
    /// The tokens that it gave, as long as nobody takes them out.
    pub(crate) tokens: Tokens,
    questions: Arc<Mutex<Vec<BTreeMap<String, String>>>>,
}

impl TokenEndpoint {
    /// Answers as scripted, then the last of the script for ever.
    pub(crate) fn start(script: impl IntoIterator<Item = Answer>) -> Self {
        let (tls, authority) = certify("localhost");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let tokens = Arc::new(Mutex::new(BTreeSet::new()));
        let questions = Arc::new(Mutex::new(Vec::new()));
        let mut script: VecDeque<Answer> = script.into_iter().collect();
        let endpoint = Self {
            port,
            authority,
            tokens: Arc::clone(&tokens),
            questions: Arc::clone(&questions),
        };
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let answer = match script.len() {
                    1 => script[0].clone(),
                    _ => script.pop_front().unwrap(),
                };
                let _ = serve(stream, &tls, &answer, &tokens, &questions);
            }
        });
        endpoint
    }

    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}/tenant/oauth2/v2.0/token", self.port)
    }

    /// The fields of each question, in their order.
    pub(crate) fn questions(&self) -> Vec<BTreeMap<String, String>> {
        self.questions.lock().unwrap().clone()
    }
}

fn serve(
    stream: TcpStream,
    tls: &Arc<ServerConfig>,
    answer: &Answer,
    tokens: &Tokens,
    questions: &Mutex<Vec<BTreeMap<String, String>>>,
) -> std::io::Result<()> {
    let connection = ServerConnection::new(Arc::clone(tls)).unwrap();
    let mut stream = StreamOwned::new(connection, stream);
    let mut question = String::new();
    let mut piece = [0; 16 * 1024];
    let is_whole = |question: &str| {
        let (head, body) = question.split_once("\r\n\r\n")?;
        let head = head.to_ascii_lowercase();
        let length = head.split("content-length: ").nth(1)?;
        let length: usize = length.lines().next()?.parse().ok()?;
        (body.len() >= length).then(|| body.to_owned())
    };
    let body = loop {
        if let Some(body) = is_whole(&question) {
            break body;
        }
        let count = stream.read(&mut piece)?;
        if count == 0 {
            return Ok(());
        }
        question.push_str(&String::from_utf8_lossy(&piece[..count]));
    };
    let fields: BTreeMap<String, String> = body
        .split('&')
        .filter_map(|field| field.split_once('='))
        .map(|(name, value)| (name.to_owned(), decoded(value)))
        .collect();
    let number = {
        let mut questions = questions.lock().unwrap();
        questions.push(fields.clone());
        questions.len()
    };
    let give = |token: String, life: u64| {
        tokens.lock().unwrap().insert(token.clone());
        let body =
            format!(r#"{{"token_type":"Bearer","expires_in":{life},"access_token":"{token}"}}"#);
        (200, String::new(), body)
    };
    let (status, headers, body) = match answer {
        Answer::Token(life) => give(format!("token-number-{number}-which-nobody-may-see"), *life),
        Answer::This(token) => give(token.clone(), 3_600),
        Answer::Say(status, headers, body) => (*status, (*headers).to_owned(), body.clone()),
        Answer::Timely(before) => {
            let now = Utc::now() + *before;
            let issued = issued_at(&fields["client_assertion"]);
            let date = format!("Date: {}\r\n", now.format("%a, %d %b %Y %H:%M:%S GMT"));
            if (issued - now.timestamp()).abs() < 60 {
                give("token-of-the-right-time".to_owned(), 3_600)
            } else {
                let body = r#"{"error":"invalid_client","error_description":"AADSTS700024: Client assertion is not within its valid time range."}"#;
                (401, date, body.to_owned())
            }
        }
        Answer::Hang => {
            while stream.read(&mut piece)? > 0 {}
            return Ok(());
        }
    };
    let answer = format!(
        "HTTP/1.1 {status} Status\r\nContent-Type: application/json\r\nContent-Length: \
         {}\r\n{headers}Connection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes())?;
    stream.flush()
}

/// When a proof says that it was made.
fn issued_at(assertion: &str) -> i64 {
    use base64::Engine as _;
    let payload = assertion.split('.').nth(1).unwrap();
    let payload = base64::prelude::BASE64_URL_SAFE_NO_PAD
        .decode(payload)
        .unwrap();
    serde_json::from_slice::<serde_json::Value>(&payload).unwrap()["iat"]
        .as_i64()
        .unwrap()
}

/// The value of a field of a form.
fn decoded(value: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).unwrap()
}
