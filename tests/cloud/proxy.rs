//! A proxy between the program and the server: it counts requests, and does to them what a test asks for.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "a thread for each connection")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex};

/// A request of the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    /// The path, and what stands behind `?`.
    pub target: String,
    pub head: String,
    pub body: Vec<u8>,
}

impl Request {
    /// Whether it asks which objects there are.
    pub fn is_listing(&self) -> bool {
        self.method == "GET" && self.target.contains("list-type=2")
    }

    /// Whether it asks for the bytes of an object.
    pub fn is_get(&self) -> bool {
        self.method == "GET" && !self.is_listing()
    }
}

/// What becomes of a request.
pub enum Fault {
    /// Nothing: it is passed on.
    None,
    /// This is the answer, and the server hears of nothing.
    Answer(&'static str),
    /// The connection ends after so many bytes of the body.
    Cut(usize),
    /// It is passed on, and its answer is lost.
    Lost,
    /// The process with this id ends: before the server hears of it, or after.
    Kill { pid: u32, is_heard: bool },
    /// It is passed on with this behind its target.
    With(&'static str),
    /// There is no answer until the program is gone.
    Silence,
    /// It is passed on as soon as so many of this kind are there.
    Gather(usize),
}

type Plan = Box<dyn FnMut(&Request) -> Fault + Send>;

struct Shared {
    server: u16,
    requests: Mutex<Vec<Request>>,
    plan: Mutex<Plan>,
    gathered: Mutex<usize>,
    arrived: Condvar,
}

pub struct Proxy {
    pub port: u16,
    shared: Arc<Shared>,
}

impl Proxy {
    pub fn before(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            server,
            requests: Mutex::default(),
            plan: Mutex::new(Box::new(|_| Fault::None)),
            gathered: Mutex::default(),
            arrived: Condvar::new(),
        });
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let serving = Arc::clone(&serving);
                // A connection that the program gives up is no fault of the test.
                std::thread::spawn(move || serving.serve(&stream?));
            }
        });
        Self { port, shared }
    }

    /// From now on `plan` decides about each request, and requests are counted anew.
    pub fn plan(&self, plan: impl FnMut(&Request) -> Fault + Send + 'static) {
        *self.shared.plan.lock().unwrap() = Box::new(plan);
        self.shared.requests.lock().unwrap().clear();
    }

    /// Passes everything on, and counts anew.
    pub fn pass(&self) {
        self.plan(|_| Fault::None);
    }

    /// The requests since the last plan.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// The objects that were asked for, each once for each request, sorted.
    pub fn gets(&self) -> Vec<String> {
        let mut gets: Vec<String> =
            self.requests().into_iter().filter(Request::is_get).map(|get| get.target).collect();
        gets.sort();
        gets
    }

    /// Waits until a request fits.
    pub fn wait_for(&self, fits: impl Fn(&Request) -> bool) {
        let mut requests = self.shared.requests.lock().unwrap();
        while !requests.iter().any(&fits) {
            requests = self.shared.arrived.wait(requests).unwrap();
        }
    }
}

impl Shared {
    fn serve(&self, stream: &TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let request = read_request(&mut reader)?;
        self.requests.lock().unwrap().push(request.clone());
        self.arrived.notify_all();
        let fault = (self.plan.lock().unwrap())(&request);
        match fault {
            Fault::None => self.pass_on(&request, "", usize::MAX, stream),
            Fault::With(behind) => self.pass_on(&request, behind, usize::MAX, stream),
            Fault::Cut(bytes) => self.pass_on(&request, "", bytes, stream),
            Fault::Answer(status) => {
                write!(&mut &*stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            }
            Fault::Lost => self.ask_server(&request, "").map(|_| ()),
            Fault::Kill { pid, is_heard } => {
                let answer = if is_heard { self.ask_server(&request, "").map(|_| ()) } else { Ok(()) };
                let _ = Command::new("kill").arg("-KILL").arg(pid.to_string()).status();
                answer
            }
            Fault::Silence => reader.read_to_end(&mut Vec::new()).map(|_| ()),
            Fault::Gather(wanted) => {
                let mut gathered = self.gathered.lock().unwrap();
                *gathered += 1;
                self.arrived.notify_all();
                while *gathered < wanted {
                    gathered = self.arrived.wait(gathered).unwrap();
                }
                drop(gathered);
                self.pass_on(&request, "", usize::MAX, stream)
            }
        }
    }

    fn pass_on(
        &self,
        request: &Request,
        behind: &str,
        body_bytes: usize,
        mut to: &TcpStream,
    ) -> std::io::Result<()> {
        let answer = self.ask_server(request, behind)?;
        let body = answer.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
        let end = answer.len().min(body.saturating_add(body_bytes));
        to.write_all(&answer[..end])?;
        to.shutdown(std::net::Shutdown::Both)
    }

    fn ask_server(&self, request: &Request, behind: &str) -> std::io::Result<Vec<u8>> {
        let mut server = TcpStream::connect(("127.0.0.1", self.server))?;
        let (line, headers) = request.head.split_once("\r\n").unwrap();
        let line = line.replacen(&request.target, &format!("{}{behind}", request.target), 1);
        let closing =
            headers.split("\r\n").filter(|header| !header.to_ascii_lowercase().starts_with("connection:"));
        let headers: Vec<&str> = closing.collect();
        write!(server, "{line}\r\nConnection: close\r\n{}", headers.join("\r\n"))?;
        server.write_all(&request.body)?;
        let mut answer = Vec::new();
        server.read_to_end(&mut answer)?;
        Ok(answer)
    }
}

/// Reads a request.
fn read_request(reader: &mut impl BufRead) -> std::io::Result<Request> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    let mut words = head.split(' ');
    let (method, target) = (words.next().unwrap().to_owned(), words.next().unwrap().to_owned());
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    Ok(Request { method, target, head, body })
}
