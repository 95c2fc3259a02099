//! What tests of real PM2 stand on: the program itself, a home of its own, processes, and waiting.

pub(crate) mod cli_program;
pub(crate) mod hermetic;
pub(crate) mod load;
pub(crate) mod pm2_home;
pub(crate) mod pm2_program;
pub(crate) mod process;
pub(crate) mod recording_stub;
pub(crate) mod sibling;
pub(crate) mod wait;
pub(crate) mod world;
