//! A saved sessionizer as bytes; `docs/format.md` describes the format.

use crate::core::event::Timestamp;
use crate::core::partition::PARTITIONS;
use crate::core::watermark::{EventTime, Watermark};
use xxhash_rust::xxh3::xxh3_64;

/// The first bytes of each saved sessionizer.
const MAGIC: &[u8; 8] = b"sessnizr";

const VERSION: u32 = 1;

/// Stands for a missing time. No valid time is that early.
const NO_TIME: i64 = i64::MIN;

/// The saved state of one partition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct PartitionBytes {
    /// Its open state, as rows of the checkpoint format.
    pub(super) open: Vec<u8>,
    /// The packed events of the batch.
    pub(super) events: Vec<u8>,
}

/// The content of a saved sessionizer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Saved {
    pub(super) definition: String,
    pub(super) event_time: EventTime,
    pub(super) partitions: Vec<PartitionBytes>,
}

impl Saved {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut body = VERSION.to_le_bytes().to_vec();
        push_bytes(&mut body, self.definition.as_bytes());
        let EventTime { watermark, accepts_from, latest } = self.event_time;
        for time in [watermark.time(), accepts_from.time(), latest] {
            body.extend_from_slice(&time.map_or(NO_TIME, Timestamp::us).to_le_bytes());
        }
        for PartitionBytes { open, events } in &self.partitions {
            push_bytes(&mut body, open);
            push_bytes(&mut body, events);
        }
        [&MAGIC[..], &xxh3_64(&body).to_le_bytes(), &body].concat()
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let body = bytes.strip_prefix(MAGIC).ok_or("it does not begin like a saved state")?;
        let (checksum, body) = body.split_first_chunk::<8>().ok_or("it is truncated")?;
        if xxh3_64(body) != u64::from_le_bytes(*checksum) {
            return Err("its checksum does not match".to_owned());
        }
        let mut rest = body;
        let version = u32::from_le_bytes(*take(&mut rest)?);
        if version != VERSION {
            return Err(format!("it has version {version}; this program reads version {VERSION}"));
        }
        let definition =
            String::from_utf8(take_bytes(&mut rest)?.to_vec()).map_err(|error| error.to_string())?;
        let [watermark, accepts_from] = [take_time(&mut rest)?, take_time(&mut rest)?]
            .map(|time| time.map_or(Watermark::BEGINNING, Watermark::at));
        let event_time = EventTime { watermark, accepts_from, latest: take_time(&mut rest)? };
        let mut partitions = Vec::with_capacity(PARTITIONS);
        for _ in 0..PARTITIONS {
            let [open, events] = [take_bytes(&mut rest)?.to_vec(), take_bytes(&mut rest)?.to_vec()];
            partitions.push(PartitionBytes { open, events });
        }
        if rest.is_empty() {
            Ok(Self { definition, event_time, partitions })
        } else {
            Err("it has bytes after its end".to_owned())
        }
    }
}

fn push_bytes(body: &mut Vec<u8>, bytes: &[u8]) {
    body.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    body.extend_from_slice(bytes);
}

fn take<'b, const N: usize>(rest: &mut &'b [u8]) -> Result<&'b [u8; N], String> {
    let (taken, behind) = rest.split_first_chunk::<N>().ok_or("it is truncated")?;
    *rest = behind;
    Ok(taken)
}

fn take_bytes<'b>(rest: &mut &'b [u8]) -> Result<&'b [u8], String> {
    let length = usize::try_from(u64::from_le_bytes(*take(rest)?)).map_err(|error| error.to_string())?;
    let (taken, behind) = rest.split_at_checked(length).ok_or("it is truncated")?;
    *rest = behind;
    Ok(taken)
}

fn take_time(rest: &mut &[u8]) -> Result<Option<Timestamp>, String> {
    match i64::from_le_bytes(*take(rest)?) {
        NO_TIME => Ok(None),
        us => {
            Timestamp::from_us(us).map(Some).ok_or_else(|| format!("{us} microseconds is not a valid time"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_cut_changed_or_of_another_version_are_refused() {
        let partition =
            |number: usize| PartitionBytes { open: vec![1; number % 3], events: vec![2; number % 2] };
        let saved = Saved {
            definition: "gap 5m".to_owned(),
            event_time: EventTime { latest: Some(Timestamp::MIN), ..EventTime::default() },
            partitions: (0..PARTITIONS).map(partition).collect(),
        };
        let bytes = saved.to_bytes();
        assert_eq!(Saved::from_bytes(&bytes), Ok(saved));
        for length in 0..bytes.len() {
            assert!(Saved::from_bytes(&bytes[..length]).is_err(), "cut to {length}");
        }
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert!(Saved::from_bytes(&damaged).is_err(), "byte {at}");
        }
        let mut newer = bytes.clone();
        newer[16] = 2;
        let checksum = xxh3_64(&newer[16..]).to_le_bytes();
        newer[8..16].copy_from_slice(&checksum);
        assert!(Saved::from_bytes(&newer).unwrap_err().contains("version 2"));
    }
}
