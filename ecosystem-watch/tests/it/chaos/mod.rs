//! What goes wrong on a machine, on real PM2 and real files: programs that are killed or frozen, full disks, folders in the
//! way, clocks that are off, and several programs at once on one tree.
//!
//! The law after each (`law.rs`): nothing is lost, and the next pass makes the set equal to the tree. `rounds` takes one
//! fault after the other by chance; `boundaries` kills the tool at every single call that changes something in PM2.
//! `ECOSYSTEM_CHAOS_SEED` makes a run again as far as the clock allows, `ECOSYSTEM_CHAOS_ROUNDS` makes it longer,
//! `ECOSYSTEM_CHAOS_PM2` names another version of PM2. See `docs/proof.md`.

mod boundaries;
mod faults;
mod law;
mod rounds;
mod stage;
mod tree;
