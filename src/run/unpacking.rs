//! The thread that decompresses a file, so that the threads that cut it into units do not wait for every byte.

use crossbeam_channel::{Receiver, Sender, bounded};
use std::io::{self, Read};
use std::thread::JoinHandle;

/// The bytes in one message.
const PIECE_BYTES: usize = 256 << 10;

/// The messages that may wait. The reader limits what a compressed file can grow to, and this limits memory.
const PIECES_AHEAD: usize = 8;

/// Decompressed bytes.
#[derive(Debug, Default)]
struct Piece {
    memory: Vec<u8>,
    length: usize,
}

/// The reading end: returns the bytes of the other thread, and its error if it ended with one.
#[derive(Debug)]
pub(super) struct Unpacked {
    pieces: Receiver<io::Result<Piece>>,
    give_back: Sender<Vec<u8>>,
    piece: Piece,
    at: usize,
    /// Dropped behind the channels: then the thread ends.
    #[expect(dead_code, reason = "it waits when it is dropped")]
    thread: EndsWithReader,
}

/// Waits for the thread that it has.
#[derive(Debug)]
struct EndsWithReader(Option<JoinHandle<()>>);

impl Drop for EndsWithReader {
    fn drop(&mut self) {
        // A thread that has panicked has ended too, and its reader has seen the end of the bytes.
        let _ = self.0.take().map(JoinHandle::join);
    }
}

impl Unpacked {
    /// Reads from `packed` on another thread.
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub(super) fn start(packed: impl Read + Send + 'static) -> io::Result<Self> {
        let (sender, pieces) = bounded(PIECES_AHEAD);
        let (give_back, recycled) = bounded(PIECES_AHEAD);
        let thread = std::thread::Builder::new().spawn(move || unpack(packed, &sender, &recycled))?;
        let thread = EndsWithReader(Some(thread));
        Ok(Self { pieces, give_back, piece: Piece::default(), at: 0, thread })
    }
}

fn unpack(mut packed: impl Read, sender: &Sender<io::Result<Piece>>, recycled: &Receiver<Vec<u8>>) {
    loop {
        let mut memory = recycled.try_recv().unwrap_or_default();
        memory.resize(PIECE_BYTES, 0);
        let (length, error) = fill(&mut packed, &mut memory);
        // What comes before an error counts: its rows have line numbers.
        if length > 0 && sender.send(Ok(Piece { memory, length })).is_err() {
            return;
        }
        if let Some(error) = error {
            // Nobody may receive it any more.
            let _ = sender.send(Err(error));
            return;
        }
        if length < PIECE_BYTES {
            return;
        }
    }
}

/// Fills `memory` as far as possible. Returns the number of bytes, and the error that ended them.
fn fill(packed: &mut impl Read, memory: &mut [u8]) -> (usize, Option<io::Error>) {
    let mut length = 0;
    while length < memory.len() {
        match packed.read(&mut memory[length..]) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (length, Some(error)),
        }
    }
    (length, None)
}

impl Read for Unpacked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.piece.length {
            let Ok(piece) = self.pieces.recv() else { return Ok(0) };
            let before = std::mem::replace(&mut self.piece, piece?);
            self.at = 0;
            // If there are enough already, this one is freed.
            let _ = self.give_back.try_send(before.memory);
        }
        let count = buffer.len().min(self.piece.length - self.at);
        buffer[..count].copy_from_slice(&self.piece.memory[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives `left` bytes in small portions, then fails if it is `damaged`.
    struct Portions {
        left: usize,
        damaged: bool,
    }

    impl Read for Portions {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.left == 0 && self.damaged {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let count = buffer.len().min(self.left).min(10_007);
            buffer[..count].fill(b'x');
            self.left -= count;
            Ok(count)
        }
    }

    fn read_all(left: usize, damaged: bool) -> (usize, Option<io::ErrorKind>) {
        let mut bytes = Vec::new();
        let read = Unpacked::start(Portions { left, damaged }).unwrap().read_to_end(&mut bytes);
        (bytes.len(), read.err().map(|error| error.kind()))
    }

    #[test]
    fn every_byte_comes_and_the_error_behind_them() {
        for left in [0, 1, PIECE_BYTES - 1, PIECE_BYTES, 20 * PIECE_BYTES + 1] {
            assert_eq!(read_all(left, false), (left, None));
            assert_eq!(read_all(left, true), (left, Some(io::ErrorKind::InvalidData)));
        }
    }

    #[test]
    fn who_stops_reading_ends_the_thread() {
        let mut few = [0; 10];
        let mut unpacked = Unpacked::start(Portions { left: usize::MAX, damaged: false }).unwrap();
        unpacked.read_exact(&mut few).unwrap();
        assert_eq!(few, *b"xxxxxxxxxx");
    }
}
