//! Who may change a plugin: a file that others may write is their code, run as this user.
//!
//! Trusted are root, this user, and whoever owns this program, which they could change as well. Looked at are the file, its
//! folder and the folders above, up to the home folder or the program's own; with a link, both ends. A folder above may be
//! one that others write into if it is sticky, as `/tmp` is: what a trusted user made there stays as it is.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::inspect::Refusal;

const GROUP_MAY_WRITE: u32 = 0o020;
const OTHERS_MAY_WRITE: u32 = 0o002;
const STICKY: u32 = 0o1000;

/// Who is trusted with code, and above which folders nobody looks.
#[derive(Debug)]
pub(super) struct Trust {
    users: Vec<u32>,
    /// Whether nobody but this user is in a group.
    is_private: fn(u32) -> bool,
    /// The home folder and the folder of the program.
    ends: Vec<PathBuf>,
}

impl Trust {
    /// That of this process.
    pub(super) fn of_this_process() -> Self {
        let program = std::env::current_exe().ok();
        let owner = program.as_deref().and_then(|program| Some(program.metadata().ok()?.uid()));
        let user = rustix::process::geteuid().as_raw();
        let folders = [std::env::home_dir(), program.and_then(|program| Some(program.parent()?.to_owned()))];
        Self {
            users: [0, user].into_iter().chain(owner).collect(),
            is_private,
            ends: folders.into_iter().flatten().filter_map(|folder| folder.canonicalize().ok()).collect(),
        }
    }

    /// Refuses a file or a folder that somebody else may change or replace, with the command that mends it. What does not
    /// exist, nobody changed.
    pub(super) fn check(&self, path: &Path) -> Result<(), Refusal> {
        let Ok(written) = std::path::absolute(path) else { return Ok(()) };
        self.check_chain(&written)?;
        match written.canonicalize() {
            Ok(meant) if meant != written => self.check_chain(&meant),
            _ => Ok(()),
        }
    }

    /// Checks `path` and the folders above it as they are called, without following a link.
    fn check_chain(&self, path: &Path) -> Result<(), Refusal> {
        for (above, place) in path.ancestors().enumerate() {
            let metadata = match place.symlink_metadata() {
                Ok(metadata) => metadata,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(Refusal::hidden(format!("it cannot be looked at: {error}"))),
            };
            self.check_one(place, &metadata, above)?;
            if above > 0 && self.ends.iter().any(|end| end == place) {
                break;
            }
        }
        Ok(())
    }

    fn check_one(&self, place: &Path, metadata: &Metadata, above: usize) -> Result<(), Refusal> {
        let (mode, shown) = (metadata.mode(), quoted(place));
        let what = match above {
            0 => "it".to_owned(),
            _ => format!("{} above it", place.display()),
        };
        if !self.users.contains(&metadata.uid()) {
            let why = format!(
                "{what} belongs to user {}, who could put other code there: copy the plugin into a folder of yours, or, as \
                 root, `chown root {shown}`",
                metadata.uid()
            );
            return Err(Refusal::hidden(why));
        }
        if metadata.is_symlink() || (above > 0 && mode & STICKY != 0) {
            return Ok(());
        }
        let group = mode & GROUP_MAY_WRITE != 0 && !(self.is_private)(metadata.gid());
        let others = mode & OTHERS_MAY_WRITE != 0;
        if !group && !others {
            return Ok(());
        }
        let who = match (group, others) {
            (true, true) => "its group and others",
            (true, false) => "its group",
            _ => "others",
        };
        Err(Refusal::hidden(format!(
            "{what} may be written by {who} (mode {:o}), who could put other code there: `chmod go-w {shown}`",
            mode & 0o7777
        )))
    }
}

fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    // Only a null byte cannot be quoted, and no path holds one.
    shlex::try_quote(&text).map_or_else(|_| text.to_string(), std::borrow::Cow::into_owned)
}

/// Whether a group is a user's own, as most systems make one for each user: then that it may write says nothing. Root has
/// none, since what root may do is not a matter of groups.
fn is_private(group: u32) -> bool {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let user = rustix::process::geteuid().as_raw();
    user != 0 && has_no_other(group, user, &read("/etc/passwd"), &read("/etc/group"))
}

/// Whether the user databases know the group, and nobody in it but `user`.
fn has_no_other(group: u32, user: u32, passwd: &str, groups: &str) -> bool {
    let fields = |line: &str| line.split(':').map(str::to_owned).collect::<Vec<_>>();
    let number = |fields: &[String], at: usize| fields.get(at).and_then(|text| text.parse::<u32>().ok());
    let users: Vec<_> = passwd.lines().map(fields).collect();
    let name = users.iter().find(|fields| number(fields, 2) == Some(user)).and_then(|fields| fields.first());
    let others_primary = users.iter().any(|fields| number(fields, 3) == Some(group) && number(fields, 2) != Some(user));
    let Some(entry) = groups.lines().map(fields).find(|fields| number(fields, 2) == Some(group)) else { return false };
    let members = entry.get(3).map(String::as_str).unwrap_or_default();
    let others =
        members.split(',').filter(|member| !member.is_empty()).any(|member| Some(member) != name.map(String::as_str));
    !others_primary && !others
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn trust() -> Trust {
        let user = rustix::process::geteuid().as_raw();
        Trust { users: vec![0, user], is_private: |_| false, ends: vec![std::env::temp_dir()] }
    }

    /// A folder with a file in it, whose modes are these.
    fn made(folder: u32, file: u32) -> (tempfile::TempDir, PathBuf) {
        let home = tempfile::tempdir().unwrap();
        let plugins = home.path().join("plugins");
        fs::create_dir(&plugins).unwrap();
        let path = plugins.join("lib.so");
        fs::File::create(&path).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(file)).unwrap();
        fs::set_permissions(&plugins, Permissions::from_mode(folder)).unwrap();
        (home, path)
    }

    fn refusal(path: &Path) -> String {
        trust().check(path).unwrap_err().to_string()
    }

    #[test]
    fn what_only_its_owner_may_write_is_taken() {
        for (folder, file) in [(0o755, 0o644), (0o700, 0o755), (0o555, 0o444)] {
            let (_home, path) = made(folder, file);
            assert_eq!(trust().check(&path), Ok(()), "{folder:o} {file:o}");
        }
        assert_eq!(trust().check(Path::new("/no/such/folder")), Ok(()));
    }

    #[test]
    fn what_its_group_or_others_may_write_is_refused_with_the_command_that_mends_it() {
        let (_home, path) = made(0o755, 0o666);
        assert_eq!(
            refusal(&path),
            format!(
                "it may be written by its group and others (mode 666), who could put other code there: `chmod go-w {}`",
                path.display()
            )
        );
        for (mode, who) in [(0o775, "its group"), (0o757, "others"), (0o1777, "its group and others")] {
            let (_home, path) = made(mode, 0o644);
            let folder = path.parent().unwrap();
            assert!(refusal(folder).starts_with(&format!("it may be written by {who} (mode {mode:o})")), "{mode:o}");
            // Where only the folder is sticky, what lies in it stays its owner's.
            if mode == 0o1777 {
                assert_eq!(trust().check(&path), Ok(()));
            } else {
                assert!(refusal(&path).contains(&format!("`chmod go-w {}`", folder.display())));
            }
        }
    }

    #[test]
    fn a_link_is_as_good_as_both_of_its_ends() {
        let (_home, path) = made(0o777, 0o644);
        let (_other, safe) = made(0o755, 0o644);
        let link = safe.with_file_name("link.so");
        symlink(&path, &link).unwrap();
        assert!(refusal(&link).contains("chmod go-w"));
        let link = path.with_file_name("link.so");
        symlink(&safe, &link).unwrap();
        assert!(refusal(&link).contains("chmod go-w"));
        let link = safe.with_file_name("link-to-safe.so");
        symlink(&safe, &link).unwrap();
        assert_eq!(trust().check(&link), Ok(()));
    }

    #[test]
    fn what_belongs_to_somebody_else_is_refused() {
        let (_home, path) = made(0o755, 0o644);
        let nobody = Trust { users: vec![12_345], ..trust() };
        let told = nobody.check(&path).unwrap_err().to_string();
        assert!(told.contains("who could put other code there: copy the plugin into a folder of yours"), "{told}");
    }

    #[test]
    fn the_group_of_one_user_is_that_user() {
        let passwd = "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\nbob:x:1001:1001::/:/bin/sh\n\
                      cat:x:1002:100::/:/bin/sh\ndan:x:1003:100::/:/bin/sh\n";
        let groups = "root:x:0:\nann:x:1000:\nbob:x:1001:ann\nusers:x:100:\nstaff:x:50:\nlab:x:60:ann,bob\n";
        let private = |group| has_no_other(group, 1000, passwd, groups);
        assert!(private(1000) && private(50));
        assert!(!private(1001) && !private(100) && !private(60) && !private(7777));
    }
}
