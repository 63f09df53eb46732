//! The process that a plugin lives in: it loads one library, makes one instance and answers calls over a socket.
//!
//! It links neither libtorch nor anything else of the host, so it starts in milliseconds, and whatever a plugin does to
//! its process ends this process only. The host uses [`wire`] for its end of the socket.

pub mod confine;
pub mod load;
pub mod serve;
pub mod wire;
