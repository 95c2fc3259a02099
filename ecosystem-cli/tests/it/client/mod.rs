//! The native client against real PM2.

mod app;
mod bus;
mod calls;
mod cron;
mod dump;
mod failures;
mod hazards;
mod launching;
