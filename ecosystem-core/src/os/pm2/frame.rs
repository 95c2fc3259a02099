//! AMP frames: how PM2's sockets cut a stream of bytes into messages.
//!
//! A frame is one byte (high nibble: version 1; low nibble: number of arguments, 1 to 15), then for each
//! argument its length as big-endian `u32` and its bytes. Source: `amp` 0.3.1, the same in PM2 5, 6 and 7.

#[cfg(test)]
mod tests;

use std::fmt;

use thiserror::Error;

/// The arguments of one frame, in order.
pub type Arguments = Vec<Vec<u8>>;

/// Largest frame accepted, in bytes: 256 MiB.
///
/// PM2 sets no bound; a list of 100 apps is 123 KB, so this is one of thousands of apps with large environments. It keeps
/// a peer that never stops from taking all memory: a frame that announces more is refused before it is read.
pub const MAX_FRAME: usize = 1 << 28;

const VERSION: u8 = 1;
const MAX_ARGUMENTS: usize = 15;
const LENGTH_BYTES: usize = 4;

/// How much memory an idle decoder may hold, in bytes: enough for a list of hundreds of apps.
const KEPT_CAPACITY: usize = 1 << 20;

/// Why bytes are not a frame, or arguments cannot become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The first nibble names another version, so the peer does not speak AMP.
    #[error("version {0} of the frame format, expected 1")]
    Version(u8),
    /// A frame has 1 to 15 arguments; PM2's parser never recovers from an empty one.
    #[error("{0} arguments, expected 1 to 15")]
    ArgumentCount(usize),
    /// PM2 delivers an empty last argument only once the next frame begins, so its answer would never come.
    #[error("the last argument is empty")]
    EmptyLast,
    /// More than [`MAX_FRAME`] bytes.
    #[error("more than {MAX_FRAME} bytes")]
    TooLarge,
}

/// The bytes of a frame with these arguments.
///
/// # Errors
/// [`FrameError`] if PM2 could not read the frame.
pub fn encode(arguments: &[&[u8]]) -> Result<Vec<u8>, FrameError> {
    let count = arguments.len();
    let header = match u8::try_from(count) {
        Ok(small) if (1..=MAX_ARGUMENTS).contains(&count) => (VERSION << 4) | small,
        _ => return Err(FrameError::ArgumentCount(count)),
    };
    if arguments.last().is_some_and(|last| last.is_empty()) {
        return Err(FrameError::EmptyLast);
    }
    let size = arguments.iter().fold(1usize, |sum, bytes| sum.saturating_add(LENGTH_BYTES + bytes.len()));
    if size > MAX_FRAME {
        return Err(FrameError::TooLarge);
    }
    let mut frame = Vec::with_capacity(size);
    frame.push(header);
    for bytes in arguments {
        let length = u32::try_from(bytes.len()).map_err(|_| FrameError::TooLarge)?;
        frame.extend_from_slice(&length.to_be_bytes());
        frame.extend_from_slice(bytes);
    }
    Ok(frame)
}

/// Puts frames together from bytes that arrive in pieces of any size.
#[derive(Default)]
pub struct Decoder {
    buffer: Vec<u8>,
    /// How much of the buffer was given out as frames. It goes when more is pushed: to move what is left up after
    /// each frame would, with hundreds of small frames in one read, cost far more than the read.
    taken: usize,
}

impl Decoder {
    /// Adds bytes as they were read.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.taken);
        self.taken = 0;
        if self.buffer.is_empty() {
            // One huge frame must not hold its memory for good.
            self.buffer.shrink_to(KEPT_CAPACITY);
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// Takes the next whole frame out of what was pushed; `None` while bytes are missing.
    ///
    /// # Errors
    /// [`FrameError`] if the bytes are no frame. The stream has no further meaning then, and every later call
    /// says the same.
    pub fn next_frame(&mut self) -> Result<Option<Arguments>, FrameError> {
        let frame = self.next_borrowed()?;
        Ok(frame.map(|arguments| arguments.into_iter().map(<[u8]>::to_vec).collect()))
    }

    /// The same without a copy of the arguments: for whoever drops most frames.
    ///
    /// # Errors
    /// As [`Self::next_frame`].
    pub fn next_borrowed(&mut self) -> Result<Option<Vec<&[u8]>>, FrameError> {
        let rest = self.buffer.get(self.taken..).unwrap_or_default();
        let Some(layout) = Layout::of(rest)? else { return Ok(None) };
        self.taken += layout.end;
        Ok(Some(layout.spans.into_iter().filter_map(|span| rest.get(span)).collect()))
    }
}

impl fmt::Debug for Decoder {
    /// How much waits and not what: it may hold secrets.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waiting = self.buffer.len() - self.taken;
        formatter.debug_struct("Decoder").field("waiting", &waiting).finish_non_exhaustive()
    }
}

/// Where the arguments of a complete frame lie.
struct Layout {
    spans: Vec<std::ops::Range<usize>>,
    end: usize,
}

impl Layout {
    /// Walks the lengths from the start: at most 15 steps, so walking again after each read costs nothing
    /// beside the read, and there is no state between reads that could go wrong.
    fn of(bytes: &[u8]) -> Result<Option<Self>, FrameError> {
        let Some(&header) = bytes.first() else { return Ok(None) };
        let count = argument_count(header)?;
        let mut spans = Vec::with_capacity(count);
        let mut end = 1;
        for _ in 0..count {
            let Some(length) = length_at(bytes, end) else { return Ok(None) };
            let start = end + LENGTH_BYTES;
            end = start.checked_add(length).filter(|&end| end <= MAX_FRAME).ok_or(FrameError::TooLarge)?;
            spans.push(start..end);
        }
        Ok((bytes.len() >= end).then_some(Self { spans, end }))
    }
}

fn argument_count(header: u8) -> Result<usize, FrameError> {
    match (header >> 4, header & 0x0f) {
        (VERSION, 0) => Err(FrameError::ArgumentCount(0)),
        (VERSION, count) => Ok(usize::from(count)),
        (version, _) => Err(FrameError::Version(version)),
    }
}

fn length_at(bytes: &[u8], at: usize) -> Option<usize> {
    let (length, _) = bytes.get(at..)?.split_first_chunk::<LENGTH_BYTES>()?;
    usize::try_from(u32::from_be_bytes(*length)).ok()
}
