//! What PM2's daemon sends: frames, replies in them, and process lists in those.

use ecosystem_core::Observed;
use ecosystem_core::os::pm2::frame::{self, Arguments, Decoder, FrameError};
use ecosystem_core::os::pm2::message::{Argument, Reply};
use ecosystem_core::pm2::observed::Process;
use serde_json::Value as Json;

/// However a stream is cut into pieces, the same frames come out of it, and no more than went in. What is in them is read
/// as a reply or refused. The first byte is the size of the pieces; the rest is also read as the one argument that PM2's
/// list would be.
pub fn reply(bytes: &[u8]) {
    let (size, stream) =
        bytes.split_first().map_or((1, bytes), |(size, rest)| (usize::from(*size).max(1), rest));
    let (frames, problem) = cut(stream, size);
    assert_eq!(cut(stream, stream.len().max(1)), (frames.clone(), problem), "in pieces of {size}");
    let held: usize = frames.iter().flatten().map(|argument| argument.len() + 4).sum();
    assert!(held + frames.len() <= stream.len(), "{held} bytes came of {}", stream.len());
    for frame in &frames {
        encoded_again(frame);
        message(frame);
    }
    message(&[stream.to_vec(), b"s:1:1".to_vec()]);
}

fn cut(stream: &[u8], size: usize) -> (Vec<Arguments>, Option<FrameError>) {
    let (mut decoder, mut frames) = (Decoder::default(), Vec::new());
    for piece in stream.chunks(size) {
        decoder.push(piece);
        loop {
            match decoder.next_frame() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(problem) => {
                    assert_eq!(decoder.next_frame(), Err(problem), "it goes on after an error");
                    return (frames, Some(problem));
                }
            }
        }
    }
    (frames, None)
}

fn encoded_again(frame: &Arguments) {
    let arguments: Vec<&[u8]> = frame.iter().map(Vec::as_slice).collect();
    match frame::encode(&arguments) {
        Ok(bytes) => assert_eq!(cut(&bytes, 7), (vec![frame.clone()], None)),
        Err(problem) => assert_eq!(problem, FrameError::EmptyLast),
    }
}

fn message(arguments: &[Vec<u8>]) {
    for argument in arguments.iter().filter_map(|bytes| Argument::decode(bytes).ok()) {
        assert_eq!(Argument::decode(&argument.encode()), Ok(argument));
    }
    let list = Reply::<Observed>::decode(arguments);
    let Ok(reply) = Reply::<Json>::decode(arguments) else {
        assert!(list.is_err(), "a list where there is no JSON");
        return;
    };
    let entries = reply.outcome.map(|results| results.into_iter().map(entries).collect::<Option<Vec<_>>>());
    match (list.map(|list| list.outcome), entries) {
        (Ok(Ok(lists)), Ok(Some(entries))) => {
            let read: Result<Vec<_>, _> = entries.into_iter().map(Observed::read).collect();
            assert_eq!(Ok(&lists), read.as_ref(), "read in one go, and entry by entry");
            lists.iter().flat_map(|list| &list.processes).for_each(process);
        }
        (Ok(Err(problem)), Err(same)) => assert_eq!(problem, same),
        (Ok(outcome), entries) => panic!("{outcome:?} of {entries:?}"),
        // Refused: then one of the results is no list, or an entry of it has no use.
        (Err(_), Ok(Some(entries))) => assert!(entries.into_iter().any(|list| Observed::read(list).is_err())),
        (Err(_), _) => {}
    }
}

fn entries(result: Json) -> Option<Vec<Json>> {
    match result {
        Json::Array(entries) => Some(entries),
        _ => None,
    }
}

/// Whatever a record says of itself, it can be asked.
fn process(process: &Process) {
    let at = process.started_at.unwrap_or(u64::MAX);
    assert!(!(process.is_unowned() && process.stamp().is_some()));
    assert!(process.pid != Some(0));
    let _ =
        (process.is_unsteady(at), process.ended_well(), process.may_have_finished(), process.status.as_str());
    for (name, _) in process.env() {
        assert!(process.variable(name).is_some());
    }
}
