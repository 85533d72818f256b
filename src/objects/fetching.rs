//! A part of an object on its way into the copy.

use super::client::Client;
use super::client::SLOWEST_BYTES_PER_S;
use super::failure::Failure;
use super::object::{Job, Requests, Shared};
use super::queue::Queue;
use futures_util::{FutureExt, StreamExt};
use object_store::{GetOptions, GetRange};
use std::ops::Range;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

/// Requests that are made side by side.
const SIDE_BY_SIDE: usize = 8;
/// A body that breaks off more often than this is not asked for again. Each time the library has tried for long already.
const MAX_BREAKS: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// A queue whose jobs are done by `client`, as long as somebody has their objects.
pub(super) fn start(client: Arc<Client>) -> Requests {
    let queue = Arc::new(Queue::<Job>::new());
    for _ in 0..SIDE_BY_SIDE {
        let queue = Arc::clone(&queue);
        client.spawn(async move {
            loop {
                let job = queue.next().await;
                if let Some(object) = job.object.upgrade() {
                    fetch(&object, job.part).await;
                }
            }
        });
    }
    Requests { client, queue }
}

/// Fetches a part, unless somebody does already. A failure is that of the whole object.
async fn fetch(object: &Shared, part: usize) {
    let Some(range) = object.claim(part) else { return };
    let limit = object.limit + Duration::from_secs((range.end - range.start) / SLOWEST_BYTES_PER_S);
    let filled =
        AssertUnwindSafe(tokio::time::timeout(limit, fill(object, part, range))).catch_unwind().await;
    let failure = match filled {
        Ok(Ok(Ok(()))) => return,
        Ok(Ok(Err(failure))) => failure,
        Ok(Err(_)) => Failure::Silent(limit),
        // Readers must not wait for ever for a part of which nobody would hear again.
        Err(_) => Failure::Other("the request was given up".to_owned()),
    };
    object.fail(failure);
}

/// Fetches what lies in `range`, and goes on where a body breaks off.
async fn fill(object: &Shared, part: usize, mut range: Range<u64>) -> Result<(), Failure> {
    let mut breaks = 0;
    while let Err(failure) = receive(object, part, &mut range).await? {
        if breaks == MAX_BREAKS {
            return Err(failure);
        }
        tokio::time::sleep(FIRST_PAUSE * 2_u32.pow(breaks)).await;
        breaks += 1;
    }
    Ok(())
}

/// Makes one request, and moves the start of `range` behind what has come. The inner error is a body that broke off.
async fn receive(
    object: &Shared,
    part: usize,
    range: &mut Range<u64>,
) -> Result<Result<(), Failure>, Failure> {
    let is_all = *range == (0..object.bytes);
    let options = GetOptions {
        // Not every web server gives a part of a file.
        range: (!is_all).then(|| GetRange::Bounded(range.clone())),
        if_match: object.if_match(),
        ..GetOptions::default()
    };
    let got = object.store.objects.get_opts(&object.path, options).await;
    let got = got.map_err(|error| match Failure::of(&error) {
        // It was there when it was found.
        Failure::NotFound => Failure::Changed,
        failure => failure,
    })?;
    if !object.is(&got.meta) {
        return Err(Failure::Changed);
    }
    let mut body = got.into_stream();
    while let Some(bytes) = body.next().await {
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(error) => return Ok(Err(Failure::of(&error))),
        };
        let length = usize::try_from(range.end - range.start).unwrap_or(usize::MAX).min(bytes.len());
        object.store_bytes(part, range.start, &bytes[..length])?;
        range.start += length as u64;
    }
    Ok(if range.is_empty() { Ok(()) } else { Err(Failure::CutOff) })
}
