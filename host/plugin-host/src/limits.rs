//! Limits of resources that a process puts on itself.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The longest file that a confined plugin may write into its scratch folder.
const FILE: u64 = 1 << 30;

/// Never dumps core: the memory of a plugin that crashed would fill the disk.
///
/// # Errors
///
/// The system refuses.
pub fn no_core() -> io::Result<()> {
    lower(Resource::Core, 0)
}

/// At most `bytes` of addresses.
///
/// # Errors
///
/// The system refuses.
pub fn addresses(bytes: u64) -> io::Result<()> {
    lower(Resource::As, bytes)
}

/// No file longer than a gigabyte.
///
/// # Errors
///
/// The system refuses.
pub fn files() -> io::Result<()> {
    lower(Resource::Fsize, FILE)
}

/// Lowers a limit to `most`. One that is lower already stays: raising it would need a privilege, and the site has its
/// reasons.
fn lower(resource: Resource, most: u64) -> io::Result<()> {
    let there = getrlimit(resource);
    Ok(setrlimit(resource, lowered(there, most))?)
}

fn lowered(there: Rlimit, most: u64) -> Rlimit {
    let lower = |limit: Option<u64>| Some(limit.map_or(most, |limit| limit.min(most)));
    Rlimit { current: lower(there.current), maximum: lower(there.maximum) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_the_smaller_of_ours_and_the_sites() {
        let of = |current, maximum| Rlimit { current, maximum };
        let cases = [
            (of(None, None), of(Some(8), Some(8))),
            (of(Some(4), Some(4)), of(Some(4), Some(4))),
            (of(Some(4), None), of(Some(4), Some(8))),
            (of(Some(100), Some(200)), of(Some(8), Some(8))),
        ];
        for (there, expected) in cases {
            assert_eq!(lowered(there, 8), expected);
        }
    }
}
