use secrecy::zeroize::Zeroizing;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::reply::Reply;

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
/// It is our own, since no library's says whether writing or reading failed, has a deadline for a
/// whole answer, sends the end of a message with the last bytes, and turns Nagle's algorithm off,
/// without which each message would wait for an acknowledgement that servers delay by 40 ms.
pub(super) struct Connection {
    stream: BufReader<Stream>,
    /// What was said on it that no answer may be kept with.
    secrets: Vec<Zeroizing<String>>,
}

enum Stream {
    Plain(Socket),
    Secured(Box<StreamOwned<ClientConnection, Socket>>),
}

/// A connection with a deadline, which bytes that come one by one do not put off.
struct Socket {
    tcp: TcpStream,
    deadline: Instant,
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
                Ok(tcp) => {
                    tcp.set_nodelay(true)?;
                    let deadline = Instant::now() + time;
                    let stream = Stream::Plain(Socket { tcp, deadline });
                    return Ok(Self {
                        stream: BufReader::new(stream),
                        secrets: Vec::new(),
                    });
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
            return Err(unasked());
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
            secrets: self.secrets,
        })
    }

    /// Leaves these out of every answer from now on, whatever it is the answer to.
    pub(super) fn keep_secret(&mut self, secrets: &[Zeroizing<String>]) {
        self.secrets = secrets.to_vec();
    }

    pub(super) fn is_secured(&self) -> bool {
        matches!(self.stream.get_ref(), Stream::Secured(_))
    }

    /// The address of this machine, as the server sees it where nothing between changes it.
    pub(super) fn own_address(&self) -> io::Result<IpAddr> {
        Ok(self.socket().tcp.local_addr()?.ip())
    }

    fn socket(&self) -> &Socket {
        match self.stream.get_ref() {
            Stream::Plain(socket) => socket,
            Stream::Secured(stream) => &stream.sock,
        }
    }

    /// How long all that follows may take, until this is called again.
    pub(super) fn within(&mut self, time: Duration) {
        let socket = match self.stream.get_mut() {
            Stream::Plain(socket) => socket,
            Stream::Secured(stream) => &mut stream.sock,
        };
        socket.deadline = Instant::now() + time;
    }

    /// Sends a command. Gives its answer, whatever that is.
    pub(super) fn command(&mut self, command: &str, time: Duration) -> io::Result<Reply> {
        self.within(time);
        if self.has_heard()? {
            return Err(unasked());
        }
        self.write(Zeroizing::new(format!("{command}\r\n")).as_bytes())?;
        self.answer()
    }

    /// Whether the server said something that nobody asked for: it must not be taken for the answer
    /// to what comes next.
    pub(super) fn has_heard(&mut self) -> io::Result<bool> {
        if !self.stream.buffer().is_empty() {
            return Ok(true);
        }
        self.socket().tcp.set_nonblocking(true)?;
        let heard = self.stream.fill_buf().map(<[u8]>::is_empty);
        self.socket().tcp.set_nonblocking(false)?;
        match heard {
            Ok(true) => Err(ErrorKind::UnexpectedEof.into()),
            Ok(false) => Ok(true),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error),
        }
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
    pub(super) fn answer(&mut self) -> io::Result<Reply> {
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
                let reply: Reply = answer.parse().map_err(io::Error::other)?;
                return Ok(reply.without(&self.secrets));
            }
            if answer.len() > MAX_ANSWER_BYTES {
                return Err(not_one_of_smtp());
            }
        }
    }
}

/// The addresses of a server. The system's own patience with name servers can be minutes, and cannot
/// be had shorter: what takes longer than `time` is left behind.
pub(super) fn look_up(host: &str, port: u16, time: Duration) -> io::Result<Vec<SocketAddr>> {
    let host = host.to_owned();
    within(time, move || {
        Ok((host.as_str(), port).to_socket_addrs()?.collect())
    })
}

fn within<T: Send + 'static>(
    time: Duration,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let (sender, receiver) = mpsc::channel();
    thread::Builder::new().spawn(move || {
        // Nobody listens any more where it took too long.
        let _ = sender.send(work());
    })?;
    let in_time = receiver.recv_timeout(time);
    in_time.unwrap_or_else(|_| Err(io::Error::other("its name was not found in time")))
}

fn unasked() -> io::Error {
    io::Error::other(
        "there is an answer to a question that was not asked, which somebody else may have written",
    )
}

impl Socket {
    fn time_left(&self) -> io::Result<Option<Duration>> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            Err(ErrorKind::TimedOut.into())
        } else {
            Ok(Some(left))
        }
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.tcp.set_read_timeout(self.time_left()?)?;
        self.tcp.read(buffer)
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.tcp.set_write_timeout(self.time_left()?)?;
        self.tcp.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tcp.flush()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_looked_up_for_no_longer_than_its_time() {
        let found = look_up("127.0.0.1", 25, Duration::from_secs(60)).unwrap();
        assert_eq!(found, [SocketAddr::from(([127, 0, 0, 1], 25))]);
        let (_never, silence) = mpsc::channel::<()>();
        let began = Instant::now();
        let late = within(Duration::from_millis(20), move || {
            silence.recv().map_err(io::Error::other)
        });
        assert!(late.unwrap_err().to_string().contains("in time"));
        assert!(began.elapsed() < Duration::from_secs(30));
    }
}
