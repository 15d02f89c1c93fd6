use std::fmt::Display;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use lettre::transport::smtp::response::Response;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

/// RFC 5321 4.5.3.1.5 has 512 for a line of an answer; servers are known to write more.
const MAX_LINE_BYTES: u64 = 4 * 1024;
/// How much of an answer is read.
const MAX_ANSWER_BYTES: usize = 100 * 1024;

/// Whose certificates are believed, and the name that the server's must bear.
#[derive(Clone)]
pub(in super::super) struct Tls {
    pub(in super::super) config: Arc<ClientConfig>,
    pub(in super::super) name: ServerName<'static>,
}

/// A line to a mail server: what goes out, and the answers that come in.
///
/// Commands and answers are lettre's. Its connection is not used: it does not say whether writing or
/// reading failed, sends the end of a message apart from the last bytes, and cannot turn Nagle's
/// algorithm off, so that each message would wait for an acknowledgement that servers delay by
/// 40 ms.
pub(super) struct Connection {
    stream: BufReader<Stream>,
}

enum Stream {
    Plain(TcpStream),
    Secured(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Connection {
    /// Connects to the first of the addresses that takes the connection. Each, and whatever
    /// follows, may take `time`.
    pub(super) fn open(
        addresses: impl IntoIterator<Item = SocketAddr>,
        time: Duration,
    ) -> io::Result<Self> {
        let mut last = io::Error::new(ErrorKind::NotFound, "its name has no address");
        for address in addresses {
            match TcpStream::connect_timeout(&address, time) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    let connection = Self {
                        stream: BufReader::new(Stream::Plain(stream)),
                    };
                    connection.wait_up_to(time)?;
                    return Ok(connection);
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Secures what was in plain text until now. Whoever sits between may have written answers of
    /// their own behind the last one (CVE-2011-0411): what was read of them makes this fail here,
    /// what was not fails as no TLS.
    pub(super) fn secure(self, tls: &Tls) -> io::Result<Self> {
        if !self.stream.buffer().is_empty() {
            return Err(io::Error::other(
                "there is an answer to a question that was not asked, which somebody else may have \
                 written",
            ));
        }
        let stream = match self.stream.into_inner() {
            Stream::Plain(mut stream) => {
                let mut session = ClientConnection::new(Arc::clone(&tls.config), tls.name.clone())
                    .map_err(io::Error::other)?;
                while session.is_handshaking() {
                    session.complete_io(&mut stream)?;
                }
                Stream::Secured(Box::new(StreamOwned::new(session, stream)))
            }
            secured @ Stream::Secured(_) => secured,
        };
        Ok(Self {
            stream: BufReader::new(stream),
        })
    }

    pub(super) fn is_secured(&self) -> bool {
        matches!(self.stream.get_ref(), Stream::Secured(_))
    }

    /// How long each write and each read may take from now on.
    pub(super) fn wait_up_to(&self, time: Duration) -> io::Result<()> {
        let stream = match self.stream.get_ref() {
            Stream::Plain(stream) => stream,
            Stream::Secured(stream) => &stream.sock,
        };
        stream.set_write_timeout(Some(time))?;
        stream.set_read_timeout(Some(time))
    }

    /// Sends a command. Gives its answer, whatever that is.
    pub(super) fn command(&mut self, command: impl Display) -> io::Result<Response> {
        self.write(command.to_string().as_bytes())?;
        self.answer()
    }

    /// Sends bytes. Where it fails, the last of them cannot have been sent.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self.stream.get_mut() {
            Stream::Plain(stream) => stream.write_all(bytes),
            Stream::Secured(stream) => {
                stream.write_all(bytes)?;
                // A flush is content with some of the bytes.
                while stream.conn.wants_write() {
                    stream.flush()?;
                }
                Ok(())
            }
        }
    }

    /// The next answer.
    pub(super) fn answer(&mut self) -> io::Result<Response> {
        let not_one_of_smtp = || io::Error::other("the answer was not one of SMTP");
        let mut answer = String::new();
        loop {
            let mut line = Vec::new();
            (&mut self.stream)
                .take(MAX_LINE_BYTES)
                .read_until(b'\n', &mut line)?;
            if line.last() != Some(&b'\n') {
                let is_closed = (line.len() as u64) < MAX_LINE_BYTES;
                return Err(if is_closed {
                    ErrorKind::UnexpectedEof.into()
                } else {
                    not_one_of_smtp()
                });
            }
            answer.push_str(&String::from_utf8_lossy(&line));
            // All but the last line have a hyphen behind the code.
            if line.get(3) != Some(&b'-') {
                return answer.parse().map_err(|_| not_one_of_smtp());
            }
            if answer.len() > MAX_ANSWER_BYTES {
                return Err(not_one_of_smtp());
            }
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Secured(stream) => stream.read(buffer),
        }
    }
}
