//! Work whose memory goes back to the system when it is done.
//!
//! A pass over a thousand apps takes many times the memory that a watcher at rest needs. The system's allocator gives
//! each thread memory of its own (glibc: an arena) and returns what lies above the last block in use: so the pass is
//! made, and its result dropped, by a thread that nothing else is allocated by.

use std::sync::Barrier;
use std::sync::mpsc::channel;
use std::thread;

/// Makes room for so many threads at once, to be called before anything else.
///
/// glibc keeps the stack of a thread that has ended for the next one, and with it a table that lies in the memory of
/// whoever started the first. The threads of a pass would leave theirs above all that the pass has taken.
pub(crate) fn make_room(threads: usize) {
    let all_are_there = Barrier::new(threads);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| all_are_there.wait());
        }
    });
}

/// Makes a value on a thread of its own, has this one look at it, and lets that one drop it.
///
/// A panic over there goes on over here.
pub(crate) fn aside<T: Send, R>(make: impl FnOnce() -> T + Send, look: impl FnOnce(&T) -> R) -> R {
    let (show, shown) = channel();
    let (give_back, given_back) = channel();
    thread::scope(|scope| {
        let work = scope.spawn(move || {
            // The other side waits for it, and is gone only when it panics.
            let _ = show.send(make());
            drop(given_back.recv());
        });
        match shown.recv() {
            Ok(value) => {
                let result = look(&value);
                let _ = give_back.send(value);
                result
            }
            Err(_) => {
                drop(give_back);
                let panic = work.join().err().unwrap_or_else(|| Box::new("a pass ended without a result"));
                std::panic::resume_unwind(panic)
            }
        }
    })
}
