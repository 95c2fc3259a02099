//! The native client against real PM2.

mod app;
mod calls;
mod cron;
mod failures;
mod hazards;
mod launching;
