//! Laws: whatever happens in whatever order, who looks at each hint ends with what is there.

use super::*;

const SEEDS: u64 = 40;

/// Marsaglia's xorshift: the same numbers for the same seed, everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn path(&mut self, root: &Utf8Path) -> Utf8PathBuf {
        let depth = 1 + self.below(2);
        (0..depth).fold(root.to_owned(), |path, _| path.join(format!("d{}", self.below(4))))
    }
}

/// One of the things that happen to trees; what is not possible now does not happen.
fn happen(dice: &mut Dice, base: &Utf8Path, root: &Utf8Path) {
    let (one, other) = (dice.path(root), dice.path(root));
    let (file, text) = (one.join("ecosystem.edn"), format!("{{:n {}}}", dice.below(1_000_000)));
    let _ = match dice.below(20) {
        0..=6 => fs::create_dir_all(&one).and_then(|()| fs::write(file, text)),
        7..=9 => fs::create_dir_all(&one)
            .and_then(|()| fs::write(one.join("new"), text))
            .and_then(|()| fs::rename(one.join("new"), file)),
        10 | 11 => fs::remove_file(file),
        12 | 13 => fs::remove_dir_all(one),
        14..=16 => fs::rename(one, other),
        17 => fs::rename(root, base.join("away")).and_then(|()| fs::rename(base.join("away"), root)),
        18 => fs::remove_dir_all(root.ancestors().nth(dice.below(3) as usize).unwrap()),
        _ => fs::create_dir_all(base.join("away"))
            .and_then(|()| fs::rename(root, base.join("old")))
            .and_then(|()| fs::rename(base.join("away"), root))
            .and_then(|()| fs::remove_dir_all(base.join("old"))),
    };
}

#[test]
fn nothing_stays_stale() {
    for seed in 1..=SEEDS {
        let (mut dice, mut tree) = (Dice(seed * 0x9E37_79B9), Tree::new());
        for burst in 0..3 {
            for _ in 0..=dice.below(12) {
                happen(&mut dice, &tree.base, &tree.root);
                // At times what was done is seen before the rest happens.
                if dice.below(8) == 0 && tree.hints.recv_timeout(QUIET * 2).is_ok() {
                    tree.look();
                }
            }
            catches_up(&mut tree, &format!("seed {seed}, burst {burst}"));
        }
    }
}

fn catches_up(tree: &mut Tree, which: &str) {
    let there = read(&tree.root);
    while tree.view != there {
        assert!(tree.hints.recv_timeout(DEADLINE).is_ok(), "{which}: stale\n{:#?}\n{there:#?}", tree.view);
        tree.look();
    }
}
