//! Input that was made to do harm, or looks like it: nothing hangs, nothing is lost, and it is said what is wrong.

mod contents;
mod dist;
mod documented;
mod foreign;
mod forged;
mod pm2_failures;
mod replies;
mod secrets;
mod sources;
mod terminal;
mod tree;
mod unreadable;
mod usage;
