#![allow(clippy::unwrap_used, reason = "a failing test panics")]

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn decode_in_pieces(bytes: &[u8], size: usize) -> Vec<Arguments> {
    let mut decoder = Decoder::default();
    let mut frames = Vec::new();
    for piece in bytes.chunks(size) {
        decoder.push(piece);
        while let Some(frame) = decoder.next_frame().unwrap() {
            frames.push(frame);
        }
    }
    frames
}

#[test]
fn a_frame_is_a_header_and_lengths() {
    let frame = encode(&[b"j:{}", b"s:1"]).unwrap();
    assert_eq!(frame, b"\x12\0\0\0\x04j:{}\0\0\0\x03s:1");
}

#[test]
fn frames_that_pm2_cannot_read_are_not_made() {
    assert_eq!(encode(&[]), Err(FrameError::ArgumentCount(0)));
    assert_eq!(encode(&[b"x".as_slice(); 16]), Err(FrameError::ArgumentCount(16)));
    assert_eq!(encode(&[b"x", b""]), Err(FrameError::EmptyLast));
}

#[test]
fn bytes_that_are_no_frame_are_refused() {
    let check = |bytes: &[u8], expected| {
        let mut decoder = Decoder::default();
        decoder.push(bytes);
        assert_eq!(decoder.next_frame(), expected);
    };
    check(b"", Ok(None));
    check(b"\x11\0\0\0", Ok(None));
    check(b"\x11\0\0\0\x02x", Ok(None));
    check(b"\x10", Err(FrameError::ArgumentCount(0)));
    check(b"HTTP/1.1 400", Err(FrameError::Version(4)));
    check(b"\x11\xff\xff\xff\xff", Err(FrameError::TooLarge));
}

#[test]
fn the_memory_of_a_huge_frame_is_given_back() {
    let mut decoder = Decoder::default();
    decoder.push(&encode(&[&vec![b'x'; 8 * KEPT_CAPACITY]]).unwrap());
    assert!(decoder.next_frame().unwrap().is_some());
    decoder.push(b"\x11");
    assert!(decoder.buffer.capacity() <= KEPT_CAPACITY);
    assert_eq!(decoder.next_frame(), Ok(None));
}

proptest! {
    #[test]
    fn frames_survive_any_cut(
        frames in vec(vec(vec(any::<u8>(), 1..40), 1..=15), 1..4),
        size in 1usize..50,
    ) {
        let encode_one = |frame: &Arguments| {
            encode(&frame.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap()
        };
        let stream: Vec<u8> = frames.iter().flat_map(encode_one).collect();
        prop_assert_eq!(decode_in_pieces(&stream, size), frames);
    }

    #[test]
    fn any_bytes_are_read_without_panic(pieces in vec(vec(any::<u8>(), 0..30), 0..10)) {
        let mut decoder = Decoder::default();
        for piece in pieces {
            decoder.push(&piece);
            while let Ok(Some(_)) = decoder.next_frame() {}
        }
    }

    #[test]
    fn bytes_after_a_valid_header_are_read_without_panic(
        count in 0x11u8..=0x1f,
        rest in vec(prop_oneof![Just(0u8), any::<u8>()], 0..60),
    ) {
        let mut decoder = Decoder::default();
        decoder.push(&[count]);
        decoder.push(&rest);
        while let Ok(Some(_)) = decoder.next_frame() {}
    }
}
