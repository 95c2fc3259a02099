//! Those who never rest: hints come all the same, and not too many.

use std::time::Instant;

use super::*;

const BUSY: Duration = Duration::from_secs(3);

/// Writes every 10 ms, and gives what came within that time.
fn check(write_one: impl Fn(&Utf8Path, usize)) {
    let mut tree = Tree::new();
    tree.comes_to_rest();
    let began = Instant::now();
    let mut hints = 0;
    for round in 0.. {
        if began.elapsed() >= BUSY {
            break;
        }
        write_one(&tree.root, round);
        // Both the pause of the writer, and the count.
        hints += usize::from(tree.hints.recv_timeout(Duration::from_millis(10)).is_ok());
    }
    let most = (BUSY.as_millis() / (10 * QUIET).as_millis()) as usize + 1;
    assert!((1..=most).contains(&hints), "{hints} hints within {BUSY:?}");
    tree.look();
    tree.sees(|root| write(&root.join("web/ecosystem.edn"), "{:last true}"));
}

#[test]
fn one_file_in_place() {
    check(|root, round| write(&root.join("web/ecosystem.edn"), &format!("{{:round {round}}}")));
}

#[test]
fn one_file_replaced() {
    check(|root, round| {
        let new = root.join("web/new");
        write(&new, &format!("{{:round {round}}}"));
        fs::rename(new, root.join("web/ecosystem.edn")).unwrap();
    });
}

#[test]
fn another_folder_each_time() {
    check(|root, round| write(&root.join(format!("new{round}/ecosystem.edn")), "{}"));
}

/// What was made at once and is gone again when it is quiet.
#[test]
fn made_and_removed() {
    check(|root, round| {
        let file = root.join("web/new.edn");
        if round % 2 == 0 { write(&file, "{}") } else { fs::remove_file(file).unwrap() }
    });
}
