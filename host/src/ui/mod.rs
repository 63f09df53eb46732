//! Serves the pages of a comparison or of a run to the browsers of this machine, as they are while runs are under way.
//!
//! Nothing but reading: it listens on the loopback address alone, only who knows the address with its token is answered,
//! and what can be asked for are the pages, which are made anew from the folder. No file is served, and none is written.

mod answer;
mod pages;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use genomenas_data::error::{Error, Result};
use genomenas_data::hash::hexadecimal;

use answer::Served;
use pages::Pages;

/// Serves the pages of `folder` until the process ends; `ready` is told the address of the first one.
///
/// # Errors
///
/// It is not the folder of a comparison or of a run, nobody may listen on `port`, or `ready` fails.
pub fn serve(folder: &Path, port: u16, ready: impl FnOnce(&str) -> Result<()>) -> Result<()> {
    let pages = Pages::of(folder)?;
    let failed = |error: std::io::Error| Error::failed(format!("cannot serve the pages: {error}"));
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(8).build().map_err(failed)?;
    runtime.block_on(async {
        let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listener = tokio::net::TcpListener::bind(wanted).await.map_err(|error| {
            Error::failed(format!("cannot listen on {wanted}: {error}; --port 0 takes any port that is free"))
        })?;
        let address = listener.local_addr().map_err(failed)?;
        let served = Arc::new(Served { pages, token: token()?, port: address.port() });
        ready(&format!("http://{address}/{}/", served.token))?;
        axum::serve(listener, answer::router(served)).await.map_err(failed)
    })
}

/// What only who was told the address knows: 128 bits from the system, as 32 hexadecimal digits.
fn token() -> Result<String> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).map_err(|error| Error::failed(format!("cannot draw a token: {error}")))?;
    Ok(hexadecimal(&bits))
}
